//! `maintenance`, `logs`, `run`, `shell`: looking after a running app.

use std::io::{self, IsTerminal as _};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wsgi_apply::deploy::{Maintenance, Page, ReleaseHost as _};
use wsgi_apply::{Chunk, HostError, Status};

use crate::args::{self, PageSwitch};
use crate::error::CommandError;
use crate::exit;
use crate::host_failure::HostFailure;
use crate::machine::{Access, Machines};
use crate::output::{Console, host_failure, visible};
use crate::person_terminal::PersonTerminal;
use crate::release_host::{address, addresses, site};

/// The app of a call, or the end of the command.
macro_rules! site_or_return {
    ($console:expr, $vars:expr) => {
        match site($console, $vars)? {
            Ok(site) => site,
            Err(status) => return Ok(status),
        }
    };
}

pub(super) fn failed(console: &mut Console<'_>, label: &str, failure: &HostFailure) -> u8 {
    let paint = console.paint;
    console.complain(&host_failure(paint, label, failure));
    failure.status()
}

pub(super) fn maintenance(
    args: &args::Maintenance,
    console: &mut Console<'_>,
    machines: &dyn Machines,
) -> Result<u8, CommandError> {
    let all = addresses(&args.target)?;
    let site = site_or_return!(console, &args.vars);
    let access = Access::new(&args.target, machines)?;
    let page = match args.page {
        PageSwitch::On => Page::On,
        PageSwitch::Off => Page::Off,
        PageSwitch::Status => Page::Asked,
    };
    let mut statuses = Vec::new();
    for address in &all {
        let label = address.label();
        let now = access.posix(address).and_then(|mut host| {
            let survey = host.survey(&site).map_err(HostFailure::Observe)?;
            if let Some(missing) = survey.unready.first() {
                let missing = missing.clone();
                return Err(HostFailure::NotApplied { missing });
            }
            host.maintenance(&site, page).map_err(HostFailure::Perform)
        });
        statuses.push(match now {
            Ok(now) => {
                let what = match now {
                    Maintenance::On => "visitors get the maintenance page",
                    Maintenance::Off => "visitors get the app",
                };
                console.print(format_args!("{}: {what}\n", visible(&label)))?;
                exit::DONE
            }
            Err(failure) => failed(console, &label, &failure),
        });
    }
    Ok(exit::most_severe(statuses))
}

pub(super) fn logs(
    args: &args::Logs,
    console: &mut Console<'_>,
    machines: &dyn Machines,
) -> Result<u8, CommandError> {
    let address = address(&args.target)?;
    let site = site_or_return!(console, &args.vars);
    let access = Access::new(&args.target, machines)?;
    let label = address.label();
    let mut host = match access.attended(&address) {
        Ok(host) => host,
        Err(failure) => return Ok(failed(console, &label, &failure)),
    };
    let mut printed = Ok(());
    let ended = host.logs(&site, args.lines, args.follow, &mut |chunk| {
        if printed.is_ok() {
            printed = pass_on_log(console, chunk);
        }
    });
    printed?;
    match ended {
        // A log that is not there yet is said by tail itself.
        Ok(_) => Ok(exit::DONE),
        Err(error) => Ok(failed(console, &label, &HostFailure::Observe(error))),
    }
}

pub(super) fn run(
    args: &args::Run,
    console: &mut Console<'_>,
    machines: &dyn Machines,
) -> Result<u8, CommandError> {
    let address = address(&args.target)?;
    let site = site_or_return!(console, &args.vars);
    let access = Access::new(&args.target, machines)?;
    let label = address.label();
    let mut host = match access.attended(&address) {
        Ok(host) => host,
        Err(failure) => return Ok(failed(console, &label, &failure)),
    };
    let words = args
        .command
        .iter()
        .map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = words.collect();
    if PersonTerminal::is_there() {
        console.flush()?;
        let mut terminal = PersonTerminal::of_process().map_err(CommandError::Terminal)?;
        let ended = host.use_in_release(&site, &words, &mut terminal);
        terminal.leave();
        return Ok(ended_as(console, &label, ended));
    }
    let mut printed = Ok(());
    // Where results are kept, a person's terminal is not passed on: a program that asks would wait for
    // ever.
    let stdin: Box<dyn io::Read> = if io::stdin().is_terminal() {
        Box::new(io::empty())
    } else {
        Box::new(Piped(io::stdin()))
    };
    let ended = host.run_in_release(&site, &words, stdin, &mut |chunk| {
        if printed.is_ok() {
            printed = pass_on(console, chunk);
        }
    });
    printed?;
    Ok(ended_as(console, &label, ended))
}

