//! A host that is a POSIX system, reached by a shell.

use std::fmt;
use std::io::{self, Cursor, Read};

use wsgi_model::AbsPath;
use zeroize::Zeroizing;

use crate::facts::Reading;
use crate::posix::{Answer, Performance, observing, quoted};
use crate::{
    Chunk, Facts, Host, HostError, PerformOptions, Plan, Probe, Progress, Report, Script, Shell,
    ShellError, Status, Terminal,
};

/// A host that is a Debian or Ubuntu system, reached by a [`Shell`].
///
/// It becomes root by sudo(8) where the shell's user is somebody else. Nothing of ours needs to be on
/// the host: its `/bin/sh` and what every Debian has do the work.
pub struct PosixHost<S> {
    shell: S,
    options: PosixOptions,
    probe: Option<Probe>,
}

/// How a [`PosixHost`] is worked on.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct PosixOptions {
    /// A directory that stands for `/`: only paths below it are observed and changed, without root.
    pub prefix: Option<AbsPath>,
    /// The password that sudo(8) asks for. It reaches the host on stdin alone.
    pub sudo_password: Option<Zeroizing<String>>,
}

impl fmt::Debug for PosixOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PosixOptions")
            .field("prefix", &self.prefix)
            .field("sudo_password", &self.sudo_password.is_some())
            .finish()
    }
}

/// What is printed when sudo(8) refuses, so that no message of its has to be understood.
const NO_SUDO: &str = "no sudo here";
const REFUSED: &str = "password refused";

/// How a program reaches the host.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Travels {
    /// As an argument that every user of the host can see, if it is short.
    AsArgument,
    OnStdin,
}

impl<S: Shell> PosixHost<S> {
    /// A host behind a shell.
    pub const fn new(shell: S, options: PosixOptions) -> Self {
        Self {
            shell,
            options,
            probe: None,
        }
    }

    fn prefix(&self) -> &str {
        self.options.prefix.as_ref().map_or("", AbsPath::as_str)
    }

    /// Runs a program as root, with `rest` on its stdin. It travels on stdin, too, unless it is
    /// short and without secrets: that saves a round trip.
    pub(crate) fn run(
        &mut self,
        program: &str,
        travels: Travels,
        rest: impl Read,
        output: &mut dyn FnMut(&[u8]),
    ) -> Result<(), HostError> {
        let mut stdin: Box<dyn Read> = Box::new(rest);
        // It is quoted once more, and becoming root takes a few words.
        let is_long = || quoted(program).len() + (1 << 10) > Script::MAX;
        let body = if travels == Travels::OnStdin || is_long() {
            stdin = Box::new(program.as_bytes().chain(stdin));
            on_stdin(program)
        } else {
            program.to_owned()
        };
        let mut said = Vec::new();
        let status = self.exec(&body, stdin, &mut |chunk| match chunk {
            Chunk::Out(bytes) => output(bytes),
            Chunk::Err(bytes) => {
                let room = 4096_usize.saturating_sub(said.len());
                said.extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
        })?;
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        match status {
            Status::Exited(0) => Ok(()),
            _ if said.contains(NO_SUDO) => Err(HostError::NoRight {
                user: "the user".to_owned(),
                said: "there is no sudo on the host".to_owned(),
            }),
            _ if said.contains(REFUSED) => Err(HostError::PasswordRefused),
            _ if said.contains("a password is required") => Err(HostError::PasswordWanted),
            _ if ["sudo: ", "sudoers", "Sorry, user "]
                .iter()
                .any(|word| said.contains(word)) =>
            {
                Err(HostError::NoRight {
                    user: "the user".to_owned(),
                    said,
                })
            }
            status => Err(HostError::Failed(if said.is_empty() {
                format!("{status:?}")
            } else {
                said
            })),
        }
    }
}

impl<S: Shell> PosixHost<S> {
    /// Runs a short program as root, and hands on all that it takes and gives.
    pub(crate) fn exec(
        &mut self,
        body: &str,
        stdin: impl Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        let mut stdin: Box<dyn Read> = Box::new(stdin);
        let script = if self.options.prefix.is_some() {
            body.to_owned()
        } else if let Some(password) = &self.options.sudo_password {
            let line = Zeroizing::new(format!("{}\n", password.as_str()));
            stdin = Box::new(Cursor::new(line.as_bytes().to_vec()).chain(stdin));
            as_root_with_password(body)
        } else {
            as_root(body)
        };
        self.shell.exec(&Script::new(script), &mut stdin, output)
    }
}

impl<S: Shell> PosixHost<S> {
    /// Runs a short program as root in a terminal, in which sudo asks for its password itself.
    pub(crate) fn in_terminal(
        &mut self,
        body: &str,
        terminal: &mut dyn Terminal,
    ) -> Result<Status, ShellError> {
        let script = Script::new(as_root_in_terminal(body));
        self.shell.in_terminal(&script, terminal)
    }
}

impl<S: Shell> Host for PosixHost<S> {
    fn label(&self) -> &str {
        self.shell.label()
    }

