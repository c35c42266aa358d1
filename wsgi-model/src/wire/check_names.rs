//! Names that are not in the table, and names that are there twice.

use super::yaml::{Entry, Node, Value};
use crate::name::shown;
use crate::{Definition, Problem, Severity, VARIABLES, nearest};

/// Names that earlier versions of the role had, and what replaced them.
const REPLACED: &[(&str, &str)] = &[(
    "wsgi_nginx_http_ports",
    "set wsgi_nginx_http_port to the port of plain HTTP, and `wsgi_ssl: yes` where a port had `ssl`",
)];

/// Every name that a variable may have.
fn names() -> impl Iterator<Item = &'static str> {
    VARIABLES
        .iter()
        .flat_map(|d| std::iter::once(d.name).chain(d.aliases.iter().copied()))
}

/// Whether a name is one that only this tool's variables may have.
pub(super) fn is_ours(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("wsgi_") || name.starts_with("wsgi-")
}

/// The variable that an unknown name of ours is most likely meant to be.
pub(super) fn meant(name: &str) -> Option<&'static Definition> {
    let near = nearest(name, names())?;
    let meant = |d: &&&Definition| d.name == near || d.aliases.contains(&near);
    VARIABLES.iter().find(meant).copied()
}

/// Whether two values say the same, however they are written.
fn is_same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Scalar(one), Value::Scalar(other)) => one.python_text() == other.python_text(),
        (one, other) => one == other,
    }
}

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
                Some((_, first)) if is_same(&first.node, &entry.node) => {}
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
        if !is_ours(&key) {
            continue;
        }
        let problem = |message: &str, help: String| {
            Problem::new(Severity::Error, "unknown-variable", shown(&key), message)
                .at(entry.key_place)
                .help(help)
        };
        problems.push(if let Some((_, help)) = REPLACED.iter().find(|(old, _)| *old == key) { problem("this variable of an older role is gone", (*help).to_owned()) } else {
            let help = match nearest(&key, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`wsgi-cli schema` and `wsgi-cli init` show all of them; a variable of your own needs another prefix".to_owned(),
            };
            problem("there is no such variable", help)
        });
    }
}
