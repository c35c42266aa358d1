//! Looking after a running app: its maintenance page, its logs, commands in its release.

use std::io::{self, Read};

use wsgi_model::AbsPath;

use super::ReleaseSite;
use crate::posix::{call, quoted};
use crate::{Chunk, HostError, PosixHost, Shell, Status, Terminal};

const WATCH: &str = include_str!("watch.py");

/// What is to become of the maintenance page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Visitors get it.
    On,
    /// Visitors get the app.
    Off,
    /// It stays as it is.
    Asked,
}

/// Whether visitors get the maintenance page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maintenance {
    /// They do.
    On,
    /// They get the app.
    Off,
}

/// What every program begins with: without the app there is neither its user nor its environment.
fn begun(site: &ReleaseSite) -> String {
    let said = format!("{} was not applied: `wsgi-cli apply` it first", site.app);
    let (start, said) = (quoted(site.start.as_str()), quoted(&said));
    format!("cd /\n[ -x {start} ] || {{\necho {said} >&2\nexit 7\n}}\n")
}

/// A program that the app's user runs.
fn of_app<'a>(site: &'a ReleaseSite, words: impl IntoIterator<Item = &'a str>) -> String {
    [
        begun(site),
        call(["exec"].into_iter().chain(as_user(site, words))),
    ]
    .concat()
}

/// The same, for as long as somebody reads its output.
fn watched<'a>(site: &'a ReleaseSite, words: impl IntoIterator<Item = &'a str>) -> String {
    let watch = ["exec", "/usr/bin/python3", "-I", "-S", "-c", WATCH];
    [
        begun(site),
        call(watch.into_iter().chain(as_user(site, words))),
    ]
    .concat()
}

fn as_user<'a>(
    site: &'a ReleaseSite,
    words: impl IntoIterator<Item = &'a str>,
) -> impl Iterator<Item = &'a str> {
    let user = [
        "setpriv",
        "--reuid",
        &site.user,
        "--regid",
        &site.group,
        "--init-groups",
        "--",
    ];
    user.into_iter().chain(words)
}

/// A command in the release that serves.
fn in_release<'a>(
    site: &'a ReleaseSite,
    command: impl IntoIterator<Item = &'a str>,
) -> impl Iterator<Item = &'a str> {
    let run = [
        site.start.as_str(),
        "--run",
        site.current.as_str(),
        site.virtualenv.as_str(),
        "--",
    ];
    run.into_iter().chain(command)
}

impl<S: Shell> PosixHost<S> {
    /// Shows visitors the maintenance page or the app, and says which they get.
    ///
    /// # Errors
    /// [`HostError`] when that is not known.
    pub fn maintenance(
        &mut self,
        site: &ReleaseSite,
        page: Page,
    ) -> Result<Maintenance, HostError> {
        let flag = site.maintenance_flag.as_str();
        let verb = match page {
            Page::On => "touch -- \"$1\"",
            Page::Off => "rm -f -- \"$1\"",
            Page::Asked => ":",
        };
        let script = format!("{verb} && if [ -e \"$1\" ]; then echo on; else echo off; fi");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let words = ["/bin/sh", "-c", script.as_str(), "sh", flag];
        self.exec(
            &of_app(site, words),
            io::empty(),
            &mut |chunk| match chunk {
                Chunk::Out(bytes) => out.extend_from_slice(bytes),
                Chunk::Err(bytes) => err.extend_from_slice(bytes),
            },
        )?;
        match String::from_utf8_lossy(&out).lines().last() {
            Some("on") => Ok(Maintenance::On),
            Some("off") => Ok(Maintenance::Off),
            _ => Err(HostError::Failed(
                String::from_utf8_lossy(&err).trim().to_owned(),
            )),
        }
    }

    /// Hands on the last lines of the app's logs, each under the name of its file, and then, if
    /// wanted, what is added, across rotations, until the process ends.
    ///
    /// # Errors
    /// [`HostError`] when the connection is lost.
    pub fn logs(
        &mut self,
        site: &ReleaseSite,
        lines: u32,
        follow: bool,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, HostError> {
        let lines = lines.to_string();
        let mut words = vec!["exec", "tail", "-n", &lines];
        if follow {
            words.extend(["-s", "0.2", "-F"]);
        }
        words.push("--");
        words.extend(site.logs.iter().map(AbsPath::as_str));
        Ok(self.exec(&call(words), io::empty(), output)?)
    }

    /// Runs a command in the release that serves, as the app's user and with the app's environment.
    ///
    /// # Errors
    /// [`HostError`] when the connection is lost. How the command ended is the [`Status`].
    pub fn run_in_release(
        &mut self,
        site: &ReleaseSite,
        command: &[String],
        stdin: impl Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, HostError> {
        let words = in_release(site, command.iter().map(String::as_str));
        Ok(self.exec(&watched(site, words), stdin, output)?)
    }

    /// The same in a terminal, for a program that a person uses.
    ///
    /// # Errors
    /// [`HostError`] when the connection is lost. How the command ended is the [`Status`].
    pub fn use_in_release(
        &mut self,
        site: &ReleaseSite,
        command: &[String],
        terminal: &mut dyn Terminal,
    ) -> Result<Status, HostError> {
        let words = in_release(site, command.iter().map(String::as_str));
        Ok(self.in_terminal(&of_app(site, words), terminal)?)
    }

    /// A shell in the release that serves, as the app's user and with the app's environment.
    ///
    /// # Errors
    /// [`HostError`] when the connection is lost. How the shell ended is the [`Status`].
    pub fn shell_in_release(
        &mut self,
        site: &ReleaseSite,
        terminal: &mut dyn Terminal,
    ) -> Result<Status, HostError> {
        // Not the login shell: an app that nobody logs in as has none.
        self.use_in_release(site, &["/bin/bash".to_owned(), "-i".to_owned()], terminal)
    }
}
