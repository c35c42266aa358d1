//! `plan`, `apply`, `status` and `remove` on a directory that stands for a host, and on hosts that
//! nobody reaches.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use wsgi_tests::wait_until;

use crate::called::{CONFLICT, DONE, Desk, USAGE};
use crate::in_terminal::InTerminal;

const DIFFERS: i32 = 4;
const UNREACHABLE: i32 = 5;

fn desk() -> Desk {
    let desk = Desk::new();
    fs::create_dir(desk.path("root")).unwrap();
    desk
}

#[test]
fn a_directory_becomes_a_host_and_is_let_go_of_again() {
    let desk = desk();
    let on_root = |verb: &str, more: &[&str]| {
        let args = [&[verb, "shop.yml", "blog.yml", "--root", "root"], more].concat();
        desk.call(&args)
    };
    assert_eq!(on_root("plan", &["--exit-code"]).status(), DIFFERS);
    assert!(
        fs::read_dir(desk.path("root")).unwrap().next().is_none(),
        "a plan changes nothing"
    );
    let applied = on_root("apply", &["--yes"]);
    assert_eq!(applied.status(), DONE, "{}", applied.err());
    desk.render(&["shop.yml", "blog.yml"]);
    for path in [
        "etc/wsgi/shop/env",
        "etc/nginx/sites-available/blog",
        "etc/cron.d/shop",
    ] {
        assert_eq!(
            desk.read(&format!("root/{path}")),
            desk.read(&format!("out/{path}"))
        );
    }
    let again = on_root("plan", &["--exit-code"]);
    assert_eq!(
        (again.status(), again.out().as_str()),
        (DONE, "root: nothing to do\n")
    );
    assert_eq!(on_root("status", &[]).status(), DONE);
    fs::write(desk.path("root/etc/cron.d/shop"), "# mine\n").unwrap();
    assert_eq!(on_root("status", &[]).status(), DIFFERS);
    assert_eq!(on_root("apply", &["--yes", "--adopt"]).status(), DONE);
    let purged = on_root("remove", &["--yes", "--purge"]);
    assert_eq!(purged.status(), DONE, "{}", purged.err());
    let left = Command::new("find")
        .arg(desk.path("root"))
        .args(["-type", "f"])
        .output()
        .unwrap();
    let left = String::from_utf8(left.stdout).unwrap();
    let strange: Vec<&str> = left
        .lines()
        .filter(|path| !path.contains("/var/lib/wsgi/.host/") && !path.contains("/backups/"))
        .collect();
    assert!(strange.is_empty(), "{strange:#?}");
}

#[test]
fn in_a_terminal_changes_are_asked_about_and_only_a_yes_is_one() {
    for (typed, is_applied) in [("\n", false), ("no\n", false), ("y\n", true)] {
        let desk = desk();
        let mut apply = InTerminal::new(&desk, "wsgi-cli apply blog.yml --root root");
        apply.answer("on root? [y/N] ", typed);
        let (status, screen) = apply.end();
        assert_eq!(status, DONE, "{screen}");
        assert_eq!(
            desk.path("root/etc/wsgi/blog/env").exists(),
            is_applied,
            "{screen}"
        );
        assert_eq!(
            screen.contains("nothing was changed"),
            !is_applied,
            "{screen}"
        );
    }
}

#[test]
fn a_terminal_shows_what_is_going_on_and_keeps_what_was_done() {
    let desk = desk();
    let apply = InTerminal::new(&desk, "wsgi-cli apply blog.yml --root root --yes");
    let (status, screen) = apply.end();
    assert_eq!(status, DONE, "{screen}");
    assert!(screen.contains("directory /etc/wsgi/blog …"), "{screen}");
    let lines: Vec<String> = screen
        .lines()
        .map(|line| line.rsplit("\u{1b}[K").next().unwrap().to_owned())
        .collect();
    assert!(
        lines
            .iter()
            .any(|line| line.ends_with("] directory /etc/wsgi/blog")),
        "{screen}"
    );
    assert!(!lines.iter().any(|line| line.contains('…')), "{screen}");
}

#[test]
fn without_a_terminal_apply_wants_a_yes_before_it_reaches_anybody() {
    let desk = desk();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let host = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    for verb in ["apply", "remove"] {
        // setsid(1): without a terminal, also where the tests have one.
        let program = desk.command(&[]).get_program().to_owned();
        let output = Command::new("setsid")
            .arg("--wait")
            .arg(program)
            .args([verb, "blog.yml", "--host", &host])
            .current_dir(desk.path(""))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(USAGE));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("add `--yes`"), "{said}");
        assert!(listener.accept().is_err(), "it was reached");
    }
}

#[test]
fn a_host_that_nobody_reaches_is_told_from_what_is_wrong_with_it() {
    let desk = desk();
    // Nobody listens on a port that was just let go of.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    drop(listener);
    let called = desk.call(&["plan", "blog.yml", "--host", &host]);
    assert_eq!(called.status(), UNREACHABLE);
    let said = called.err();
    assert!(
        said.contains(&format!("error: {host}: cannot be reached\n")),
        "{said}"
    );
    assert!(
        said.contains("refused the connection") && said.contains("  help: "),
        "{said}"
    );
    let json = desk
        .call(&["plan", "blog.yml", "--host", &host, "--json"])
        .json();
    assert_eq!(json["hosts"][0]["plan"], serde_json::Value::Null);
    assert_eq!(
        json["hosts"][0]["errors"][0]["message"],
        "cannot be reached"
    );
}

