//! The throw-away hosts keep their own promises.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use wsgi_tests::{Init, Sudo, Suite, TargetHost};

const WEB: [&str; 2] = ["nginx-light", "supervisor"];

/// What a command prints that is run over SSH and exits with 0.
#[track_caller]
fn over_ssh(host: &TargetHost, user: &str, command: &str) -> String {
    let output = host.ssh(user).arg(command).output().unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
    text(&output)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The first line of a page, asked for from the test computer.
#[track_caller]
fn page(host: &TargetHost) -> String {
    let url = format!("http://{}/", host.address());
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--fail", "--max-time", "20"])
        .args(["--noproxy", "*", &url])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    text(&output)
}

/// How long a round trip takes at best.
fn round_trip(host: &TargetHost) -> Duration {
    let connect = || {
        let start = Instant::now();
        drop(std::net::TcpStream::connect((host.address(), 22)).unwrap());
        start.elapsed()
    };
    (0..5).map(|_| connect()).min().unwrap()
}

#[test]
fn a_host_is_up_within_seconds_and_is_whole() {
    drop(TargetHost::up()); // the image is there now
    let start = Instant::now();
    let host = TargetHost::up();
    let took = start.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");

    let state = host.exec(["systemctl", "is-system-running"]);
    assert_eq!(
        state.text(),
        "running\n",
        "{}",
        host.exec(["systemctl", "--failed"])
    );
    assert_eq!(host.machine().text("/proc/1/comm"), "systemd\n");
    assert!(
        host.machine()
            .text("/etc/os-release")
            .contains("VERSION_ID=\"12\"")
    );
    // Nothing of the test computer's cgroups is in sight.
    let session = over_ssh(&host, "root", "grep ^0:: /proc/self/cgroup");
    assert!(
        session.starts_with("0::/user.slice/user-0.slice/"),
        "{session}"
    );
}

#[test]
fn the_users_have_the_rights_that_they_are_named_for() {
    let host = TargetHost::up();
    assert_eq!(over_ssh(&host, "deploy", "sudo -n id -un"), "root\n");
    for user in ["operator", "nobodyatall"] {
        assert_eq!(over_ssh(&host, user, "id -un"), format!("{user}\n"));
        let refused = host.ssh(user).arg("sudo -n true").output().unwrap();
        assert_eq!(refused.status.code(), Some(1), "{user}: {refused:?}");
    }
    let with_password = |user: &str, password: &str| {
        let mut sudo = host.ssh(user);
        sudo.arg("sudo -S -p '' id -un")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut sudo = sudo.spawn().unwrap();
        let line = format!("{password}\n");
        sudo.stdin
            .take()
            .unwrap()
            .write_all(line.as_bytes())
            .unwrap();
        text(&sudo.wait_with_output().unwrap())
    };
    assert_eq!(with_password("operator", TargetHost::PASSWORD), "root\n");
    assert_eq!(with_password("operator", "wrong"), "");
    assert_eq!(with_password("nobodyatall", TargetHost::PASSWORD), "");
}

#[test]
fn a_user_may_have_another_shell_and_a_noisy_rc_file() {
    let host = TargetHost::builder().packages(["csh", "fish"]).up();
    host.add_user("charlie", "/bin/csh", Sudo::Free);
    host.add_user("fiona", "/usr/bin/fish", Sudo::WithPassword);
    assert_eq!(over_ssh(&host, "charlie", "echo $shell"), "/bin/csh\n");
    assert!(
        over_ssh(&host, "fiona", "echo $FISH_VERSION").starts_with(|c: char| c.is_ascii_digit())
    );
    assert_eq!(over_ssh(&host, "charlie", "sudo -n id -un"), "root\n");
    for user in ["charlie", "fiona", "deploy", "root"] {
        assert_eq!(over_ssh(&host, user, "echo said"), "said\n");
        host.make_noisy(user);
        let said = over_ssh(&host, user, "echo said");
        assert_eq!(said, "noise of the rc file\nsaid\n", "{user}");
    }
}

#[test]
fn packages_run_under_systemd_and_answer_the_test_computer() {
    let host = TargetHost::builder().packages(WEB).up();
    let active = host.exec([
        "systemctl",
        "is-active",
        "nginx",
        "supervisor",
        "cron",
        "ssh",
    ]);
    assert_eq!(active.text(), "active\n".repeat(4));
    assert!(page(&host).contains("Welcome to nginx"));
    host.machine().ok(["systemctl", "stop", "nginx"]);
    let refused = std::net::TcpStream::connect((host.address(), 80));
    assert_eq!(
        refused.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionRefused
    );
}

#[test]
fn a_host_can_be_without_systemd() {
    let host = TargetHost::builder().packages(WEB).init(Init::Tiny).up();
    assert_eq!(host.machine().text("/proc/1/comm"), "tini\n");
    assert_eq!(over_ssh(&host, "deploy", "sudo -n id -un"), "root\n");
    assert!(page(&host).contains("Welcome to nginx"));
    for service in ["cron", "supervisor", "nginx"] {
        host.machine().ok(["service", service, "status"]);
    }
    assert!(!host.machine().exists("/run/systemd/system"));
}

#[test]
fn debian_13_is_a_host_as_well() {
    for init in [Init::Systemd, Init::Tiny] {
        let host = TargetHost::builder()
            .suite(Suite::Trixie)
            .packages(WEB)
            .init(init)
            .up();
        let release = over_ssh(
            &host,
            "deploy",
            ". /etc/os-release; echo $VERSION_ID; sudo -n id -un",
        );
        assert_eq!(release, "13\nroot\n");
        assert!(page(&host).contains("Welcome to nginx"));
        if init == Init::Systemd {
            let state = host.exec(["systemctl", "is-system-running"]);
            assert_eq!(
                state.text(),
                "running\n",
                "{}",
                host.exec(["systemctl", "--failed"])
            );
        }
    }
}

#[test]
fn apt_and_pip_install_on_a_host() {
    for suite in [Suite::Bookworm, Suite::Trixie] {
        let host = TargetHost::builder()
            .suite(suite)
            .packages(["python3-venv"])
            .up();
        let apt = "sudo -n apt-get update -qq && sudo -n apt-get install -qq -y --no-install-recommends hello";
        over_ssh(&host, "deploy", apt);
        assert_eq!(over_ssh(&host, "deploy", "hello"), "Hello, world!\n");
        let pip = "python3 -m venv env && env/bin/pip install -q itsdangerous==2.2.0";
        over_ssh(&host, "nobodyatall", pip);
        let import = "env/bin/python -c 'import itsdangerous; print(itsdangerous.Signer.__name__)'";
        assert_eq!(over_ssh(&host, "nobodyatall", import), "Signer\n");
    }
}

#[test]
fn a_host_reaches_package_mirrors_and_nothing_else() {
    let host = TargetHost::builder().packages(["curl"]).up();
    let curl = |arguments: &[&str]| {
        let mut argv = vec![
            "curl",
            "--silent",
            "--output",
            "/dev/null",
            "--max-time",
            "20",
        ];
        argv.extend(["--write-out", "%{http_code} %{http_connect}"]);
        argv.extend(arguments);
        host.exec(argv)
    };
    let settings = host.machine().text("/etc/pip.conf");
    let proxy = settings
        .lines()
        .find_map(|line| line.strip_prefix("proxy = "))
        .unwrap();
    assert_eq!(
        curl(&["-x", proxy, "https://pypi.org/simple/itsdangerous/"]).text(),
        "200 200"
    );
    assert_eq!(
        curl(&["-x", proxy, "http://shop.example/"]).text(),
        "403 000"
    );
    assert_eq!(
        curl(&["-x", proxy, "https://shop.example/"]).text(),
        "000 403"
    );
    // Without the proxy there is no way at all.
    assert_eq!(curl(&["http://198.51.100.1/"]).code(), Some(7));
}

#[test]
fn reset_returns_to_the_first_state_with_the_same_address_and_keys() {
    let mut host = TargetHost::up();
    let first = host.machine().text("/var/lib/dpkg/status");
    let address = host.address();
    let host_key = over_ssh(&host, "root", "cat /etc/ssh/ssh_host_ed25519_key.pub");
    assert!(host_key.starts_with(host.host_key()));

    host.machine().write("/etc/added", "by a test", 0o644);
    host.machine().ok(["useradd", "added"]);
    host.machine()
        .ok(["dpkg", "--purge", "--force-depends", "logrotate"]);
    host.machine().ok(["systemd-run", "sleep", "4711"]);
    let daemon = host.machine().spawn(["sleep", "4712"]);
    let start = Instant::now();
    host.reset();
    let took = start.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");

    assert!(!host.machine().exists("/etc/added"));
    assert_eq!(host.exec(["id", "added"]).code(), Some(1));
    assert_eq!(host.machine().text("/var/lib/dpkg/status"), first);
    assert_eq!(host.exec(["pgrep", "--exact", "sleep"]).code(), Some(1));
    assert_eq!(host.address(), address);
    assert_eq!(
        over_ssh(&host, "root", "cat /etc/ssh/ssh_host_ed25519_key.pub"),
        host_key
    );
    drop(daemon);
    assert_eq!(over_ssh(&host, "root", "id -un"), "root\n");
}

#[test]
fn round_trips_take_as_long_as_asked() {
    let mut host = TargetHost::builder().rtt(Duration::from_millis(80)).up();
    let is_about = |host: &TargetHost, least: u64| {
        let measured = round_trip(host);
        let least = Duration::from_millis(least);
        assert!(measured >= least, "{measured:?} instead of {least:?}");
        assert!(
            measured < least + Duration::from_millis(40),
            "{measured:?} instead of {least:?}"
        );
    };
    is_about(&host, 80);

    // A connection outlasts the changes.
    let mut cat = host
        .ssh("root")
        .arg("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut sent = cat.stdin.take().unwrap();
    let mut echoed = BufReader::new(cat.stdout.take().unwrap()).lines();
    let mut echo = |word: &str| {
        writeln!(sent, "{word}").unwrap();
        assert_eq!(echoed.next().unwrap().unwrap(), word);
    };
    echo("far");
    for milliseconds in [0, 200, 0] {
        host.set_rtt(Duration::from_millis(milliseconds));
        is_about(&host, milliseconds);
        echo(&format!("after {milliseconds}"));
    }
    drop(sent);
    assert!(cat.wait().unwrap().success());

    host.set_rtt(Duration::from_millis(50));
    host.reset();
    is_about(&host, 50);
}

#[test]
fn hosts_of_one_test_reach_each_other() {
    let hosts: Vec<_> = thread::scope(|scope| {
        let up: Vec<_> = (0..2).map(|_| scope.spawn(TargetHost::up)).collect();
        up.into_iter().map(|host| host.join().unwrap()).collect()
    });
    assert_ne!(hosts[0].address(), hosts[1].address());
    assert_ne!(hosts[0].host_key(), hosts[1].host_key());
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("config");
    let blocks = [
        hosts[0].ssh_config("jump", "nobodyatall"),
        hosts[1].ssh_config("inner", "deploy"),
        "  ProxyJump jump\n".to_owned(),
    ];
    fs::write(&config, blocks.concat()).unwrap();
    let ssh = Command::new("ssh")
        .arg("-F")
        .arg(&config)
        .args(["inner", "echo ${SSH_CONNECTION%% *}"])
        .output()
        .unwrap();
    assert_eq!(text(&ssh), format!("{}\n", hosts[0].address()), "{ssh:?}");
}
