use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use wsgi_apply::ssh::ConnectError;
use wsgi_tests::{SshKey, SshServer};

use crate::client::{Client, output, story};

/// The server let nobody in, and nobody tried.
#[track_caller]
fn assert_nothing_sent(server: &SshServer) {
    let log = server.log();
    assert!(!log.contains("Accepted"), "{log}");
    assert!(!log.contains("Failed"), "{log}");
}

fn fingerprint(server: &SshServer, kind: &str) -> String {
    let output = Command::new("ssh-keygen")
        .arg("-lf")
        .arg(server.path(&format!("host_{kind}.pub")))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().nth(1).unwrap().to_owned()
}

/// Follows the command at the end of a remedy.
fn follow(remedy: &str) {
    let (_, command) = remedy.split_once("accept it: ").unwrap();
    let ran = Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
}

#[test]
fn an_unknown_host_gets_nothing_and_its_remedy_works() {
    let server = SshServer::up();
    let client = Client::of(&server);
    fs::remove_file(client.known_hosts()).unwrap();
    let error = client.refused();
    let ConnectError::UnknownHostKey { shown, .. } = &error else {
        panic!("{}", story(&error));
    };
    assert_eq!(shown.key.fingerprint(), fingerprint(&server, "ed25519"));
    assert!(error.to_string().contains(&shown.key.fingerprint()));
    assert_nothing_sent(&server);
    follow(&error.help());
    assert_eq!(output(&mut client.connect(), "echo in"), "in\n");
}

#[test]
fn a_changed_key_is_refused_whatever_the_configuration_says() {
    let server = SshServer::up();
    let other = SshServer::up();
    for setting in [
        "",
        "StrictHostKeyChecking accept-new\n",
        "StrictHostKeyChecking no\n",
    ] {
        let client = Client::of(&server);
        client.configure_first(setting);
        let line = format!(
            "# a line before\n[127.0.0.1]:{} {}\n",
            server.port(),
            other.host_key("ed25519")
        );
        fs::write(client.known_hosts(), line).unwrap();
        let error = client.refused();
        let ConnectError::ChangedHostKey { place, .. } = &error else {
            panic!("{}", story(&error));
        };
        assert_eq!(
            (place.file(), place.line()),
            (client.known_hosts().as_path(), 2)
        );
        assert!(error.to_string().contains("known_hosts:2"));
        // What the remedy says makes it an unknown host.
        let help = error.help();
        let command = help.split('`').nth(1).unwrap();
        assert!(
            Command::new("sh")
                .args(["-c", command])
                .output()
                .unwrap()
                .status
                .success()
        );
        fs::write(
            client.ssh_file("config"),
            fs::read_to_string(client.ssh_file("config"))
                .unwrap()
                .replace(setting, ""),
        )
        .unwrap();
        let error = client.refused();
        assert!(
            matches!(error, ConnectError::UnknownHostKey { .. }),
            "{}",
            story(&error)
        );
    }
    assert_nothing_sent(&server);
}

#[test]
fn a_host_is_known_by_whichever_of_its_keys_is_known() {
    let server = SshServer::with(&["ed25519", "ecdsa", "rsa"], "");
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let client = Client::of(&server);
        fs::remove_file(client.known_hosts()).unwrap();
        client.know(&server, kind);
        assert_eq!(output(&mut client.connect(), "echo in"), "in\n", "{kind}");
    }
}

#[test]
fn a_key_of_another_kind_than_the_known_is_not_taken_for_a_new_host() {
    let server = SshServer::with(&["ecdsa"], "");
    let other = SshServer::with(&["ed25519"], "");
    for setting in ["", "StrictHostKeyChecking accept-new\n"] {
        let client = Client::stranger();
        client.configure(&format!(
            "{setting}Host web\n HostName 127.0.0.1\n Port {}\n IdentityFile {}\n",
            server.port(),
            server.user_key().display()
        ));
        let key = other.host_key("ed25519");
        client.know_line(&format!("[127.0.0.1]:{} {key}\n", server.port()));
        let error = client.refused();
        assert!(
            matches!(error, ConnectError::OtherHostKey { .. }),
            "{}",
            story(&error)
        );
        assert!(error.to_string().contains("known_hosts:1"), "{error}");
    }
    assert_nothing_sent(&server);
}

#[test]
fn a_revoked_key_is_refused_though_it_is_known() {
    let server = SshServer::up();
    let client = Client::of(&server);
    let revoked = client.ssh_file("revoked");
    fs::write(
        &revoked,
        format!("@revoked * {}\n", server.host_key("ed25519")),
    )
    .unwrap();
    client.configure(&format!("  GlobalKnownHostsFile {}\n", revoked.display()));
    let error = client.refused();
    assert!(
        matches!(error, ConnectError::RevokedHostKey { .. }),
        "{}",
        story(&error)
    );
    assert_nothing_sent(&server);
}

