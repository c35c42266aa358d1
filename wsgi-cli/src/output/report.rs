//! Problems of a vars file, as a person reads them.

use std::fmt;
use std::ops::Range;

use wsgi_model::ansible::vault::is_vault;
use wsgi_model::{Place, Problem, Severity};

use super::excerpt::Excerpt;
use super::redaction::SourceText;
use super::{Paint, visible};
use crate::vars_file::VarsFile;

/// The problems of an app's vars file and of the `others` that it was loaded with, each with the line
/// that it is about.
pub(crate) fn report(
    paint: Paint,
    file: &VarsFile,
    others: &[&VarsFile],
    problems: &[Problem],
) -> String {
    let mut all = String::new();
    let mut read: Vec<(&str, String)> = Vec::new();
    let of = |problem: &Problem| match &problem.file {
        None => Some(file),
        Some(name) => others.iter().copied().find(|other| *other.name == **name),
    };
    for problem in problems {
        let source = of(problem);
        // What stands on the command line is no file.
        let name = source.map_or("-e", |source| source.name.as_str());
        if !read.iter().any(|(known, _)| *known == name) {
            let bytes = source.map_or(&[][..], |source| &source.bytes);
            // The lines of a vault are not those that it holds.
            let bytes = if is_vault(bytes) { &[][..] } else { bytes };
            read.push((name, String::from_utf8_lossy(bytes).into_owned()));
        }
    }
    let texts: Vec<(&str, SourceText<'_>)> = read
        .iter()
        .map(|(name, text)| (*name, SourceText::new(text)))
        .collect();
    for problem in problems {
        let name = of(problem).map_or("-e", |source| source.name.as_str());
        let Some((_, text)) = texts.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        let name = visible(name);
        let report = Report {
            paint,
            file: &name,
            text,
            problem,
        };
        let written = report.write(&mut all);
        debug_assert!(written.is_ok(), "a String takes everything");
        all.push('\n');
    }
    all
}

/// One problem on its way.
struct Report<'a> {
    paint: Paint,
    file: &'a str,
    text: &'a SourceText<'a>,
    problem: &'a Problem,
}

/// A line with a marker and what is said of it.
struct Mark<'a> {
    place: Place,
    sign: char,
    label: &'a str,
    excerpt: Option<Excerpt>,
}

impl Report<'_> {
    fn write(&self, to: &mut dyn fmt::Write) -> fmt::Result {
        let marks = self.marks();
        self.header(to)?;
        let shown = marks.iter().filter(|mark| mark.excerpt.is_some());
        let widest = shown.map(|mark| mark.place.line).max();
        let margin = widest.map_or(1, |line| line.to_string().len());
        let gutter = self.paint.gutter();
        if widest.is_some() {
            writeln!(to, "{:margin$} {gutter}|{gutter:#}", "")?;
        }
        let mut last: Option<&Mark<'_>> = None;
        for mark in &marks {
            if let Some(excerpt) = &mark.excerpt {
                if last.is_some_and(|last| mark.place.line > last.place.line + 1) {
                    writeln!(to, "{gutter}...{gutter:#}")?;
                }
                if last.is_none_or(|last| last.place.line != mark.place.line) {
                    let line = format!(
                        "{gutter}{:>margin$} |{gutter:#} {}",
                        mark.place.line, excerpt.text
                    );
                    writeln!(to, "{}", line.trim_end())?;
                }
                self.marker(to, margin, mark, excerpt)?;
                last = Some(mark);
            }
        }
        for mark in marks
            .iter()
            .filter(|m| m.excerpt.is_none() && !m.label.is_empty())
        {
            let text = format!("{}:{}: {}", self.file, mark.place, mark.label);
            self.footnote(to, margin, "note", &text)?;
        }
        if let Some(help) = &self.problem.help {
            self.footnote(to, margin, "help", help)?;
        }
        Ok(())
    }

    fn header(&self, to: &mut dyn fmt::Write) -> fmt::Result {
        let (style, severity) = match self.problem.severity {
            Severity::Error => (self.paint.error(), "error"),
            Severity::Warning => (self.paint.warning(), "warning"),
            Severity::Note => (self.paint.note(), "note"),
        };
        let strong = self.paint.strong();
        write!(to, "{style}{severity}{style:#}{strong}: {}", self.file)?;
        if let Some(place) = self.problem.place {
            write!(to, ":{place}")?;
        }
        write!(to, ": ")?;
        if !self.problem.variable.is_empty() {
            write!(to, "{}: ", visible(&self.problem.variable))?;
        }
        writeln!(to, "{}{strong:#}", visible(&self.problem.message))
    }

    /// The problem's own place and the related ones, in the order of the file.
    fn marks(&self) -> Vec<Mark<'_>> {
        let own = self.problem.place.map(|place| self.mark(place, '^', ""));
        let related = self.problem.related.iter();
        let related = related.map(|(place, label)| self.mark(*place, '-', label));
        let mut marks: Vec<_> = own.into_iter().chain(related).collect();
        marks.sort_by_key(|mark| mark.place.line);
        marks
    }

    fn mark<'m>(&self, place: Place, sign: char, label: &'m str) -> Mark<'m> {
        let number = usize::try_from(place.line).unwrap_or(usize::MAX);
        let marked = characters(place);
        let pieces = self
            .text
            .pieces(number, &self.problem.variable, marked.clone());
        let excerpt = pieces.map(|pieces| Excerpt::new(&pieces, &marked));
        Mark {
            place,
            sign,
            label,
            excerpt,
        }
    }

    fn marker(
        &self,
        to: &mut dyn fmt::Write,
        margin: usize,
        mark: &Mark<'_>,
        excerpt: &Excerpt,
    ) -> fmt::Result {
        let gutter = self.paint.gutter();
        let style = match (mark.sign, self.problem.severity) {
            ('-', _) => gutter,
            (_, Severity::Error) => self.paint.error(),
            (_, Severity::Warning) => self.paint.warning(),
            (_, Severity::Note) => self.paint.note(),
        };
        let sign = mark.sign.to_string().repeat(excerpt.width);
        let label = visible(mark.label);
        let space = if label.is_empty() { "" } else { " " };
        let indent = excerpt.indent;
        writeln!(
            to,
            "{:margin$} {gutter}|{gutter:#} {:indent$}{style}{sign}{space}{label}{style:#}",
            "", ""
        )
    }

    fn footnote(
        &self,
        to: &mut dyn fmt::Write,
        margin: usize,
        kind: &str,
        text: &str,
    ) -> fmt::Result {
        let (gutter, strong) = (self.paint.gutter(), self.paint.strong());
        writeln!(
            to,
            "{:margin$} {gutter}={gutter:#} {strong}{kind}{strong:#}: {}",
            "",
            visible(text)
        )
    }
}

/// The characters of a place in its line, from 0.
fn characters(place: Place) -> Range<usize> {
    let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let start = size(place.column).saturating_sub(1);
    start..start.saturating_add(size(place.length).max(1))
}