/// How a command in a release ended.
fn ended_as(console: &mut Console<'_>, label: &str, ended: Result<Status, HostError>) -> u8 {
    match ended {
        Ok(Status::Exited(status)) => u8::try_from(status).unwrap_or(exit::PART_WAY),
        Ok(Status::Killed(signal)) => {
            console.complain(&format!("the command was ended by {signal}\n"));
            exit::PART_WAY
        }
        Err(error) => failed(console, label, &HostFailure::Perform(error)),
    }
}

pub(super) fn shell(
    args: &args::OpenShell,
    console: &mut Console<'_>,
    machines: &dyn Machines,
) -> Result<u8, CommandError> {
    let address = address(&args.target)?;
    let site = site_or_return!(console, &args.vars);
    if !PersonTerminal::is_there() {
        return Err(CommandError::NoTerminal);
    }
    let access = Access::new(&args.target, machines)?;
    let label = address.label();
    let mut host = match access.attended(&address) {
        Ok(host) => host,
        Err(failure) => return Ok(failed(console, &label, &failure)),
    };
    console.flush()?;
    let mut terminal = PersonTerminal::of_process().map_err(CommandError::Terminal)?;
    let ended = host.shell_in_release(&site, &mut terminal);
    terminal.leave();
    Ok(ended_as(console, &label, ended))
}

/// Input that may come while the program already answers: whoever reads it is not kept waiting.
struct Piped(io::Stdin);

impl io::Read for Piped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut input = [PollFd::new(&self.0, PollFlags::IN)];
        let now = Timespec::default();
        if poll(&mut input, Some(&now))? == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        // Not by way of the library's buffer, of which this could not tell whether it has something.
        Ok(rustix::io::read(&self.0, buffer)?)
    }
}

/// Hands on what a command prints, byte for byte: it may be an archive, and a chunk may end within a
/// character.
fn pass_on(console: &mut Console<'_>, chunk: Chunk<'_>) -> Result<(), CommandError> {
    match chunk {
        Chunk::Out(bytes) => {
            console.print_bytes(bytes)?;
            console.flush()?;
        }
        Chunk::Err(bytes) => console.complain_bytes(bytes),
    }
    Ok(())
}

/// Hands on what a log holds. Whoever sent a request wrote it, so that a terminal gets no control
/// characters of it.
fn pass_on_log(console: &mut Console<'_>, chunk: Chunk<'_>) -> Result<(), CommandError> {
    match chunk {
        Chunk::Out(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            for line in text.split_inclusive('\n') {
                let (line, end) = line.strip_suffix('\n').map_or((line, ""), |l| (l, "\n"));
                console.print(format_args!("{}{end}", visible(line)))?;
            }
            console.flush()?;
        }
        Chunk::Err(bytes) => console.complain(&String::from_utf8_lossy(bytes)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Colour;
    use crate::output::{Paint, Verbosity};

    #[test]
    fn what_a_command_prints_arrives_byte_for_byte() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let paint = Paint::new(Colour::Never, false);
        let mut console = Console::new(&mut out, &mut err, paint, paint, Verbosity::Normal);
        let bytes: Vec<u8> = (0..=255).chain("é".bytes()).collect();
        for part in bytes.chunks(257) {
            pass_on(&mut console, Chunk::Out(part)).expect("it is printed");
            pass_on(&mut console, Chunk::Err(part)).expect("it is printed");
        }
        assert_eq!(out, bytes);
        assert_eq!(err, bytes);
    }
}
