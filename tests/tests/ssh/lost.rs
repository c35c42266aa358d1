use std::io::{self, Read};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use wsgi_apply::{Chunk, Script, Shell, ShellError};
use wsgi_tests::SshServer;

use crate::client::{Client, try_run};

/// Runs a program and does something once it has said that it runs.
fn run_until(
    shell: &mut dyn Shell,
    script: &str,
    stdin: &mut dyn Read,
    act: impl FnOnce(),
) -> Result<wsgi_apply::Status, ShellError> {
    let mut act = Some(act);
    let script = Script::new(script.to_owned());
    shell.exec(&script, stdin, &mut |chunk| {
        if let (Chunk::Out(b"ready\n"), Some(act)) = (chunk, act.take()) {
            act();
        }
    })
}

#[track_caller]
fn assert_lost(result: &Result<wsgi_apply::Status, ShellError>) {
    assert!(matches!(result, Err(ShellError::Lost(_))), "{result:?}");
}

#[test]
fn a_server_killed_in_the_middle_is_no_success() {
    let server = SshServer::up();
    let mut shell = Client::of(&server).connect();
    let result = run_until(
        &mut shell,
        "echo ready; exec sleep 30",
        &mut io::empty(),
        || {
            server.kill_connections();
        },
    );
    assert_lost(&result);
    // Nothing more is tried on what is gone.
    let again = try_run(&mut shell, "echo again", b"");
    assert!(matches!(again, Err(ShellError::NotStarted(_))), "{again:?}");
}

#[test]
fn a_server_killed_while_it_gets_input_is_no_success() {
    let server = SshServer::up();
    let mut shell = Client::of(&server).connect();
    let script = "echo ready; exec cat >/dev/null";
    let result = run_until(&mut shell, script, &mut io::repeat(0), || {
        server.kill_connections();
    });
    assert_lost(&result);
}

#[test]
fn a_server_killed_between_two_programs_starts_none() {
    let server = SshServer::up();
    let mut shell = Client::of(&server).connect();
    try_run(&mut shell, "echo one", b"").unwrap();
    server.kill_connections();
    try_run(&mut shell, "echo two", b"").unwrap_err();
}

#[test]
fn a_server_that_no_longer_answers_is_noticed() {
    let server = SshServer::up();
    let client = Client::of(&server);
    client.configure("  ServerAliveInterval 2\n  ServerAliveCountMax 1\n");
    for input in [0, u64::MAX] {
        let mut shell = client.connect();
        let start = Instant::now();
        let script = "echo ready; exec sleep 60";
        let mut stdin = io::repeat(0).take(input);
        let result = run_until(&mut shell, script, &mut stdin, || server.halt_connections());
        assert_lost(&result);
        let elapsed = start.elapsed();
        assert!(elapsed < Duration::from_secs(20), "{elapsed:?}");
        server.kill_connections();
    }
}

#[test]
fn a_silent_program_is_waited_for_as_long_as_the_server_answers() {
    let server = SshServer::up();
    let client = Client::of(&server);
    client.configure("  ServerAliveInterval 4\n  ServerAliveCountMax 4\n");
    let mut shell = client.connect();
    // More than the server may take to answer: it does answer.
    let ran = try_run(&mut shell, "sleep 18; echo done", b"").unwrap();
    assert_eq!(ran.out, "done\n");
}

#[test]
fn the_server_is_asked_through_a_tunnel_too() {
    let (gate, web) = (SshServer::up(), SshServer::up());
    let client = Client::of(&web);
    client.configure_first("ServerAliveInterval 2\nServerAliveCountMax 1\n");
    client.configure(&format!(
        "  ProxyJump gate\nHost gate\n  HostName 127.0.0.1\n  Port {}\n  IdentityFile {}\n",
        gate.port(),
        gate.user_key().display()
    ));
    client.know(&gate, "ed25519");
    for act in [SshServer::halt_connections, SshServer::kill_connections] {
        let mut shell = client.connect();
        let script = "echo ready; exec sleep 60";
        let result = run_until(&mut shell, script, &mut io::empty(), || act(&gate));
        assert_lost(&result);
    }
}

#[test]
fn waiting_costs_no_processor_time() {
    let server = SshServer::up();
    let client = Client::of(&server);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut shell = client.connect();
        let input = vec![0; 5_000_000];
        let before = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        try_run(&mut shell, "sleep 2; cat >/dev/null", &input).unwrap();
        let after = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        sender.send((before, after)).unwrap();
    });
    let (before, after) = receiver.recv().unwrap();
    let spent = (after.tv_sec - before.tv_sec) * 1_000_000_000 + (after.tv_nsec - before.tv_nsec);
    assert!(spent < 600_000_000, "{spent} ns");
}
