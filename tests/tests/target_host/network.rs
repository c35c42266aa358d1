use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use wsgi_tests::TargetHost;

use crate::{equipped, output_of};

/// How long a round trip takes at best.
fn round_trip(host: &TargetHost) -> Duration {
    let connect = || {
        let start = Instant::now();
        drop(TcpStream::connect((host.address(), 22)).unwrap());
        start.elapsed()
    };
    (0..10).map(|_| connect()).min().unwrap()
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
    let caller = output_of(
        Command::new("ssh")
            .arg("-F")
            .arg(&config)
            .args(["inner", "echo ${SSH_CONNECTION%% *}"]),
    );
    assert_eq!(caller, format!("{}\n", hosts[0].address()));
}

#[test]
fn a_host_reaches_package_mirrors_and_nothing_else() {
    let host = equipped().up();
    let curl = |arguments: &str| {
        let options = "--silent --output /dev/null --max-time 20";
        let write = "--write-out '%{http_code} %{http_connect}'";
        host.machine()
            .sh(&format!("curl {options} {write} {arguments}"))
    };
    let settings = host.machine().text("/etc/pip.conf");
    let proxy = settings
        .lines()
        .find_map(|line| line.strip_prefix("proxy = "))
        .unwrap();
    for (url, codes) in [
        ("https://pypi.org/simple/itsdangerous/", "200 200"),
        ("http://shop.example/", "403 000"),
        ("https://shop.example/", "000 403"),
    ] {
        let answer = curl(&format!("--proxy {proxy} {url}"));
        assert_eq!(answer.text(), codes, "{answer}");
    }
    // Without the proxy there is no way at all.
    assert_eq!(curl("http://198.51.100.1/").code(), Some(7));
}
