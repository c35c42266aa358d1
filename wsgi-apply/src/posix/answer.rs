//! Reads what `posix/perform.sh` prints.

use std::collections::VecDeque;

use crate::{Failure, HostError, Outcome, Progress, Report, Standing};

/// How many lines of a failing program's output are kept.
const KEPT: usize = 40;

/// The answer of a program that performs a plan, as it comes.
pub(crate) struct Answer<'a> {
    mark: String,
    partial: Vec<u8>,
    said: VecDeque<String>,
    report: Report,
    failures: Vec<Failure>,
    /// Events that only some programs have.
    notes: Vec<(String, String)>,
    ended: Option<Result<(), HostError>>,
    progress: &'a mut dyn FnMut(Progress<'_>),
}

impl<'a> Answer<'a> {
    pub(crate) fn new(mark: &str, progress: &'a mut dyn FnMut(Progress<'_>)) -> Self {
        Self {
            mark: mark.to_owned(),
            partial: Vec::new(),
            said: VecDeque::new(),
            report: Report::default(),
            failures: Vec::new(),
            notes: Vec::new(),
            ended: None,
            progress,
        }
    }

    /// Takes the next piece.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            self.partial.extend_from_slice(&rest[..end]);
            rest = &rest[end + 1..];
            let line = std::mem::take(&mut self.partial);
            self.line(&String::from_utf8_lossy(&line));
        }
        self.partial.extend_from_slice(rest);
    }

    /// What became of the plan; none when the program did not come to its end.
    pub(crate) fn finish(self) -> Option<Result<Report, HostError>> {
        let mut report = self.report;
        self.ended.map(|ended| {
            ended.map(|()| {
                if !self.failures.is_empty() {
                    report.outcome = Outcome::Failed(self.failures);
                }
                report
            })
        })
    }

    /// Events that only some programs have.
    pub(crate) fn notes(&self) -> Vec<(String, String)> {
        self.notes.clone()
    }

    /// Whether the program has said how it ended.
    pub(crate) const fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// The last lines that were printed.
    pub(crate) fn said(&self) -> String {
        let lines: Vec<&str> = self.said.iter().map(String::as_str).collect();
        lines.join("\n")
    }

    fn line(&mut self, line: &str) {
        let event = line.strip_prefix(&self.mark);
        let Some(event) = event.and_then(|event| event.strip_prefix('\t')) else {
            if !line.trim().is_empty() {
                self.said.push_back(line.to_owned());
                if self.said.len() > KEPT {
                    self.said.pop_front();
                }
                (self.progress)(Progress::Output(line));
            }
            return;
        };
        let (word, rest) = event.split_once('\t').unwrap_or((event, ""));
        let step = rest.parse::<usize>();
        match (word, step) {
            ("begin", Ok(step)) => {
                self.said.clear();
                (self.progress)(Progress::Begun(step));
            }
            ("done", Ok(step)) => {
                self.report.done.push(step);
                (self.progress)(Progress::Done(step));
            }
            ("failed", Ok(step)) => {
                let said = self.said.drain(..).collect();
                self.failures.push(Failure { step, said });
            }
            ("stands", _) => {
                let standing = match rest {
                    "prepared" => Standing::Prepared,
                    "released" => Standing::Released,
                    _ => Standing::Switched,
                };
                (self.progress)(Progress::Stands(standing));
            }
            ("turn", _) => (self.progress)(Progress::Turn),
            ("waiting", _) => (self.progress)(Progress::Waiting { owner: rest }),
            ("back", _) => self.report.put_back.push(rest.to_owned()),
            ("backup", _) => self.report.backups.push(rest.to_owned()),
            ("owed", _) => self.report.owed.push(rest.to_owned()),
            ("end", _) => self.end(rest),
            _ => self.notes.push((word.to_owned(), rest.to_owned())),
        }
    }

    fn end(&mut self, how: &str) {
        let (how, what) = how.split_once('\t').unwrap_or((how, ""));
        let outcome = match how {
            "done" => Outcome::Done,
            "drifted" => Outcome::Drifted,
            "locked" => Outcome::Locked {
                owner: what.to_owned(),
            },
            "refused" => Outcome::Refused {
                said: self.said.drain(..).collect(),
            },
            "ended" => Outcome::Ended,
            // Without a step that failed, something failed that never should.
            _ if self.failures.is_empty() => {
                let said = self.said();
                self.ended = Some(Err(HostError::Failed(said)));
                return;
            }
            _ => Outcome::Failed(Vec::new()),
        };
        self.report.outcome = outcome;
        self.ended = Some(Ok(()));
    }
}
