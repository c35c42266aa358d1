//! The reference of variables, in Markdown.

use std::fmt::Write as _;

use super::{fallback_text, in_words, paragraph, record, sections};
use crate::Definition;
use crate::variable::Fallback;

/// The reference of all variables as a Markdown page.
pub fn reference() -> String {
    let mut page = String::from(
        "<!-- Generated from the table of variables (wsgi-model/src/variables.rs); a test keeps it so. -->\n\
         # Variables\n\n\
         One YAML file describes one app. Required are `wsgi_project_name` and `wsgi_wsgi_path`; everything else has\n\
         a default. In defaults, `{name}` stands for `wsgi_project_name`, `{path}` for `wsgi_path`, `{venv}` for\n\
         `wsgi_virtualenv`, `{log}` for `wsgi_log_dir` and `{storage}` for `wsgi_storage_dir`.\n\n\
         A name that starts with `wsgi_` and is not listed here is refused; other names are yours. Switches take\n\
         `yes`, `no`, `on`, `off`, `true` and `false` in any case; numbers may be quoted.\n",
    );
    for (title, members) in sections() {
        let _ = write!(page, "\n## {title}\n");
        for definition in members {
            variable(&mut page, definition, "###");
        }
    }
    page
}

fn variable(page: &mut String, definition: &Definition, heading: &str) {
    let _ = write!(
        page,
        "\n{heading} `{}`\n\n{}\n\n",
        definition.name,
        paragraph(definition)
    );
    let _ = writeln!(
        page,
        "- takes: {}",
        in_words(definition.takes, definition.unit)
    );
    let _ = match (definition.fallback, fallback_text(definition)) {
        (Fallback::Text(_), Some(text)) => writeln!(page, "- default: `{text}`"),
        (_, Some(meaning)) => writeln!(page, "- default: {meaning}"),
        (_, None) => writeln!(page, "- required"),
    };
    if !definition.example.is_empty() {
        let _ = writeln!(
            page,
            "- example: `{}: {}`",
            definition.name, definition.example
        );
    }
    for alias in definition.aliases {
        let _ = writeln!(page, "- also read as: `{alias}`");
    }
    if let Some(keys) = record(definition.takes) {
        let _ = writeln!(
            page,
            "\n| key | takes | default | meaning |\n|---|---|---|---|"
        );
        for key in keys {
            row(page, key, "");
        }
    }
}

fn row(page: &mut String, key: &Definition, prefix: &str) {
    let default = match (key.fallback, fallback_text(key)) {
        (Fallback::Text(_), Some(text)) => format!("`{text}`"),
        (_, Some(meaning)) => meaning,
        (_, None) => "required".to_owned(),
    };
    let takes = in_words(key.takes, key.unit).replace('|', "\\|");
    let _ = writeln!(
        page,
        "| `{prefix}{}` | {takes} | {default} | {} |",
        key.name,
        paragraph(key)
    );
    for inner in record(key.takes).unwrap_or_default() {
        row(page, inner, &format!("{prefix}{}.", key.name));
    }
}
