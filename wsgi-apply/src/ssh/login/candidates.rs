use std::io;
use std::path::Path;

use super::agent::AgentKeys;
use crate::ssh::config::Settings;
use crate::ssh::connect_error::ConnectError;
use crate::ssh::host_key::HostKey;
use crate::ssh::key_file::KeyFile;
use crate::ssh::key_problem::KeyProblem;
use crate::ssh::options::SshOptions;
use crate::ssh::transport::Transport;
use crate::ssh::tried::Tried;

/// The keys to try, in their order: those that were named for this host, with the agent where it
/// holds them; the agent's others; the usual files.
pub(super) struct Candidates {
    pub(super) agent: Option<AgentKeys>,
    pub(super) keys: Vec<Candidate>,
}

pub(super) enum Candidate {
    /// The number of a key of the agent.
    Agent(usize),
    File(KeyFile),
}

/// The best first; `ssh` tries RSA before.
const USUAL: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];

impl Candidates {
    pub(super) fn collect(
        transport: &Transport,
        settings: &Settings,
        options: &SshOptions,
        tried: &mut Vec<Tried>,
    ) -> Result<Self, ConnectError> {
        let login = &settings.login;
        let agent = match &login.agent {
            None => None,
            Some(socket) => match AgentKeys::list(transport, socket) {
                Ok(agent) => Some(agent),
                Err(error) => {
                    let what = format!("the agent at {}", socket.display());
                    tried.push(Tried::new(what, error.message()));
                    None
                }
            },
        };
        let mut named = Vec::new();
        for path in &options.identity_files {
            // A person asked for this very key, so going on without it is not what was meant.
            named.push(KeyFile::read(path).map_err(|source| ConnectError::Key {
                path: path.clone(),
                source,
            })?);
        }
        let mut usual = Vec::new();
        for path in &login.identity_files {
            named.extend(readable(path, tried, true));
        }
        if login.usual_files {
            for name in USUAL {
                let path = options.home.join(".ssh").join(name);
                usual.extend(readable(&path, tried, false));
            }
        }
        let mut candidates = Self {
            agent,
            keys: Vec::new(),
        };
        for file in named {
            candidates.add(file);
        }
        let others = candidates.agent.as_ref().map_or(0, AgentKeys::len);
        if !login.identities_only {
            for number in 0..others {
                candidates.add_agent(number);
            }
        }
        for file in usual {
            candidates.add(file);
        }
        Ok(candidates)
    }

    fn add(&mut self, file: KeyFile) {
        let held = self
            .agent
            .as_ref()
            .zip(file.public())
            .and_then(|(agent, public)| agent.position(public));
        match held {
            Some(number) => self.add_agent(number),
            None => self.keys.push(Candidate::File(file)),
        }
    }

    fn add_agent(&mut self, number: usize) {
        let is_there = |key: &Candidate| matches!(key, Candidate::Agent(other) if *other == number);
        if !self.keys.iter().any(is_there) {
            self.keys.push(Candidate::Agent(number));
        }
    }
}

/// A key that the configuration names; one that is not there is left out, as `ssh` does.
fn readable(path: &Path, tried: &mut Vec<Tried>, is_named: bool) -> Option<KeyFile> {
    match KeyFile::read(path) {
        Ok(file) => Some(file),
        Err(KeyProblem::Unreadable(error))
            if !is_named && error.kind() == io::ErrorKind::NotFound =>
        {
            None
        }
        Err(problem) => {
            let cause = std::error::Error::source(&problem).map(|cause| format!(" ({cause})"));
            let came_to = format!("{problem}{}", cause.unwrap_or_default());
            tried.push(Tried::new(path.display().to_string(), came_to));
            None
        }
    }
}

/// How messages call a key.
pub(super) fn describe(key: &HostKey, comment: &str) -> String {
    format!("{} {comment}", key.fingerprint())
        .trim_end()
        .to_owned()
}
