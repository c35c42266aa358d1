//! A vars file to start from.

use std::fmt::Write as _;

use super::{fallback_text, paragraph, record, sections};
use crate::Definition;
use crate::variable::Fallback;
use crate::variables::{HOME, LOGS, NAME, STORAGE, VIRTUALENV};

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
         # Defaults are those of an app named shop. Left switched off, they follow wsgi_project_name, wsgi_path\n\
         # and wsgi_storage_dir.\n",
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
    for line in wrapped(&concrete(&paragraph(definition)), 96) {
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
            concrete(text)
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
            let line = format!("#{}: {shown}", definition.name);
            let _ = writeln!(file, "{}", line.trim_end());
        }
    }
}

/// `text` with its placeholders filled in for the example app: what is switched on is taken as it is
/// written.
fn concrete(text: &str) -> String {
    let default = |definition: &Definition| match definition.fallback {
        Fallback::Text(text) => text,
        Fallback::Required | Fallback::Nothing(_) => definition.example,
    };
    text.replace("{path}", default(&HOME.definition))
        .replace("{storage}", default(&STORAGE.definition))
        .replace("{venv}", default(&VIRTUALENV.definition))
        .replace("{log}", default(&LOGS.definition))
        // The last: the others have it in them.
        .replace("{name}", NAME.definition.example)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NoLookups, Source, VARIABLES, load};

    /// The starter's lines with one variable switched on, and the variable's first line.
    fn switched_on() -> Vec<(String, String)> {
        let starter = starter();
        let lines: Vec<&str> = starter.lines().collect();
        let is_switched_off = |line: &str| line.starts_with("#wsgi_");
        let mut all = Vec::new();
        for (at, first) in lines.iter().enumerate() {
            if !is_switched_off(first) {
                continue;
            }
            let rest = lines[at + 1..].iter();
            let end = at + 1 + rest.take_while(|line| line.starts_with("#  ")).count();
            let text: Vec<&str> = lines
                .iter()
                .enumerate()
                .map(|(i, line)| {
                    if (at..end).contains(&i) {
                        &line[1..]
                    } else {
                        line
                    }
                })
                .collect();
            all.push(((*first).to_owned(), text.join("\n")));
        }
        all
    }

    #[test]
    fn every_variable_can_be_switched_on_as_it_stands() {
        let all = switched_on();
        assert_eq!(all.len(), VARIABLES.len() - 2);
        for (line, text) in all {
            let source = Source {
                name: "app.yml",
                bytes: text.as_bytes(),
            };
            if let Err(rejected) = load(&source, &NoLookups) {
                // The example names a file of the operator's.
                let of_lookup = line.starts_with("#wsgi_nginx_include_paths:");
                assert!(of_lookup, "{line}: {rejected:?}");
            }
        }
    }

    #[test]
    fn defaults_are_those_of_the_example_app() {
        let starter = starter();
        for line in [
            "#wsgi_env_prefix: shop",
            "#wsgi_path: /var/www/shop/",
            "#wsgi_release_dir: /var/www/shop/releases/",
            "#wsgi_media_dir: /mnt/shop/media/",
        ] {
            assert!(starter.lines().any(|other| other == line), "{line}");
        }
        for placeholder in ["{name}", "{path}", "{storage}", "{venv}", "{log}"] {
            assert!(!starter.contains(placeholder), "{placeholder}");
        }
    }
}
