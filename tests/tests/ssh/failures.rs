use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use wsgi_apply::ssh::{ConnectError, NoInteraction, Phase};
use wsgi_tests::SshServer;

use crate::client::{Client, story};

/// Something that listens and is no SSH server: it does this with each connection.
struct Impostor {
    port: u16,
}

impl Impostor {
    fn who(act: fn(TcpStream)) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        // Ends with the test's process: nobody waits for it.
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                thread::spawn(move || act(socket));
            }
        });
        Self { port }
    }
}

/// Somebody who calls that port `web`, and gives it two seconds.
fn client_of(port: u16) -> Client {
    let client = Client::stranger();
    client.configure(&format!(
        "ConnectTimeout 2\nHost web\n  HostName 127.0.0.1\n  Port {port}\n"
    ));
    client
}

fn hold(mut socket: TcpStream) {
    let _ = socket.read_to_end(&mut Vec::new());
}

#[test]
fn a_name_that_nobody_knows_is_told() {
    let client = Client::stranger();
    let error = client
        .connect_to("web.invalid", &mut NoInteraction)
        .unwrap_err();
    assert!(
        matches!(error, ConnectError::Resolve { .. }),
        "{}",
        story(&error)
    );
    assert!(error.to_string().contains("`web.invalid`"), "{error}");
}

#[test]
fn a_port_on_which_nothing_listens_is_told_at_once() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = client_of(port).refused();
    assert!(
        matches!(error, ConnectError::Refused { .. }),
        "{}",
        story(&error)
    );
}

#[test]
fn a_server_that_says_nothing_is_given_up_in_time() {
    let silent = Impostor::who(hold);
    let start = Instant::now();
    let error = client_of(silent.port).refused();
    let phase = Phase::Handshake;
    let timed_out = matches!(&error, ConnectError::TimedOut { phase: p, .. } if *p == phase);
    assert!(timed_out, "{}", story(&error));
    let elapsed = start.elapsed();
    assert!(
        (Duration::from_secs(2)..Duration::from_secs(10)).contains(&elapsed),
        "{elapsed:?}"
    );
}

#[test]
fn a_server_that_stops_in_the_middle_of_the_greeting_is_given_up_in_time() {
    let halting = Impostor::who(|mut socket| {
        let _ = socket.write_all(b"SSH-2.0-Halting\r\n");
        hold(socket);
    });
    let error = client_of(halting.port).refused();
    assert!(
        matches!(error, ConnectError::TimedOut { .. }),
        "{}",
        story(&error)
    );
}

#[test]
fn another_protocol_is_quoted() {
    let web = Impostor::who(|mut socket| {
        let _ = socket.read(&mut [0; 64]);
        let _ = socket.write_all(b"HTTP/1.1 400 Bad \x1b[2JRequest\r\n");
    });
    let error = client_of(web.port).refused();
    let ConnectError::NotSsh { said, .. } = &error else {
        panic!("{}", story(&error));
    };
    assert_eq!(said, "HTTP/1.1 400 Bad [2JRequest");
}

#[test]
fn a_server_that_hangs_up_is_told() {
    for act in [(|_| ()) as fn(TcpStream), |mut socket| {
        let _ = socket.write_all(b"SSH-2.0-Leaving\r\n");
    }] {
        let leaving = Impostor::who(act);
        let error = client_of(leaving.port).refused();
        assert!(
            matches!(error, ConnectError::Handshake { .. }),
            "{}",
            story(&error)
        );
    }
}

#[test]
fn algorithms_that_we_do_not_have_in_common_are_told() {
    let server = SshServer::with(&["ed25519"], "Ciphers aes128-cbc\n");
    let client = Client::of(&server);
    let error = client.refused();
    assert!(
        matches!(error, ConnectError::Handshake { .. }),
        "{}",
        story(&error)
    );
    // OpenSSH does not offer it either, unless it is asked to.
    client.configure("  Ciphers +aes128-cbc\n");
    client.connect();
}

#[test]
fn each_refusal_has_a_remedy() {
    let server = SshServer::up();
    let client = Client::of(&server);
    client.configure_first("ProxyJump a,b\nHost a\n  HostName 127.0.0.1\n  Port 1\nHost *\n");
    let error = client.refused();
    assert!(
        matches!(error, ConnectError::Jump { .. }),
        "{}",
        story(&error)
    );
    assert!(!error.help().is_empty());
    assert!(
        story(&error).contains("no way through `a`"),
        "{}",
        story(&error)
    );
}
