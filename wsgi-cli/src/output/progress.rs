//! What is happening on hosts, as a person watches it.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use rustix::termios::tcgetwinsize;
use unicode_width::UnicodeWidthChar as _;
use wsgi_apply::{Plan, Progress};

use super::{Console, Verbosity, shown_line, visible};

/// Below this, how long a step took is of no interest.
const LONG: Duration = Duration::from_secs(2);

/// A [`Progress`] that goes from one thread to another.
pub(crate) enum Happening {
    /// Somebody else is at work.
    Waiting(String),
    /// A step begins.
    Begun(usize),
    /// A step is done.
    Done(usize),
    /// A program prints a line.
    Output(String),
}

impl Happening {
    pub(crate) fn of(progress: Progress<'_>) -> Option<Self> {
        Some(match progress {
            Progress::Waiting { owner } => Self::Waiting(owner.to_owned()),
            Progress::Begun(step) => Self::Begun(step),
            Progress::Done(step) => Self::Done(step),
            Progress::Output(line) => Self::Output(line.to_owned()),
            _ => return None,
        })
    }

    pub(crate) fn as_progress(&self) -> Progress<'_> {
        match self {
            Self::Waiting(owner) => Progress::Waiting { owner },
            Self::Begun(step) => Progress::Begun(*step),
            Self::Done(step) => Progress::Done(*step),
            Self::Output(line) => Progress::Output(line),
        }
    }
}

/// Shows what is happening: a line for each step that is done, and in a terminal a line below for
/// those that are not.
pub(crate) struct Display<'a> {
    hosts: Vec<Watched<'a>>,
    /// Whether the last line of the terminal is ours.
    is_live: bool,
    shown: String,
}

/// A host and what happens there.
struct Watched<'a> {
    /// Before each of its lines, where there are several hosts.
    prefix: String,
    plan: &'a Plan,
    current: Option<(String, Instant)>,
}

impl<'a> Display<'a> {
    /// A display of plans by the names of their hosts.
    pub(crate) fn new(console: &Console<'_>, plans: &[(&str, &'a Plan)]) -> Self {
        let several = plans.len() > 1;
        let hosts = plans.iter().map(|(host, plan)| Watched {
            prefix: if several {
                format!("{}: ", visible(host))
            } else {
                String::new()
            },
            plan,
            current: None,
        });
        Self {
            hosts: hosts.collect(),
            is_live: console.is_watched() && console.verbosity != Verbosity::Quiet,
            shown: String::new(),
        }
    }

    /// Something happened on the host of this number.
    pub(crate) fn tell(&mut self, console: &mut Console<'_>, host: usize, what: Happening) {
        let watched = &mut self.hosts[host];
        let prefix = &watched.prefix;
        let line = match what {
            Happening::Waiting(owner) => {
                let owner = visible(&owner);
                watched.current = Some((format!("waiting for {owner}"), Instant::now()));
                Some(format!("{prefix}waiting for {owner}"))
            }
            Happening::Begun(step) => {
                watched.current = Some((watched.step(step), Instant::now()));
                None
            }
            Happening::Done(step) => {
                let mut line = format!("{prefix}{}", watched.step(step));
                let took = watched.current.take().map(|(_, begun)| begun.elapsed());
                if let Some(took) = took.filter(|took| *took >= LONG) {
                    let _ = write!(line, " ({} s)", took.as_secs());
                }
                Some(line)
            }
            Happening::Output(said) => (console.verbosity == Verbosity::Verbose)
                .then(|| format!("{prefix}    {}", shown_line(said.trim_end()))),
        };
        if let Some(line) = line.filter(|_| console.verbosity != Verbosity::Quiet) {
            self.hide(console);
            console.complain(&format!("{line}\n"));
        }
        self.refresh(console);
    }

    /// Shows what is going on, when the terminal shows something else.
    pub(crate) fn refresh(&mut self, console: &mut Console<'_>) {
        if !self.is_live {
            return;
        }
        let current = self.hosts.iter().filter_map(|host| {
            let (step, begun) = host.current.as_ref()?;
            let seconds = begun.elapsed().as_secs();
            Some(match seconds {
                0 => format!("{}{step} …", host.prefix),
                _ => format!("{}{step} … {seconds} s", host.prefix),
            })
        });
        let line = fitted(&current.collect::<Vec<_>>().join("  "), width());
        if line != self.shown {
            self.hide(console);
            console.complain(&line);
            self.shown = line;
        }
    }

    /// Takes the line for what is going on away.
    pub(crate) fn hide(&mut self, console: &mut Console<'_>) {
        if !std::mem::take(&mut self.shown).is_empty() {
            console.complain("\r\x1b[K");
        }
    }

    /// Nothing goes on any more on the host of this number.
    pub(crate) fn end(&mut self, console: &mut Console<'_>, host: usize) {
        self.hosts[host].current = None;
        self.hide(console);
    }
}

impl Watched<'_> {
    /// `[ 3/12] file /etc/wsgi/shop/env`.
    fn step(&self, index: usize) -> String {
        let all = self.plan.steps.len();
        let digits = all.to_string().len();
        let step = self.plan.steps.get(index);
        let step = step.map_or_else(String::new, ToString::to_string);
        format!("[{:digits$}/{all}] {}", index + 1, visible(&step))
    }
}

/// How wide the terminal is.
fn width() -> usize {
    let size = tcgetwinsize(std::io::stderr());
    let columns = size.map_or(0, |size| usize::from(size.ws_col));
    // A terminal that nobody has told its size says 0.
    if columns == 0 { 80 } else { columns }
}

/// As much of a line as stands in one row of the terminal.
fn fitted(line: &str, width: usize) -> String {
    let mut left = width.saturating_sub(1);
    line.chars()
        .take_while(|c| {
            let wide = c.width().unwrap_or(0);
            let fits = wide <= left;
            left = left.saturating_sub(wide);
            fits
        })
        .collect()
}