#[test]
fn an_authority_is_named_as_what_is_not_followed() {
    let server = SshServer::up();
    let client = Client::of(&server);
    fs::remove_file(client.known_hosts()).unwrap();
    client.know_line(&format!(
        "@cert-authority * {}\n",
        server.host_key("ed25519")
    ));
    let error = client.refused();
    let known = matches!(
        &error,
        ConnectError::UnknownHostKey {
            authority: Some(_),
            ..
        }
    );
    assert!(known, "{}", story(&error));
    assert!(error.help().contains("known_hosts:1"), "{}", error.help());
}

#[test]
fn names_hashed_by_ssh_keygen_are_known() {
    let server = SshServer::up();
    let client = Client::of(&server);
    let hashed = Command::new("ssh-keygen")
        .args(["-q", "-H", "-f"])
        .arg(client.known_hosts())
        .output()
        .unwrap();
    assert!(hashed.status.success());
    assert!(
        !fs::read_to_string(client.known_hosts())
            .unwrap()
            .contains("127.0.0.1")
    );
    client.connect();
}

#[test]
fn accept_new_notes_a_new_host_once_where_openssh_finds_it() {
    for (setting, hashed) in [("", false), ("HashKnownHosts yes\n", true)] {
        let server = SshServer::up();
        let client = Client::of(&server);
        let file = client.ssh_file("hosts/known");
        client.configure_first(&format!(
            "StrictHostKeyChecking accept-new\n{setting}UserKnownHostsFile {} {}\n",
            file.display(),
            client.ssh_file("second").display()
        ));
        client.connect();
        let noted = fs::read_to_string(&file).unwrap();
        client.connect();
        assert_eq!(fs::read_to_string(&file).unwrap(), noted);
        assert_eq!(noted.lines().count(), 1);
        assert_eq!(noted.contains("127.0.0.1"), !hashed);
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let found = Command::new("ssh-keygen")
            .args(["-F", &format!("[127.0.0.1]:{}", server.port()), "-f"])
            .arg(&file)
            .output()
            .unwrap();
        assert!(String::from_utf8_lossy(&found.stdout).contains(&server.host_key("ed25519")));
    }
}

#[test]
fn a_new_host_that_cannot_be_noted_is_not_accepted() {
    let server = SshServer::up();
    let client = Client::of(&server);
    // Nobody can make a file there, not even root.
    client.configure_first(
        "StrictHostKeyChecking accept-new\nUserKnownHostsFile /proc/known_hosts\n",
    );
    let error = client.refused();
    let unwritable = matches!(error, ConnectError::KnownHosts { writing: true, .. });
    assert!(unwritable, "{}", story(&error));
    assert_nothing_sent(&server);
}

#[test]
fn no_configuration_makes_anybody_trusted() {
    let server = SshServer::up();
    for word in ["no", "off"] {
        let client = Client::of(&server);
        fs::remove_file(client.known_hosts()).unwrap();
        client.configure_first(&format!("StrictHostKeyChecking {word}\n"));
        let error = client.refused();
        let refused = matches!(
            &error,
            ConnectError::UnknownHostKey {
                ignored: Some(_),
                ..
            }
        );
        assert!(refused, "{}", story(&error));
        assert!(error.help().contains("config:1"), "{}", error.help());
        // For a host that is known, the line does not matter.
        client.know(&server, "ed25519");
        client.connect();
    }
    assert!(!server.log().contains("Failed"));
}

#[test]
fn a_host_is_known_under_its_alias_without_a_port() {
    let server = SshServer::up();
    let client = Client::of(&server);
    client.configure("  HostKeyAlias Cluster\n");
    assert!(matches!(
        client.refused(),
        ConnectError::UnknownHostKey { .. }
    ));
    client.know_line(&format!("cluster {}\n", server.host_key("ed25519")));
    client.connect();
}

#[test]
fn a_certificate_of_the_host_is_not_asked_for() {
    let server = SshServer::with(&["ed25519"], "");
    let authority = server.path("authority");
    SshKey::make(&authority, "ed25519", "");
    let signed = Command::new("ssh-keygen")
        .args(["-q", "-h", "-I", "host", "-s"])
        .arg(&authority)
        .arg(server.path("host_ed25519.pub"))
        .output()
        .unwrap();
    assert!(signed.status.success(), "{signed:?}");
    let config = server.path("sshd_config");
    let certificate = server.path("host_ed25519-cert.pub");
    let before = fs::read_to_string(&config).unwrap();
    fs::write(
        &config,
        format!("{before}HostCertificate {}\n", certificate.display()),
    )
    .unwrap();
    Client::of(&server).connect();
}

#[test]
fn a_short_rsa_key_proves_nothing() {
    let server = SshServer::with(&["rsa"], "");
    let client = Client::stranger();
    client.configure(&format!(
        "RequiredRSASize 4096\nHost web\n HostName 127.0.0.1\n Port {}\n",
        server.port()
    ));
    client.know(&server, "rsa");
    let error = client.refused();
    let short = matches!(
        error,
        ConnectError::ShortHostKey {
            bits: 3072,
            required: 4096,
            ..
        }
    );
    assert!(short, "{}", story(&error));
}
