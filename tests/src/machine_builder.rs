use std::path::PathBuf;
use std::process::Command;

use crate::Machine;
use crate::machine_error::MachineError;

const SETUP: &str = include_str!("machine.sh");

/// A machine to be made, with what it shares.
#[derive(Debug, Default)]
pub struct MachineBuilder {
    shares: Vec<(PathBuf, PathBuf)>,
}

impl MachineBuilder {
    /// Shows a file or directory of the test computer at a path of the machine, read-only.
    #[must_use]
    pub fn share(mut self, outside: impl Into<PathBuf>, inside: impl Into<PathBuf>) -> Self {
        self.shares.push((outside.into(), inside.into()));
        self
    }

    /// Makes the machine.
    ///
    /// # Errors
    ///
    /// When the test computer cannot: without root, without overlayfs, with programs missing.
    pub fn start(self) -> Result<Machine, MachineError> {
        Machine::need_root()?;
        let mut unshare = Command::new("unshare");
        unshare
            .args(["--mount", "--pid", "--ipc", "--uts", "--net"])
            .args(["--fork", "--kill-child", "--"])
            .args(["bash", "-c", SETUP, "machine"])
            .args(
                self.shares
                    .iter()
                    .flat_map(|(outside, inside)| [outside, inside]),
            )
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LANG", "C.UTF-8");
        Machine::held_by(unshare)
    }
}
