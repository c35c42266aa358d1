use std::io::ErrorKind;
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use wsgi_tests::{Init, Suite, TargetHost};

use crate::{equipped, output_of, over_ssh};

/// The page that nginx comes with, asked for from the test computer.
#[track_caller]
fn page(host: &TargetHost) -> String {
    let url = format!("http://{}/", host.address());
    output_of(
        Command::new("curl")
            .args(["--silent", "--show-error", "--fail", "--max-time", "20"])
            .args(["--noproxy", "*", &url]),
    )
}

/// That all services run and answer, whatever started them, and that packages can be added.
#[track_caller]
fn assert_works(host: &TargetHost, release: &str) {
    let version = ". /etc/os-release; echo $ID $VERSION_ID";
    assert_eq!(
        over_ssh(host, "nobodyatall", version),
        format!("{release}\n")
    );
    assert!(page(host).contains("Welcome to nginx"));
    for service in ["cron", "nginx", "ssh", "supervisor"] {
        host.machine().ok(["service", service, "status"]);
    }
    let apt = "sudo -n apt-get update -qq && sudo -n apt-get install -qq -y hello";
    over_ssh(host, "deploy", apt);
    assert_eq!(over_ssh(host, "deploy", "hello"), "Hello, world!\n");
    let pip = "python3 -m venv env && env/bin/pip install -q itsdangerous==2.2.0";
    over_ssh(host, "nobodyatall", pip);
    let import = "env/bin/python -c 'import itsdangerous as i; print(i.Signer.__name__)'";
    assert_eq!(over_ssh(host, "nobodyatall", import), "Signer\n");
}

#[track_caller]
fn assert_has_systemd(host: &TargetHost) {
    assert_eq!(host.machine().text("/proc/1/comm"), "systemd\n");
    let state = host.exec(["systemctl", "is-system-running"]).text();
    let failed = host.exec(["systemctl", "--failed"]);
    assert_eq!(state, "running\n", "{failed}");
    // Nothing of the test computer's cgroups is in sight.
    let session = over_ssh(host, "root", "grep ^0:: /proc/self/cgroup");
    assert!(
        session.starts_with("0::/user.slice/user-0.slice/"),
        "{session}"
    );
}

#[track_caller]
fn assert_has_no_systemd(host: &TargetHost) {
    assert_eq!(host.machine().text("/proc/1/comm"), "tini\n");
    assert!(!host.machine().exists("/run/systemd/system"));
}

#[test]
fn a_host_is_up_within_seconds() {
    drop(TargetHost::up()); // the image is there now
    let start = Instant::now();
    let host = TargetHost::up();
    let took = start.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert_has_systemd(&host);
}

#[test]
fn a_missing_program_is_told_with_its_package() {
    let empty = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_target-host"))
        .env("PATH", empty.path())
        .env("XDG_CACHE_HOME", empty.path())
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "target-host: mmdebstrap is not installed: install it with `apt-get install mmdebstrap`\n"
    );
}

#[test]
fn debian_12_has_systemd() {
    let host = equipped().up();
    assert_has_systemd(&host);
    assert_works(&host, "debian 12");
    host.machine().ok(["systemctl", "stop", "nginx"]);
    let refused = TcpStream::connect((host.address(), 80)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn debian_12_can_be_without_systemd() {
    let host = equipped().init(Init::Tiny).up();
    assert_has_no_systemd(&host);
    assert_works(&host, "debian 12");
}

#[test]
fn debian_13_has_systemd() {
    let host = equipped().suite(Suite::Trixie).up();
    assert_has_systemd(&host);
    assert_works(&host, "debian 13");
}

#[test]
fn debian_13_can_be_without_systemd() {
    let host = equipped().suite(Suite::Trixie).init(Init::Tiny).up();
    assert_has_no_systemd(&host);
    assert_works(&host, "debian 13");
}

// The long suite alone: two more releases to download.
#[cfg(feature = "long")]
#[test]
fn ubuntu_22_04_and_24_04_are_hosts_as_well() {
    for (suite, release) in [
        (Suite::Jammy, "ubuntu 22.04"),
        (Suite::Noble, "ubuntu 24.04"),
    ] {
        for init in [Init::Systemd, Init::Tiny] {
            let host = equipped().suite(suite).init(init).up();
            match init {
                Init::Systemd => assert_has_systemd(&host),
                Init::Tiny => assert_has_no_systemd(&host),
            }
            assert_works(&host, release);
        }
    }
}
