//! Expressions, lookups, vaults and extra vars give what ansible-core gives: every value, type included.
//!
//! The fixtures are vars files; a variable whose name begins with `differs_` is one of those that
//! `docs/compatibility.md` lists, and must differ. Beside them stand files that the test makes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "ansible/generated.rs"]
mod generated;
#[path = "ansible/real.rs"]
mod real;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use camino::Utf8Path;
use serde_json::{Value, json};
use wsgi_model::ansible::vault::{VaultId, VaultPassword, VaultSecrets};
use wsgi_model::ansible::{Datum, ExtraVars, Inputs, evaluate};
use wsgi_model::{LookupError, Lookups, Source};

use real::{ENVIRONMENT, Outcome, PASSWORD, Request};

/// One set of inputs.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// Vars files, the last of which is the app's own; the others are shared.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) extra: Vec<String>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/ansible")
}

struct Machine;

impl Lookups for Machine {
    fn file(&self, path: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        fs::read(fixtures().join(path)).map_err(|error| LookupError::new(error.to_string()))
    }

    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        Ok(Vec::new())
    }

    fn environment(&self, name: &str) -> Result<Option<String>, LookupError> {
        let found = ENVIRONMENT.iter().find(|(known, _)| *known == name);
        Ok(found.map(|(_, value)| (*value).to_owned()))
    }
}

/// What we make of a case.
fn ours(case: &Case) -> Outcome {
    let texts: Vec<(String, Vec<u8>)> = case
        .files
        .iter()
        .map(|path| (path.display().to_string(), fs::read(path).unwrap()))
        .collect();
    let mut sources: Vec<Source<'_>> = texts
        .iter()
        .map(|(name, bytes)| Source { name, bytes })
        .collect();
    let file = sources.pop().unwrap();
    let extra_files: Vec<Option<(String, Vec<u8>)>> = case
        .extra
        .iter()
        .map(|extra| {
            let path = extra.strip_prefix('@')?;
            Some((path.to_owned(), fs::read(fixtures().join(path)).unwrap()))
        })
        .collect();
    let extra: Vec<ExtraVars<'_>> = case
        .extra
        .iter()
        .zip(&extra_files)
        .map(|(text, file)| match file {
            Some((name, bytes)) => ExtraVars::File(Source { name, bytes }),
            None => ExtraVars::Text(text),
        })
        .collect();
    let mut passwords = VaultSecrets::default();
    passwords.push(
        VaultId::default(),
        VaultPassword::of_file(PASSWORD.as_bytes()).unwrap(),
    );
    let inputs = Inputs {
        extra: &extra,
        shared: &sources,
        ..Inputs::of_file(file)
    };
    match evaluate(&inputs, &Machine, &passwords) {
        Err(rejected) => Outcome::Refused(rejected.problems[0].message.clone()),
        Ok(variables) => Outcome::Variables(
            variables
                .into_iter()
                .map(|variable| {
                    let value = match variable.value {
                        Ok(datum) => Ok(typed(&datum)),
                        Err(problems) => Err(problems[0].message.clone()),
                    };
                    (variable.name, value)
                })
                .collect(),
        ),
    }
}

fn typed(datum: &Datum) -> Value {
    match datum {
        Datum::Null => json!({"t": "null"}),
        Datum::Bool(value) => json!({"t": "bool", "v": if *value { "True" } else { "False" }}),
        Datum::Int(digits) => json!({"t": "int", "v": digits}),
        Datum::Float(number) => json!({"t": "float", "v": number}),
        Datum::Date(text) => json!({"t": "date", "v": text}),
        Datum::Text(text) => json!({"t": "text", "v": text}),
        Datum::List(items) => {
            json!({"t": "list", "v": items.iter().map(typed).collect::<Vec<_>>()})
        }
        Datum::Map(pairs) => {
            let pairs: Vec<Value> = pairs
                .iter()
                .map(|(k, v)| json!([typed(k), typed(v)]))
                .collect();
            json!({"t": "map", "v": pairs})
        }
        other => panic!("{other:?} is new"),
    }
}

/// Every difference between Ansible and us, one a line.
fn differences(cases: &[Case]) -> String {
    let request = Request {
        directory: fixtures().canonicalize().unwrap(),
        cases,
    };
    let mut found = String::new();
    let mut compared = 0;
    for (case, theirs) in cases.iter().zip(request.answers()) {
        let ours = ours(case);
        let (theirs, ours) = match (theirs, ours) {
            (Outcome::Refused(_), Outcome::Refused(_)) => continue,
            (Outcome::Variables(theirs), Outcome::Variables(ours)) => (theirs, ours),
            (theirs, ours) => {
                let _ = writeln!(found, "{}: Ansible {theirs:?}, we {ours:?}", case.name);
                continue;
            }
        };
        for (name, expected) in &theirs {
            let Some((_, got)) = ours.iter().find(|(own, _)| own == name) else {
                let _ = writeln!(found, "{}: `{name}` is missing", case.name);
                continue;
            };
            compared += 1;
            let same = match (expected, got) {
                (Ok(expected), Ok(got)) => same(expected, got),
                (Err(_), Err(_)) => true,
                _ => false,
            };
            let may_differ = name.starts_with("differs_");
            if same == may_differ {
                let _ = writeln!(
                    found,
                    "{}: {}\n    Ansible {}\n    we      {}",
                    case.name,
                    written(case, name),
                    in_short(expected),
                    in_short(got)
                );
            }
        }
        if ours.len() != theirs.len() {
            let _ = writeln!(
                found,
                "{}: {} variables, we have {}",
                case.name,
                theirs.len(),
                ours.len()
            );
        }
    }
    assert!(
        compared > cases.len(),
        "only {compared} values were compared"
    );
    found
}

