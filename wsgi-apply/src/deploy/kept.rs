//! What the deploy of a release has printed, as the host keeps it.

use serde::Serialize;

/// What follows after a step that failed, and after the last one.
const GO_BACK: &str = "go back";
const CLEAR_UP: &str = "clear up";

/// What the deploy of a release has printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeptOutput {
    /// How many steps it had, those that were not begun as well.
    #[serde(skip)]
    pub planned: usize,
    /// What was done, in this order.
    pub steps: Vec<KeptStep>,
}

/// A step of a deploy, and what was printed meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeptStep {
    /// The step, as it may be shown.
    pub step: String,
    /// How it ended.
    pub outcome: KeptOutcome,
    /// What was printed.
    pub output: Vec<String>,
    /// Its number; none when it only follows from the others.
    #[serde(skip)]
    pub number: Option<usize>,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum KeptOutcome {
    /// It was done.
    Done,
    /// It failed.
    Failed,
}

impl KeptOutput {
    /// Reads the file, in which events stand among what programs print. Each event begins with a
    /// word that no program could guess; the first line that looks so was there before any of them.
    pub(super) fn read(names: &str, text: &str) -> Self {
        let names: Vec<&str> = names.lines().collect();
        let mut kept = Self {
            planned: names.len(),
            steps: Vec::new(),
        };
        let mark = text.lines().find_map(|line| {
            let (mark, _) = line.split_once("\tbegin\t")?;
            mark.starts_with("wsgi-").then_some(mark)
        });
        for line in text.lines() {
            let event = mark.and_then(|mark| line.strip_prefix(mark)?.strip_prefix('\t'));
            let (word, rest) = match event {
                Some(event) => event.split_once('\t').unwrap_or((event, "")),
                None => ("", line),
            };
            match (word, kept.steps.last_mut()) {
                ("begin", _) => {
                    let number: Option<usize> = rest.parse().ok();
                    let name = number.and_then(|number| names.get(number));
                    kept.begin(name.unwrap_or(&"a step"), number);
                }
                ("done", _) => kept.begin(CLEAR_UP, None),
                ("failed", Some(step)) => {
                    step.outcome = KeptOutcome::Failed;
                    kept.begin(GO_BACK, None);
                }
                ("unreturned", Some(step)) => step.outcome = KeptOutcome::Failed,
                ("", Some(step)) if !line.is_empty() => step.output.push(line.to_owned()),
                _ => {}
            }
        }
        let is_something = |step: &KeptStep| step.number.is_some() || !step.output.is_empty();
        kept.steps.retain(is_something);
        kept
    }

    fn begin(&mut self, name: &str, number: Option<usize>) {
        self.steps.push(KeptStep {
            step: name.to_owned(),
            outcome: KeptOutcome::Done,
            output: Vec::new(),
            number,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_print_is_told_from_what_became_of_them() {
        let text = "\nwsgi-1\tbegin\t0\n\nwsgi-1\tdone\t0\n\nwsgi-1\tbegin\t1\nwsgi-2\tfailed\t1\n\
                    no space left\n\nwsgi-1\tfailed\t1\n\nwsgi-1\treturning\nit answers\n\n\
                    wsgi-1\treturned\t2026\n\nwsgi-1\tend\tfailed\n";
        let kept = KeptOutput::read("put together\nbuild: make\nswitch\n", text);
        let found: Vec<_> = kept
            .steps
            .iter()
            .map(|step| (step.step.as_str(), step.outcome, step.output.join("|")))
            .collect();
        let told = |text: &str| text.to_owned();
        assert_eq!(
            found,
            [
                ("put together", KeptOutcome::Done, told("")),
                (
                    "build: make",
                    KeptOutcome::Failed,
                    told("wsgi-2\tfailed\t1|no space left")
                ),
                (GO_BACK, KeptOutcome::Done, told("it answers")),
            ]
        );
        assert_eq!(kept.planned, 3);
    }
}
