use std::fmt::Write as _;

use camino::Utf8Path;
use wsgi_apply::{
    Change, Desired, Facts, Host as _, Outcome, PerformOptions, Plan, PlanOptions, PosixHost,
    PosixOptions, Probe, Progress, Report,
};
use wsgi_model::{AppSpec, LookupError, Lookups, Source, load};
use wsgi_render::{Init, Target, render};

use crate::{Machine, MachineShell};

/// Brings a [`Machine`] to the state of vars files, as `wsgi-cli apply` does.
pub struct Applier {
    host: PosixHost<MachineShell>,
}

/// A vars file of a test names no files and no keys of the operator's.
#[derive(Debug)]
struct NoFiles;

impl Lookups for NoFiles {
    fn file(&self, path: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        Err(LookupError::new(format!("the test has no file `{path}`")))
    }

    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        Ok(Vec::new())
    }
}

impl Applier {
    /// Works on a machine as root.
    pub fn new(machine: &Machine) -> Self {
        let shell = MachineShell::root(machine);
        Self {
            host: PosixHost::new(shell, PosixOptions::default()),
        }
    }

    /// What is true of the machine, as far as these vars files care.
    ///
    /// # Panics
    ///
    /// When that cannot be told.
    #[track_caller]
    pub fn facts(&mut self, vars: &[&str]) -> Facts {
        self.facts_for(&Probe::of(&desired(vars, &Target::default())))
    }

    /// What is true of the machine, as far as it is asked.
    ///
    /// # Panics
    ///
    /// When that cannot be told.
    #[track_caller]
    pub fn facts_for(&mut self, probe: &Probe) -> Facts {
        match self.host.observe(probe) {
            Ok(facts) => facts,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// What would be done.
    ///
    /// # Panics
    ///
    /// With every problem of the vars files, or when the machine cannot be observed.
    #[track_caller]
    pub fn plan(&mut self, vars: &[&str], options: PlanOptions) -> Plan {
        let facts = self.facts(vars);
        let init = if facts.system.systemd {
            Init::Systemd
        } else {
            Init::SysV
        };
        let target = Target::reported(facts.system.nginx.as_deref(), init);
        Plan::new(&desired(vars, &target), &facts, options)
    }

    /// Performs a plan, and tells what became of it with all that was printed.
    ///
    /// # Panics
    ///
    /// When that is not known.
    #[track_caller]
    pub fn perform(&mut self, plan: &Plan) -> (Report, String) {
        let mut said = String::new();
        let mut listen = |progress: Progress<'_>| {
            if let Progress::Output(line) = progress {
                let _ = writeln!(said, "{line}");
            }
        };
        let report = self
            .host
            .perform(plan, &PerformOptions::default(), &mut listen);
        match report {
            Ok(report) => (report, said),
            Err(error) => panic!("{error:?}\n{said}"),
        }
    }

    /// Plans and performs.
    ///
    /// # Panics
    ///
    /// When anything is in the way or fails, or when there is something left to do.
    #[track_caller]
    pub fn apply(&mut self, vars: &[&str]) -> (Plan, Report) {
        let plan = self.plan(vars, PlanOptions::default());
        assert!(plan.obstacles.is_empty(), "{:#?}", plan.obstacles);
        let (report, said) = self.perform(&plan);
        assert_eq!(report.outcome, Outcome::Done, "{said}");
        let again = self.plan(vars, PlanOptions::default());
        assert!(again.obstacles.is_empty(), "{:#?}", again.obstacles);
        assert_eq!(touched(&again), [""; 0]);
        (plan, report)
    }
}

impl std::fmt::Debug for Applier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Applier").finish_non_exhaustive()
    }
}

/// What vars files ask of a host.
///
/// # Panics
///
/// With every problem of the vars files.
#[track_caller]
pub fn desired(vars: &[&str], target: &Target) -> Desired {
    let bundles = vars.iter().map(|vars| {
        let app = app(vars);
        render(&app, target).expect("what was accepted can be rendered")
    });
    Desired::new(bundles.collect()).expect("apps that agree")
}

/// The app of a vars file.
///
/// # Panics
///
/// With every problem of the vars file.
#[track_caller]
pub fn app(vars: &str) -> AppSpec {
    let source = Source {
        name: "vars.yml",
        bytes: vars.as_bytes(),
    };
    match load(&source, &NoFiles) {
        Ok(loaded) => loaded.app,
        Err(rejected) => panic!("{:#?}", rejected.problems),
    }
}

/// What a plan touches: the paths of its changes, and the words for those that have none.
pub fn touched(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter();
    steps
        .map(|step| match &step.change {
            Change::Path(change) => change.path.to_string(),
            _ => step.to_string(),
        })
        .collect()
}