    fn observe(&mut self, probe: &Probe) -> Result<Facts, HostError> {
        let mark = mark();
        let prefix = self.prefix().to_owned();
        let program = observing(probe, &prefix, &mark);
        let mut reading = Reading::new(probe, &mark, &prefix);
        self.run(&program, Travels::AsArgument, io::empty(), &mut |bytes| {
            reading.push(bytes);
        })?;
        let facts = reading.finish()?;
        self.probe = Some(probe.clone());
        Ok(facts)
    }

    fn perform(
        &mut self,
        plan: &Plan,
        options: &PerformOptions,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Report, HostError> {
        let mark = mark();
        let prefix = self.prefix().to_owned();
        let unasked = Probe::default();
        let probe = self.probe.as_ref().unwrap_or(&unasked);
        let performance = Performance::new(plan, probe, &prefix, &mark, options);
        let mut answer = Answer::new(&mark, progress);
        let (script, payload) = performance.into_parts();
        let ran = self.run(&script, Travels::OnStdin, payload, &mut |bytes| {
            answer.push(bytes);
        });
        let said = answer.said();
        if let Some(ended) = answer.finish() {
            return ended;
        }
        match ran {
            // The program says on stdout what is wrong.
            Ok(()) | Err(HostError::Failed(_)) if !said.is_empty() => Err(HostError::Failed(said)),
            Ok(()) => Err(HostError::Failed("it did not come to its end".to_owned())),
            Err(error) => Err(error),
        }
    }
}

/// The program that takes another from stdin and becomes it, when it has arrived whole.
fn on_stdin(program: &str) -> String {
    let digest = crate::Digest::of(program.as_bytes());
    format!(
        "unset -v s; s=$(head -c {}; echo .); s=${{s%.}}\n\
         if [ \"$(printf %s \"$s\" | sha256sum)\" = \"{digest}  -\" ]; then eval \"$s\"\n\
         else echo 'the program did not arrive as it was sent' >&2; exit 1; fi\n",
        program.len()
    )
}

fn as_root(body: &str) -> String {
    let body = quoted(body);
    format!(
        "B={body}\n\
         if [ \"$(id -u)\" = 0 ]; then eval \"$B\"\n\
         elif command -v sudo >/dev/null 2>&1; then LC_ALL=C exec sudo -n /bin/sh -c \"$B\"\n\
         else echo '{NO_SUDO}' >&2; exit 1; fi\n"
    )
}

fn as_root_in_terminal(body: &str) -> String {
    let body = quoted(body);
    format!(
        "B={body}\n\
         if [ \"$(id -u)\" = 0 ]; then eval \"$B\"\n\
         elif command -v sudo >/dev/null 2>&1; then exec sudo /bin/sh -c \"$B\"\n\
         else echo '{NO_SUDO}' >&2; exit 1; fi\n"
    )
}

/// sudo may not ask: then the password must not reach the program. So it is asked beforehand, and
/// the password is given to nobody else.
fn as_root_with_password(body: &str) -> String {
    let body = quoted(body);
    format!(
        "B={body}\nLC_ALL=C; export LC_ALL\n\
         unset -v w; IFS= read -r w\n\
         if [ \"$(id -u)\" = 0 ]; then unset -v w; eval \"$B\"\n\
         elif ! command -v sudo >/dev/null 2>&1; then echo '{NO_SUDO}' >&2; exit 1\n\
         elif sudo -n /bin/sh -c : 2>/dev/null; then unset -v w; exec sudo -n /bin/sh -c \"$B\"\n\
         elif said=$(printf '%s\\n' \"$w\" | sudo -k -S -p '' /bin/sh -c : 2>&1); then\n\
         {{ printf '%s\\n' \"$w\"; exec cat; }} | sudo -k -S -p '' /bin/sh -c \"$B\"\n\
         else case $said in *'incorrect password'*|*'Sorry, try again'*) echo '{REFUSED}' >&2;; \
         *) printf '%s\\n' \"$said\" >&2;; esac; exit 1; fi\n"
    )
}

/// A word that nothing on the host prints by chance, and no other user of it can know.
pub(crate) fn mark() -> String {
    let mut bytes = [0; 16];
    // The system's random numbers; without them, time and process tell runs apart.
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    if read.is_err() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let nanos = now.map_or(0, |elapsed| elapsed.as_nanos());
        bytes = (nanos ^ u128::from(std::process::id())).to_le_bytes();
    }
    format!("wsgi-{:032x}", u128::from_le_bytes(bytes))
}