/// The line of a variable.
fn written(case: &Case, name: &str) -> String {
    let texts = case
        .files
        .iter()
        .map(|path| fs::read_to_string(path).unwrap());
    let lines: Vec<String> = texts
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let line = lines
        .into_iter()
        .find(|line| line.starts_with(&format!("{name}:")));
    line.unwrap_or_else(|| name.to_owned())
}

fn in_short(outcome: &Result<Value, String>) -> String {
    fn value(typed: &Value) -> String {
        match &typed["v"] {
            Value::String(text) if typed["t"] == "text" => format!("{text:?}"),
            Value::Array(items) => {
                let item = |item: &Value| match item {
                    Value::Array(pair) => format!("{}: {}", value(&pair[0]), value(&pair[1])),
                    item => value(item),
                };
                let items: Vec<String> = items.iter().map(item).collect();
                format!(
                    "{}[{}]",
                    typed["t"].as_str().unwrap_or_default(),
                    items.join(", ")
                )
            }
            other => format!("{} {other}", typed["t"].as_str().unwrap_or_default()),
        }
    }
    match outcome {
        Ok(typed) => value(typed),
        Err(message) => format!("ERROR {message}"),
    }
}

/// Floats are compared as numbers: the two languages spell them differently.
fn same(expected: &Value, got: &Value) -> bool {
    match (expected["t"].as_str(), &expected["v"], &got["v"]) {
        (Some("float"), Value::String(text), number) => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            // JSON has no number for what is not finite.
            let alike =
                |e: f64| e.to_bits() == number.to_bits() || !e.is_finite() && number.is_nan();
            got["t"] == "float" && text.parse::<f64>().is_ok_and(alike)
        }
        (_, Value::Array(expected_items), Value::Array(items)) => {
            expected["t"] == got["t"]
                && expected_items.len() == items.len()
                && expected_items.iter().zip(items).all(|(e, g)| match (e, g) {
                    (Value::Array(e), Value::Array(g)) => same(&e[0], &g[0]) && same(&e[1], &g[1]),
                    (e, g) => same(e, g),
                })
        }
        _ => expected == got,
    }
}

/// Every fixture, by itself.
fn handwritten() -> Vec<Case> {
    let mut paths: Vec<PathBuf> = fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "yml"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| Case {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            files: vec![path],
            extra: Vec::new(),
        })
        .collect()
}

/// The same two files with other `-e`.
fn layered() -> Vec<Case> {
    let extras: &[&[&str]] = &[
        &["name=other"],
        &["name=other number=7", "name=last"],
        &["name='two words' path=\"/a b\""],
        &["name={{ number }}"],
        &["name=\"{{ number }} and {{ number }}\""],
        &["{\"name\": \"json\", \"number\": 9, \"list\": [1, \"{{ name }}\"]}"],
        &["{name: yaml, flag: yes, port: 0x1f}"],
        &["@references.yml"],
        &["@vault_whole.yml", "whole=no"],
        &["name=a\\nb"],
        &["name=a=b"],
        &["name="],
        &["flag=yes"],
        &["{\"name\": "],
        &["[1, 2]"],
        &["/etc/passwd"],
    ];
    let mut cases: Vec<Case> = extras
        .iter()
        .map(|extra| Case {
            name: format!("-e {}", extra.join(" -e ")),
            files: vec![fixtures().join("lookups.yml")],
            extra: extra.iter().map(|e| (*e).to_owned()).collect(),
        })
        .collect();
    cases.push(Case {
        name: "shared".to_owned(),
        files: vec![
            fixtures().join("references.yml"),
            fixtures().join("lookups.yml"),
        ],
        extra: Vec::new(),
    });
    cases
}

#[test]
fn every_value_is_what_ansible_makes_of_it() {
    let made = tempfile::tempdir().unwrap();
    let mut cases = handwritten();
    cases.extend(layered());
    cases.extend(generated::cases(made.path(), 1, 130));
    assert!(cases.len() >= 150, "{} cases", cases.len());
    let found = differences(&cases);
    assert!(found.is_empty(), "\n{found}");
}

#[cfg(feature = "long")]
#[test]
fn every_value_of_very_many_files_is_what_ansible_makes_of_it() {
    let made = tempfile::tempdir().unwrap();
    let found = differences(&generated::cases(made.path(), 1_000_000, 4_000));
    assert!(found.is_empty(), "\n{found}");
}
