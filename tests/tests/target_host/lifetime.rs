use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::panic::catch_unwind;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use wsgi_tests::{TargetHost, wait_until};

use crate::{output_of, over_ssh};

/// A process of its own with a host: what a person starts as `tests/target-host`.
struct Holder {
    process: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    address: String,
    ssh_config: String,
    /// The link of its network to the test computer.
    link: String,
}

/// A process as it cannot come again: its id and when it started.
type Identity = (u32, String);

impl Holder {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_target-host"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let up = output.next().unwrap().unwrap();
        let [_, address, ssh_config] = up.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{up}");
        };
        // The third part of the address is the network's number.
        let number = address.split('.').nth(2).unwrap();
        let link = format!("wsgi-tests-{number} ");
        Self {
            link: links()
                .into_iter()
                .find(|known| known.starts_with(&link))
                .unwrap(),
            input: process.stdin.take(),
            address: address.to_owned(),
            ssh_config: ssh_config.to_owned(),
            process,
            output,
        }
    }

    #[track_caller]
    fn tell(&mut self, line: &str) {
        writeln!(self.input.as_ref().unwrap(), "{line}").unwrap();
        assert_eq!(self.output.next().unwrap().unwrap(), "ok");
    }

    #[track_caller]
    fn ssh(&self, alias: &str, command: &str) -> String {
        output_of(Command::new("ssh").args(["-F", &self.ssh_config, alias, command]))
    }

    /// All processes below it: of its host, and those that hold it.
    fn processes(&self) -> BTreeSet<Identity> {
        let mut found = BTreeSet::from([self.process.id()]);
        let all = processes();
        // Children may come before their parents.
        for _ in 0..all.len() {
            let children = all.iter().filter(|(_, parent)| found.contains(parent));
            let children: Vec<_> = children.map(|((id, _), _)| *id).collect();
            let known = found.len();
            found.extend(children);
            if found.len() == known {
                break;
            }
        }
        found.remove(&self.process.id());
        let identities = all.into_iter().map(|(identity, _)| identity);
        identities.filter(|(id, _)| found.contains(id)).collect()
    }

    /// What is on the test computer because of it, beside processes.
    fn traces(&self) -> Vec<String> {
        let mut found: Vec<_> = links()
            .into_iter()
            .filter(|link| *link == self.link)
            .collect();
        let own = self.process.id().to_string();
        for all in [
            "/run/wsgi-tests",
            "/sys/fs/cgroup/wsgi-tests",
            "/sys/fs/cgroup/unified/wsgi-tests",
        ] {
            let path = Path::new(all).join(&own);
            if path.exists() {
                found.push(path.display().to_string());
            }
        }
        found
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.wait();
    }
}

/// All processes of the test computer with their parents.
fn processes() -> Vec<(Identity, u32)> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let stat = |entry: fs::DirEntry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let text = fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name in parentheses may hold anything.
        let fields: Vec<_> = text.rsplit_once(") ")?.1.split(' ').collect();
        // proc_pid_stat(5): the state is the third, the start the twenty-second.
        (fields[0] != "Z").then(|| ((id, fields[19].to_owned()), fields[1].parse().unwrap()))
    };
    entries.filter_map(stat).collect()
}

/// The network links of the test computer: names, which may come again, and numbers, which do not.
fn links() -> Vec<String> {
    let text = output_of(Command::new("ip").args(["-o", "link"]));
    let words = text
        .lines()
        .map(|line| line.split([':', ' ', '@']).collect::<Vec<_>>());
    words
        .map(|words| format!("{} {}", words[2], words[0]))
        .collect()
}

fn any_runs(of: &BTreeSet<Identity>) -> bool {
    processes()
        .iter()
        .any(|(identity, _)| of.contains(identity))
}

/// Whether a process with this command line is on the test computer.
fn is_running(line: &str) -> bool {
    let line = line.replace(' ', "\0") + "\0";
    fs::read_dir("/proc").unwrap().flatten().any(|process| {
        fs::read(process.path().join("cmdline")).is_ok_and(|bytes| bytes == line.as_bytes())
    })
}

#[test]
fn nothing_is_left_when_the_last_host_of_a_process_is_dropped() {
    let mut holder = Holder::start();
    assert_eq!(holder.ssh("deploy", "sudo -n id -un"), "root\n");
    let processes = holder.processes();
    assert!(processes.len() > 8, "{processes:?}");
    assert_eq!(holder.traces().len(), 3, "{:?}", holder.traces());

    drop(holder.input.take());
    assert!(holder.process.wait().unwrap().success());
    assert!(!any_runs(&processes));
    assert!(holder.traces().is_empty(), "{:?}", holder.traces());
}

#[test]
fn a_killed_process_takes_its_hosts_along_and_the_next_sweeps_up() {
    let mut killed = Holder::start();
    let processes = killed.processes();
    killed.process.kill().unwrap();
    killed.process.wait().unwrap();
    wait_until("its processes are gone", || !any_runs(&processes));
    let next = Holder::start();
    wait_until("its traces are gone", || killed.traces().is_empty());
    assert_eq!(next.ssh("nobodyatall", "id -un"), "nobodyatall\n");
}

#[test]
fn a_host_ends_with_any_process_that_holds_it() {
    let holder = Holder::start();
    let processes = holder.processes();
    let of_holder = |parent: u32| parent == holder.process.id();
    for ((id, _), parent) in self::processes() {
        if of_holder(parent) {
            output_of(Command::new("kill").args(["-KILL", &id.to_string()]));
        }
    }
    wait_until("all are gone", || !any_runs(&processes));
}

#[test]
fn a_host_is_gone_when_its_test_panics() {
    let panicked = catch_unwind(|| {
        let host = TargetHost::up();
        host.machine().ok(["systemd-run", "sleep", "4713"]);
        wait_until("it runs", || is_running("/usr/bin/sleep 4713"));
        let _kept = host.machine().spawn(["sleep", "4714"]);
        panic!("as a failed test does");
    });
    assert!(panicked.is_err());
    assert!(!is_running("/usr/bin/sleep 4713"));
    assert!(!is_running("sleep 4714"));
}

#[test]
fn processes_that_run_at_once_do_not_disturb_each_other() {
    let host = TargetHost::up();
    let mut holders = [Holder::start(), Holder::start()];
    let mut addresses = BTreeSet::from([host.address().to_string()]);
    addresses.extend(holders.iter().map(|holder| holder.address.clone()));
    assert_eq!(addresses.len(), 3, "{addresses:?}");
    for holder in &mut holders {
        holder.ssh("deploy", "sudo -n touch /etc/added");
        holder.tell("rtt 30");
        holder.tell("reset");
        holder.ssh("deploy", "test ! -e /etc/added");
    }
    let [first, second] = holders;
    drop(first);
    assert_eq!(second.ssh("root", "id -un"), "root\n");
    assert_eq!(over_ssh(&host, "root", "id -un"), "root\n");
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
