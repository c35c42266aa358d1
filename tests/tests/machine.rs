//! The scratch machine keeps its own promises.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wsgi_tests::{Entry, Kind, Machine, MachineError, Manifest, wait_until};

const SERVER: &str = r#"
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = (os.environ["ANSWER"] + " to " + self.headers["Host"]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(("127.0.0.1", 80), Answer).serve_forever()
"#;

fn entry(kind: Kind, path: &str, rest: [&str; 4]) -> Entry {
    let [mode, owner, group, target] = rest.map(|word| (!word.is_empty()).then(|| word.to_owned()));
    Entry {
        path: path.to_owned(),
        kind,
        mode,
        owner,
        group,
        target,
    }
}

#[test]
fn what_is_written_inside_is_absent_outside() {
    let machine = Machine::up();
    for path in [
        "/etc/wsgi-tests-isolation",
        "/tmp/wsgi-tests-isolation",
        "/run/wsgi-tests-isolation",
        "/dev/wsgi-tests-isolation",
        "/dev/shm/wsgi-tests-isolation",
    ] {
        machine.write(path, "inside", 0o644);
        assert_eq!(machine.text(path), "inside");
        assert!(!Path::new(path).exists(), "{path} is on the test computer");
    }
    machine.ok(["rm", "/etc/debian_version"]);
    assert!(Path::new("/etc/debian_version").exists());
}

#[test]
fn a_user_added_inside_is_absent_outside() {
    let machine = Machine::up();
    machine.ok(["useradd", "--create-home", "wsgi_tests_user"]);
    assert_eq!(
        machine.run_as("wsgi_tests_user", ["whoami"]).text(),
        "wsgi_tests_user\n"
    );
    assert!(
        !fs::read_to_string("/etc/passwd")
            .unwrap()
            .contains("wsgi_tests_user")
    );
    assert!(!Path::new("/home/wsgi_tests_user").exists());
}

#[test]
fn two_machines_bind_one_port_and_do_not_see_each_other() {
    let machines = [Machine::up(), Machine::up()];
    let servers = ["first", "second"].map(|name| {
        let machine = &machines[usize::from(name == "second")];
        machine.write("/etc/who", name, 0o644);
        machine
            .command(["/usr/bin/python3", "-c", SERVER])
            .env("ANSWER", name)
            .spawn()
    });
    for (machine, name) in machines.iter().zip(["first", "second"]) {
        wait_until("the server listens", || {
            machine.sh("ss -ltn | grep -q :80").success()
        });
        let answer = machine.get("http://shop.example/");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.text(), format!("{name} to shop.example"));
        assert_eq!(machine.text("/etc/who"), name);
        let processes = machine.sh("ls /proc/*/comm | xargs cat 2>/dev/null").text();
        assert_eq!(processes.matches("python3").count(), 1, "{processes}");
    }
    drop(servers);
    assert!(!machines[0].sh("ss -ltn | grep -q :80").success());
}

#[test]
fn the_test_computer_is_out_of_reach() {
    let machine = Machine::up();
    let links = machine.ok(["ip", "-brief", "link"]).text();
    assert_eq!(links.lines().count(), 1, "{links}");
    assert_ne!(
        machine.ok(["hostname"]).text().trim(),
        fs::read_to_string("/proc/sys/kernel/hostname")
            .unwrap()
            .trim()
    );
    for path in ["/tmp", "/home", "/root", "/usr/local/bin"] {
        assert_eq!(machine.ok(["ls", "-A", path]).text(), "", "{path}");
    }
    assert_eq!(machine.ok(["pwd"]).text(), "/\n");
    let mounts = machine.text("/proc/self/mounts");
    assert!(mounts.starts_with("machine / overlay"), "{mounts}");
    // No terminal to ask a person on.
    assert!(!machine.sh("exec 3<>/dev/tty").success());
}

