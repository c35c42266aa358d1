use std::io::{self, Read};

use wsgi_apply::{
    Chunk, LocalShell, PlanOptions, PosixHost, PosixOptions, Script, Shell, Status, conformance,
};
use wsgi_tests::SshServer;

use crate::client::{Client, output, run};

/// Runs a test on each shell: over SSH, and on this machine.
fn on_each(test: impl Fn(&mut dyn Shell)) {
    test(&mut LocalShell::new());
    let server = SshServer::up();
    test(&mut Client::of(&server).connect());
}

#[test]
fn one_connection_runs_many_programs() {
    let server = SshServer::up();
    let mut shell = Client::of(&server).connect();
    for number in 0..20 {
        assert_eq!(
            output(&mut shell, &format!("echo {number}")),
            format!("{number}\n")
        );
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn every_promise_of_a_shell_is_kept() {
    on_each(|shell| assert_eq!(conformance::shell(shell), []));
    on_each(|shell| assert_eq!(conformance::conversation(shell), []));
}

#[test]
fn every_promise_of_a_terminal_is_kept() {
    let server = SshServer::up();
    let mut shell = Client::of(&server).connect();
    assert_eq!(conformance::terminal(&mut shell), []);
}

#[test]
fn every_promise_of_a_host_is_kept_behind_a_connection() {
    let server = SshServer::up();
    let root = tempfile::tempdir().unwrap();
    let mut options = PosixOptions::default();
    options.prefix = root.path().to_str().map(|path| path.parse().unwrap());
    let mut host = PosixHost::new(Client::of(&server).connect(), options);
    let mut options = PlanOptions::default();
    options.owners_noted = true;
    assert_eq!(conformance::host(&mut host, options), []);
}

#[test]
fn a_program_killed_by_a_signal_is_no_success() {
    on_each(|shell| {
        for (signal, name) in [("KILL", "KILL"), ("TERM", "TERM"), ("SEGV", "SEGV")] {
            let ran = run(shell, &format!("echo before; kill -{signal} $$"), b"");
            assert_eq!(
                (ran.status, ran.out.as_str()),
                (Status::Killed(name.to_owned()), "before\n")
            );
        }
        assert_eq!(run(shell, "exit 255", b"").status, Status::Exited(255));
    });
}

/// What a program prints, counted.
fn count(shell: &mut dyn Shell, script: &str, stdin: &mut dyn Read) -> (Status, usize, usize) {
    let (mut out, mut err) = (0, 0);
    let script = Script::new(script.to_owned());
    let status = shell.exec(&script, stdin, &mut |chunk| match chunk {
        Chunk::Out(bytes) => out += bytes.len(),
        Chunk::Err(bytes) => err += bytes.len(),
    });
    (status.unwrap(), out, err)
}

#[test]
fn much_output_passes_in_little_memory() {
    let server = SshServer::up();
    let mut shell = Client::of(&server).connect();
    let before = peak_memory();
    let counted = count(&mut shell, "head -c 100000000 /dev/zero", &mut io::empty());
    assert_eq!(counted, (Status::Exited(0), 100_000_000, 0));
    let grown = peak_memory() - before;
    assert!(grown < 16 << 10, "{grown} KiB");
}

/// The most memory that this process has had, in KiB. Other tests of it run at the same time.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
