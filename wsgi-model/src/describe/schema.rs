//! The JSON Schema of a vars file.

use super::{fallback_text, in_words, paragraph};
use crate::variable::{Fallback, Type};
use crate::wire::{Plain, Shown};
use crate::{Definition, Exposure, VARIABLES};

/// The JSON Schema (draft 2020-12) of a vars file, for editors that complete and check while one
/// types: every variable with its type, default and documentation.
///
/// It takes whatever loads. What it takes may be refused all the same: most rules across variables are
/// not in it, and an expression can give anything.
///
/// ```
/// let schema = serde_json::to_value(wsgi_model::schema())?;
/// assert_eq!(schema["properties"]["wsgi_nginx_http_port"]["default"], "80");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn schema() -> impl serde::Serialize {
    let names = VARIABLES
        .iter()
        .flat_map(|d| std::iter::once(d.name).chain(d.aliases.iter().copied()));
    let known = Plain::Map(vec![("enum", Plain::List(names.map(text).collect()))]);
    let own = Plain::Map(vec![("not", Plain::Map(vec![("pattern", text("^wsgi_"))]))]);
    let expression = vec![
        ("description", text("A Jinja expression")),
        ("type", text("string")),
        ("pattern", text(EXPRESSION)),
    ];
    let mut schema = vec![
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
    ];
    schema.extend(conditions(VARIABLES));
    schema.push((
        "$defs",
        Plain::Map(vec![("expression", Plain::Map(expression))]),
    ));
    Document(Plain::Map(schema))
}

