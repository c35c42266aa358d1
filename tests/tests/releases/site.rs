//! A host with a site, and the desk from which it is deployed to.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use wsgi_tests::{
    Machine, PythonPackages, Suite, TargetHost, Visitors, wait_until, wait_until_within,
};

const APP: &str = include_str!("../deploy/web.py");

/// Deploys go this way, as somebody who may use sudo.
const HOST: &str = "web";

/// Far above what a deploy takes on a busy computer.
const PATIENCE: Duration = Duration::from_secs(120);

/// What became of a call.
#[derive(Debug)]
pub(crate) struct Ended {
    /// None after a signal.
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) errors: String,
}

/// A host to which a site was applied, and a person's home and project.
pub(crate) struct Site {
    pub(crate) host: TargetHost,
    home: TempDir,
}

impl Site {
    /// A host of its own, on which nothing was deployed yet.
    pub(crate) fn applied(suite: Suite, settings: &str) -> Self {
        let host = TargetHost::builder().suite(suite).ready_for_apps().up();
        let wheels = PythonPackages::for_apps().expect("packages");
        host.machine().offer_wheels(&wheels);
        let home = tempfile::tempdir().expect("a directory");
        fs::create_dir(home.path().join(".ssh")).expect("a directory");
        let known = [
            host.ssh_config(HOST, "deploy"),
            host.ssh_config("shop", "shop"),
        ];
        fs::write(home.path().join(".ssh/config"), known.concat()).expect("a file");
        let new = Self { host, home };
        new.settings(settings);
        new.calls(&["apply", "shop.yml", "--host", HOST, "--yes"]);
        new.name("unnamed");
        new
    }

    /// The vars file, with these lines.
    pub(crate) fn settings(&self, lines: &str) {
        self.settings_and_timeout(lines, 20);
    }

    /// The same, with another time until a release has to answer.
    pub(crate) fn settings_and_timeout(&self, lines: &str, seconds: u32) {
        let key = fs::read_to_string(self.host.key().with_extension("pub")).expect("a key");
        let vars = format!(
            "
wsgi_project_name: shop
wsgi_wsgi_path: web:app
wsgi_server_names: [shop.test]
wsgi_support_email: help@shop.test
wsgi_gunicorn_num_workers: 2
wsgi_health_path: /health
wsgi_health_timeout: {seconds}
wsgi_ssh_key: '{}'
{lines}
",
            key.trim()
        );
        fs::write(self.home.path().join("shop.yml"), vars).expect("a file");
    }

    pub(crate) fn machine(&self) -> &Machine {
        self.host.machine()
    }

    /// The desk's directory.
    pub(crate) fn desk(&self) -> &Path {
        self.home.path()
    }

    /// A file of the project.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.desk().join("project").join(name)
    }

    pub(crate) fn put(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.file(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, contents).expect("a file");
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.file(name)).expect("a file");
    }

    /// The project is well, and has this name: in a file, a module, and one that is imported late.
    pub(crate) fn name(&self, name: &str) {
        let module = format!("NAME = '{name}'\n");
        self.put("web.py", APP);
        self.put("beside.py", &module);
        self.put("late.py", &module);
        self.put("templates/page", name);
    }

    /// The app with a text in the place of another.
    pub(crate) fn app_with(text: &str, other: &str) -> String {
        assert!(APP.contains(text), "no {text}");
        APP.replace(text, other)
    }

    /// The command line at the desk.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tested-cli"));
        command
            .args(words)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.desk())
            .current_dir(self.desk())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn call(&self, words: &[&str]) -> Ended {
        let ended = self.command(words).output().expect("it runs");
        Ended {
            status: ended.status.code(),
            out: String::from_utf8_lossy(&ended.stdout).into_owned(),
            errors: String::from_utf8_lossy(&ended.stderr).into_owned(),
        }
    }

    /// A call that ends well, and what it printed.
    #[track_caller]
    pub(crate) fn calls(&self, words: &[&str]) -> String {
        let ended = self.call(words);
        assert_eq!(ended.status, Some(0), "{words:?}: {ended:#?}");
        ended.out
    }

    pub(crate) fn try_deploy(&self) -> Ended {
        self.call(&["deploy", "shop.yml", "--host", HOST, "--from", "project"])
    }

    /// Deploys the project under a name, which is served then.
    #[track_caller]
    pub(crate) fn deploys(&self, name: &str) {
        self.name(name);
        let ended = self.try_deploy();
        assert_eq!(ended.status, Some(0), "{name}: {ended:#?}");
        assert_eq!(self.answer(), name);
    }

    /// Deploys what does not serve, and gives what is said about it.
    #[track_caller]
    pub(crate) fn fails(&self) -> String {
        let ended = self.try_deploy();
        assert_eq!(ended.status, Some(6), "{ended:#?}");
        self.is_tidy();
        ended.errors
    }

    #[track_caller]
    pub(crate) fn rolls_back(&self) {
        self.calls(&["rollback", "shop.yml", "--host", HOST]);
    }

    /// Begins to deploy the project under a name.
    pub(crate) fn begins(&self, name: &str) -> Begun {
        self.name(name);
        let words = ["deploy", "shop.yml", "--host", HOST, "--from", "project"];
        let mut client = self.command(&words).spawn().expect("it runs");
        let lines = BufReader::new(client.stderr.take().expect("a pipe")).lines();
        Begun { client, lines }
    }

    /// What visitors get; empty when nobody answers.
    pub(crate) fn answer(&self) -> String {
        let url = "http://127.0.0.1/";
        let argv = ["curl", "-sf", "-m", "30", "-H", "Host: shop.test", url];
        self.host.exec(argv).text()
    }

    /// Nobody deploys any more, and nothing of a deploy is left running.
    #[track_caller]
    pub(crate) fn is_tidy(&self) {
        let lock = "/var/lib/wsgi/shop/deploy.lock";
        wait_until_within(PATIENCE, "the lock is free", || {
            self.host.exec(["flock", "-n", lock, "true"]).success()
        });
        wait_until("no probe is left", || {
            !self.host.exec(["pgrep", "-f", "probe[.]sock"]).success()
        });
    }

    /// What there is of releases: those in the making and the link to the one that runs, too.
    pub(crate) fn releases(&self) -> Vec<String> {
        let listed = self.host.exec(["ls", "-A", "/var/www/shop/releases"]);
        listed.text().lines().map(str::to_owned).collect()
    }

    pub(crate) fn visitors(&self) -> Visitors {
        Visitors::of(self.machine(), "shop.test")
    }
}

/// A deploy that goes on.
pub(crate) struct Begun {
    pub(crate) client: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Begun {
    /// Waits until so many steps are done, or until it ends.
    pub(crate) fn reach(&mut self, steps: usize) {
        if steps == 0 {
            return;
        }
        let mark = format!("[{steps}/");
        let mut lines = self.lines.by_ref().map_while(Result::ok);
        lines.find(|line| line.trim_start_matches(['[', ' ']).starts_with(&mark[1..]));
    }

    /// Waits for its end, and gives its exit status and what it has said since.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let lines: Vec<String> = self.lines.by_ref().map_while(Result::ok).collect();
        let ended = self.client.wait().expect("it ends");
        (ended.code(), lines.join("\n"))
    }
}

/// Presses Ctrl-C.
#[track_caller]
pub(crate) fn interrupt(client: &Child) {
    let id = client.id().to_string();
    let killed = Command::new("kill").args(["-INT", &id]).status();
    assert!(killed.expect("it runs").success());
}
