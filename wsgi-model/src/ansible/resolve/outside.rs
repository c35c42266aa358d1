//! What an expression needs and no expression makes: decrypted values, files, the environment.

use camino::Utf8Path;

use super::Resolver;
use crate::Invalid;
use crate::ansible::session::{Answer, Cause, Outcome, Query};
use crate::ansible::tree::Id;
use crate::ansible::vault::{VaultError, is_vault};
use crate::wire::scalar::{Kind, Scalar, Style};
use crate::wire::yaml::{Node, Value};

impl Resolver<'_> {
    pub(super) fn decrypt(&mut self, id: Id, vault: &str) -> Outcome {
        if let Some(closed) = &self.closed {
            return closed.clone();
        }
        let place = self.session.tree.item(id).place;
        let secrets = match self.passwords.secrets() {
            Ok(secrets) => secrets,
            Err(error) => {
                let mut why = Invalid::new(error.to_string());
                if let Some(help) = error.remedy() {
                    why = why.help(help.to_owned());
                }
                let failed = self.failed(id, "vault", &why, Cause::Error);
                return self.closed.insert(failed).clone();
            }
        };
        match self.opener.text(vault, secrets) {
            Ok(text) => {
                // As in Ansible, what comes out is text and no template.
                let mut node = Node::new(place, Value::Scalar(literal(&text)));
                node.secret = true;
                Outcome::worked(node)
            }
            Err(error) => {
                let why = Invalid::new(error.to_string()).help(error.remedy());
                let failed = self.failed(id, "vault", &why, Cause::Error);
                if let VaultError::NotTried { .. } | VaultError::TooMany { .. } = error {
                    self.closed = Some(failed.clone());
                }
                failed
            }
        }
    }

    pub(super) fn look_up(&mut self, query: &Query) -> Answer {
        match query {
            Query::Environment(name) => match self.lookups.environment(name) {
                Ok(Some(text)) => Answer::Text {
                    text,
                    secret: false,
                },
                Ok(None) => Answer::Nothing,
                Err(error) => Answer::Failed(error.to_string()),
            },
            Query::File(path) => {
                let bytes = match self.lookups.file(Utf8Path::new(path)) {
                    Ok(bytes) => bytes,
                    Err(error) => return Answer::Failed(error.to_string()),
                };
                if !is_vault(&bytes) {
                    return String::from_utf8(bytes).map_or_else(
                        |_| Answer::Failed("it holds something other than text".to_owned()),
                        |text| Answer::Text {
                            text,
                            secret: false,
                        },
                    );
                }
                let opened = match self.passwords.secrets() {
                    Ok(secrets) => self.opener.text(&bytes, secrets),
                    Err(error) => return Answer::Failed(error.to_string()),
                };
                match opened {
                    Ok(text) => Answer::Text { text, secret: true },
                    Err(error) => Answer::Failed(error.to_string()),
                }
            }
        }
    }
}

/// A text that is no template.
fn literal(text: &str) -> Scalar {
    Scalar {
        written: text.to_owned(),
        style: Style::SingleQuoted,
        kind: Kind::Str,
        unsafe_: true,
    }
}
