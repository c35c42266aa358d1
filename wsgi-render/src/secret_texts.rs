//! Files that hold a value from a vault are secret, whatever renderer wrote the value there.

use wsgi_model::{AppSpec, Artifact, Node, Secret, Sensitivity};

use crate::Dialect;

/// What values from a vault look like in files.
pub(crate) struct SecretTexts(Vec<Secret<String>>);

impl SecretTexts {
    /// Those of an app, in the spelling of every dialect.
    pub(crate) fn of(app: &AppSpec) -> Self {
        let mut spellings = Vec::new();
        for text in app.secret_texts() {
            let text = text.expose();
            // A comment has a text line by line.
            let lines = text
                .lines()
                .filter(|line| text.len() != line.len() && line.trim().len() > 3);
            spellings.extend(lines.map(str::to_owned));
            let quoted = Dialect::ALL
                .iter()
                .filter_map(|dialect| dialect.quote(text).ok());
            spellings.extend(quoted.map(|quoted| inner(&quoted).to_owned()));
            spellings.push(text.to_owned());
        }
        spellings.sort_unstable();
        spellings.dedup();
        spellings.retain(|spelling| !spelling.is_empty());
        Self(spellings.into_iter().map(Secret::new).collect())
    }

    /// Makes the contents of `artifact` secret when one of them is in it.
    pub(crate) fn hide(&self, artifact: &mut Artifact) {
        let (Node::File { contents, .. } | Node::Block { contents, .. }) = &mut artifact.node
        else {
            return;
        };
        let holds = |text: &Secret<String>| {
            let text = text.expose().as_bytes();
            contents
                .expose()
                .windows(text.len())
                .any(|bytes| bytes == text)
        };
        if contents.sensitivity() == Sensitivity::Public && self.0.iter().any(holds) {
            *contents = contents.clone().into_secret();
        }
    }
}

/// A quoted text without its quotes, as it stands when more is quoted with it.
fn inner(quoted: &str) -> &str {
    for quote in ['\'', '"'] {
        let bare = quoted
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(bare) = bare {
            return bare;
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_whatever_quotes_it_stands() {
        for dialect in Dialect::ALL {
            let Ok(part) = dialect.quote("it's") else {
                continue;
            };
            let whole = dialect.quote("a it's b").unwrap_or_default();
            assert!(whole.contains(inner(&part)), "{dialect:?}");
        }
    }
}
