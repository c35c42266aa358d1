use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use wsgi_apply::ssh::{ConnectError, KeyProblem, NoInteraction, Question};
use wsgi_tests::{SshAgent, SshKey, SshServer};

use crate::client::{Client, Person, output, story};

/// A server, and somebody who knows it and has no key that opens it.
fn closed() -> (SshServer, Client) {
    let keys_alone = "PasswordAuthentication no\nKbdInteractiveAuthentication no\n";
    let server = SshServer::with(&["ed25519"], keys_alone);
    let client = Client::stranger();
    client.configure(&format!(
        "Host web\n  HostName 127.0.0.1\n  Port {}\n",
        server.port()
    ));
    client.know(&server, "ed25519");
    (server, client)
}

/// A key of the client; the server takes it or not.
fn key(client: &Client, server: Option<&SshServer>, name: &str, kind: &str) -> PathBuf {
    locked_key(client, server, name, kind, "")
}

fn locked_key(
    client: &Client,
    server: Option<&SshServer>,
    name: &str,
    kind: &str,
    passphrase: &str,
) -> PathBuf {
    let path = client.ssh_file(name);
    SshKey::make(&path, kind, passphrase);
    if let Some(server) = server {
        server.authorize(&path);
    }
    path
}

/// What was tried, when nothing did.
#[track_caller]
fn tried(error: &ConnectError) -> Vec<String> {
    let ConnectError::Authentication { tried, .. } = error else {
        panic!("{}", story(error));
    };
    tried.iter().map(ToString::to_string).collect()
}

fn use_key(client: &Client, path: &Path) {
    client.configure(&format!("  IdentityFile {}\n", path.display()));
}

#[test]
fn keys_of_all_usual_kinds_and_formats_open_the_door() {
    for (kind, format) in [
        ("ed25519", None),
        ("ecdsa", None),
        ("rsa", None),
        ("ecdsa", Some("PEM")),
        ("ecdsa", Some("PKCS8")),
        ("rsa", Some("PEM")),
        ("rsa", Some("PKCS8")),
    ] {
        for has_public in [true, false] {
            let (server, client) = closed();
            let path = key(&client, Some(&server), "mine", kind);
            if let Some(format) = format {
                SshKey::convert(&path, format, "");
            }
            if !has_public {
                fs::remove_file(client.ssh_file("mine.pub")).unwrap();
            }
            use_key(&client, &path);
            assert_eq!(
                output(&mut client.connect(), "echo in"),
                "in\n",
                "{kind} {format:?}"
            );
            if kind == "rsa" {
                // Not with SHA-1, which no server of today takes.
                assert!(server.log().contains("RSA SHA256:"), "{}", server.log());
            }
        }
    }
}

#[test]
fn the_usual_files_are_tried_when_none_is_named() {
    let (server, client) = closed();
    key(&client, None, "id_ecdsa", "ecdsa");
    key(&client, Some(&server), "id_ed25519", "ed25519");
    client.connect();
}

#[test]
fn a_named_key_is_tried_before_all_others() {
    let (server, mut client) = closed();
    let agent = SshAgent::up();
    for number in 0..8 {
        agent.add(&key(&client, None, &format!("other{number}"), "ed25519"));
    }
    client.options.agent = Some(agent.socket());
    let path = key(&client, Some(&server), "named", "ed25519");
    client.options.identity_files = vec![path];
    client.connect();
    assert!(
        !server.log().contains("Failed publickey"),
        "{}",
        server.log()
    );
}

#[test]
fn the_agent_signs_with_keys_of_all_kinds() {
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let (server, mut client) = closed();
        let agent = SshAgent::up();
        let path = key(&client, Some(&server), "mine", kind);
        agent.add(&path);
        fs::remove_file(path).unwrap();
        client.options.agent = Some(agent.socket());
        client.connect();
    }
}

#[test]
fn of_the_agents_keys_the_configured_one_comes_first() {
    let (server, mut client) = closed();
    let agent = SshAgent::up();
    for number in 0..8 {
        agent.add(&key(&client, None, &format!("other{number}"), "ed25519"));
    }
    let path = locked_key(&client, Some(&server), "mine", "ed25519", "");
    agent.add(&path);
    client.options.agent = Some(agent.socket());
    // Only its public half is here, as with keys that never leave a device.
    fs::remove_file(&path).unwrap();
    use_key(&client, &path);
    client.connect();
    assert!(
        !server.log().contains("Failed publickey"),
        "{}",
        server.log()
    );
}

