//! Machines over SSH.

mod config;
mod connect;
mod connect_error;
mod connect_help;
mod destination;
mod dial;
mod exec;
mod greet;
mod host_key;
mod interaction;
mod key_file;
mod key_problem;
mod known_hosts;
mod login;
mod options;
mod place;
mod pulse;
mod transport;
mod tried;
mod tunnel;
mod wildcard;
mod wire;

use std::io::{self, Read};

pub use config::ConfigError;
pub use connect_error::{ConnectError, Phase, ShownKey};
pub use destination::{Destination, InvalidDestination};
pub use host_key::HostKey;
pub use interaction::{Interaction, NoInteraction, Question};
pub use key_problem::KeyProblem;
pub use options::{Login, SshOptions};
pub use place::Place;
pub use tried::Tried;

use crate::Terminal;
use crate::feed::Feed;
use crate::shell::{Chunk, Script, Shell, ShellError, Status};
use transport::Transport;

/// A machine over SSH: one connection, on which any number of programs run, one after the other.
#[derive(Debug)]
pub struct SshShell {
    label: String,
    /// Gone when the connection was lost.
    transport: Option<Transport>,
}

impl SshShell {
    /// Connects to a host and logs in, as `ssh` would with the same configuration, keys, agent and
    /// known hosts.
    ///
    /// A host whose key is not known gets nothing from us, and no question makes it known:
    /// [`ConnectError::help`] says how a person does that.
    ///
    /// # Errors
    /// [`ConnectError`]; nothing was changed on the host then.
    pub fn connect(
        destination: &Destination,
        options: &SshOptions,
        interaction: &mut dyn Interaction,
    ) -> Result<Self, ConnectError> {
        Ok(Self {
            label: destination.to_string(),
            transport: Some(connect::connect(destination, options, interaction)?),
        })
    }
}

impl Shell for SshShell {
    fn label(&self) -> &str {
        &self.label
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        let Some(transport) = &mut self.transport else {
            return Err(gone());
        };
        let mut feed = Feed::new(stdin);
        let result = exec::exec(transport, &script.for_any_shell(), &mut feed, output);
        if let Err(ShellError::Lost(_)) = result {
            self.transport = None;
        }
        match feed.into_failure() {
            Some(error) if result.is_ok() => Err(ShellError::Input(error)),
            _ => result,
        }
    }

    fn in_terminal(
        &mut self,
        script: &Script,
        terminal: &mut dyn Terminal,
    ) -> Result<Status, ShellError> {
        let Some(transport) = &mut self.transport else {
            return Err(gone());
        };
        let result = exec::in_terminal(transport, &script.for_any_shell(), terminal);
        if let Err(ShellError::Lost(_)) = result {
            self.transport = None;
        }
        result
    }
}

fn gone() -> ShellError {
    ShellError::NotStarted(io::Error::new(
        io::ErrorKind::NotConnected,
        "the connection was lost before",
    ))
}
