//! A machine with a shop that is deployed to.

use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;
use wsgi_apply::deploy::{
    DeployOutcome, DeployReport, Deployment, NoRelease, Now, ReleaseHost as _, ReleaseSite,
    Requirements, Rollback, SourceTree, Survey,
};
use wsgi_apply::{
    Chunk, Desired, Host as _, HostError, Outcome, PerformOptions, Plan, PlanOptions, PosixHost,
    PosixOptions, Probe, Progress, Script, Shell, ShellError, Status,
};
use wsgi_model::{LookupError, Lookups, Source, load};
use wsgi_render::{Init, Target, render};
use wsgi_tests::{Machine, MachineShell, PythonPackages, Visitors, wait_until};

pub(crate) const VARS: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: web:app
wsgi_server_names: [shop.test]
wsgi_support_email: help@shop.test
wsgi_gunicorn_num_workers: 2
wsgi_health_path: /health
wsgi_health_timeout: 20
wsgi_keep_releases: 3
wsgi_ssh_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@test
wsgi_deploy_build: ['echo built in $PWD > built']
wsgi_deploy_release: [\"[ ! -e migrate ] || sh ./migrate\\ntrue\"]
wsgi_deploy_after: ['[ ! -e afterwards ] || sh ./afterwards']
";

const REQUIREMENTS: &str = "flask\n";
const WEB: &str = include_str!("web.py");

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

/// Counts the bytes that a host is sent.
struct CountingShell {
    shell: MachineShell,
    sent: Arc<AtomicUsize>,
}

impl Shell for CountingShell {
    fn label(&self) -> &str {
        self.shell.label()
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        let mut bytes = Vec::new();
        stdin
            .read_to_end(&mut bytes)
            .map_err(ShellError::NotStarted)?;
        self.sent
            .store(script.as_str().len() + bytes.len(), Ordering::Relaxed);
        self.shell.exec(script, &mut bytes.as_slice(), output)
    }
}

pub(crate) struct Shop {
    pub(crate) machine: Machine,
    pub(crate) site: ReleaseSite,
    host: PosixHost<CountingShell>,
    sent: Arc<AtomicUsize>,
    project: TempDir,
    /// What virtualenvs are copied from, where none has to be made.
    packages: Option<PythonPackages>,
    count: u32,
    /// The name of the next release, if it has one.
    next_id: Option<String>,
}

impl Shop {
    /// A machine on which the app was applied, and nothing deployed yet.
    ///
    /// Its virtualenvs are there already, which saves most of the time.
    pub(crate) fn applied(vars: &str) -> Self {
        let machine = Machine::up();
        let account = "useradd --no-create-home --home-dir /var/www/shop --shell /bin/bash shop";
        machine.sh(account).expect_success();
        let packages = PythonPackages::for_apps().expect("packages");
        machine.install_virtualenv(&packages, "/var/lib/shop/venv", "shop");
        let mut shop = Self::on(machine, vars);
        shop.packages = Some(packages);
        shop
    }

    /// The same, with virtualenvs that have to be made.
    pub(crate) fn without_virtualenvs(vars: &str) -> Self {
        Self::on(Machine::up(), vars)
    }

    fn on(machine: Machine, vars: &str) -> Self {
        machine.offer_wheels(&PythonPackages::for_apps().expect("packages"));
        let sent = Arc::new(AtomicUsize::new(0));
        let shell = CountingShell {
            shell: MachineShell::root(&machine),
            sent: Arc::clone(&sent),
        };
        let mut host = PosixHost::new(shell, PosixOptions::default());
        let source = Source {
            name: "vars.yml",
            bytes: vars.as_bytes(),
        };
        let app = match load(&source, &NoFiles) {
            Ok(loaded) => loaded.app,
            Err(rejected) => panic!("{:#?}", rejected.problems),
        };
        let mut target = Target::default();
        target.init = Init::SysV;
        let bundle = render(&app, &target).expect("it renders");
        let site = ReleaseSite::new(&app, &bundle);
        let desired = Desired::new(vec![bundle]).expect("one app agrees with itself");
        let facts = host.observe(&Probe::of(&desired)).expect("it is observed");
        let plan = Plan::new(&desired, &facts, PlanOptions::default());
        assert!(plan.obstacles.is_empty(), "{:#?}", plan.obstacles);
        let mut said = String::new();
        let report = host
            .perform(&plan, &PerformOptions::default(), &mut heard(&mut said))
            .expect("it is performed");
        assert_eq!(report.outcome, Outcome::Done, "{said}");
        let shop = Self {
            machine,
            site,
            host,
            sent,
            project: TempDir::new().expect("a directory"),
            packages: None,
            count: 0,
            next_id: None,
        };
        shop.name("unnamed");
        shop
    }

    /// A file of the project.
    pub(crate) fn put(&self, name: &str, text: &str) {
        let path = self.project.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn set_executable(&self, name: &str, is_executable: bool) {
        let mode = if is_executable { 0o755 } else { 0o644 };
        let path = self.project.path().join(name);
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("a file");
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.project.path().join(name)).expect("a file");
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.project.path().join(name)).expect("a file")
    }

    /// A virtualenv as a deploy would have made it.
    fn offer_virtualenv(&self, key: &str) {
        let Some(packages) = &self.packages else {
            return;
        };
        let path = self.site.virtualenvs.join(key);
        self.machine
            .install_virtualenv(packages, path.as_str(), &self.site.user);
        let script = format!("touch {path}/.whole; chown shop: {path}/.whole {path}/..");
        self.machine.sh(&script).expect_success();
    }

    /// The project is as it was, but for its name: a file, a module, and one that is imported late.
    pub(crate) fn name(&self, name: &str) {
        let module = format!("NAME = '{name}'\n");
        self.put("web.py", WEB);
        self.put("requirements.txt", REQUIREMENTS);
        self.put("beside.py", &module);
        self.put("late.py", &module);
        self.put("templates/page", name);
    }

    /// What the next release is called.
    pub(crate) fn next_id(&mut self, id: &str) {
        self.next_id = Some(id.to_owned());
    }

    pub(crate) fn survey(&mut self) -> Survey {
        self.host.survey(&self.site).expect("a survey")
    }

    pub(crate) fn try_deploy(&mut self) -> (Result<DeployReport, HostError>, String) {
        let project = Utf8PathBuf::from_path_buf(self.project.path().to_owned()).expect("UTF-8");
        let source = SourceTree::open(project.as_str(), &project).expect("a source");
        let survey = self.survey();
        assert_eq!(survey.unready, Vec::<String>::new());
        let requirements =
            Requirements::of(&source.tree, &self.site.packages, &survey.interpreter());
        if self.text("requirements.txt") == REQUIREMENTS
            && !survey.cached.contains(&requirements.key)
        {
            self.offer_virtualenv(&requirements.key);
        }
        self.count += 1;
        // After whatever was made by hand.
        let id = format!("20990101T10{:02}00Z-{}", self.count, source.revision);
        let id = self.next_id.take().unwrap_or(id);
        let deployment = Deployment::new(&self.site, &source, &survey, requirements, id);
        let mut said = String::new();
        let report = self.host.deploy(&deployment, &mut heard(&mut said));
        (report, said)
    }

    pub(crate) fn deploy(&mut self) -> (DeployReport, String) {
        match self.try_deploy() {
            (Ok(report), said) => (report, said),
            (Err(error), said) => panic!("{error:?}\n{said}"),
        }
    }

    /// Deploys the project under a name, and gives the release's.
    #[track_caller]
    pub(crate) fn deploys(&mut self, name: &str) -> String {
        self.name(name);
        let (report, said) = self.deploy();
        assert_eq!(report.outcome, DeployOutcome::Serves, "{said}");
        assert_eq!(self.answer(), name);
        self.survey().current.expect("a release serves")
    }

    /// Deploys what does not serve, and gives what serves instead and the reason.
    #[track_caller]
    pub(crate) fn fails(&mut self) -> (Now, String) {
        let (report, said) = self.deploy();
        let DeployOutcome::Failed { failure, now } = report.outcome else {
            panic!("{:?}\n{said}", report.outcome);
        };
        (now, failure.said.join("\n"))
    }

    #[track_caller]
    pub(crate) fn rolls_back(&mut self, to: Option<&str>) -> String {
        let survey = self.survey();
        let rollback = Rollback::new(&self.site, &survey, to).expect("a release");
        let mut said = String::new();
        let report = self.host.roll_back(&rollback, &mut heard(&mut said));
        let report = match report {
            Ok(report) => report,
            Err(error) => panic!("{error:?}\n{said}"),
        };
        assert_eq!(report.outcome, DeployOutcome::Serves, "{said}");
        self.survey().current.expect("a release serves")
    }

    /// Why there is nothing to go back to.
    pub(crate) fn no_way_back(&mut self, to: Option<&str>) -> NoRelease {
        let survey = self.survey();
        Rollback::new(&self.site, &survey, to).expect_err("no release")
    }

    /// How many bytes the last program on the host took.
    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn answer(&self) -> String {
        let url = "http://127.0.0.1/";
        let argv = ["curl", "-s", "-m", "30", "-H", "Host: shop.test", url];
        self.machine.run(argv).text()
    }

    /// What there is of releases and virtualenvs, and whose programs run.
    pub(crate) fn listing(&self, directory: &str) -> Vec<String> {
        let listed = self.machine.run(["ls", "-A", directory]).text();
        listed.lines().map(str::to_owned).collect()
    }

    #[track_caller]
    pub(crate) fn is_unlocked(&self) {
        let lock = "/var/lib/wsgi/shop/deploy.lock";
        let argv = ["flock", "-n", lock, "true"];
        wait_until("the lock is free", || self.machine.run(argv).success());
    }

    /// No second gunicorn is left over.
    #[track_caller]
    pub(crate) fn is_alone(&self) {
        wait_until("no probe is left", || {
            let argv = ["pgrep", "--list-full", "--full", "probe[.]sock"];
            !self.machine.run(argv).success()
        });
    }

    pub(crate) fn visitors(&self) -> Visitors {
        Visitors::of(&self.machine, "shop.test")
    }
}

fn heard(said: &mut String) -> impl FnMut(Progress<'_>) {
    |progress| {
        if let Progress::Output(line) = progress {
            said.push_str(line);
            said.push('\n');
        }
    }
}
