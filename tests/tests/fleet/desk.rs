//! A desk with a project and its vars file, and scratch machines that `--host` names.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use camino::Utf8PathBuf;
use tempfile::TempDir;
use wsgi_apply::deploy::{ReleaseHost as _, ReleaseSite, Requirements, SourceTree};
use wsgi_apply::{Host, PosixHost, PosixOptions, Shell};
use wsgi_cli::Machines;
use wsgi_render::{Target, render};
use wsgi_tests::{Answer, Machine, MachineShell, Process, PythonPackages, app, wait_until};

use crate::steady::steady;

/// The hooks fail where a machine has a file that says so.
pub(crate) const VARS: &str = "\
wsgi_project_name: shop
wsgi_wsgi_path: web:app
wsgi_server_names: [shop.test]
wsgi_support_email: help@shop.test
wsgi_gunicorn_num_workers: 1
wsgi_health_path: /health
wsgi_health_timeout: 15
wsgi_ssh: no
wsgi_deploy_build: ['[ ! -e /etc/no-build ] || { echo no space left; exit 3; }']
wsgi_deploy_release: ['[ ! -e /etc/no-release ] || { echo no such column; exit 3; }; readlink ~/current >>~/migrations; true']
wsgi_deploy_after:
- 'while [ -e /etc/slow-after ]; do sleep 0.1; done; [ ! -e /etc/no-after ] || { echo nobody was told; exit 1; }'
";

const WEB: &str = "\
import os
from flask import Flask
from beside import NAME

app = Flask(__name__)


@app.get('/')
def index():
    return NAME


@app.get('/health')
def health():
    if os.path.exists('/etc/ill'):
        raise RuntimeError('the database is gone')
    return 'well'
";

pub(crate) struct Desk {
    directory: TempDir,
    machines: BTreeMap<String, Machine>,
    transcript: String,
}

impl Machines for Desk {
    fn machine(&self, name: &str) -> Option<Box<dyn Host + Send>> {
        let shell = MachineShell::live(self.machines.get(name)?);
        Some(Box::new(PosixHost::new(shell, PosixOptions::default())))
    }

    fn shell(&self, name: &str) -> Option<Box<dyn Shell + Send>> {
        Some(Box::new(MachineShell::live(self.machines.get(name)?)))
    }
}

impl Desk {
    /// A desk, and machines to which the app was applied.
    pub(crate) fn with(names: &[&str]) -> Self {
        let packages = PythonPackages::for_apps().expect("packages");
        let account = "useradd --no-create-home --home-dir /var/www/shop --shell /bin/false shop";
        let machines = names.iter().map(|name| {
            let program = Path::new(env!("CARGO_BIN_EXE_tested-cli"));
            let shared = Machine::builder().share(program.parent().unwrap(), "/opt/wsgi-cli");
            let machine = shared.start().unwrap();
            machine.sh(account).expect_success();
            // To make them takes most of the time.
            machine.install_virtualenv(&packages, "/var/lib/shop/venv", "shop");
            ((*name).to_owned(), machine)
        });
        let mut desk = Self {
            directory: tempfile::tempdir().unwrap(),
            machines: machines.collect(),
            transcript: String::new(),
        };
        desk.write("shop.yml", VARS);
        desk.write("project/requirements.txt", "flask\n");
        desk.write("project/web.py", WEB);
        desk.name("one");
        let hosts: Vec<String> = names.iter().map(|name| format!("--host {name}")).collect();
        let line = format!("apply shop.yml {} --yes", hosts.join(" "));
        let answer = desk.call(&line);
        assert_eq!(answer.status, 0, "{}{}", answer.out, answer.err);
        desk.transcript.clear();
        for machine in desk.machines.values() {
            let virtualenv = desk.virtualenv(machine);
            machine.install_virtualenv(&packages, &virtualenv, "shop");
            let script = format!(
                "touch {virtualenv}/.whole; chown shop: {virtualenv}/.whole {virtualenv}/.."
            );
            machine.sh(&script).expect_success();
        }
        desk
    }

