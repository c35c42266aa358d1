//! The JSON Schema of a vars file.

use super::{fallback_text, in_words, paragraph};
use crate::variable::{Fallback, Type};
use crate::wire::{Plain, Shown};
use crate::{Definition, Exposure, VARIABLES};

/// The JSON Schema (draft 2020-12) of a vars file, for editors that complete and check while one
/// types: every variable with its type, default and documentation.
///
/// ```
/// let schema = serde_json::to_value(wsgi_model::schema())?;
/// assert_eq!(schema["properties"]["wsgi_nginx_http_port"]["default"], "80");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn schema() -> impl serde::Serialize {
    let text = |text: &str| Plain::Text(text.to_owned());
    let names = VARIABLES
        .iter()
        .flat_map(|d| std::iter::once(d.name).chain(d.aliases.iter().copied()));
    let known = Plain::Map(vec![("enum", Plain::List(names.map(text).collect()))]);
    let own = Plain::Map(vec![("not", Plain::Map(vec![("pattern", text("^wsgi_"))]))]);
    Document(Plain::Map(vec![
        (
            "$schema",
            text("https://json-schema.org/draft/2020-12/schema"),
        ),
        ("title", text("Vars file of a WSGI app container")),
        ("type", text("object")),
        ("required", required(VARIABLES)),
        (
            "propertyNames",
            Plain::Map(vec![("anyOf", Plain::List(vec![own, known]))]),
        ),
        ("properties", properties(VARIABLES)),
    ]))
}

/// A document without secrets.
struct Document(Plain);

impl serde::Serialize for Document {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Shown(&self.0, Exposure::Exposed).serialize(serializer)
    }
}

fn required(definitions: &[&Definition]) -> Plain {
    let required = definitions
        .iter()
        .filter(|d| d.fallback == Fallback::Required);
    Plain::List(required.map(|d| Plain::Text(d.name.to_owned())).collect())
}

fn properties(definitions: &[&'static Definition]) -> Plain {
    let mut entries = Vec::new();
    for definition in definitions {
        entries.push((definition.name, property(definition)));
        for alias in definition.aliases {
            let mut entry = property(definition);
            if let Plain::Map(keys) = &mut entry {
                keys.push(("deprecated", Plain::Bool(true)));
            }
            entries.push((*alias, entry));
        }
    }
    Plain::Map(entries)
}

fn property(definition: &Definition) -> Plain {
    let mut keys = kind(definition.takes);
    keys.insert(
        0,
        (
            "description",
            Plain::Text(format!(
                "{} ({})",
                paragraph(definition),
                in_words(definition.takes, definition.unit)
            )),
        ),
    );
    if let (Fallback::Text(_), Some(text)) = (definition.fallback, fallback_text(definition)) {
        keys.push(("default", default_value(&text)));
    }
    if !definition.example.is_empty() {
        keys.push((
            "examples",
            Plain::List(vec![Plain::Text(definition.example.to_owned())]),
        ));
    }
    Plain::Map(keys)
}

/// Empty collections as what they are, everything else as it is written.
fn default_value(text: &str) -> Plain {
    match text {
        "[]" => Plain::List(Vec::new()),
        "{}" => Plain::Map(Vec::new()),
        "yes" => Plain::Bool(true),
        "no" => Plain::Bool(false),
        _ => Plain::Text(text.to_owned()),
    }
}

/// The keywords that describe a type.
fn kind(takes: Type) -> Vec<(&'static str, Plain)> {
    let text = |text: &str| Plain::Text(text.to_owned());
    let any_of = |options: Vec<Vec<(&'static str, Plain)>>| {
        vec![(
            "anyOf",
            Plain::List(options.into_iter().map(Plain::Map).collect()),
        )]
    };
    let scalar = || {
        vec![(
            "type",
            Plain::List(vec![text("string"), text("number"), text("boolean")]),
        )]
    };
    match takes {
        Type::Switch => vec![("enum", switch_words())],
        Type::Integer { min, max } => any_of(vec![
            vec![
                ("type", text("integer")),
                ("minimum", Plain::Int(min)),
                ("maximum", Plain::Int(max)),
            ],
            vec![
                ("type", text("string")),
                ("pattern", text("^ *[0-9]+s? *$")),
            ],
        ]),
        Type::Text { .. } => vec![("type", Plain::List(vec![text("string"), text("number")]))],
        Type::Secret => scalar(),
        Type::Directory | Type::File => vec![("type", text("string")), ("pattern", text("^/"))],
        Type::Choice(words) => {
            let mut options: Vec<Plain> = words.iter().map(|word| text(word)).collect();
            options.extend(words.contains(&"yes").then_some(Plain::Bool(true)));
            options.extend(words.contains(&"no").then_some(Plain::Bool(false)));
            vec![("enum", Plain::List(options))]
        }
        Type::Optional(inner) => any_of(vec![
            kind(*inner),
            vec![(
                "enum",
                Plain::List(vec![Plain::Null, Plain::Bool(false), text(""), text("no")]),
            )],
        ]),
        Type::List(inner) => vec![("type", text("array")), ("items", Plain::Map(kind(*inner)))],
        Type::OneOrList(inner) => any_of(vec![
            kind(*inner),
            vec![("type", text("array")), ("items", Plain::Map(kind(*inner)))],
        ]),
        Type::Environment => vec![
            ("type", text("object")),
            ("additionalProperties", Plain::Map(scalar())),
        ],
        Type::Record(keys) => record(keys),
        Type::RecordOrText(keys) => any_of(vec![
            record(keys),
            vec![("type", Plain::List(vec![text("string"), text("integer")]))],
        ]),
    }
}

fn record(keys: &[&'static Definition]) -> Vec<(&'static str, Plain)> {
    vec![
        ("type", Plain::Text("object".to_owned())),
        ("required", required(keys)),
        ("properties", properties(keys)),
        ("additionalProperties", Plain::Bool(false)),
    ]
}

/// What a YAML 1.2 editor may see where YAML 1.1 has a boolean.
fn switch_words() -> Plain {
    let mut options = vec![
        Plain::Bool(true),
        Plain::Bool(false),
        Plain::Int(0),
        Plain::Int(1),
    ];
    for word in ["yes", "no", "on", "off", "true", "false"] {
        let capital = format!("{}{}", word[..1].to_ascii_uppercase(), &word[1..]);
        options.extend([word.to_owned(), capital, word.to_ascii_uppercase()].map(Plain::Text));
    }
    Plain::List(options)
}
