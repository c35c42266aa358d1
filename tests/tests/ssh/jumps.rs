use std::fs;

use wsgi_apply::Status;
use wsgi_apply::ssh::{ConnectError, NoInteraction};
use wsgi_tests::{SshServer, wait_until};

use crate::client::{Client, output, run, story};

fn block(name: &str, server: &SshServer) -> String {
    format!(
        "Host {name}\n  HostName 127.0.0.1\n  Port {}\n  IdentityFile {}\n",
        server.port(),
        server.user_key().display()
    )
}

/// Somebody who reaches `web` through `gate`.
fn through_a_gate() -> (SshServer, SshServer, Client) {
    let (gate, web) = (SshServer::up(), SshServer::up());
    let client = Client::of(&gate);
    fs::write(
        client.ssh_file("config"),
        format!(
            "{}  ProxyJump gate\n{}",
            block("web", &web),
            block("gate", &gate)
        ),
    )
    .unwrap();
    client.know(&web, "ed25519");
    (gate, web, client)
}

#[test]
fn a_host_behind_another_is_reached_through_it() {
    let (gate, web, client) = through_a_gate();
    let mut shell = client.connect();
    let big = vec![b'x'; 3_000_000];
    for _ in 0..3 {
        let ran = run(&mut shell, "tee /dev/stderr; exit 4", &big);
        assert_eq!(
            (ran.status, ran.out.len(), ran.err.len()),
            (Status::Exited(4), big.len(), big.len())
        );
    }
    assert_eq!((gate.connections(), web.connections()), (1, 1));
    assert!(web.log().contains("Accepted publickey"));
}

#[test]
fn several_hosts_on_the_way_are_taken_in_their_order() {
    let (gate, web, client) = through_a_gate();
    let inner = SshServer::up();
    client.know(&inner, "ed25519");
    let config = fs::read_to_string(client.ssh_file("config")).unwrap();
    let config = config.replace(
        "ProxyJump gate",
        &format!("ProxyJump gate,{}@inner", whoami()),
    );
    fs::write(client.ssh_file("config"), config + &block("inner", &inner)).unwrap();
    assert_eq!(output(&mut client.connect(), "echo in"), "in\n");
    assert_eq!(
        (gate.connections(), inner.connections(), web.connections()),
        (1, 1, 1)
    );
}

fn whoami() -> String {
    wsgi_apply::ssh::SshOptions::from_environment().local_user
}

#[test]
fn a_host_on_the_way_has_to_be_known_and_is_named() {
    let (_gate, web, client) = through_a_gate();
    fs::write(client.known_hosts(), "").unwrap();
    client.know(&web, "ed25519");
    let error = client.refused();
    let ConnectError::Jump { hop, source } = &error else {
        panic!("{}", story(&error));
    };
    assert_eq!(hop, "gate");
    assert!(
        matches!(**source, ConnectError::UnknownHostKey { .. }),
        "{}",
        story(&error)
    );
    assert_eq!(web.connections(), 0);
}

#[test]
fn a_host_behind_another_has_to_be_known_too() {
    let (gate, _web, client) = through_a_gate();
    fs::write(client.known_hosts(), "").unwrap();
    client.know(&gate, "ed25519");
    let error = client.refused();
    assert!(
        matches!(error, ConnectError::UnknownHostKey { .. }),
        "{}",
        story(&error)
    );
    // No key could be fetched from here.
    assert!(error.help().contains("ssh web"), "{}", error.help());
}

#[test]
fn a_host_that_passes_nobody_on_is_named() {
    let (_, web, client) = through_a_gate();
    let closed = SshServer::with(&["ed25519"], "AllowTcpForwarding no\n");
    let config = format!(
        "{}  ProxyJump gate\n{}",
        block("web", &web),
        block("gate", &closed)
    );
    fs::write(client.ssh_file("config"), config).unwrap();
    client.know(&closed, "ed25519");
    let error = client.refused();
    let forward = matches!(&error, ConnectError::Forward { hop, .. } if hop == "gate");
    assert!(forward, "{}", story(&error));
}

#[test]
fn a_way_in_a_circle_is_refused_and_one_to_itself_is_none() {
    let (gate, _web, client) = through_a_gate();
    let config = fs::read_to_string(client.ssh_file("config")).unwrap();
    fs::write(
        client.ssh_file("config"),
        format!("{config}  ProxyJump a\nHost a\n  ProxyJump b\nHost b\n  ProxyJump a\n"),
    )
    .unwrap();
    assert!(story(&client.refused()).contains("more than 8 hosts"));
    assert_eq!(gate.connections(), 0);
    // `ssh` connects to it directly.
    let port = gate.port();
    fs::write(
        client.ssh_file("config"),
        format!("{}Host *\n  ProxyJump gate:{port}\n", block("gate", &gate)),
    )
    .unwrap();
    client.connect_to("gate", &mut NoInteraction).unwrap();
}

#[test]
fn a_key_of_the_command_line_is_not_shown_to_hosts_on_the_way() {
    let (gate, web, mut client) = through_a_gate();
    let key = web.user_key();
    client.options.identity_files = vec![key];
    client.connect();
    assert!(!gate.log().contains("Failed publickey"), "{}", gate.log());
}

#[test]
fn all_connections_end_with_the_last_one() {
    let (gate, web, client) = through_a_gate();
    let mut shell = client.connect();
    assert_eq!(output(&mut shell, "echo in"), "in\n");
    drop(shell);
    for server in [web, gate] {
        wait_until("the server has seen the end", || {
            let log = server.log();
            log.contains("Disconnected from user") || log.contains("Closing connection")
        });
    }
}
