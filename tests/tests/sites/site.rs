use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use wsgi_tests::{HttpAnswer, Init, Suite, TargetHost, wait_until_within};

use crate::called::Called;

/// Far above what a worker needs to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A host with nginx and nothing else of what an app needs, and a person who may log in.
pub(crate) struct Site {
    pub(crate) host: TargetHost,
    /// The name of the app, and of its user.
    pub(crate) app: &'static str,
    /// The person's directory: vars file, `~/.ssh`.
    desk: TempDir,
}

impl Site {
    pub(crate) fn new(app: &'static str, suite: Suite, init: Init) -> Self {
        let host = TargetHost::builder().suite(suite).init(init);
        let host = host.packages(["nginx-light"]).up();
        let desk = tempfile::tempdir().unwrap();
        let ssh = desk.path().join(".ssh");
        fs::create_dir(&ssh).unwrap();
        fs::write(ssh.join("config"), host.ssh_config("web", "deploy")).unwrap();
        // Where no key is named, the person's own is who may log in as the app.
        fs::copy(host.key().with_extension("pub"), ssh.join("id_ed25519.pub")).unwrap();
        Self { host, app, desk }
    }

    /// Writes the app's vars file.
    pub(crate) fn write(&self, vars: &str) {
        fs::write(self.desk.path().join("app.yml"), vars).unwrap();
    }

    /// Calls `wsgi-cli VERB app.yml --host web …` as a user of the host who is not root, and expects
    /// an exit status.
    #[track_caller]
    pub(crate) fn call(&self, verb: &str, more: &[&str], status: i32) -> Called {
        let output = Command::new(env!("CARGO_BIN_EXE_tested-cli"))
            .args([verb, "app.yml", "--host", "web"])
            .args(more)
            .current_dir(self.desk.path())
            .env_clear()
            .env("HOME", self.desk.path())
            .env("USER", "ada")
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Called::new(&format!("{verb} {}", more.join(" ")), output, status)
    }

    /// Runs a command over SSH as the app's user.
    pub(crate) fn ssh(&self, command: &str) -> (bool, String) {
        let output = self.host.ssh(self.app).arg(command).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        (output.status.success(), said)
    }

    /// Runs a command over SSH as the app's user, and expects that it succeeds.
    #[track_caller]
    pub(crate) fn ssh_ok(&self, command: &str) -> String {
        let (is_done, said) = self.ssh(command);
        assert!(is_done, "{command}: {said}");
        said
    }

    /// Asks the site for a page, from another computer.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> HttpAnswer {
        let mut stream = self.visit().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let name = self.app;
        let head = format!("GET {path} HTTP/1.1\r\nHost: {name}.test\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        HttpAnswer::parse(&bytes).unwrap()
    }

    /// A connection to nginx.
    pub(crate) fn visit(&self) -> io::Result<TcpStream> {
        TcpStream::connect((self.host.address(), 80))
    }

    /// Expects that a page is there at once, with these words.
    #[track_caller]
    pub(crate) fn shows(&self, path: &str, words: &str) {
        let answer = self.get(path);
        let text = answer.text();
        assert!(
            answer.status == 200 && text.contains(words),
            "{path}: no {words:?} in {} {text}",
            answer.status
        );
    }

    /// Waits until a page is there.
    #[track_caller]
    pub(crate) fn comes_to_show(&self, path: &str) {
        let what = format!("{path} is there");
        wait_until_within(PATIENCE, &what, || self.get(path).status == 200);
    }

    /// Expects that `status` finds everything well, and gives what it says.
    #[track_caller]
    pub(crate) fn status(&self) -> String {
        self.call("status", &[], crate::called::DONE).out
    }

    /// The process id of the app's program, or 0.
    pub(crate) fn pid(&self) -> String {
        let argv = ["supervisorctl", "pid", self.app];
        self.host.exec(argv).text().trim().to_owned()
    }
}
