//! A machine with a site, on which applying goes wrong.

use std::collections::BTreeMap;

use camino::Utf8Path;
use wsgi_apply::{
    Desired, Facts, Host, HostError, Outcome, PerformOptions, Plan, PlanOptions, PosixHost,
    PosixOptions, Probe, Progress, Report, Shell,
};
use wsgi_model::{LookupError, Lookups, Source, load};
use wsgi_render::{Init, Target, render};
use wsgi_tests::{Machine, MachineShell, PythonPackages, wait_until};

/// A value that must be found nowhere but in the environment file.
pub(crate) const CANARY: &str = "canary-c0ffee-5ec4e7";

/// Says which value of the secret it runs with.
const APP: &str = "import os
def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [os.environ['SECRET'].rpartition('-')[2].encode()]
";

/// What is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    Old,
    New,
}

impl Age {
    /// As the app tells it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
        }
    }

    const fn port(self) -> u16 {
        match self {
            Self::Old => 80,
            Self::New => 8080,
        }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Old => Self::New,
            Self::New => Self::Old,
        }
    }
}

/// The vars file of an age.
pub(crate) fn vars(age: Age) -> String {
    let port = age.port();
    let age = age.word();
    format!(
        "
wsgi_project_name: shop
wsgi_wsgi_path: shop:app
wsgi_server_names: [shop.test]
wsgi_nginx_http_port: {port}
wsgi_support_email: {age}@shop.test
wsgi_env_vars: {{secret: '{CANARY}-{age}'}}
wsgi_ssh_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@test
wsgi_cron_tasks:
  - {{name: Tidy up, command: 'true', frequency: {{minute: '5'}}}}
  - {{name: 'The {age} one', command: 'true', frequency: {{minute: '7'}}}}
"
    )
}

/// Files that a vars file can include.
struct Files;

impl Lookups for Files {
    fn file(&self, path: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        match path.as_str() {
            "broken.conf" => Ok(b"nonsense on;\n".to_vec()),
            _ => Err(LookupError::new("there is no such file here")),
        }
    }
    fn environment(&self, _: &str) -> Result<Option<String>, LookupError> {
        Ok(None)
    }
    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        Ok(Vec::new())
    }
}

pub(crate) fn desired(vars: &str, target: &Target) -> Desired {
    let source = Source {
        name: "vars.yml",
        bytes: vars.as_bytes(),
    };
    let app = match load(&source, &Files) {
        Ok(loaded) => loaded.app,
        Err(rejected) => panic!("{:#?}", rejected.problems),
    };
    let bundle = render(&app, target).unwrap();
    Desired::new(vec![bundle]).unwrap()
}

/// A machine on which plans are made and performed, however that ends.
pub(crate) struct Subject<S = MachineShell> {
    pub(crate) machine: Machine,
    pub(crate) host: PosixHost<S>,
}

/// What became of a plan, and what was said meanwhile.
#[derive(Debug)]
pub(crate) struct Performed {
    pub(crate) plan: Plan,
    pub(crate) result: Result<Report, HostError>,
    pub(crate) said: String,
}

impl Subject {
    /// A machine with nothing on it yet.
    pub(crate) fn fresh() -> Self {
        let machine = Machine::up();
        machine.offer_wheels(&PythonPackages::for_apps().unwrap());
        Self::on(&machine, MachineShell::root(&machine))
    }

    /// A machine that serves the old site.
    pub(crate) fn serving() -> Self {
        let mut subject = Self::fresh();
        // There before the first apply, so that nobody has to wait until a copy is at rest.
        let account = "useradd --no-create-home --home-dir /var/www/shop --shell /bin/bash shop";
        subject.machine.sh(account).expect_success();
        subject.machine.install_virtualenv(
            &PythonPackages::for_apps().unwrap(),
            "/var/lib/shop/venv",
            "shop",
        );
        subject.copy_release();
        subject.machine.ok(["chown", "shop:", "/var/www/shop"]);
        subject.apply(&vars(Age::Old));
        subject.is_served();
        subject
    }
}

impl<S: Shell> Subject<S> {
    pub(crate) fn on(machine: &Machine, shell: S) -> Self {
        Self {
            machine: machine.clone(),
            host: PosixHost::new(shell, PosixOptions::default()),
        }
    }

    /// A release: an app that tells its environment, and something that nginx serves without it.
    pub(crate) fn publish(&self) {
        self.copy_release();
        self.is_served();
    }

    fn copy_release(&self) {
        let file = "/var/www/shop/current/static/page";
        self.machine.write(file, "the page", 0o644);
        let app = "/var/www/shop/current/shop.py";
        self.machine.write(app, APP, 0o644);
        self.machine.sh("chmod 755 /var/www/shop/current /var/www/shop/current/static; chown -R shop: /var/www/shop/current").expect_success();
    }

    fn is_served(&self) {
        wait_until("it is served", || self.runs(Age::Old));
    }

    pub(crate) fn fetch(&self, age: Age, path: &str) -> Option<String> {
        let url = format!("http://127.0.0.1:{}{path}", age.port());
        let argv = ["curl", "-sf", "-m", "20", "-H", "Host: shop.test", &url];
        let fetched = self.machine.run(argv);
        fetched.success().then(|| fetched.text())
    }

    /// Whether nginx serves the site, as it was or as it will be.
    pub(crate) fn serves(&self) -> bool {
        [Age::Old, Age::New]
            .into_iter()
            .any(|age| self.fetch(age, "/static/page").as_deref() == Some("the page"))
    }

