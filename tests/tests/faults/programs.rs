//! Each program that performing a plan calls fails, or is the last one that runs.

use wsgi_apply::{Facts, Observed, Outcome};

use crate::fault_points::{Fault, FaultyShell, clear, set};
use crate::subject::{Age, Performed, Subject, vars};

/// How many of the calls a quick run leaves out after each.
const STRIDE: usize = if cfg!(feature = "long") { 1 } else { 41 };

struct Sweep {
    subject: Subject<FaultyShell>,
    age: Age,
}

impl Sweep {
    fn new() -> Self {
        let machine = Subject::serving().machine;
        Self {
            subject: Subject::on(&machine, FaultyShell::on(&machine)),
            age: Age::Old,
        }
    }

    /// Performs the change to the other age with a fault at one call. Returns which it was; none when
    /// there are not so many.
    fn with_fault(&mut self, number: usize, fault: Fault) -> Option<(String, Performed)> {
        let machine = self.subject.machine.clone();
        let plan = self.subject.plan(&vars(self.age.other()));
        set(&machine, number, fault);
        let performed = self.subject.perform(plan);
        let mut calls = clear(&machine).into_iter();
        let call = calls.find(|call| call.starts_with(&format!("{number} ")))?;
        Some((call, performed))
    }

    /// What the files were before, what they shall be, and what they are now: each is one or the
    /// other as a whole.
    fn is_old_or_new(&self, call: &str, old: &Files, new: &Files) {
        let now = self.subject.files();
        for (path, what) in &now {
            assert!(
                old.get(path) == Some(what) || new.get(path) == Some(what),
                "{path} is neither old nor new after {call}: {what}"
            );
        }
        for path in old.keys().filter(|path| new.contains_key(*path)) {
            assert!(now.contains_key(path), "{path} is gone after {call}");
        }
    }

    /// Every `STRIDE`th call, from an offset on, goes wrong; the next run ends what was begun.
    fn run(&mut self, offset: usize, fault: Fault) {
        let old = self.subject.files();
        self.subject.apply(&vars(Age::New));
        let new = self.subject.files();
        self.age = Age::New;
        let mut number = offset;
        while let Some((call, performed)) = self.with_fault(number, fault) {
            self.is_old_or_new(&call, &old, &new);
            assert!(self.subject.serves(), "nothing is served after {call}");
            self.subject.machine.ok(["nginx", "-t", "-q"]);
            self.subject.is_unlocked();
            check_report(&call, &performed, fault);
            self.age = self.age.other();
            let rest = self.subject.plan(&vars(self.age));
            if performed.is_done() {
                // What failed was the tidying up, which the next run does.
                assert!(rest.is_empty(), "{call}: {:#?}", rest.steps);
            } else {
                self.subject.perform(rest).done();
                self.subject.is_whole(&vars(self.age));
            }
            assert!(
                self.subject.runs(self.age),
                "what was owed did not run: {call}"
            );
            number += STRIDE;
        }
        assert!(number > 100, "the plan calls {number} programs");
    }
}

type Files = std::collections::BTreeMap<String, String>;

/// What failed is said.
fn check_report(call: &str, performed: &Performed, fault: Fault) {
    match (&performed.result, fault) {
        (Ok(report), Fault::Fails) => match &report.outcome {
            // Not to know what is there counts as a drift.
            Outcome::Done | Outcome::Drifted => {}
            _ => assert!(
                performed.complaint().contains("today"),
                "{call}: {}",
                performed.complaint()
            ),
        },
        (Err(_), Fault::Fails) => assert!(
            performed.complaint().contains("today"),
            "{call}: {}",
            performed.complaint()
        ),
        // The app's user kills nothing but its own.
        (Ok(_) | Err(_), _) => {}
    }
}

/// A file without a hash is in the way of whoever would write it; without contents there is no diff.
fn leave_out_what_says_that_it_is_unknown(facts: &mut Facts, truth: &Facts) {
    facts.system.programs.clone_from(&truth.system.programs);
    facts.state = truth.state;
    // nginx that could not be asked is one that refuses: the answer says why.
    let refusal = facts.system.nginx_refusal.take();
    facts.system.nginx_refusal = refusal.filter(|said| !said.contains("today"));
    for (path, node) in &mut facts.nodes {
        if let (
            Observed::File {
                digest, contents, ..
            },
            Some(Observed::File {
                digest: true_digest,
                contents: true_contents,
                ..
            }),
        ) = (node, truth.nodes.get(path))
        {
            *digest = digest.or(*true_digest);
            if contents.is_none() {
                contents.clone_from(true_contents);
            }
        }
    }
}

/// Not to know something is an error, and never the same as knowing that it is not there.
#[test]
fn a_program_that_fails_while_the_host_is_observed_is_an_error() {
    let mut sweep = Sweep::new();
    let machine = sweep.subject.machine.clone();
    let vars = vars(Age::New);
    let truth = sweep.subject.facts(&vars).unwrap();
    let mut number = 1;
    loop {
        set(&machine, number, Fault::Fails);
        let facts = sweep.subject.facts(&vars);
        let calls = clear(&machine);
        let Some(call) = calls.get(number - 1) else {
            break;
        };
        if let Ok(mut facts) = facts {
            leave_out_what_says_that_it_is_unknown(&mut facts, &truth);
            assert_eq!(facts, truth, "{call}");
        }
        number += if cfg!(feature = "long") { 1 } else { 5 };
    }
    assert!(number > 50, "it calls {number} programs");
}

#[test]
fn a_program_that_fails_leaves_each_file_whole_and_the_next_run_ends_it() {
    Sweep::new().run(1, Fault::Fails);
}

#[test]
fn what_is_killed_before_a_change_is_ended_by_the_next_run() {
    Sweep::new().run(8, Fault::KilledBefore);
}

#[test]
fn what_is_killed_after_a_change_is_ended_by_the_next_run() {
    Sweep::new().run(15, Fault::KilledAfter);
}
