use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::program::remedy;
use crate::wait::wait_until;

/// An agent of OpenSSH; it ends when this is dropped.
#[derive(Debug)]
pub struct SshAgent {
    files: TempDir,
    agent: Child,
}

impl SshAgent {
    /// Starts an agent without keys.
    ///
    /// # Panics
    ///
    /// With the reason, when that cannot be.
    #[track_caller]
    pub fn up() -> Self {
        let started = tempfile::tempdir().and_then(|files| {
            let agent = Command::new("ssh-agent")
                .args(["-D", "-a"])
                .arg(files.path().join("socket"))
                .stdout(Stdio::null())
                .spawn()?;
            Ok(Self { files, agent })
        });
        match started {
            Ok(agent) => {
                wait_until("the agent listens", || agent.socket().exists());
                agent
            }
            Err(error) => panic!("no agent: {error}; {}", remedy("ssh-agent")),
        }
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.files.path().join("socket")
    }

    /// Gives it a key, whose file has to have no passphrase.
    ///
    /// # Panics
    ///
    /// With the reason, when it does not take it.
    #[track_caller]
    pub fn add(&self, private: &Path) {
        self.ssh_add(Command::new("ssh-add").arg("-q").arg(private), "");
    }

    /// Locks it: it holds its keys, and shows none.
    ///
    /// # Panics
    ///
    /// With the reason, when it cannot be.
    #[track_caller]
    pub fn lock(&self) {
        // Without a terminal, ssh-add reads the password from its input only through this.
        let mut add = Command::new("ssh-add");
        add.arg("-x")
            .env("SSH_ASKPASS_REQUIRE", "force")
            .env("SSH_ASKPASS", "/bin/true");
        self.ssh_add(&mut add, "\n");
    }

    #[track_caller]
    fn ssh_add(&self, command: &mut Command, input: &str) {
        let ran = command
            .env("SSH_AUTH_SOCK", self.socket())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .and_then(|mut child| {
                if let Some(mut stdin) = child.stdin.take() {
                    match stdin.write_all(input.as_bytes()) {
                        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                            return Err(error);
                        }
                        _ => {}
                    }
                }
                child.wait_with_output()
            });
        match ran {
            Ok(output) if output.status.success() => {}
            Ok(output) => panic!("ssh-add: {}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => panic!("ssh-add: {error}; {}", remedy("ssh-add")),
        }
    }
}

impl Drop for SshAgent {
    fn drop(&mut self) {
        // When it has ended already, that is as good.
        let _ = self.agent.kill();
        let _ = self.agent.wait();
    }
}