#[test]
fn a_signal_at_a_question_for_a_password_leaves_the_terminal_as_it_was() {
    let desk = desk();
    let line = "trap : INT; wsgi-cli plan blog.yml --host 127.0.0.1:1 --ask-pass; stty -a";
    let mut plan = InTerminal::new(&desk, line);
    plan.answer("SSH password: ", "\u{3}");
    let (_, screen) = plan.end();
    assert!(
        screen.contains(" echo ") && !screen.contains(" -echo "),
        "{screen}"
    );
}

#[test]
fn a_password_is_not_seen_while_it_is_typed() {
    let desk = desk();
    let line = "wsgi-cli plan blog.yml --host 127.0.0.1:1 --ask-pass";
    let mut plan = InTerminal::new(&desk, line);
    plan.answer("SSH password: ", "canary\n");
    let (status, screen) = plan.end();
    assert_eq!(status, UNREACHABLE, "{screen}");
    assert!(!screen.contains("canary"), "{screen}");
}

/// The lock of a directory's host, held by somebody else.
struct Held(std::process::Child);

impl Held {
    fn new(desk: &Desk) -> Self {
        let place = desk.path("root/var/lib/wsgi/.host");
        fs::create_dir_all(&place).unwrap();
        // It holds the lock itself, and leaves it to nobody.
        let script = "exec 9>>lock; flock 9; echo held; exec cat 9<&9";
        let mut holder = Command::new("sh")
            .args(["-c", script])
            .current_dir(&place)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0; 5];
        holder
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut said)
            .unwrap();
        Self(holder)
    }

    fn let_go(mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

const APPLY: &str = "wsgi-cli apply shop.yml --root root --yes --wait=300";

#[test]
fn ctrl_c_reaches_us_and_not_what_is_under_way_on_this_machine() {
    let desk = desk();
    let held = Held::new(&desk);
    let mut apply = InTerminal::new(&desk, APPLY);
    apply.answer("waiting for", "\x03");
    wait_until("it is noted", || {
        apply.screen().contains("brought to its end")
    });
    held.let_go();
    let (status, screen) = apply.end();
    assert_eq!(status, 130, "{screen}");
    assert!(screen.contains("root: done: "), "{screen}");
    let plan = desk.call(&["plan", "shop.yml", "--root", "root", "--exit-code"]);
    assert_eq!(plan.status(), DONE, "{}", plan.out());
}

#[test]
fn a_second_ctrl_c_leaves_this_machine_to_itself_as_it_would_another() {
    let desk = desk();
    let held = Held::new(&desk);
    let mut apply = InTerminal::new(&desk, APPLY);
    apply.answer("waiting for", "\x03");
    apply.answer("brought to its end", "\x03");
    let (status, screen) = apply.end();
    assert_eq!(status, 130, "{screen}");
    let said = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("root goes on with what was begun") && said.contains("`wsgi-cli plan`"),
        "{screen}"
    );
    held.let_go();
    let again = desk.call(&["apply", "shop.yml", "--root", "root", "--yes", "--wait=300"]);
    assert!(
        [DONE, CONFLICT].contains(&again.status()),
        "{}",
        again.err()
    );
    // What was under way has ended, and what it left is made up for.
    let again = desk.call(&["apply", "shop.yml", "--root", "root", "--yes"]);
    assert_eq!(again.status(), DONE, "{}", again.err());
    let plan = desk.call(&["plan", "shop.yml", "--root", "root", "--exit-code"]);
    assert_eq!(plan.status(), DONE, "{}", plan.out());
}

/// The most memory that a call takes, in KiB; its own process is asked for it.
fn peak_memory(desk: &Desk, args: &[&str]) -> u64 {
    const MEASURE: &str = "import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let call = desk.command(args);
    let output = Command::new("python3")
        .args(["-c", MEASURE])
        .arg(call.get_program())
        .args(call.get_args())
        .current_dir(desk.path(""))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let peak = String::from_utf8_lossy(&output.stdout);
    peak.trim().parse().unwrap()
}

#[test]
fn a_thousand_files_more_take_a_few_megabytes_more() {
    let desk = desk();
    let tasks = (0..1000).map(|number| {
        format!("- {{name: Task {number}, command: ./task {number}, frequency: {{minute: '5'}}}}\n")
    });
    let tasks: String = tasks.collect();
    let vars = format!("{}wsgi_cron_tasks:\n{tasks}", crate::called::BLOG);
    desk.write("many.yml", &vars);
    let mut verbs = vec![["plan", "-q"]];
    if cfg!(feature = "long") {
        verbs.push(["apply", "--yes"]);
        verbs.push(["apply", "--yes"]);
    }
    for [verb, more] in verbs {
        fs::create_dir_all(desk.path("few")).unwrap();
        let few = peak_memory(&desk, &[verb, more, "blog.yml", "--root", "few"]);
        let many = peak_memory(&desk, &[verb, more, "many.yml", "--root", "root"]);
        // This program has no optimization: what it is itself counts twice as much as in a release.
        assert!(few < 32 << 10, "{verb}: {few} KiB");
        assert!(many < few + (10 << 10), "{verb}: {many} KiB after {few}");
    }
}
