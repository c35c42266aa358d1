use std::env;
use std::path::PathBuf;

use super::error::ConfigError;
use super::selection::Selection;
use super::tokens::Tokens;
use super::value;
use crate::ssh::options::SshOptions;

/// How the user proves who it is.
#[derive(Debug)]
pub(in crate::ssh) struct LoginSettings {
    /// From the configuration; when it names none, the usual ones.
    pub(in crate::ssh) identity_files: Vec<PathBuf>,
    pub(in crate::ssh) usual_files: bool,
    pub(in crate::ssh) identities_only: bool,
    pub(in crate::ssh) agent: Option<PathBuf>,
    methods: Vec<Method>,
    /// `BatchMode`: nobody is there.
    pub(in crate::ssh) may_ask: bool,
    /// How often a password is asked for.
    pub(in crate::ssh) prompts: u32,
}

/// A way to prove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ssh) enum Method {
    PublicKey,
    KeyboardInteractive,
    Password,
}

impl LoginSettings {
    pub(super) fn read(
        selection: &Selection<'_>,
        tokens: &Tokens<'_>,
        options: &SshOptions,
    ) -> Result<Self, ConfigError> {
        let mut identity_files = Vec::new();
        let mut usual_files = selection.identity_files().is_empty();
        for written in selection.identity_files() {
            if written.words[0].eq_ignore_ascii_case("none") {
                usual_files = false;
                continue;
            }
            identity_files.push(value::path(written, tokens, "IdentityFile")?);
        }
        let agent = match selection.option("identityagent") {
            None => options.agent.clone(),
            Some(written) => match written.words[0].as_str() {
                "none" => None,
                "SSH_AUTH_SOCK" => options.agent.clone(),
                variable if variable.starts_with('$') && !variable.starts_with("${") => {
                    env::var_os(&variable[1..]).map(PathBuf::from)
                }
                _ => Some(value::path(written, tokens, "IdentityAgent")?),
            },
        };
        let preferred = selection.option("preferredauthentications");
        let is_preferred = |name: &str| {
            preferred
                .is_none_or(|written| written.words[0].split(',').any(|word| word.trim() == name))
        };
        let interactive = match selection.option("kbdinteractiveauthentication") {
            Some(_) => "KbdInteractiveAuthentication",
            // Its name before OpenSSH 8.7.
            None => "ChallengeResponseAuthentication",
        };
        let mut methods = Vec::new();
        for (method, name, option) in [
            (Method::PublicKey, "publickey", "PubkeyAuthentication"),
            (
                Method::KeyboardInteractive,
                "keyboard-interactive",
                interactive,
            ),
            (Method::Password, "password", "PasswordAuthentication"),
        ] {
            if value::yes(selection, option, true)? && is_preferred(name) {
                methods.push(method);
            }
        }
        Ok(Self {
            identity_files,
            usual_files,
            identities_only: value::yes(selection, "IdentitiesOnly", false)?,
            agent,
            methods,
            may_ask: !value::yes(selection, "BatchMode", false)?,
            prompts: value::number(selection, "NumberOfPasswordPrompts")?.unwrap_or(3),
        })
    }

    /// Whether a way may be taken.
    pub(in crate::ssh) fn takes(&self, method: Method) -> bool {
        self.methods.contains(&method)
    }
}