#[test]
fn a_machine_and_its_processes_end_when_dropped() {
    let machine = Machine::up();
    machine
        .sh("setsid sleep 3600 >/dev/null 2>&1 & :")
        .expect_success();
    let daemon = machine.spawn(["sleep", "3601"]);
    let marks = ["sleep\u{0}3600\u{0}", "sleep\u{0}3601\u{0}"];
    let running = || marks.map(is_running);
    wait_until("both run", || running() == [true, true]);
    drop(daemon);
    assert_eq!(running(), [true, false]);
    drop(machine);
    assert_eq!(running(), [false, false]);
}

/// Whether the test computer has a process with this command line.
fn is_running(mark: &str) -> bool {
    fs::read_dir("/proc").unwrap().flatten().any(|process| {
        fs::read(process.path().join("cmdline")).is_ok_and(|line| line == mark.as_bytes())
    })
}

#[test]
fn a_machine_ends_with_a_killed_test() {
    // The test program itself in the part of the one that is killed.
    let mut test = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "victim"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(test.stdout.take().unwrap()).lines();
    let said = lines.find(|line| line.as_ref().unwrap().ends_with("sleeps"));
    assert!(said.is_some(), "the victim did not start");
    wait_until("the victim's process runs", || {
        is_running("sleep\u{0}3602\u{0}")
    });
    test.kill().unwrap();
    test.wait().unwrap();
    wait_until("the machine of a killed test is gone", || {
        !is_running("sleep\u{0}3602\u{0}")
    });
}

#[test]
#[ignore = "a part of a_machine_ends_with_a_killed_test, which kills it"]
#[expect(clippy::print_stdout, reason = "the test that kills it waits for this")]
fn victim() {
    let machine = Machine::up();
    let mut sleeper = machine.spawn(["sleep", "3602"]);
    println!("sleeps");
    sleeper.wait(Duration::from_secs(60));
}

#[test]
fn orphans_are_reaped() {
    let machine = Machine::up();
    machine
        .sh("(sleep 0.05 >/dev/null 2>&1 &) ; exit 0")
        .expect_success();
    wait_until("no process is defunct", || {
        !machine
            .sh("cat /proc/[0-9]*/stat 2>/dev/null")
            .text()
            .contains(" Z ")
            && !machine.sh("cat /proc/[0-9]*/comm").text().contains("sleep")
    });
}

#[test]
fn a_command_gets_a_clean_environment() {
    let machine = Machine::up();
    machine.ok(["useradd", "--create-home", "--groups", "adm", "shop"]);
    let of = |user: &str| {
        let mut lines: Vec<_> = machine
            .run_as(user, ["env"])
            .text()
            .lines()
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    };
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let home = |home: &str| format!("HOME={home}");
    assert_eq!(of("root"), [&home("/root"), "LANG=C.UTF-8", path]);
    assert_eq!(of("shop"), [&home("/home/shop"), "LANG=C.UTF-8", path]);
    assert_eq!(machine.run_as("shop", ["id", "-Gn"]).text(), "shop adm\n");
    assert_eq!(machine.sh("umask").text(), "0022\n");
    assert_eq!(machine.ok(["cat"]).text(), "");
    assert_eq!(machine.command(["cat"]).stdin("in").ok().text(), "in");
    assert_eq!(
        machine.command(["pwd"]).directory("/etc").ok().text(),
        "/etc\n"
    );
}

