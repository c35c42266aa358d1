//! Observe, plan and perform on scratch machines: from nothing to a container, and not twice.

use camino::Utf8Path;
use wsgi_apply::{
    Change, Desired, Extent, Facts, Host, Outcome, PerformOptions, Plan, PlanOptions, PosixHost,
    PosixOptions, Probe, Progress, Report,
};
use wsgi_model::{LookupError, Lookups, Source, load};
use wsgi_render::{Init, Target, render};
use wsgi_tests::{Machine, MachineShell, PythonPackages};

const VARS: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: shop:app
wsgi_server_names: [shop.test]
wsgi_support_email: help@shop.test
wsgi_env_vars: {secret: 'it''s $5'}
wsgi_ssh_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@test
wsgi_cron_tasks:
  - {name: Tidy up, command: 'true', frequency: {minute: '5'}}
";

struct NoFiles;

impl Lookups for NoFiles {
    fn file(&self, _: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        Err(LookupError::new("there are no files here"))
    }
    fn environment(&self, _: &str) -> Result<Option<String>, LookupError> {
        Ok(None)
    }
    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        Ok(Vec::new())
    }
}

fn desired(vars: &str, target: &Target) -> Desired {
    let source = Source {
        name: "vars.yml",
        bytes: vars.as_bytes(),
    };
    let app = match load(&source, &NoFiles) {
        Ok(loaded) => loaded.app,
        Err(rejected) => panic!("{:#?}", rejected.problems),
    };
    let bundle = render(&app, target).expect("it renders");
    Desired::new(vec![bundle]).expect("one app agrees with itself")
}

struct OnMachine {
    host: PosixHost<MachineShell>,
}

impl OnMachine {
    fn new(machine: &Machine) -> Self {
        let shell = MachineShell::root(machine);
        Self {
            host: PosixHost::new(shell, PosixOptions::default()),
        }
    }

    fn observe(&mut self, desired: &Desired) -> Facts {
        match self.host.observe(&Probe::of(desired)) {
            Ok(facts) => facts,
            Err(error) => panic!("{error:?}"),
        }
    }

    fn plan(&mut self, vars: &str) -> Plan {
        self.plan_with(vars, PlanOptions::default())
    }

    fn plan_with(&mut self, vars: &str, options: PlanOptions) -> Plan {
        let facts = self.observe(&desired(vars, &Target::default()));
        let mut target = Target::default();
        if !facts.system.systemd {
            target.init = Init::SysV;
        }
        Plan::new(&desired(vars, &target), &facts, options)
    }

    /// What is planned, performed.
    fn apply(&mut self, vars: &str) -> (Plan, Report) {
        let plan = self.plan(vars);
        let report = self.perform(&plan);
        (plan, report)
    }

    fn perform(&mut self, plan: &Plan) -> Report {
        assert!(plan.obstacles.is_empty(), "{:#?}", plan.obstacles);
        let mut said = String::new();
        let mut listen = |progress: Progress<'_>| {
            if let Progress::Output(line) = progress {
                said.push_str(line);
                said.push('\n');
            }
        };
        let report = self
            .host
            .perform(plan, &PerformOptions::default(), &mut listen);
        match report {
            Ok(report) => {
                assert_eq!(report.outcome, Outcome::Done, "{said}");
                report
            }
            Err(error) => panic!("{error:?}\n{said}"),
        }
    }
}

/// The paths of a plan's changes, and the names of its actions.
fn touched(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter();
    steps
        .map(|step| match &step.change {
            Change::Path(change) => change.path.to_string(),
            Change::Action { action, .. } => action.name.to_string(),
            other => format!("{other:?}"),
        })
        .collect()
}

fn machine() -> Machine {
    let machine = Machine::up();
    machine.offer_wheels(&PythonPackages::for_apps().expect("packages"));
    machine
}

#[test]
fn a_fresh_machine_becomes_a_container_and_a_second_apply_has_nothing_to_do() {
    let machine = machine();
    let mut host = OnMachine::new(&machine);
    let (plan, report) = host.apply(VARS);
    assert_eq!(report.done.len(), plan.steps.len());
    let again = host.plan(VARS);
    assert!(again.is_empty(), "{:#?}", again.steps);

    let changed = VARS.replace("$5", "$6");
    let (plan, _) = host.apply(&changed);
    assert_eq!(
        touched(&plan),
        ["/etc/wsgi/shop/env", "exchange gunicorn of shop"]
    );
    let again = host.plan(&changed);
    assert!(again.is_empty(), "{:#?}", again.steps);

    let without = changed.replace("wsgi_cron_tasks:", "wsgi_sudo: no\nwsgi_cron_tasks: []\nx:");
    let (plan, _) = host.apply(&without);
    assert_eq!(
        touched(&plan),
        [
            "/etc/cron.d/shop",
            "/etc/sudoers.d/shop",
            "/etc/wsgi/shop/cron/tidy-up",
            "/etc/wsgi/shop/cron",
        ]
    );
    assert!(!machine.exists("/etc/wsgi/shop/cron"));
    assert!(host.plan(&without).is_empty());
}

#[test]
fn what_was_applied_can_be_removed_and_its_data_stays_until_it_is_purged() {
    let machine = machine();
    let mut host = OnMachine::new(&machine);
    host.apply(VARS);
    machine.write("/mnt/shop/media/a.jpg", "a", 0o644);
    let wanted = desired(VARS, &Target::default());
    let mut remove = |extent| {
        let facts = host.observe(&wanted);
        let plan = Plan::removal(&wanted, &facts, PlanOptions::default(), extent);
        assert_eq!(plan.obstacles, []);
        if !plan.is_empty() {
            host.perform(&plan);
        }
        plan.is_empty()
    };

    assert!(!remove(Extent::Ours));
    for gone in [
        "/etc/wsgi/shop",
        "/etc/nginx/sites-enabled/shop",
        "/etc/cron.d/shop",
    ] {
        assert!(!machine.exists(gone), "{gone}");
    }
    assert!(machine.exists("/mnt/shop/media/a.jpg"));
    machine.ok(["id", "shop"]);
    let status = machine.run(["supervisorctl", "status", "shop"]);
    assert!(status.text().contains("no such process"), "{status}");
    assert!(remove(Extent::Ours));

    assert!(!remove(Extent::Everything));
    for gone in [
        "/mnt/shop",
        "/var/lib/shop",
        "/var/www/shop",
        "/var/lib/wsgi/shop",
    ] {
        assert!(!machine.exists(gone), "{gone}");
    }
    assert!(!machine.run(["id", "shop"]).success());
    machine.ok(["nginx", "-t"]);
    assert!(remove(Extent::Everything));
}
