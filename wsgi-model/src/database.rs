//! Databases, as the app learns of them through its environment.

use crate::env::EnvValue;
use crate::{DatabaseId, EnvName, EnvPrefix, EnvVar};

/// One database. It becomes `PREFIX_DB_ID_{NAME,USER,PASSWORD,HOST,PORT}`; nothing is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Names the variables; compared in upper case.
    pub id: DatabaseId,
    /// The database's name.
    pub name: Option<EnvValue>,
    /// Who logs in.
    pub user: Option<EnvValue>,
    /// The password.
    pub password: Option<EnvValue>,
    /// The server's name, address or socket directory.
    pub host: Option<EnvValue>,
    /// The server's port, as the app reads it.
    pub port: Option<EnvValue>,
}

impl Database {
    /// A database of which only the id is known yet.
    pub fn new(id: DatabaseId) -> Self {
        Self {
            id,
            name: None,
            user: None,
            password: None,
            host: None,
            port: None,
        }
    }

    /// The five variables under `prefix`, each with the key that it comes from; what is not set is the
    /// empty text, as in the role.
    pub(crate) fn environment(&self, prefix: &EnvPrefix) -> [(&'static str, EnvVar); 5] {
        let id = self.id.as_str().to_ascii_uppercase();
        let values = [
            ("name", "NAME", &self.name),
            ("user", "USER", &self.user),
            ("password", "PASSWORD", &self.password),
            ("host", "HOST", &self.host),
            ("port", "PORT", &self.port),
        ];
        values.map(|(key, part, value)| {
            let empty = || EnvValue::of_text(String::new());
            let var = EnvVar {
                name: EnvName::generated(prefix, &["DB_", &id, "_", part].concat()),
                value: value.clone().unwrap_or_else(empty),
            };
            (key, var)
        })
    }
}