#[test]
fn the_configuration_can_name_another_agent_or_none() {
    let (server, mut client) = closed();
    let agent = SshAgent::up();
    agent.add(&key(&client, Some(&server), "mine", "ed25519"));
    fs::remove_file(client.ssh_file("mine")).unwrap();
    fs::remove_file(client.ssh_file("mine.pub")).unwrap();
    client.options.agent = Some(client.ssh_file("no-agent"));
    let before = fs::read_to_string(client.ssh_file("config")).unwrap();
    client.configure(&format!("  IdentityAgent {}\n", agent.socket().display()));
    client.connect();
    fs::write(client.ssh_file("config"), before).unwrap();
    client.configure("  IdentityAgent none\n");
    client.options.agent = Some(agent.socket());
    assert_eq!(tried(&client.refused()), Vec::<String>::new());
}

#[test]
fn identities_only_leaves_the_agents_other_keys_alone() {
    let (server, mut client) = closed();
    let agent = SshAgent::up();
    agent.add(&key(&client, Some(&server), "of_the_agent", "ed25519"));
    client.options.agent = Some(agent.socket());
    let path = key(&client, None, "named", "ed25519");
    use_key(&client, &path);
    client.connect();
    client.configure("  IdentitiesOnly yes\n");
    let tried = tried(&client.refused());
    assert_eq!(tried, [format!("the key {}: refused", path.display())]);
}

#[test]
fn more_keys_than_the_server_lets_one_try_are_told() {
    let (server, mut client) = closed();
    let agent = SshAgent::up();
    for number in 0..9 {
        agent.add(&key(&client, None, &format!("key{number}"), "ed25519"));
    }
    client.options.agent = Some(agent.socket());
    let told = tried(&client.refused());
    assert!(told.len() >= 6, "{told:?}");
    let last = told.last().unwrap();
    assert!(
        last.contains("hung up") || last.contains("not tried"),
        "{told:?}"
    );

    // The sixth is still taken, as by `ssh`.
    server.authorize(&client.ssh_file("key5"));
    client.connect();
}

#[test]
fn a_server_that_hangs_up_early_is_told_from_one_that_refuses() {
    let server = SshServer::with(&["ed25519"], "MaxAuthTries 2\n");
    let mut client = Client::stranger();
    client.configure(&format!(
        "Host web\n HostName 127.0.0.1\n Port {}\n",
        server.port()
    ));
    client.know(&server, "ed25519");
    let agent = SshAgent::up();
    for number in 0..4 {
        agent.add(&key(&client, None, &format!("key{number}"), "ed25519"));
    }
    client.options.agent = Some(agent.socket());
    let told = tried(&client.refused());
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].ends_with("refused") && told[1].ends_with("hung up"),
        "{told:?}"
    );
}

#[test]
fn a_passphrase_is_asked_for_until_it_is_right() {
    for (kind, format) in [
        ("ed25519", None),
        ("rsa", Some("PEM")),
        ("ecdsa", Some("PKCS8")),
    ] {
        let (server, client) = closed();
        let path = locked_key(&client, Some(&server), "mine", kind, "open sesame");
        if let Some(format) = format {
            SshKey::convert(&path, format, "open sesame");
        }
        use_key(&client, &path);
        let mut person = Person::answering(["wrong", "open sesame"]);
        let mut shell = client.connect_to("web", &mut person).unwrap();
        assert_eq!(output(&mut shell, "echo in"), "in\n");
        let asked: Vec<_> = (0..2)
            .map(|wrong| Question::Passphrase {
                key: path.clone(),
                wrong,
            })
            .collect();
        assert_eq!(person.asked, asked, "{kind} {format:?}");
    }
}

#[test]
fn a_wrong_passphrase_is_asked_for_three_times_and_called_by_its_name() {
    for has_public in [true, false] {
        let (server, client) = closed();
        let path = locked_key(&client, Some(&server), "mine", "rsa", "open sesame");
        SshKey::convert(&path, "PEM", "open sesame");
        if !has_public {
            fs::remove_file(client.ssh_file("mine.pub")).unwrap();
        }
        use_key(&client, &path);
        let mut person = Person::answering(["a", "b", "c", "d"]);
        let error = client.connect_to("web", &mut person).unwrap_err();
        assert_eq!(person.asked.len(), 3);
        let wrong = KeyProblem::WrongPassphrase;
        assert_eq!(
            tried(&error),
            [format!("the key {}: {wrong}", path.display())]
        );
        assert!(
            !server.log().contains("Failed publickey"),
            "{}",
            server.log()
        );
    }
}

