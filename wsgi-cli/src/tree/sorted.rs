//! Lines in the order of their keys, more of them than should be kept in memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::TreeError;

/// How much is kept in memory, in bytes.
const RUN: usize = 4 << 20;

/// A line of JSON about an app, and what it is sorted by. None of the three holds a line feed or
/// a tab: keys are paths and names, and JSON escapes both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    pub(super) key: String,
    pub(super) app: String,
    pub(super) json: String,
}

/// Takes lines in any order; full runs of them go to files, sorted.
pub(super) struct Sorted {
    /// What the names of the files begin with.
    prefix: PathBuf,
    run: Vec<Line>,
    size: usize,
    files: Vec<PathBuf>,
}

impl Sorted {
    pub(super) fn new(prefix: PathBuf) -> Self {
        Self {
            prefix,
            run: Vec::new(),
            size: 0,
            files: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, line: Line) -> Result<(), TreeError> {
        self.size += size_of::<Line>() + line.key.len() + line.app.len() + line.json.len();
        self.run.push(line);
        if self.size >= RUN {
            self.spill()?;
        }
        Ok(())
    }

    fn spill(&mut self) -> Result<(), TreeError> {
        self.run.sort_unstable();
        let mut path = self.prefix.clone().into_os_string();
        path.push(format!(".{}", self.files.len()));
        let path = PathBuf::from(path);
        let written = write(&path, &self.run);
        written.map_err(|error| TreeError::io("write", &path, &error))?;
        self.files.push(path);
        self.run.clear();
        self.size = 0;
        Ok(())
    }

    /// All lines in their order.
    pub(super) fn merged(mut self) -> Result<Merged, TreeError> {
        self.run.sort_unstable();
        let mut runs = vec![Run::Memory(std::mem::take(&mut self.run).into_iter())];
        for path in self.files {
            let file = File::open(&path).map_err(|error| TreeError::io("read", &path, &error))?;
            runs.push(Run::File(BufReader::new(file), path));
        }
        let mut heads = BinaryHeap::with_capacity(runs.len());
        for (index, run) in runs.iter_mut().enumerate() {
            if let Some(line) = run.next()? {
                heads.push(Reverse((line, index)));
            }
        }
        Ok(Merged { runs, heads })
    }
}

fn write(path: &Path, lines: &[Line]) -> io::Result<()> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let mut file = BufWriter::new(file);
    for Line { key, app, json } in lines {
        writeln!(file, "{key}\t{app}\t{json}")?;
    }
    file.flush()
}

enum Run {
    Memory(std::vec::IntoIter<Line>),
    File(BufReader<File>, PathBuf),
}

impl Run {
    fn next(&mut self) -> Result<Option<Line>, TreeError> {
        match self {
            Self::Memory(lines) => Ok(lines.next()),
            Self::File(file, path) => {
                read(file).map_err(|error| TreeError::io("read", path, &error))
            }
        }
    }
}

fn read(file: &mut BufReader<File>) -> io::Result<Option<Line>> {
    let mut text = String::new();
    if file.read_line(&mut text)? == 0 {
        return Ok(None);
    }
    let mut parts = text
        .trim_end_matches('\n')
        .splitn(3, '\t')
        .map(str::to_owned);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(key), Some(app), Some(json)) => Ok(Some(Line { key, app, json })),
        _ => Err(io::Error::from(io::ErrorKind::InvalidData)),
    }
}

/// Lines of several runs as one.
pub(super) struct Merged {
    runs: Vec<Run>,
    heads: BinaryHeap<Reverse<(Line, usize)>>,
}

impl Merged {
    pub(super) fn next(&mut self) -> Result<Option<Line>, TreeError> {
        let Some(mut head) = self.heads.peek_mut() else {
            return Ok(None);
        };
        let index = head.0.1;
        if let Some(next) = self.runs[index].next()? {
            let Reverse((line, _)) = std::mem::replace(&mut *head, Reverse((next, index)));
            return Ok(Some(line));
        }
        let Reverse((line, _)) = PeekMut::pop(head);
        Ok(Some(line))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

    use super::*;

    #[test]
    fn lines_come_back_in_order_from_memory_and_from_files() {
        let directory = tempfile::tempdir().unwrap();
        let mut sorted = Sorted::new(directory.path().join("lines"));
        let line = |n: usize| Line {
            key: format!("/{n:06}"),
            app: "a".to_owned(),
            json: "x".repeat(1000),
        };
        for n in 0..20_000 {
            sorted.add(line(n * 7919 % 20_000)).unwrap();
        }
        assert!(sorted.files.len() > 2 && !sorted.run.is_empty());
        let mut merged = sorted.merged().unwrap();
        for n in 0..20_000 {
            assert_eq!(merged.next().unwrap(), Some(line(n)));
        }
        assert_eq!(merged.next().unwrap(), None);
    }
}