#[test]
fn a_command_that_hangs_is_killed() {
    let machine = Machine::up();
    let start = Instant::now();
    let error = machine
        .command(["sh", "-c", "echo begun; sleep 3603"])
        .timeout(Duration::from_millis(300))
        .try_run()
        .unwrap_err();
    assert!(matches!(error, MachineError::TimedOut { .. }), "{error}");
    assert!(error.to_string().contains("begun"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(!machine.sh("cat /proc/[0-9]*/comm").text().contains("sleep"));
}

#[test]
fn what_a_command_leaves_running_does_not_hold_the_test() {
    let machine = Machine::up();
    let start = Instant::now();
    assert_eq!(machine.sh("sleep 3604 & echo done").text(), "done\n");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_missing_program_is_told_with_its_package() {
    let machine = Machine::up();
    machine.ok(["rm", "-f", "/usr/sbin/nginx"]);
    let error = machine.command(["nginx", "-t"]).try_run().unwrap_err();
    assert_eq!(
        error.to_string(),
        "nginx is not installed: install it with `apt-get install nginx-light`"
    );
    let error = machine.command(["nginx"]).try_spawn().unwrap_err();
    assert!(
        matches!(error, MachineError::MissingProgram { .. }),
        "{error}"
    );
    // A command's own status of that kind is none.
    assert_eq!(machine.sh("exit 127").code(), Some(127));
    let error = machine
        .command(["id"])
        .user("nobody_here")
        .try_run()
        .unwrap_err();
    assert!(matches!(error, MachineError::Enter { .. }), "{error}");
}

#[test]
#[should_panic(expected = "--- stderr\nthe reason")]
fn a_failure_shows_all_that_was_printed() {
    Machine::up().ok(["sh", "-c", "echo the reason >&2; exit 3"]);
}

#[test]
#[should_panic(expected = "waited 30ms in vain: the moon")]
fn a_wait_in_vain_says_for_what() {
    wsgi_tests::wait_until_within(Duration::from_millis(30), "the moon", || false);
}

#[test]
fn a_process_is_stopped_and_its_words_are_kept() {
    let machine = Machine::up();
    let script = "trap 'echo asked >&2; exit 5' TERM; echo up; while :; do sleep 0.02; done";
    let mut process = machine.spawn(["sh", "-c", script]);
    wait_until("it is up", || process.stdout() == "up\n");
    assert!(process.is_running());
    let comm = format!("/proc/{}/comm", process.id());
    assert_eq!(machine.text(&comm), "sh\n");
    assert_eq!(process.stop().code(), Some(5));
    assert!(process.stderr().contains("asked"));
    assert!(process.to_string().contains("asked"));
    assert!(!machine.exists(&comm));
}

#[test]
fn a_tree_gets_its_owners_and_modes() {
    let tree = tempfile::tempdir().unwrap();
    fs::create_dir_all(tree.path().join("etc/wsgi/shop")).unwrap();
    fs::write(tree.path().join("etc/wsgi/shop/env"), "export A='1'\n").unwrap();
    let wanted = [
        entry(
            Kind::Directory,
            "/etc/wsgi/shop",
            ["0750", "root", "shop", ""],
        ),
        entry(
            Kind::File,
            "/etc/wsgi/shop/env",
            ["0640", "root", "shop", ""],
        ),
        entry(
            Kind::Directory,
            "/var/lib/shop/run",
            ["2710", "shop", "www-data", ""],
        ),
        entry(
            Kind::Symlink,
            "/var/lib/shop/env",
            ["", "shop", "shop", "/etc/wsgi/shop/env"],
        ),
        entry(Kind::Absent, "/etc/debian_version", ["", "", "", ""]),
    ];
    let machine = Machine::up();
    // Twice: what a machine has already must not stand in the way.
    for _ in 0..2 {
        machine.install_tree(tree.path(), &wanted);
        for entry in &wanted {
            assert_eq!(machine.entry(&entry.path), *entry);
        }
    }
    assert_eq!(machine.text("/etc/wsgi/shop/env"), "export A='1'\n");
    assert_eq!(
        machine.ok(["stat", "-c", "%a %U", "/etc/wsgi"]).text(),
        "755 root\n"
    );
    assert!(
        machine
            .run_as("shop", ["cat", "/var/lib/shop/env"])
            .success()
    );
    assert!(
        !machine
            .run_as("nobody", ["cat", "/var/lib/shop/env"])
            .success()
    );
}

#[test]
fn a_manifest_is_read_as_the_product_writes_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(
        file.path(),
        r#"{"version":1,"apps":["shop"],"artifacts":[
            {"path":"/etc/x","kind":"file","mode":"0640","owner":"root","group":"shop",
             "sensitive":true,"app":"shop","notify":["restart shop"]},
            {"path":"/etc/y","kind":"symlink","target":"/etc/x"},
            {"path":"/etc/z","kind":"absent"}]}"#,
    )
    .unwrap();
    let manifest = Manifest::read(file.path()).unwrap();
    assert_eq!(
        manifest.artifacts,
        [
            entry(Kind::File, "/etc/x", ["0640", "root", "shop", ""]),
            entry(Kind::Symlink, "/etc/y", ["", "", "", "/etc/x"]),
            entry(Kind::Absent, "/etc/z", ["", "", "", ""]),
        ]
    );
    fs::write(file.path(), "[]").unwrap();
    assert!(Manifest::read(file.path()).is_err());
}

