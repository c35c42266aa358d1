use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use crate::machine_error::MachineError;

/// Links and addresses of their own, gone with the last process in them; there is no name for them
/// that could be left behind.
#[derive(Debug)]
pub(super) struct NetworkNamespace {
    /// Lives as long as the other end of its standard input.
    holder: Child,
}

impl NetworkNamespace {
    pub(super) fn new() -> Result<Self, MachineError> {
        let mut holder = Command::new("unshare")
            .args(["--net", "--", "sh", "-c"])
            .arg("ip link set lo up && echo ready && exec cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            // Not a terminal's Ctrl-C ends it, but the end of the test.
            .process_group(0)
            .spawn()
            .map_err(|source| MachineError::spawn("unshare", source))?;
        let mut said = String::new();
        if let Some(stdout) = holder.stdout.take() {
            // A failed read shows as a missing word below.
            let _ = BufReader::new(stdout).read_line(&mut said);
        }
        let namespace = Self { holder };
        if said == "ready\n" {
            Ok(namespace)
        } else {
            Err(MachineError::Setup {
                stderr: "no network namespace: `unshare --net` failed".to_owned(),
            })
        }
    }

    /// The process that holds it.
    pub(super) fn pid(&self) -> u32 {
        self.holder.id()
    }

    /// A command that runs in it, with the files and processes of the test computer.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net=/proc/{}/ns/net", self.pid()))
            .args(["--", program]);
        command
    }

    /// Runs a script of `sh` in it, with arguments from `$1` on; `what` it is for names it in an error.
    pub(super) fn sh(
        &self,
        what: &str,
        script: &str,
        arguments: &[&str],
    ) -> Result<(), MachineError> {
        let mut command = self.command("sh");
        command.args(["-euc", script, "sh"]).args(arguments);
        step(what, command).map(drop)
    }
}

impl Drop for NetworkNamespace {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

/// Runs a command that setting up needs, for what it prints; `what` it is for names it in an error.
pub(super) fn step(what: &str, mut command: Command) -> Result<String, MachineError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| MachineError::spawn(&program, source))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let said = [output.stdout, output.stderr].concat();
        Err(MachineError::Setup {
            stderr: format!("{what}:\n{}", String::from_utf8_lossy(&said)),
        })
    }
}
