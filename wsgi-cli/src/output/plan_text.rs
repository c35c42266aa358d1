//! A plan, as a person reads it.

use std::fmt::Write as _;

use anstyle::Style;
use wsgi_apply::{Diff, DiffLine, Effect, Observed, Plan, Sign, Step};

use super::failure::failure_of;
use super::{Paint, Verbosity, shown_line, visible};

/// A new file of more lines is not shown unless that is asked for: on a fresh host, everything is new.
const SHORT: usize = 8;

/// The plan for hosts.
pub(crate) fn plan_text(paint: Paint, verbosity: Verbosity, hosts: &[&str], plan: &Plan) -> String {
    let strong = paint.strong();
    let host = visible(&hosts.join(", "));
    let mut text = String::new();
    if plan.is_empty() && plan.obstacles.is_empty() {
        let _ = writeln!(text, "{strong}{host}{strong:#}: nothing to do");
    } else {
        let _ = writeln!(text, "{strong}{host}{strong:#}:");
        for step in &plan.steps {
            put_step(&mut text, paint, verbosity, step);
        }
    }
    for remark in &plan.remarks {
        let style = paint.note();
        let _ = writeln!(text, "{style}note{style:#}: {}", visible(remark));
    }
    text
}

/// What stands in the way of a plan; `prefix` says on which host.
pub(crate) fn obstacles_text(paint: Paint, prefix: &str, plan: &Plan) -> String {
    let obstacles = plan.obstacles.iter();
    obstacles
        .map(|obstacle| failure_of(paint, prefix, obstacle, Some(&obstacle.help())))
        .collect()
}

/// The last line of a plan that is not empty.
pub(crate) fn summary(paint: Paint, verbosity: Verbosity, plan: &Plan) -> String {
    let strong = paint.strong();
    let mut text = format!("{strong}Plan{strong:#}: {}.", plan.counts());
    match plan.obstacles.len() {
        0 => {}
        1 => text.push_str(" It cannot be applied: something is in the way."),
        n => _ = write!(text, " It cannot be applied: {n} things are in the way."),
    }
    let is_cut = |step: &Step| match Diff::of(step) {
        Some(Diff::Text(hunks)) => is_long(step, hunks.iter().map(|hunk| hunk.lines.len()).sum()),
        _ => false,
    };
    if verbosity != Verbosity::Verbose && plan.steps.iter().any(is_cut) {
        text.push_str(" `-v` shows new files, too.");
    }
    text.push('\n');
    text
}

fn put_step(text: &mut String, paint: Paint, verbosity: Verbosity, step: &Step) {
    let (sign, style) = match step.effect() {
        Effect::Add => ('+', paint.added()),
        Effect::Remove => ('-', paint.removed()),
        Effect::Run => ('!', paint.run()),
        _ => ('~', paint.changed()),
    };
    let _ = write!(
        text,
        "  {style}{sign}{style:#} {}",
        visible(&step.to_string())
    );
    let details = step.details();
    if !details.is_empty() {
        let _ = write!(text, "  {}", visible(&details.join(", ")));
    }
    match Diff::of(step) {
        Some(Diff::Hidden) if !is_new(step) => text.push_str(": changed, hidden\n"),
        Some(Diff::Binary) => text.push_str(": binary\n"),
        Some(Diff::Unseen) => text.push_str(": changed\n"),
        Some(Diff::Text(hunks)) => {
            let lines: usize = hunks.iter().map(|hunk| hunk.lines.len()).sum();
            if is_long(step, lines) && verbosity != Verbosity::Verbose {
                let _ = writeln!(text, ", {lines} lines");
                return;
            }
            text.push('\n');
            for hunk in &hunks {
                if !is_new(step) {
                    let style = paint.hunk();
                    let _ = writeln!(text, "      {style}{}{style:#}", hunk.header);
                }
                for line in &hunk.lines {
                    put_line(text, paint, line);
                }
            }
        }
        _ => text.push('\n'),
    }
}

fn put_line(text: &mut String, paint: Paint, line: &DiffLine) {
    let style = match line.sign {
        Sign::Added => paint.added(),
        Sign::Removed => paint.removed(),
        Sign::Context => Style::new(),
    };
    let shown = shown_line(&line.text);
    let _ = writeln!(text, "      {style}{}{shown}{style:#}", line.sign);
    if !line.ended {
        text.push_str("      \\ No newline at end of file\n");
    }
}

fn is_long(step: &Step, lines: usize) -> bool {
    is_new(step) && lines > SHORT
}

fn is_new(step: &Step) -> bool {
    matches!(&step.change, wsgi_apply::Change::Path(change) if change.before == Observed::Absent)
}
