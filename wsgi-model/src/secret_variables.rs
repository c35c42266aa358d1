//! Which values of an app came from a vault.

use std::collections::BTreeSet;

/// The variables of an app, or the values in them, that came from a vault, by their paths: `wsgi_server_names`,
/// `wsgi_cron_tasks[0].command`. What is below one of them came from there, too.
///
/// Environment variables and passwords are secret by their type and need not be here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretVariables(BTreeSet<String>);

impl SecretVariables {
    /// Adds a path.
    pub fn insert(&mut self, path: impl Into<String>) {
        self.0.insert(path.into());
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the value at `path` came from a vault as a whole.
    pub fn contains(&self, path: &str) -> bool {
        self.0.iter().any(|own| is_at_or_below(path, own))
    }

    /// Whether the value at `path`, or anything in it, came from a vault.
    pub fn touch(&self, path: &str) -> bool {
        self.contains(path) || self.0.iter().any(|own| is_at_or_below(own, path))
    }

    /// The paths, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_a_secret_is_secret_and_what_is_beside_it_is_not() {
        let mut secrets = SecretVariables::default();
        secrets.insert("wsgi_cron_tasks[1].command");
        secrets.insert("wsgi_path");
        assert!(secrets.contains("wsgi_cron_tasks[1].command"));
        assert!(!secrets.contains("wsgi_cron_tasks[1]"));
        assert!(secrets.touch("wsgi_cron_tasks[1]"));
        assert!(secrets.touch("wsgi_cron_tasks"));
        assert!(!secrets.touch("wsgi_cron_tasks[10]"));
        assert!(secrets.contains("wsgi_path.x"));
        assert!(!secrets.contains("wsgi_paths"));
    }
}
