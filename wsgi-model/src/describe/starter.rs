//! A vars file to start from.

use std::fmt::Write as _;

use super::{fallback_text, paragraph, record, sections};
use crate::Definition;
use crate::variable::Fallback;

/// A commented vars file to start from: the required variables set, every other shown with its
/// default, switched off by a `#`.
///
/// ```
/// use wsgi_model::{NoLookups, Source, load, starter};
/// assert!(load(&Source { name: "app.yml", bytes: starter().as_bytes() }, &NoLookups).is_ok());
/// ```
pub fn starter() -> String {
    let mut file = String::from(
        "# One app. Set the two variables below; the others show their defaults, or an example where they have none.\n\
         # In defaults, {name} stands for wsgi_project_name, {path} for wsgi_path, {storage} for wsgi_storage_dir.\n",
    );
    for (title, members) in sections() {
        let _ = write!(file, "\n# {title}\n");
        for definition in members {
            variable(&mut file, definition);
        }
    }
    file
}

fn variable(file: &mut String, definition: &Definition) {
    file.push('\n');
    for line in wrapped(&paragraph(definition), 96) {
        let _ = writeln!(file, "# {line}");
    }
    if definition.fallback == Fallback::Required {
        let _ = writeln!(file, "{}: {}", definition.name, definition.example);
        return;
    }
    let shown = match (definition.fallback, fallback_text(definition)) {
        (Fallback::Text(text), _)
            if definition.example.is_empty() || !matches!(text, "[]" | "{}") =>
        {
            text.to_owned()
        }
        _ => definition.example.to_owned(),
    };
    match record(definition.takes) {
        Some(keys) if definition.example.is_empty() => {
            let _ = writeln!(file, "#{}:", definition.name);
            for (i, key) in keys.iter().enumerate() {
                let bullet = if i == 0 { "- " } else { "  " };
                let _ = writeln!(
                    file,
                    "#  {bullet}{}: {}",
                    key.name,
                    if key.example.is_empty() {
                        "no"
                    } else {
                        key.example
                    }
                );
            }
        }
        _ => {
            let _ = writeln!(file, "#{}: {shown}", definition.name);
        }
    }
}

/// `text` in lines of at most `width` characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let full = lines.last().is_some_and(|line| {
            !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width
        });
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
