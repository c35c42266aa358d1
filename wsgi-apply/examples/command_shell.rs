//! A backend of one's own: hosts that a command reaches, such as containers.
//!
//! ```sh
//! cargo run --example command_shell -- docker exec -i web1
//! cargo run --example command_shell -- nsenter --target 4711 --all --
//! cargo run --example command_shell -- chroot /srv/debian
//! ```
//!
//! It tries whether the command is fit for that, and says what an app would need there.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example prints what it found"
)]

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use wsgi_apply::{
    Chunk, Desired, Host as _, Plan, PlanOptions, PosixHost, PosixOptions, Probe, Script, Shell,
    ShellError, Status, conformance,
};
use wsgi_model::{
    AppName, AppParts, AppSpec, Artifact, Bundle, Contents, Mode, Needs, Owner, WsgiTarget,
};

/// A machine on which a command runs programs: `docker exec -i web1`, say.
pub struct CommandShell {
    label: String,
    words: Vec<OsString>,
}

impl CommandShell {
    /// A machine that is reached by these words, after which comes `/bin/sh -c PROGRAM`.
    pub fn new(words: impl IntoIterator<Item = OsString>) -> Self {
        let words: Vec<OsString> = words.into_iter().collect();
        let label = words.iter().map(|word| word.to_string_lossy());
        Self {
            label: label.collect::<Vec<_>>().join(" "),
            words,
        }
    }
}

/// How soon an input that had nothing is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// What the threads tell that serve a program's streams.
enum Event {
    /// The program has taken all input so far.
    Wants,
    /// It prints.
    Out(Vec<u8>),
    Err(Vec<u8>),
    /// One of its streams has ended.
    Ended,
}

impl Shell for CommandShell {
    fn label(&self) -> &str {
        &self.label
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        let mut words = self.words.iter();
        let nothing = || io::Error::new(io::ErrorKind::InvalidInput, "no command is given");
        let program = words
            .next()
            .ok_or_else(|| ShellError::NotStarted(nothing()))?;
        let mut child = Command::new(program)
            .args(words)
            .args(["/bin/sh", "-c", script.as_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(ShellError::NotStarted)?;
        let input = serve(&mut child, stdin, output);
        let ended = child.wait().map_err(ShellError::Lost)?;
        // Only now: what the program got before it is its own business, and has come to its end.
        input.map_err(ShellError::Input)?;
        // Some commands tell of a signal as shells do, by 128 and its number: that is no success either.
        Ok(ended
            .code()
            .map_or_else(|| Status::Killed("a signal".to_owned()), Status::Exited))
    }
}

/// Serves all three streams at once: a program that waits for its output to be taken does not read,
/// and one that waits for input does not write.
///
/// `stdin` and `output` are the caller's and stay in this thread. The channel is short, so that a
/// program which prints without end does not fill the memory.
fn serve(
    child: &mut Child,
    stdin: &mut dyn Read,
    output: &mut dyn FnMut(Chunk<'_>),
) -> io::Result<()> {
    let (events, inbox) = sync_channel(4);
    let (pieces, taken) = channel();
    let mut streams = 0;
    if let Some(stdout) = child.stdout.take() {
        pass_on(stdout, events.clone(), Event::Out);
        streams += 1;
    }
    if let Some(stderr) = child.stderr.take() {
        pass_on(stderr, events.clone(), Event::Err);
        streams += 1;
    }
    if let Some(input) = child.stdin.take() {
        feed(input, taken, events);
        streams += 1;
    }
    let mut pieces = Some(pieces);
    let mut read = Ok(());
    let mut wanting = false;
    while streams > 0 {
        // An input that had nothing is asked again soon.
        let event = if wanting {
            inbox.recv_timeout(ASK_AGAIN)
        } else {
            inbox.recv().map_err(Into::into)
        };
        match event {
            Ok(Event::Out(bytes)) => output(Chunk::Out(&bytes)),
            Ok(Event::Err(bytes)) => output(Chunk::Err(&bytes)),
            Ok(Event::Ended) => streams -= 1,
            Ok(Event::Wants) | Err(RecvTimeoutError::Timeout) => {
                wanting = false;
                let mut piece = vec![0; 64 << 10];
                match stdin.read(&mut piece) {
                    Ok(count @ 1..) => {
                        piece.truncate(count);
                        if let Some(pieces) = &pieces {
                            // It fails when the program reads no more, which is not our business.
                            let _ = pieces.send(piece);
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        wanting = child.try_wait()?.is_none();
                        if !wanting {
                            // Nobody is left who would read it.
                            pieces = None;
                        }
                    }
                    // The end of the input, or what is as good as that: the program must see it.
                    Ok(0) => pieces = None,
                    Err(error) => {
                        pieces = None;
                        read = Err(error);
                    }
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    read
}

/// A thread that takes what a program prints.
fn pass_on(
    mut from: impl Read + Send + 'static,
    to: SyncSender<Event>,
    event: fn(Vec<u8>) -> Event,
) {
    thread::spawn(move || {
        let mut piece = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from.read(&mut piece) {
            if to.send(event(piece[..count].to_vec())).is_err() {
                return;
            }
        }
        let _ = to.send(Event::Ended);
    });
}

/// A thread that gives a program its input, and closes it after the last piece.
fn feed(mut to: impl Write + Send + 'static, pieces: Receiver<Vec<u8>>, wants: SyncSender<Event>) {
    thread::spawn(move || {
        while wants.send(Event::Wants).is_ok() {
            let Ok(piece) = pieces.recv() else { break };
            if to.write_all(&piece).is_err() {
                break;
            }
        }
        drop(to);
        let _ = wants.send(Event::Ended);
    });
}

/// What an app would need on the host, as steps.
fn plan(shell: CommandShell) -> Result<Plan, Box<dyn std::error::Error>> {
    let parts = AppParts::new(AppName::parse("shop")?, WsgiTarget::parse("shop.wsgi")?);
    let app = AppSpec::new(parts)?;
    // wsgi-render makes all files of an app.
    let page = Artifact::file(
        "/etc/wsgi/shop/page".parse()?,
        Contents::public("Hello\n"),
        Mode::new(0o644),
        Owner::root(),
    );
    let bundle = Bundle::new(app.name.clone(), Needs::of(&app), vec![page])?;
    let desired = Desired::new(vec![bundle])?;
    let mut host = PosixHost::new(shell, PosixOptions::default());
    let facts = host.observe(&Probe::of(&desired))?;
    Ok(Plan::new(&desired, &facts, PlanOptions::default()))
}

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let mut unkept = conformance::shell(&mut CommandShell::new(words.clone()));
    if unkept.is_empty() {
        unkept = conformance::conversation(&mut CommandShell::new(words.clone()));
    }
    for promise in &unkept {
        eprintln!("not kept: {promise}");
    }
    if !unkept.is_empty() {
        return ExitCode::FAILURE;
    }
    match plan(CommandShell::new(words)) {
        Ok(plan) => {
            for step in &plan.steps {
                println!("{step}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_every_promise_of_a_shell() {
        // env(1) is a way to this machine.
        let mut here = CommandShell::new(["env".into(), "LC_ALL=C".into()]);
        assert_eq!(conformance::shell(&mut here), []);
        assert_eq!(conformance::conversation(&mut here), []);
    }

    #[test]
    fn promises_that_are_not_kept_are_named() {
        let mut nowhere = CommandShell::new(["false".into()]);
        let unkept = conformance::shell(&mut nowhere);
        assert!(unkept.len() > 5, "{unkept:?}");
    }
}
