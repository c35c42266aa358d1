//! What became of a plan, as a person reads it.

use std::fmt::Write as _;

use wsgi_apply::{Counts, Outcome, Plan, Report};

use super::{Paint, shown_line, visible};
use crate::exit;
use crate::preparation::Apps;
use crate::refused_line::RefusedLine;

const AGAIN: &str = "run the command again: what was done stays, and what is owed is made up for";

/// The exit status that follows from what became of a plan.
pub(crate) const fn report_status(report: &Report) -> u8 {
    match report.outcome {
        Outcome::Done => exit::DONE,
        Outcome::Drifted | Outcome::Refused { .. } | Outcome::Locked { .. } => exit::CONFLICT,
        _ => exit::PART_WAY,
    }
}

/// How much was done, such as `1 added, 2 changed, 0 removed, 3 run`.
pub(crate) fn done_text(plan: &Plan, report: &Report) -> String {
    let done = report.done.iter().filter_map(|&done| plan.steps.get(done));
    let Counts {
        add,
        change,
        remove,
        run,
        ..
    } = Counts::of(done);
    format!("{add} added, {change} changed, {remove} removed, {run} run")
}

/// What else there is to say of a plan that was performed: where backups are, and of one that was
/// not, why.
pub(crate) fn report_text(
    paint: Paint,
    host: &str,
    plan: &Plan,
    report: &Report,
    apps: &Apps,
) -> String {
    let host = visible(host);
    let mut text = String::new();
    let (error, strong, note) = (paint.error(), paint.strong(), paint.note());
    let mut complain = |what: &str, lines: &[(&str, &str)]| {
        let _ = writeln!(
            text,
            "{error}error{error:#}{strong}: {host}: {what}{strong:#}"
        );
        for (kind, line) in lines {
            let _ = writeln!(text, "  {strong}{kind}{strong:#}: {}", shown_line(line));
        }
    };
    match &report.outcome {
        Outcome::Done => {}
        Outcome::Drifted => complain(
            "nothing was done: the host changed since the plan was made",
            &[("help", "run the command again, and look at the new plan")],
        ),
        Outcome::Locked { owner } => complain(
            &format!("nothing was done: {} is at work on it", visible(owner)),
            &[("help", "try again later, or wait for it with `--wait`")],
        ),
        Outcome::Refused { said } => {
            let said = said.iter().flat_map(|said| said.lines());
            let mut lines: Vec<(&str, &str)> = said.map(|line| ("said", line)).collect();
            lines.push((
                "help",
                "mend that file, which is not ours, and run the command again",
            ));
            complain(
                "nothing was done: its programs refuse their configuration as it is",
                &lines,
            );
        }
        Outcome::Failed(failures) => {
            for failure in failures {
                let step = plan.steps.get(failure.step);
                let step = step.map_or_else(String::new, ToString::to_string);
                let said = failure.said.iter().flat_map(|said| said.lines());
                let mut lines: Vec<(&str, &str)> = said.map(|line| ("said", line)).collect();
                let refused = refused_lines(&apps.refused_lines(plan, failure));
                lines.extend(refused.iter().map(|(kind, text)| (*kind, text.as_str())));
                if failure.step == failures[failures.len() - 1].step {
                    lines.push((
                        "help",
                        "mend it and run the command again; what was done stays",
                    ));
                }
                complain(&format!("{} failed", visible(&step)), &lines);
            }
        }
        _ => complain("ended on the host before all was done", &[("help", AGAIN)]),
    }
    for (kind, paths) in [
        ("put back", &report.put_back),
        ("owed", &report.owed),
        ("backup", &report.backups),
    ] {
        for path in paths {
            let _ = writeln!(text, "{note}{kind}{note:#}: {host}: {}", visible(path));
        }
    }
    text
}

/// The lines of our files that were refused, which are not on the host any more, and what they were
/// made from.
fn refused_lines(lines: &[RefusedLine]) -> Vec<(&'static str, String)> {
    let mut texts = Vec::new();
    for line in lines {
        let mut text = format!("{}:{}", line.path, line.line);
        if let Some(line) = &line.text {
            let _ = write!(text, ": {line}");
        }
        if let Some(source) = &line.source {
            let _ = write!(text, " (from {source})");
        }
        texts.push(("line", text));
        for variable in &line.variables {
            let text = format!("{} ({})", variable.name, variable.place());
            texts.push(("variable", text));
        }
    }
    texts
}