#[test]
fn shared_files_can_be_read_and_not_written() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("a file"), "shared").unwrap();
    let machine = Machine::builder()
        .share(outside.path(), "/srv/shared dir")
        .share(outside.path().join("a file"), "/etc/one/file")
        .start()
        .unwrap();
    assert_eq!(machine.text("/srv/shared dir/a file"), "shared");
    assert_eq!(machine.text("/etc/one/file"), "shared");
    assert!(
        !machine
            .sh("echo changed >'/srv/shared dir/a file'")
            .success()
    );
    machine.copy_in(outside.path(), "/srv/copy");
    machine
        .sh("echo changed >'/srv/copy/a file'")
        .expect_success();
    assert_eq!(
        fs::read_to_string(outside.path().join("a file")).unwrap(),
        "shared"
    );
}

#[test]
fn a_machine_that_cannot_be_made_says_why() {
    let error = Machine::builder()
        .share("/nonexistent/thing", "/srv/thing")
        .start()
        .unwrap_err();
    assert!(
        matches!(&error, MachineError::Setup { stderr } if stderr.contains("/nonexistent/thing")),
        "{error}"
    );
}

#[test]
fn a_machine_is_made_in_less_than_a_second() {
    // Some 50 ms when the computer is idle; the bound leaves room for one that is not.
    let best = (0..5)
        .map(|_| {
            let start = Instant::now();
            drop(Machine::up());
            start.elapsed()
        })
        .min();
    assert!(best < Some(Duration::from_secs(1)), "{best:?}");
}

#[test]
fn debians_daemons_run() {
    let machine = Machine::up();
    machine.ok(["nginx", "-t"]);
    let _nginx = machine.spawn(["nginx", "-g", "daemon off;"]);
    wait_until("nginx listens", || {
        machine.sh("ss -ltn | grep -q :80").success()
    });
    assert_eq!(machine.get("http://localhost/").status, 200);

    let _supervisor = machine.spawn([
        "supervisord",
        "--nodaemon",
        "--configuration=/etc/supervisor/supervisord.conf",
    ]);
    wait_until("supervisor answers", || {
        machine.run(["supervisorctl", "pid"]).success()
    });

    machine.ok(["useradd", "shop"]);
    machine.write(
        "/etc/sudoers.d/shop",
        "shop ALL=(root) NOPASSWD: /usr/bin/id\n",
        0o440,
    );
    machine.ok(["visudo", "-csOP"]);
    assert_eq!(
        machine
            .run_as("shop", ["sudo", "-n", "id", "-u"])
            .expect_success()
            .text(),
        "0\n"
    );
    assert_eq!(
        machine.run_as("shop", ["sudo", "-n", "id", "-u"]).errors(),
        ""
    );
    machine
        .run_as("shop", ["sudo", "-n", "true"])
        .expect_failure();

    machine.ok(["logrotate", "--debug", "/etc/logrotate.conf"]);
    let mut cron = machine.spawn(["cron", "-f"]);
    wait_until("cron holds its pid file", || {
        machine.exists("/run/crond.pid")
    });
    assert!(cron.is_running(), "{cron}");
}
