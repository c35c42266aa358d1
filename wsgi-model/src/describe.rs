//! What follows from the table of variables: schema, reference, starter file.

mod reference;
mod schema;
mod starter;

pub use reference::reference;
pub use schema::schema;
pub use starter::starter;

use crate::variable::{Fallback, Type};
use crate::{Definition, VARIABLES};

/// A type in words, for people.
pub(crate) fn in_words(takes: Type, unit: &str) -> String {
    match takes {
        Type::Switch => "`yes` or `no`".to_owned(),
        Type::Integer { min, max } if unit.is_empty() => format!("whole number, {min} to {max}"),
        Type::Integer { min, max } => format!("whole number of {unit}, {min} to {max}"),
        Type::Text { rule, .. } => rule.to_owned(),
        Type::Secret => "text, never shown".to_owned(),
        Type::Directory => {
            "absolute path of a directory on the server, with or without a trailing slash"
                .to_owned()
        }
        Type::File => "absolute path on the server".to_owned(),
        Type::Choice(words) => words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", "),
        // A password may be `no`.
        Type::Optional(Type::Secret) => {
            format!("{}; null or `''` for none", in_words(Type::Secret, unit))
        }
        Type::Optional(inner) => format!("{}; `no`, null or `''` for none", in_words(*inner, unit)),
        Type::List(inner) => format!("list: {}", in_words(*inner, unit)),
        Type::OneOrList(inner) => format!("list, or one of: {}", in_words(*inner, unit)),
        Type::Environment => "mapping of names to values; the values are never shown".to_owned(),
        Type::Record(_) => "mapping, see below".to_owned(),
        Type::RecordOrText(_) => "mapping, see below; a text means the minute".to_owned(),
    }
}

/// The record in a type, if there is one.
fn record(takes: Type) -> Option<&'static [&'static Definition]> {
    match takes {
        Type::Record(keys) | Type::RecordOrText(keys) => Some(keys),
        Type::Optional(inner) | Type::List(inner) | Type::OneOrList(inner) => record(*inner),
        _ => None,
    }
}

/// A fallback with its placeholders in a form that a person understands.
fn fallback_text(definition: &Definition) -> Option<String> {
    match definition.fallback {
        Fallback::Required => None,
        Fallback::Nothing(meaning) => Some(meaning.to_owned()),
        Fallback::Text(text) => Some(text.to_owned()),
    }
}

/// Documentation as one paragraph.
fn paragraph(definition: &Definition) -> String {
    definition
        .doc
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The variables section by section, in their order.
fn sections() -> Vec<(&'static str, Vec<&'static Definition>)> {
    let mut sections: Vec<(&'static str, Vec<&'static Definition>)> = Vec::new();
    for definition in VARIABLES {
        let title = definition.section.title();
        match sections.last_mut() {
            Some((last, members)) if *last == title => members.push(definition),
            _ => sections.push((title, vec![definition])),
        }
    }
    sections
}