    /// The virtualenv that a release of the project gets.
    fn virtualenv(&self, machine: &Machine) -> String {
        let app = app(VARS);
        let bundle = render(&app, &Target::default()).unwrap();
        let site = ReleaseSite::new(&app, &bundle);
        let mut host = PosixHost::new(MachineShell::live(machine), PosixOptions::default());
        let python = host.survey(&site).unwrap().interpreter();
        let project = Utf8PathBuf::from_path_buf(self.path().join("project")).unwrap();
        let source = SourceTree::open(project.as_str(), &project).unwrap();
        let requirements = Requirements::of(&source.tree, &site.packages, &python);
        site.virtualenvs.join(&requirements.key).to_string()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// What the next release answers.
    pub(crate) fn name(&self, name: &str) {
        self.write("project/web.py", WEB);
        self.write("project/beside.py", &format!("NAME = '{name}'\n"));
    }

    pub(crate) fn on(&self, name: &str) -> &Machine {
        &self.machines[name]
    }

    /// What visitors of a machine get.
    pub(crate) fn answer(&self, name: &str) -> String {
        let argv = [
            "curl",
            "-s",
            "-m",
            "30",
            "-H",
            "Host: shop.test",
            "http://127.0.0.1/",
        ];
        self.on(name).run(argv).text()
    }

    /// What visitors of all machines get.
    #[track_caller]
    pub(crate) fn all_answer(&self, expected: &str) {
        for name in self.machines.keys() {
            assert_eq!(self.answer(name), expected, "{name}");
        }
    }

    #[track_caller]
    pub(crate) fn all_are_unlocked(&self) {
        for name in self.machines.keys() {
            self.is_unlocked(name);
        }
    }

    #[track_caller]
    pub(crate) fn is_unlocked(&self, name: &str) {
        let argv = ["flock", "-n", "/var/lib/wsgi/shop/deploy.lock", "true"];
        wait_until("the lock is free", || self.on(name).run(argv).success());
    }

    /// Says in the transcript what happens.
    pub(crate) fn tell(&mut self, what: &str) {
        writeln!(self.transcript, "# {what}\n").unwrap();
    }

    /// All that was typed and answered since this was asked last.
    pub(crate) fn take_transcript(&mut self) -> String {
        std::mem::take(&mut self.transcript)
    }

    /// A machine to which nothing was applied.
    pub(crate) fn add_bare(&mut self, name: &str) {
        self.machines.insert(name.to_owned(), Machine::up());
    }

    /// Somebody else who deploys, until stopped.
    pub(crate) fn locked_by_bob(&self, name: &str) -> Process {
        let holder = "exec 9>>/var/lib/wsgi/shop/deploy.lock; flock 9; \
                      echo 'bob since noon' >/var/lib/wsgi/shop/deploy.lock; echo locked; \
                      exec sleep 600";
        let bob = self.on(name).spawn(["sh", "-c", holder]);
        wait_until("bob deploys", || bob.stdout().contains("locked"));
        bob
    }

    /// Calls the command line; files are named as from the desk.
    pub(crate) fn call(&mut self, line: &str) -> Answer {
        let desk = format!("{}/", self.directory.path().display());
        let mut args = vec!["wsgi-cli".to_owned()];
        args.extend(line.split(' ').map(|word| {
            match word {
                "project" | "shop.yml" => format!("{desk}{word}"),
                // One argument with a space in it.
                _ => word
                    .replace("git:project", &format!("git:{desk}project"))
                    .replace('\u{a0}', " "),
            }
        }));
        let answer = Answer::of(self, args, &desk);
        let shown = steady(&answer.shown);
        // Hosts that work at the same time say so in any order.
        let is_step = |line: &&str| {
            let (host, what) = line.split_once(": ").unwrap_or_default();
            let is_progress =
                what.starts_with('[') || matches!(what, "ready to switch\n" | "switched\n");
            !(host.starts_with("web") && is_progress)
        };
        let shown: String = shown.split_inclusive('\n').filter(is_step).collect();
        let line = steady(&line.replace('\u{a0}', " "));
        writeln!(
            self.transcript,
            "$ wsgi-cli {line}\n{shown}(exit status {})\n",
            answer.status
        )
        .unwrap();
        answer
    }
}
