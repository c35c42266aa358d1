//! Documents say what the code does: those that follow from it are made anew and compared, and what
//! others name and quote must be there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wsgi_model::{NoLookups, Rejected, Source, load};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// `ACCEPT=1` writes the document anew.
fn assert_document(path: &str, expected: &str) {
    let file = root().join(path);
    if std::env::var_os("ACCEPT").is_some() {
        fs::write(&file, expected).expect("the document can be written");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == expected,
        "{path} is out of date: run the tests with ACCEPT=1 and look at the difference"
    );
}

#[test]
fn the_reference_of_variables_is_the_table_of_variables() {
    assert_document("docs/variables.md", &wsgi_model::reference());
}

/// The text between two lines of backticks, the first of which names `language`.
fn fenced<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    let after = document.split(opening.as_str()).skip(1);
    after
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

fn load_vars(text: &str) -> Result<wsgi_model::Loaded, Rejected> {
    let source = Source {
        name: "app.yml",
        bytes: text.as_bytes(),
    };
    load(&source, &NoLookups)
}

#[test]
fn the_vars_file_of_the_readme_loads() {
    let readme = read("README.md");
    let files = fenced(&readme, "yaml");
    assert!(!files.is_empty());
    for file in files {
        load_vars(file).unwrap_or_else(|rejected| panic!("{file}\n{rejected:#?}"));
    }
}

#[test]
fn the_refusal_that_the_readme_shows_is_one() {
    let message = read("fixtures/invalid/readme-example.err");
    let block = format!("```text\n{message}```\n");
    assert!(
        read("README.md").contains(&block),
        "it should show\n{message}"
    );
}

const COMPATIBILITY: &str = "docs/compatibility.md";

/// The cells of the tables below a heading, up to the next heading of its level.
fn rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let start = format!("\n## {heading}\n");
    let section = document.split(start.as_str()).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut lines = section.lines().peekable();
    let mut rows = Vec::new();
    while let Some(line) = lines.next() {
        let is_head = lines.peek().is_some_and(|next| next.starts_with("|--"));
        if line.starts_with("| ") && !is_head {
            let cells = line.trim_matches('|').split(" | ");
            rows.push(cells.map(|cell| cell.trim().to_owned()).collect());
        }
    }
    assert!(!rows.is_empty(), "no table below {heading}");
    rows
}

/// What stands in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Whether `proof` names a test: `file.rs::name`, seen from the tests, or from the workspace for a
/// crate's own.
fn is_test(proof: &str) -> bool {
    let Some((file, name)) = proof.split_once("::") else {
        return false;
    };
    let path = if file.starts_with("wsgi-") {
        root().join(file)
    } else {
        root().join("tests/tests").join(file)
    };
    let text = fs::read_to_string(path).unwrap_or_default();
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else {
        return false;
    };
    before.trim_end().ends_with("#[test]")
}

/// Whether `proof` names a case of `fixtures/`.
fn is_fixture(proof: &str) -> bool {
    let path = root().join(proof);
    match proof.strip_prefix("fixtures/") {
        Some(name) if name.starts_with("invalid/") => {
            path.with_extension("yml").is_file() && path.with_extension("err").is_file()
        }
        Some(name) => name.starts_with("apps/") && path.join("expected.manifest").is_file(),
        None => false,
    }
}

#[test]
fn every_test_and_fixture_that_the_page_on_compatibility_names_exists() {
    let page = read(COMPATIBILITY);
    let named = quoted(&page)
        .into_iter()
        .filter(|text| text.contains(".rs::") || text.starts_with("fixtures/"));
    let missing: BTreeSet<&str> = named
        .filter(|proof| !is_test(proof) && !is_fixture(proof))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_page_on_compatibility_answers_for_every_fault() {
    let page = read(COMPATIBILITY);
    let mut numbers = BTreeSet::new();
    for row in rows(&page, "The role's faults") {
        let [number, _, here, proof] = row.as_slice() else {
            panic!("{row:?}");
        };
        assert!(numbers.insert(number.clone()), "{number} twice");
        let later = here.starts_with("Later: ");
        assert!(
            later || here.starts_with("Fixed") || here.starts_with("Refused"),
            "{number}: {here}"
        );
        assert!(later || !quoted(proof).is_empty(), "{number} has no proof");
        // A sentence in this column would be a claim that no test looks at.
        for proof in quoted(proof) {
            assert!(is_test(proof) || is_fixture(proof), "{number}: {proof}");
        }
    }
    let all: BTreeSet<_> = (1..=90).map(|number| format!("B{number:02}")).collect();
    assert_eq!(numbers, all);
}

#[test]
fn refusals_on_the_page_on_compatibility_are_in_the_words_of_the_program() {
    let page = read(COMPATIBILITY);
    for row in rows(&page, "Refused, with the remedy") {
        let [_, message, _, fixture] = row.as_slice() else {
            panic!("{row:?}");
        };
        let [fixture] = quoted(fixture)[..] else {
            panic!("{row:?}");
        };
        let said = read(&format!("{fixture}.err"));
        let is_said = said
            .lines()
            .any(|line| line.starts_with("error: ") && line.ends_with(&format!(": {message}")));
        assert!(is_said, "{fixture} does not say: {message}");
    }
}

/// The value of an environment variable, by how it is written.
fn arrives(written: &str) -> Result<String, Rejected> {
    let vars = format!(
        "wsgi_project_name: shop\nwsgi_wsgi_path: shop.wsgi\nwsgi_env_vars:\n  value: {written}\n"
    );
    let environment = load_vars(&vars)?.app.environment();
    let variable = environment.iter().find(|v| v.name.as_str() == "VALUE");
    Ok(variable.unwrap().value.expose().to_owned())
}

#[test]
fn values_become_what_the_page_on_compatibility_says() {
    let page = read(COMPATIBILITY);
    for row in rows(&page, "What a value becomes") {
        for written in quoted(&row[0]) {
            let found = arrives(written).ok();
            let expected = match row[1].as_str() {
                "refused" => None,
                "an empty text" => Some(String::new()),
                cell => Some(quoted(cell)[0].to_owned()),
            };
            assert_eq!(found, expected, "{written}");
        }
    }
}