    /// Whether nginx and the app have taken up all that an age asks for.
    pub(crate) fn runs(&self, age: Age) -> bool {
        self.fetch(age, "/").as_deref() == Some(age.word())
            && self.fetch(age.other(), "/static/page").is_none()
    }

    pub(crate) fn facts(&mut self, vars: &str) -> Result<Facts, HostError> {
        let desired = desired(vars, &Target::default());
        self.host.observe(&Probe::of(&desired))
    }

    pub(crate) fn plan(&mut self, vars: &str) -> Plan {
        self.plan_with(vars, PlanOptions::default())
    }

    pub(crate) fn plan_with(&mut self, vars: &str, options: PlanOptions) -> Plan {
        match self.facts(vars) {
            Ok(facts) => planned(vars, &facts, options),
            Err(error) => panic!("{error:?}"),
        }
    }

    /// A plan, of a host that may not let itself be observed.
    pub(crate) fn plan_if_observed(&mut self, vars: &str) -> Option<Plan> {
        let facts = self.facts(vars).ok()?;
        Some(planned(vars, &facts, PlanOptions::default()))
    }
    pub(crate) fn perform(&mut self, plan: Plan) -> Performed {
        self.perform_with(plan, &PerformOptions::default(), &mut |_| {})
    }

    pub(crate) fn perform_with(
        &mut self,
        plan: Plan,
        options: &PerformOptions,
        listen: &mut dyn FnMut(&Progress<'_>),
    ) -> Performed {
        assert!(plan.obstacles.is_empty(), "{:#?}", plan.obstacles);
        let mut said = String::new();
        let mut progress = |progress: Progress<'_>| {
            listen(&progress);
            if let Progress::Output(line) = progress {
                said.push_str(line);
                said.push('\n');
            }
        };
        let result = self.host.perform(&plan, options, &mut progress);
        Performed { plan, result, said }
    }

    /// Plans and performs, and expects that all is done.
    #[track_caller]
    pub(crate) fn apply(&mut self, vars: &str) -> Plan {
        let plan = self.plan(vars);
        self.perform(plan).done()
    }

    /// Expects that nothing is left to do, of an earlier run or at all.
    #[track_caller]
    pub(crate) fn is_whole(&mut self, vars: &str) {
        let plan = self.plan(vars);
        assert!(plan.is_empty(), "{:#?}", plan.steps);
        assert!(plan.obstacles.is_empty(), "{:#?}", plan.obstacles);
        let left = "find /etc /var /mnt -xdev -name '.*wsgi~'; cd /var/lib/wsgi; \
                    find shop/intent shop/owed .host/stage .host/undo .host/asides 2>/dev/null; :";
        assert_eq!(self.machine.sh(left).text(), "");
    }

    /// Expects that a plan is refused, with a word of the reason.
    #[track_caller]
    pub(crate) fn is_refused(&mut self, vars: &str, word: &str) {
        let obstacles = self.plan(vars).obstacles;
        let text: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
        let text = text.join("\n");
        assert!(text.contains(word), "no {word} in: {text}");
    }

    /// Expects that nobody holds the lock.
    #[track_caller]
    pub(crate) fn is_unlocked(&self) {
        wait_until("the lock is free", || {
            self.machine
                .run(["flock", "-n", "/var/lib/wsgi/.host/lock", "true"])
                .success()
        });
    }

    /// Every file and link that root, nginx, supervisor, cron and logins read, with permissions,
    /// owner and a hash.
    pub(crate) fn files(&self) -> BTreeMap<String, String> {
        let script = r"
            cd / && find etc/wsgi etc/nginx etc/supervisor etc/cron.d etc/sudoers.d etc/logrotate.d \
                etc/init.d etc/rc2.d var/lib/shop mnt/shop var/www/shop/.bashrc \
                var/www/shop/.bash_profile var/www/shop/.ssh \
                \( -path var/lib/shop/venv/lib -o -path var/lib/shop/run -o -name .wsgi~ \) -prune -o ! -name '.*.wsgi~' \( \
                -type f -printf '/%p\t%m %u:%g ' -exec sh -c 'sha256sum <$1' sh {} \; \
                -o -type l -printf '/%p\t%l\n' \) 2>/dev/null; :";
        let text = self.machine.sh(script).text();
        let lines = text.lines().filter_map(|line| line.split_once('\t'));
        lines
            .map(|(p, what)| (p.to_owned(), what.to_owned()))
            .collect()
    }
}

pub(crate) fn planned(vars: &str, facts: &Facts, options: PlanOptions) -> Plan {
    let mut target = Target::default();
    if !facts.system.systemd {
        target.init = Init::SysV;
    }
    Plan::new(&desired(vars, &target), facts, options)
}

impl Performed {
    /// Expects that all was done.
    #[track_caller]
    pub(crate) fn done(self) -> Plan {
        match &self.result {
            Ok(report) if report.outcome == Outcome::Done => self.plan,
            _ => panic!("{:?}\n{}", self.result, self.said),
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(&self.result, Ok(report) if report.outcome == Outcome::Done)
    }

    /// The failures of a run that did not do all, with what was said; none of another.
    #[track_caller]
    pub(crate) fn failed(&self) -> String {
        let report = self.result.as_ref().ok();
        match report.map(|report| &report.outcome) {
            Some(Outcome::Failed(failures)) => format!("{failures:?}"),
            _ => panic!("{}", self.complaint()),
        }
    }

    /// All that is known of why it is not done.
    pub(crate) fn complaint(&self) -> String {
        format!("{:?}\n{}", self.result, self.said)
    }
}
