//! `render`, when a signal asks it to end.

use std::fs;
use std::io::Write as _;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use wsgi_tests::wait_until;

use crate::called::{BLOG, DONE, Desk};

const STAGING: &str = "out/.wsgi-cli.staging~";

/// A run that has put an app aside, and waits for the vars file of the next.
struct Waiting<'a> {
    desk: &'a Desk,
    run: Child,
}

impl<'a> Waiting<'a> {
    fn new(desk: &'a Desk, args: &[&str]) -> Self {
        let render = ["render", "shop.yml", "slow.yml", "--out", "out"];
        let args: Vec<_> = render.iter().chain(args).copied().collect();
        Self::of(desk, desk.command(&args))
    }

    fn of(desk: &'a Desk, mut render: Command) -> Self {
        let made = Command::new("mkfifo").arg(desk.path("slow.yml")).status();
        assert!(made.unwrap().success());
        let run = render.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        wait_until("an app is put aside", || {
            desk.path(STAGING).join("new/etc/wsgi/shop/env").exists()
        });
        Self {
            desk,
            run: run.unwrap(),
        }
    }

    fn signal(&self, name: &str) {
        let id = self.run.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// Gives it what it waits for.
    fn go_on(self) -> Output {
        let slow = fs::OpenOptions::new()
            .write(true)
            .open(self.desk.path("slow.yml"));
        slow.unwrap().write_all(BLOG.as_bytes()).unwrap();
        self.end()
    }

    fn end(self) -> Output {
        self.run.wait_with_output().unwrap()
    }
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_signal_leaves_the_tree_as_it_was_and_is_told() {
    for (signal, status) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let desk = Desk::new();
        let waiting = Waiting::new(&desk, &[]);
        waiting.signal(signal);
        let output = waiting.go_on();
        assert_eq!(output.status.code(), Some(status), "{}", errors(&output));
        let said = format!("error: ended by SIG{signal}\n  help: the directory is as it was\n");
        assert_eq!(errors(&output), said);
        assert!(!desk.path("out").exists());
    }
}

#[test]
fn a_tree_of_before_outlives_a_signal() {
    let desk = Desk::new();
    desk.render(&["blog.yml"]);
    let before = desk.tree("out");
    let waiting = Waiting::new(&desk, &["--json"]);
    waiting.signal("TERM");
    let output = waiting.go_on();
    assert_eq!(output.status.code(), Some(143));
    assert_eq!(errors(&output), "");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["errors"][0]["message"], "ended by SIGTERM");
    assert_eq!(desk.tree("out"), before);
}

#[test]
fn a_second_signal_ends_at_once_and_the_next_run_tidies_up() {
    use std::os::unix::process::ExitStatusExt as _;

    let desk = Desk::new();
    let mut waiting = Waiting::new(&desk, &[]);
    waiting.signal("INT");
    // One that comes in the same moment as the first may be taken for the first.
    wait_until("it ends", || {
        waiting.signal("TERM");
        waiting.run.try_wait().unwrap().is_some()
    });
    let output = waiting.end();
    // Of two that wait at the same time, the kernel may hand over the second first.
    let signal = output.status.signal();
    assert!(matches!(signal, Some(2 | 15)), "{}", errors(&output));
    assert!(desk.path(STAGING).exists());
    desk.render(&["shop.yml"]);
    assert!(!desk.path(STAGING).exists());
}

#[test]
fn a_run_that_outlives_its_terminal_does_so() {
    let desk = Desk::new();
    let command = desk.command(&["render", "-q", "shop.yml", "slow.yml", "--out", "out"]);
    let mut ignoring = Command::new("sh");
    ignoring
        .args(["-c", "trap '' HUP; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(desk.path(""));
    let waiting = Waiting::of(&desk, ignoring);
    waiting.signal("HUP");
    let output = waiting.go_on();
    assert_eq!(output.status.code(), Some(DONE), "{}", errors(&output));
    assert!(desk.path("out/manifest.json").exists());
}

#[test]
fn who_leaves_a_deploy_before_a_host_has_answered_is_told_that_nothing_was_begun() {
    use std::os::unix::process::ExitStatusExt as _;

    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("nobody@{}", silent.local_addr().unwrap());
    let desk = Desk::new();
    for more in [&[][..], &["--host", &host.replace("nobody", "somebody")]] {
        let deploy = ["deploy", "blog.yml", "--from", ".", "--host", &host];
        let args: Vec<_> = deploy.iter().chain(more).copied().collect();
        let mut command = desk.command(&args);
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let run = piped.spawn().unwrap();
        let _connection = silent.accept().unwrap();
        let waiting = Waiting { desk: &desk, run };
        waiting.signal("INT");
        let output = waiting.end();
        assert_eq!(output.status.signal(), Some(2), "{}", errors(&output));
        assert_eq!(errors(&output), "ended by SIGINT: nothing was begun\n");
    }
}
