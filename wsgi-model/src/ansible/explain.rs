//! What an expression's failure is called, for people.

use minijinja::{Error, ErrorKind};

use super::session::{Missing, Session};
use super::tree::Id;
use super::weighed::short;
use super::{filters, known, lookups, methods, predicates};
use crate::name::shown;
use crate::variable::nearest;
use crate::{Invalid, VARIABLES};

/// Refuses something of Ansible's that is known and not available.
pub(super) fn refused(what: &str, reason: &str) -> Invalid {
    match reason.split_once("; ") {
        Some((reason, help)) => {
            Invalid::new(format!("{what} is refused: {reason}")).help(help.to_owned())
        }
        None => Invalid::new(format!("{what} is refused: {reason}")),
    }
}

/// Refuses an unknown filter, test or lookup, with those that are spelled nearly alike.
pub(super) fn unknown(what: &'static str, full_name: &str) -> Invalid {
    let name = short(full_name);
    let reasons = match what {
        "filter" => filters::REFUSED,
        "test" => predicates::REFUSED,
        _ => &[],
    };
    if let Some((_, reason)) = reasons.iter().find(|(refused, _)| *refused == name) {
        return refused(&format!("the {what} `{name}`"), reason);
    }
    let known: Vec<&str> = match what {
        "filter" => filters::all().map(|filter| filter.name).collect(),
        "test" => predicates::all().map(|test| test.name).collect(),
        _ => lookups::LOOKUPS.to_vec(),
    };
    let why = Invalid::new(format!("there is no {what} `{}`", shown(full_name)));
    match (nearest_few(name, &known), what) {
        (Some(near), _) => why.help(format!("did you mean {near}?")),
        (None, "lookup") => why.help("known here are `env`, `file` and `vars`"),
        (None, _) if name.contains('.') => why.help(format!(
            "{what}s of collections are not available here; the built-in ones of Ansible and Jinja2 are"
        )),
        (None, _) => why.help(format!("the built-in {what}s of Ansible and Jinja2 are known here")),
    }
}

/// Refuses a method.
pub(super) fn unknown_method(name: &str) -> Invalid {
    let why = Invalid::new(format!("there is no method `.{}()`", shown(name)));
    match nearest_few(name, methods::METHODS) {
        Some(near) => why.help(format!("did you mean {near}?")),
        None => why,
    }
}

/// The names that are spelled most alike, at most three.
fn nearest_few(name: &str, known: &[&str]) -> Option<String> {
    let mut near: Vec<(usize, &str)> = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), *known))
        .filter(|(distance, known)| *distance <= (known.len() / 3).max(1))
        .collect();
    near.sort_unstable();
    near.dedup_by_key(|(_, known)| *known);
    let listed: Vec<String> = near
        .iter()
        .take(3)
        .map(|(_, known)| format!("`{known}`"))
        .collect();
    (!listed.is_empty()).then(|| listed.join(" or "))
}

/// Refuses a name without a value.
pub(super) fn missing(session: &Session, of: Id, missing: &Missing) -> Invalid {
    match missing {
        Missing::Variable(name) if known::is_fact(name) => Invalid::new(format!(
            "`{}` is not available: Ansible asks the host or the inventory for it, and there is neither here",
            shown(name)
        ))
        .help(format!("write the value itself, or give it: `-e {}=…`", shown(name))),
        Missing::Variable(name) => {
            let why = Invalid::new(format!("`{}` is not defined", shown(name)));
            let own = session.tree.names();
            let all = own.chain(VARIABLES.iter().map(|definition| definition.name));
            // It cannot have meant what it makes.
            let makes = session.tree.root_of(of);
            let other = |known: &&str| session.tree.variable(known) != Some(makes);
            match nearest(name, all.filter(other)) {
                Some(near) => why.help(format!("did you mean `{near}`?")),
                None => why.help(format!(
                    "define it in the vars file, with `-e {0}=…` or in a file for `--shared`, or give a default: \
                     `{{{{ {0} | default('…') }}}}`",
                    shown(name)
                )),
            }
        }
        Missing::Key { key, of } => {
            let why = Invalid::new(format!(
                "`{}` has no key `{}`",
                session.tree.path(*of),
                shown(key)
            ));
            match nearest(key, session.tree.keys(*of)) {
                Some(near) => why.help(format!("did you mean `{near}`?")),
                None => why,
            }
        }
        Missing::Refused(_, why) => why.clone(),
        Missing::Because(failure) => Invalid::new(failure.problem.message.clone()),
    }
}

/// What the engine says of an expression; nothing of a value where it may be a secret.
pub(super) fn engine(error: &Error, secret: bool) -> (&'static str, Invalid) {
    let detail = error.detail().unwrap_or_default();
    let quoted = |before: &str, after: &str| -> Option<&str> {
        detail.strip_prefix(before)?.strip_suffix(after)
    };
    match error.kind() {
        ErrorKind::OutOfFuel => (
            "too-large",
            Invalid::new("the expression takes too long, or makes too much text")
                .help("write the value itself"),
        ),
        ErrorKind::UnknownFilter => {
            let name = quoted("filter ", " is unknown").unwrap_or_default();
            ("unknown-name", unknown("filter", name))
        }
        ErrorKind::UnknownTest => {
            let name = quoted("test ", " is unknown").unwrap_or_default();
            ("unknown-name", unknown("test", name))
        }
        ErrorKind::UnknownFunction => {
            let name = quoted("", " is unknown").unwrap_or_default();
            let why = Invalid::new(format!("there is no function `{}()`", shown(name)));
            let why = match nearest(name, known::GLOBALS.iter().copied()) {
                Some(near) => why.help(format!("did you mean `{near}()`?")),
                None => why,
            };
            ("unknown-name", why)
        }
        ErrorKind::SyntaxError | ErrorKind::BadEscape => {
            ("template-syntax", syntax(detail, secret))
        }
        ErrorKind::UndefinedError => (
            "undefined",
            Invalid::new("something in the expression has no value").help(
                "a list has no such item, a mapping no such key, or a value no such attribute; `default('…')` gives another",
            ),
        ),
        ErrorKind::InvalidOperation if detail.contains("% operator") => (
            "expression",
            Invalid::new("`%` does not format texts here")
                .help("use the filter: `{{ '%s-%s' | format(a, b) }}`"),
        ),
        _ if secret || detail.is_empty() => (
            "expression",
            Invalid::new(format!("the expression fails: {}", kind(error))),
        ),
        _ => (
            "expression",
            Invalid::new(format!("the expression fails: {detail}")),
        ),
    }
}

fn kind(error: &Error) -> String {
    let text = format!("{:?}", error.kind());
    let mut words = String::new();
    for c in text.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

fn syntax(detail: &str, secret: bool) -> Invalid {
    let jinja_only = ["include", "import", "from", "extends", "block"];
    if let Some(tag) = jinja_only
        .iter()
        .find(|tag| detail.contains("unknown statement") && detail.contains(**tag))
    {
        return Invalid::new(format!(
            "`{{% {tag} %}}` is refused: a value is no file of a template"
        ))
        .help("write the value itself");
    }
    let detail = if secret || detail.is_empty() {
        "this is no expression of Jinja".to_owned()
    } else {
        format!("this is no expression of Jinja: {detail}")
    };
    Invalid::new(detail)
        .help("a text that only looks like an expression is tagged `!unsafe`, or put between `{% raw %}` and `{% endraw %}`")
}
