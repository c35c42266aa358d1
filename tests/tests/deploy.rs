//! Releases on a scratch machine: supervisor, gunicorn and nginx run, and nobody is turned away.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;
use wsgi_apply::deploy::{
    DeployOutcome, DeployReport, Deployment, Now, ReleaseHost as _, ReleaseSite, Requirements,
    SourceTree,
};
use wsgi_apply::{
    Desired, Host as _, Outcome, PerformOptions, Plan, PlanOptions, PosixHost, PosixOptions, Probe,
    Progress,
};
use wsgi_model::{LookupError, Lookups, Source, load};
use wsgi_render::{Init, Target, render};
use wsgi_tests::{Machine, MachineShell, PythonPackages};

const VARS: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: web:app
wsgi_server_names: [shop.test]
wsgi_support_email: help@shop.test
wsgi_gunicorn_num_workers: 2
wsgi_health_path: /health
wsgi_ssh_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@test
wsgi_deploy_build: ['echo built in $PWD > built']
wsgi_deploy_release: ['echo released >> /var/www/shop/released']
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

struct Shop {
    machine: Machine,
    host: PosixHost<MachineShell>,
    site: ReleaseSite,
    project: TempDir,
    count: u32,
}

fn app_py(name: &str) -> String {
    format!(
        "from flask import Flask
app = Flask(__name__)

@app.get('/')
def index():
    return '{name}'

@app.get('/health')
def health():
    return 'well'
"
    )
}

impl Shop {
    /// A machine on which the app was applied, and nothing deployed yet.
    fn applied(vars: &str) -> Self {
        let machine = Machine::up();
        machine.offer_wheels(&PythonPackages::for_apps().expect("packages"));
        let mut host = PosixHost::new(MachineShell::root(&machine), PosixOptions::default());
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
            .perform(&plan, &PerformOptions::default(), &mut |progress| {
                if let Progress::Output(line) = progress {
                    said.push_str(line);
                    said.push('\n');
                }
            })
            .expect("it is performed");
        assert_eq!(report.outcome, Outcome::Done, "{said}");
        let project = TempDir::new().expect("a directory");
        let shop = Self {
            machine,
            host,
            site,
            project,
            count: 0,
        };
        shop.put("requirements.txt", "flask\n");
        shop
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.project.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }

    fn deploy(&mut self) -> (DeployReport, String) {
        let project = Utf8PathBuf::from_path_buf(self.project.path().to_owned()).expect("UTF-8");
        let source = SourceTree::open(project.as_str(), &project).expect("a source");
        let survey = self.host.survey(&self.site).expect("a survey");
        assert_eq!(survey.unready, Vec::<String>::new());
        let requirements =
            Requirements::of(&source.tree, &self.site.packages, &survey.interpreter());
        self.count += 1;
        let id = format!("20261122T10{:02}00Z-{}", self.count, source.revision);
        let deployment = Deployment::new(&self.site, &source, &survey, requirements, id);
        let mut said = String::new();
        let report = self.host.deploy(&deployment, &mut |progress| {
            if let Progress::Output(line) = progress {
                said.push_str(line);
                said.push('\n');
            }
        });
        match report {
            Ok(report) => (report, said),
            Err(error) => panic!("{error:?}\n{said}"),
        }
    }

    #[track_caller]
    fn deploys(&mut self, name: &str) {
        self.put("web.py", &app_py(name));
        let (report, said) = self.deploy();
        assert_eq!(report.outcome, DeployOutcome::Serves, "{said}");
        assert_eq!(self.answer(), name);
    }

    fn answer(&self) -> String {
        let answer = self.machine.run([
            "curl",
            "--silent",
            "--header",
            "Host: shop.test",
            "http://127.0.0.1/",
        ]);
        answer.text()
    }
}

#[test]
fn a_release_serves_and_one_that_does_not_leaves_the_old_one_serving() {
    let mut shop = Shop::applied(VARS);
    shop.deploys("one");
    shop.deploys("two");

    shop.put("web.py", "import nothing_of_this_name\n");
    let (report, said) = shop.deploy();
    let DeployOutcome::Failed { failure, now } = report.outcome else {
        panic!("{:?}\n{said}", report.outcome);
    };
    assert_eq!(now, Now::Unchanged);
    let reason = failure.said.join("\n");
    assert!(
        reason.contains("No module named 'nothing_of_this_name'"),
        "{reason}"
    );
    assert_eq!(shop.answer(), "two");
}