#[test]
fn nobody_is_asked_for_the_passphrase_of_a_key_that_the_server_refuses() {
    let (_server, client) = closed();
    let path = locked_key(&client, None, "mine", "ed25519", "open sesame");
    // OpenSSH's format has the public half outside of the encryption.
    fs::remove_file(client.ssh_file("mine.pub")).unwrap();
    use_key(&client, &path);
    let mut person = Person::answering(["open sesame"]);
    let error = client.connect_to("web", &mut person).unwrap_err();
    assert_eq!(person.asked, []);
    assert_eq!(
        tried(&error),
        [format!("the key {}: refused", path.display())]
    );
}

#[test]
fn without_a_person_an_encrypted_key_is_left_out() {
    let (server, client) = closed();
    let path = locked_key(&client, Some(&server), "mine", "ed25519", "open sesame");
    use_key(&client, &path);
    let none = KeyProblem::NoPassphrase;
    let expected = [format!("the key {}: {none}", path.display())];
    assert_eq!(tried(&client.refused()), expected);
    // `BatchMode` says that there is nobody.
    client.configure("  BatchMode yes\n");
    let mut person = Person::answering(["open sesame"]);
    let error = client.connect_to("web", &mut person).unwrap_err();
    assert_eq!(
        (tried(&error).as_slice(), person.asked.len()),
        (&expected[..], 0)
    );
}

#[test]
fn a_key_that_others_can_read_is_not_used() {
    let (server, mut client) = closed();
    let path = key(&client, Some(&server), "mine", "ed25519");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    client.options.identity_files = vec![path.clone()];
    let error = client.refused();
    let open = matches!(
        &error,
        ConnectError::Key {
            source: KeyProblem::OpenToOthers { mode: 0o640 },
            ..
        }
    );
    assert!(open, "{}", story(&error));
    // In the configuration it is one of several.
    client.options.identity_files.clear();
    use_key(&client, &path);
    let told = tried(&client.refused());
    assert!(told[0].contains("0640"), "{told:?}");
}

#[test]
fn what_is_no_key_is_told_before_anything_else_is_tried() {
    let (server, mut client) = closed();
    let junk = client.ssh_file("junk");
    fs::write(&junk, "-----BEGIN PRIVATE CERTIFICATE-----\n").unwrap();
    fs::set_permissions(&junk, fs::Permissions::from_mode(0o600)).unwrap();
    for (path, problem) in [
        (junk, "no private key"),
        (client.ssh_file("missing"), "cannot be read"),
        (client.home.path().to_owned(), "cannot be read"),
    ] {
        client.options.identity_files = vec![path];
        let error = client.refused();
        assert!(
            matches!(error, ConnectError::Key { .. }),
            "{}",
            story(&error)
        );
        assert!(story(&error).contains(problem), "{}", story(&error));
    }
    assert!(!server.log().contains("Failed"), "{}", server.log());
}

#[test]
fn a_damaged_key_is_called_one() {
    let (server, client) = closed();
    let path = key(&client, Some(&server), "mine", "ed25519");
    let text = fs::read_to_string(&path).unwrap();
    let middle = text.len() / 2;
    fs::write(
        &path,
        format!("{}AAAA{}", &text[..middle], &text[middle + 4..]),
    )
    .unwrap();
    use_key(&client, &path);
    let told = tried(&client.refused());
    assert!(
        told[0].contains(&KeyProblem::NotAKey.to_string()),
        "{told:?}"
    );
}

#[test]
fn no_secret_shows_when_the_parts_are_printed() {
    let (server, client) = closed();
    let path = locked_key(&client, Some(&server), "mine", "ed25519", "open sesame");
    use_key(&client, &path);
    let mut person = Person::answering(["open sesame"]);
    let shell = client.connect_to("web", &mut person).unwrap();
    let printed = format!("{shell:?} {:?}", client.options);
    assert!(
        !printed.contains("sesame") && !printed.contains("BEGIN"),
        "{printed}"
    );
    let error = client.connect_to("web", &mut NoInteraction).unwrap_err();
    assert!(!format!("{error:?}").contains("BEGIN"));
}
