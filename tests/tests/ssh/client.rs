//! A person with a home directory of their own, who connects to servers.

use std::collections::VecDeque;
use std::error::Error;
use std::fs;
use std::io;
use std::path::PathBuf;

use tempfile::TempDir;
use wsgi_apply::ssh::{ConnectError, Interaction, NoInteraction, Question, SshOptions, SshShell};
use wsgi_apply::{Chunk, Script, Shell, ShellError, Status};
use wsgi_tests::SshServer;

pub(crate) struct Client {
    pub(crate) home: TempDir,
    pub(crate) options: SshOptions,
}

impl Client {
    /// Somebody who knows nothing.
    pub(crate) fn stranger() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".ssh")).unwrap();
        let mut options = SshOptions::from_environment();
        options.home = home.path().into();
        options.config = Some(home.path().join(".ssh/config"));
        options.system_config = None;
        options.agent = None;
        Self { home, options }
    }

    /// Somebody who knows the server as `web`, its ed25519 key, and has a key that opens it.
    pub(crate) fn of(server: &SshServer) -> Self {
        let client = Self::stranger();
        client.configure(&format!(
            "Host web\n  HostName 127.0.0.1\n  Port {}\n  IdentityFile {}\n",
            server.port(),
            server.user_key().display()
        ));
        client.know(server, "ed25519");
        client
    }

    pub(crate) fn ssh_file(&self, name: &str) -> PathBuf {
        self.home.path().join(".ssh").join(name)
    }

    pub(crate) fn known_hosts(&self) -> PathBuf {
        self.ssh_file("known_hosts")
    }

    /// Adds lines to `~/.ssh/config`.
    pub(crate) fn configure(&self, lines: &str) {
        append(&self.ssh_file("config"), lines);
    }

    /// Puts lines before what `~/.ssh/config` says: of two values, `ssh` takes the first.
    pub(crate) fn configure_first(&self, lines: &str) {
        let file = self.ssh_file("config");
        let rest = fs::read_to_string(&file).unwrap_or_default();
        fs::write(&file, format!("{lines}{rest}")).unwrap();
    }

    /// Adds a key of the server to `known_hosts`.
    pub(crate) fn know(&self, server: &SshServer, kind: &str) {
        let key = server.host_key(kind);
        self.know_line(&format!("[127.0.0.1]:{} {key}\n", server.port()));
    }

    pub(crate) fn know_line(&self, line: &str) {
        append(&self.known_hosts(), line);
    }

    pub(crate) fn try_connect(&self) -> Result<SshShell, ConnectError> {
        self.connect_to("web", &mut NoInteraction)
    }

    pub(crate) fn connect_to(
        &self,
        host: &str,
        interaction: &mut dyn Interaction,
    ) -> Result<SshShell, ConnectError> {
        SshShell::connect(&host.parse().unwrap(), &self.options, interaction)
    }

    #[track_caller]
    pub(crate) fn connect(&self) -> SshShell {
        match self.try_connect() {
            Ok(shell) => shell,
            Err(error) => panic!("{}", story(&error)),
        }
    }

    #[track_caller]
    pub(crate) fn refused(&self) -> ConnectError {
        match self.try_connect() {
            Ok(_) => panic!("connected"),
            Err(error) => error,
        }
    }
}

fn append(file: &std::path::Path, lines: &str) {
    let before = fs::read_to_string(file).unwrap_or_default();
    fs::write(file, before + lines).unwrap();
}

/// An error with its causes and its remedy, as a person gets it.
pub(crate) fn story(error: &ConnectError) -> String {
    let mut story = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        story.push_str("\ncaused by: ");
        story.push_str(&inner.to_string());
        cause = inner.source();
    }
    format!("{story}\nhelp: {}", error.help())
}

/// What a program printed, and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) status: Status,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn try_run(
    shell: &mut dyn Shell,
    script: &str,
    stdin: &[u8],
) -> Result<Ran, ShellError> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let script = Script::new(script.to_owned());
    let mut stdin = io::Cursor::new(stdin);
    let status = shell.exec(&script, &mut stdin, &mut |chunk| match chunk {
        Chunk::Out(bytes) => out.extend_from_slice(bytes),
        Chunk::Err(bytes) => err.extend_from_slice(bytes),
    })?;
    Ok(Ran {
        status,
        out: String::from_utf8_lossy(&out).into_owned(),
        err: String::from_utf8_lossy(&err).into_owned(),
    })
}

#[track_caller]
pub(crate) fn run(shell: &mut dyn Shell, script: &str, stdin: &[u8]) -> Ran {
    match try_run(shell, script, stdin) {
        Ok(ran) => ran,
        Err(error) => panic!("{error}: {:?}", error.source()),
    }
}

/// What a program prints that exits with 0.
#[track_caller]
pub(crate) fn output(shell: &mut dyn Shell, script: &str) -> String {
    let ran = run(shell, script, b"");
    assert_eq!((ran.status, ran.err.as_str()), (Status::Exited(0), ""));
    ran.out
}

/// A person with answers, who remembers what was asked.
#[derive(Default)]
pub(crate) struct Person {
    pub(crate) answers: VecDeque<&'static str>,
    pub(crate) asked: Vec<Question>,
}

impl Person {
    pub(crate) fn answering<const N: usize>(answers: [&'static str; N]) -> Self {
        Self {
            answers: answers.into(),
            asked: Vec::new(),
        }
    }
}

impl Interaction for Person {
    fn ask(&mut self, question: &Question) -> Option<zeroize::Zeroizing<String>> {
        self.asked.push(question.clone());
        self.answers
            .pop_front()
            .map(|answer| answer.to_owned().into())
    }
}
