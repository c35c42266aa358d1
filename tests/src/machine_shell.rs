use std::io::Read;
use std::time::Duration;

use wsgi_apply::{Chunk, LocalShell, Script, Shell, ShellError, Status};

use crate::machine::Machine;

/// A scratch machine as a host of the applier's: its root runs the programs.
#[derive(Debug)]
pub struct MachineShell {
    machine: Machine,
    user: Option<String>,
}

impl MachineShell {
    /// As root.
    pub fn root(machine: &Machine) -> Self {
        Self {
            machine: machine.clone(),
            user: None,
        }
    }

    /// As root, with input and output that come while the program runs.
    pub fn live(machine: &Machine) -> LocalShell {
        let target = format!("--target={}", machine.init());
        let enters = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"];
        let way = ["nsenter", &target].into_iter().chain(enters).chain([
            "--",
            "setsid",
            "--wait",
            "env",
            "--ignore-environment",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=/root",
            "LANG=C.UTF-8",
        ]);
        LocalShell::through("a scratch machine", way)
    }

    /// As another user, who has to become root by sudo.
    pub fn user(machine: &Machine, user: &str) -> Self {
        Self {
            machine: machine.clone(),
            user: Some(user.to_owned()),
        }
    }
}

impl Shell for MachineShell {
    fn label(&self) -> &'static str {
        "a scratch machine"
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        let mut bytes = Vec::new();
        stdin
            .read_to_end(&mut bytes)
            .map_err(ShellError::NotStarted)?;
        let mut command = self
            .machine
            .command(["/bin/sh", "-c", &script.for_any_shell()])
            .stdin(bytes)
            .timeout(Duration::from_secs(300));
        if let Some(user) = &self.user {
            command = command.user(user);
        }
        let ran = command.run();
        output(Chunk::Out(&ran.stdout));
        output(Chunk::Err(&ran.stderr));
        Ok(Status::Exited(ran.code().unwrap_or(-1)))
    }
}
