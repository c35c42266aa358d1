//! What variables take, by their names.

use wsgi_model::{Definition, Type, VARIABLES, nearest};

/// The variable of a top-level name, also of one that was mistyped.
pub(super) fn variable(name: &str) -> Option<&'static Definition> {
    let find = |name: &str| {
        VARIABLES
            .iter()
            .copied()
            .find(|d| d.name == name || d.aliases.contains(&name))
    };
    find(name).or_else(|| {
        let ours = name.to_ascii_lowercase().starts_with("wsgi");
        let known = VARIABLES.iter().map(|d| d.name);
        find(nearest(name, known).filter(|_| ours)?)
    })
}

/// The steps of a variable's path, without brackets.
pub(super) fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split(['.', '['])
        .map(|step| step.trim_end_matches(']'))
        .filter(|step| !step.is_empty())
}

pub(super) fn last_step(path: &str) -> Option<&str> {
    steps(path).last()
}

/// What the variable at a path takes.
pub(super) fn type_at(path: &str) -> Option<Type> {
    let mut steps = steps(path);
    let mut takes = variable(steps.next()?)?.takes;
    for step in steps {
        if step.bytes().all(|b| b.is_ascii_digit()) {
            takes = items(takes);
            continue;
        }
        if matches!(takes, Type::Environment) {
            return Some(takes);
        }
        takes = key(takes, step)?;
    }
    Some(takes)
}

/// What is in a list.
pub(super) fn items(takes: Type) -> Type {
    match takes {
        Type::Optional(inner) => items(*inner),
        Type::List(inner) | Type::OneOrList(inner) => *inner,
        other => other,
    }
}

/// What a key of a mapping takes; a list stands for its items.
pub(super) fn key(takes: Type, name: &str) -> Option<Type> {
    match takes {
        Type::Optional(inner) | Type::List(inner) | Type::OneOrList(inner) => key(*inner, name),
        Type::Record(keys) | Type::RecordOrText(keys) => {
            keys.iter().find(|d| d.name == name).map(|d| d.takes)
        }
        _ => None,
    }
}

/// Whether a name is a key anywhere in a type.
pub(super) fn is_key(takes: Type, name: &str) -> bool {
    match takes {
        Type::Optional(inner) | Type::List(inner) | Type::OneOrList(inner) => is_key(*inner, name),
        Type::Record(keys) | Type::RecordOrText(keys) => {
            keys.iter().any(|d| d.name == name || is_key(d.takes, name))
        }
        _ => false,
    }
}

/// Whether a value of a type may be, or hold, a secret. So does a type that is not known here.
pub(super) fn holds_secret(takes: Type) -> bool {
    match takes {
        Type::Switch
        | Type::Integer { .. }
        | Type::Text { .. }
        | Type::Directory
        | Type::File
        | Type::Choice(_) => false,
        Type::Optional(inner) | Type::List(inner) | Type::OneOrList(inner) => holds_secret(*inner),
        Type::Record(keys) | Type::RecordOrText(keys) => keys.iter().any(|d| holds_secret(d.takes)),
        _ => true,
    }
}