/// The keywords of a schema and what they say.
type Keywords = Vec<(&'static str, Plain)>;

/// What a text has in it that Ansible evaluates.
const EXPRESSION: &str = r"\{[{%]";

fn text(text: &str) -> Plain {
    Plain::Text(text.to_owned())
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

/// The keywords that describe a type. Where a value may be of several kinds, `if` tells which it is: of
/// an `anyOf`, an editor can only say that it is none of them.
fn kind(takes: Type) -> Keywords {
    let types = |names: &[&str]| ("type", Plain::List(names.iter().map(|n| text(n)).collect()));
    let one_of = |values: Vec<Plain>| vec![("enum", Plain::List(values))];
    let list_of = |inner: Type| {
        let items = Plain::Map(kind(inner));
        vec![("type", text("array")), ("items", items)]
    };
    match takes {
        Type::Switch => {
            let words = switch_words(true).chain(switch_words(false));
            unless_expression(one_of(words.collect()))
        }
        Type::Integer { min, max } => choice(
            vec![("type", text("string"))],
            matching("^ *[+-]?[0-9]+s? *$"),
            vec![
                ("type", text("integer")),
                ("minimum", Plain::Int(min)),
                ("maximum", Plain::Int(max)),
            ],
        ),
        Type::Text { pattern, .. } => {
            vec![types(&["string", "number"]), or_expression(pattern)]
        }
        Type::Secret => vec![types(&["string", "number", "boolean"])],
        Type::Directory => matching(DIRECTORY),
        Type::File => matching(FILE),
        Type::Choice(words) => {
            let mut values: Vec<Plain> = words.iter().map(|word| text(word)).collect();
            values.extend(words.contains(&"yes").then_some(Plain::Bool(true)));
            values.extend(words.contains(&"no").then_some(Plain::Bool(false)));
            unless_expression(one_of(values))
        }
        Type::Optional(inner) => vec![
            ("if", Plain::Map(one_of(off()))),
            ("else", Plain::Map(kind(*inner))),
        ],
        Type::List(inner) => unless_expression(list_of(*inner)),
        Type::OneOrList(inner) => {
            choice(vec![("type", text("array"))], list_of(*inner), kind(*inner))
        }
        Type::Environment => unless_expression(vec![
            ("type", text("object")),
            ("additionalProperties", Plain::Map(kind(Type::Secret))),
        ]),
        Type::Record(keys) => unless_expression(record(keys)),
        Type::RecordOrText(keys) => choice(
            vec![("type", text("object"))],
            record(keys),
            vec![types(&["string", "integer"])],
        ),
    }
}

/// What stands for no value.
fn off() -> Vec<Plain> {
    vec![Plain::Null, Plain::Bool(false), text(""), text("no")]
}

fn choice(condition: Keywords, then: Keywords, otherwise: Keywords) -> Keywords {
    vec![
        ("if", Plain::Map(condition)),
        ("then", Plain::Map(then)),
        ("else", Plain::Map(otherwise)),
    ]
}

/// Nobody knows what an expression gives before it is evaluated.
fn unless_expression(keywords: Keywords) -> Keywords {
    let expression = vec![("$ref", text("#/$defs/expression"))];
    vec![
        ("if", Plain::Map(expression)),
        ("else", Plain::Map(keywords)),
    ]
}

/// A path of a directory on the server; `AbsPath` names the letters that are legal.
const DIRECTORY: &str = r##"^/[^\x00-\x1f!"#$%&'()*,:;<>?\[\\\]^`{|}]*$"##;
/// A path of a file there.
const FILE: &str =
    r##"^/[^\x00-\x1f!"#$%&'()*,:;<>?\[\\\]^`{|}]*[^/\x00-\x1f!"#$%&'()*,:;<>?\[\\\]^`{|}]$"##;

/// A text, or an expression that gives one.
fn matching(pattern: &str) -> Keywords {
    vec![("type", text("string")), or_expression(pattern)]
}

fn or_expression(pattern: &str) -> (&'static str, Plain) {
    ("pattern", Plain::Text(format!("{EXPRESSION}|{pattern}")))
}

fn record(keys: &[&'static Definition]) -> Keywords {
    let mut record = vec![
        ("type", text("object")),
        ("required", required(keys)),
        ("properties", properties(keys)),
    ];
    record.extend(conditions(keys));
    record.push(("additionalProperties", Plain::Bool(false)));
    record
}

/// What a switch that is on needs beside it.
fn conditions(definitions: &[&'static Definition]) -> Option<(&'static str, Plain)> {
    let conditions: Vec<Plain> = definitions
        .iter()
        .filter_map(|definition| {
            let needed = definitions.iter().find(|d| d.name == definition.needs)?;
            let off = match needed.takes {
                Type::Switch => switch_words(false).collect(),
                _ => off(),
            };
            let off = Plain::Map(vec![("enum", Plain::List(off))]);
            let is_on = ("enum", Plain::List(switch_words(true).collect()));
            Some(Plain::Map(vec![
                ("if", with(definition, is_on)),
                ("then", with(needed, ("not", off))),
            ]))
        })
        .collect();
    (!conditions.is_empty()).then_some(("allOf", Plain::List(conditions)))
}

/// That a variable is there and is so.
fn with(definition: &Definition, is: (&'static str, Plain)) -> Plain {
    let value = Plain::Map(vec![is]);
    Plain::Map(vec![
        ("required", Plain::List(vec![text(definition.name)])),
        ("properties", Plain::Map(vec![(definition.name, value)])),
    ])
}

/// What a YAML 1.2 editor may see where YAML 1.1 has a boolean.
fn switch_words(on: bool) -> impl Iterator<Item = Plain> {
    let words = if on {
        ["yes", "on", "true", "y", "1"]
    } else {
        ["no", "off", "false", "n", "0"]
    };
    let spellings = words.into_iter().flat_map(|word| {
        let capital = format!("{}{}", word[..1].to_ascii_uppercase(), &word[1..]);
        let mut spellings = vec![word.to_owned(), capital, word.to_ascii_uppercase()];
        spellings.dedup();
        spellings
    });
    [Plain::Bool(on), Plain::Int(on.into())]
        .into_iter()
        .chain(spellings.map(Plain::Text))
}
