//! The hosts of a call, and how they are reached.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use wsgi_apply::ssh::{Destination, Interaction, Login, Question, SshOptions, SshShell};
use wsgi_apply::{Host, LocalShell, PlanOptions, PosixHost, PosixOptions, Shell};
use wsgi_model::AbsPath;
use zeroize::Zeroizing;

use crate::args::TargetArgs;
use crate::error::CommandError;
use crate::host_failure::HostFailure;
use crate::terminal::{Echo, Terminal};

/// Machines of the caller's own that `--host NAME` names, instead of one over SSH.
pub trait Machines: Sync {
    /// The machine of this name, as it was given; none leaves it to SSH.
    fn machine(&self, name: &str) -> Option<Box<dyn Host + Send>>;

    /// What runs programs on the machine of this name, for the verbs that work on releases and on
    /// running apps.
    fn shell(&self, _name: &str) -> Option<Box<dyn Shell + Send>> {
        None
    }
}

/// No machines of one's own: `--host` is over SSH.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMachines;

impl Machines for NoMachines {
    fn machine(&self, _: &str) -> Option<Box<dyn Host + Send>> {
        None
    }
}

/// A host, as the command line names it.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    /// Over SSH.
    Remote(Destination),
    /// This machine.
    Local,
    /// A directory that stands for `/`.
    Directory(AbsPath, String),
}

impl Address {
    /// The hosts that the arguments name, each once.
    pub(crate) fn all(args: &TargetArgs) -> Result<Vec<Self>, CommandError> {
        let kind = &args.kind;
        if let Some(directory) = &kind.root {
            return Ok(vec![Self::directory(directory)?]);
        }
        if kind.local {
            return Ok(vec![Self::Local]);
        }
        for (index, host) in kind.hosts.iter().enumerate() {
            if kind.hosts[..index].contains(host) {
                return Err(CommandError::HostTwice(host.to_string()));
            }
        }
        Ok(kind.hosts.iter().cloned().map(Self::Remote).collect())
    }

    fn directory(given: &Path) -> Result<Self, CommandError> {
        let name = given.to_string_lossy().into_owned();
        let unusable = |reason: String| CommandError::Root {
            name: name.clone(),
            reason,
        };
        let found = fs::canonicalize(given).map_err(|error| unusable(error.to_string()))?;
        if !found.is_dir() {
            return Err(unusable("it is no directory".to_owned()));
        }
        let text = found.to_str().unwrap_or_default();
        let path = AbsPath::parse(text).map_err(|error| unusable(error.to_string()))?;
        if path.is_root() {
            return Err(unusable("it is this machine's own `/`".to_owned()));
        }
        Ok(Self::Directory(path, name))
    }

    /// What it is called in messages.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Remote(destination) => destination.to_string(),
            Self::Local => "this machine".to_owned(),
            Self::Directory(_, name) => name.clone(),
        }
    }

    /// How it is named on a command line.
    pub(crate) fn option(&self) -> String {
        match self {
            Self::Remote(destination) => format!("--host {destination}"),
            Self::Local => "--local".to_owned(),
            Self::Directory(_, name) => format!("--root {name}"),
        }
    }

    /// How a plan for it is made.
    pub(crate) fn plan_options(&self, adopt: bool) -> PlanOptions {
        let mut options = PlanOptions::default();
        options.adopt = adopt;
        options.paths_only = matches!(self, Self::Directory(..));
        options.owners_noted = options.paths_only;
        options
    }
}

/// What it takes to reach hosts: keys, passwords, and a person to be asked.
pub(crate) struct Access<'a> {
    machines: &'a dyn Machines,
    ssh: SshOptions,
    password: Option<Zeroizing<String>>,
    sudo_password: Option<Zeroizing<String>>,
    /// Several hosts ask one after the other.
    turn: Mutex<()>,
}

impl<'a> Access<'a> {
    /// Asks for the passwords that the arguments speak of.
    pub(crate) fn new(args: &TargetArgs, machines: &'a dyn Machines) -> Result<Self, CommandError> {
        let mut ssh = SshOptions::from_environment();
        ssh.identity_files.clone_from(&args.identities);
        if args.ask_pass {
            ssh.login = Login::Password;
        }
        let asked = |wanted: bool, prompt: &str| {
            let ask = || Terminal::open()?.ask(prompt, Echo::Unseen);
            wanted.then(ask).transpose().map_err(CommandError::Unasked)
        };
        Ok(Self {
            machines,
            ssh,
            password: asked(args.ask_pass, "SSH password: ")?,
            sudo_password: asked(args.ask_sudo_pass, "sudo password: ")?,
            turn: Mutex::new(()),
        })
    }

    /// Reaches a host to which releases are deployed.
    pub(crate) fn posix(
        &self,
        address: &Address,
    ) -> Result<PosixHost<Box<dyn Shell + Send>>, HostFailure> {
        self.reach(address, LocalShell::new())
    }

    /// Reaches a host for a program that the person at the terminal can end.
    pub(crate) fn attended(
        &self,
        address: &Address,
    ) -> Result<PosixHost<Box<dyn Shell + Send>>, HostFailure> {
        self.reach(address, LocalShell::in_foreground())
    }

    fn reach(
        &self,
        address: &Address,
        local: LocalShell,
    ) -> Result<PosixHost<Box<dyn Shell + Send>>, HostFailure> {
        let mut options = PosixOptions::default();
        options.sudo_password.clone_from(&self.sudo_password);
        let shell: Box<dyn Shell + Send> = match address {
            Address::Remote(destination) => match self.machines.shell(&destination.to_string()) {
                Some(shell) => shell,
                None => Box::new(SshShell::connect(
                    destination,
                    &self.ssh,
                    &mut Person(self),
                )?),
            },
            Address::Local => Box::new(local),
            Address::Directory(path, _) => {
                options.prefix = Some(path.clone());
                Box::new(local)
            }
        };
        Ok(PosixHost::new(shell, options))
    }

    /// Reaches a host.
    pub(crate) fn connect(&self, address: &Address) -> Result<Box<dyn Host + Send>, HostFailure> {
        let given = match address {
            Address::Remote(destination) => self.machines.machine(&destination.to_string()),
            _ => None,
        };
        match given {
            Some(machine) => Ok(machine),
            None => Ok(Box::new(self.posix(address)?)),
        }
    }
}

/// The person at the terminal, if there is one.
struct Person<'a>(&'a Access<'a>);

impl Interaction for Person<'_> {
    fn ask(&mut self, question: &Question) -> Option<Zeroizing<String>> {
        let wants_password = match question {
            Question::Password { wrong, .. } => *wrong == 0,
            // PAM asks for the password in its own words.
            Question::Challenge { wrong, echo, .. } => *wrong == 0 && !echo,
            _ => false,
        };
        if let Some(password) = self.0.password.as_ref().filter(|_| wants_password) {
            return Some(password.clone());
        }
        let _turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let echo = if question.echoes() {
            Echo::Seen
        } else {
            Echo::Unseen
        };
        let mut terminal = Terminal::open().ok()?;
        terminal.ask(&format!("{question}: "), echo).ok()
    }
}
