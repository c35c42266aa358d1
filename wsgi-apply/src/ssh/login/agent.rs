use std::path::Path;

use ssh2::{Agent, PublicKey};

use crate::ssh::host_key::HostKey;
use crate::ssh::transport::Transport;

/// An agent and the keys that it holds.
pub(super) struct AgentKeys {
    agent: Agent,
    keys: Vec<(PublicKey, HostKey)>,
}

impl AgentKeys {
    /// Asks an agent for its keys. An agent that does not answer is waited for: it may be asking
    /// its owner.
    pub(super) fn list(transport: &Transport, socket: &Path) -> Result<Self, ssh2::Error> {
        let mut agent = transport.session().agent()?;
        agent.set_identity_path(socket)?;
        agent.connect()?;
        agent.list_identities()?;
        let keys = agent
            .identities()?
            .into_iter()
            .filter_map(|key| {
                let public = HostKey::from_blob(key.blob().to_vec())?;
                Some((key, public))
            })
            .collect();
        Ok(Self { agent, keys })
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn position(&self, public: &HostKey) -> Option<usize> {
        self.keys.iter().position(|(_, held)| held == public)
    }

    pub(super) fn key(&self, number: usize) -> (&PublicKey, &HostKey) {
        let (key, public) = &self.keys[number];
        (key, public)
    }

    pub(super) fn agent(&self) -> &Agent {
        &self.agent
    }
}
