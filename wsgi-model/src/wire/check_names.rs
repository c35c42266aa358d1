//! Names that are not in the table, and names that are there twice.

use super::yaml::{Entry, Node, Value};
use crate::name::shown;
use crate::{Definition, Problem, Severity, VARIABLES, nearest};

/// Names that earlier versions of the role had, and what replaced them.
const REPLACED: &[(&str, &str)] = &[(
    "wsgi_nginx_http_ports",
    "set wsgi_nginx_http_port to the port of plain HTTP, and `wsgi_ssl: yes` where a port had `ssl`",
)];

/// Refuses unknown `wsgi_*` variables, and variables set under two of their names. Other names are
/// the user's own.
pub(super) fn refuse_unknown(root: &Node, problems: &mut Vec<Problem>) {
    let Value::Map(entries) = &root.value else {
        return;
    };
    let mut seen: Vec<(&Definition, &Entry)> = Vec::new();
    for entry in entries {
        let key = entry.key.python_text();
        if let Some(definition) = VARIABLES
            .iter()
            .find(|d| d.name == key || d.aliases.contains(&key.as_ref()))
        {
            match seen.iter().find(|(d, ..)| std::ptr::eq(*d, *definition)) {
                Some((_, first)) if first.node.value == entry.node.value => {}
                Some((_, first)) => {
                    let message = format!(
                        "`{}` is another name of this variable, with another value",
                        first.key.python_text()
                    );
                    let mut problem =
                        Problem::new(Severity::Error, "set-twice", key.as_ref(), message)
                            .at(entry.key_place)
                            .help("keep one of the two");
                    problem
                        .related
                        .push((first.key_place, "set here first".to_owned()));
                    problems.push(problem);
                }
                None => seen.push((definition, entry)),
            }
            continue;
        }
        if !key.to_ascii_lowercase().starts_with("wsgi_")
            && !key.to_ascii_lowercase().starts_with("wsgi-")
        {
            continue;
        }
        let problem = |message: &str, help: String| {
            Problem::new(Severity::Error, "unknown-variable", shown(&key), message)
                .at(entry.key_place)
                .help(help)
        };
        problems.push(match REPLACED.iter().find(|(old, _)| *old == key) {
            Some((_, help)) => problem("this variable of an older role is gone", (*help).to_owned()),
            None => {
                let known = VARIABLES.iter().flat_map(|d| std::iter::once(d.name).chain(d.aliases.iter().copied()));
                let help = match nearest(&key, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`wsgi-cli schema` and `wsgi-cli init` show all of them; a variable of your own needs another prefix".to_owned(),
                };
                problem("there is no such variable", help)
            }
        });
    }
}
