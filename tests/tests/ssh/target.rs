//! Hosts as Debian sets them up: with PAM, passwords, other login shells and a way to go.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use wsgi_apply::Status;
use wsgi_apply::ssh::{ConnectError, Login, NoInteraction, Question};
use wsgi_tests::{Init, Sudo, TargetHost, TargetHostBuilder, wait_until};

use crate::client::{Client, Person, output, run, story};

fn host() -> TargetHostBuilder {
    TargetHost::builder().init(Init::Tiny)
}

/// Somebody who knows the host as `web`.
fn client_of(host: &TargetHost, user: &str) -> Client {
    let client = Client::stranger();
    client.configure(&host.ssh_config("web", user));
    client
}

/// Changes what its sshd does.
fn set(host: &TargetHost, line: &str) {
    let file = "/etc/ssh/sshd_config.d/test.conf";
    host.machine().write(file, format!("{line}\n"), 0o644);
    host.machine().ok(["service", "ssh", "restart"]);
    // It listens a little after it said so.
    let address = (host.address(), 22);
    wait_until("sshd listens", || TcpStream::connect(address).is_ok());
}

#[test]
fn a_password_is_asked_for_when_no_key_opens() {
    let host = host().up();
    let client = client_of(&host, "operator");
    // The key does not open this one.
    host.machine()
        .ok(["rm", "/home/operator/.ssh/authorized_keys"]);
    let mut person = Person::answering(["wrong", TargetHost::PASSWORD]);
    let mut shell = client.connect_to("web", &mut person).unwrap();
    assert_eq!(output(&mut shell, "id -un"), "operator\n");
    let asked = [0, 1].map(|wrong| Question::Password {
        user: "operator".to_owned(),
        host: "web".to_owned(),
        wrong,
    });
    assert_eq!(person.asked, asked);

    let mut person = Person::answering(["a", "b", "c", "d"]);
    let error = client.connect_to("web", &mut person).unwrap_err();
    assert_eq!(person.asked.len(), 3);
    assert!(
        matches!(error, ConnectError::Authentication { .. }),
        "{}",
        story(&error)
    );

    let error = client.connect_to("web", &mut NoInteraction).unwrap_err();
    assert!(error.help().contains("--ask-pass"), "{}", story(&error));

    client.configure("  PasswordAuthentication no\n");
    let mut person = Person::answering([TargetHost::PASSWORD]);
    client.connect_to("web", &mut person).unwrap_err();
    assert_eq!(person.asked, []);
}

#[test]
fn with_a_password_alone_no_key_is_tried() {
    let host = host().up();
    let mut client = client_of(&host, "operator");
    client.options.login = Login::Password;
    let mut person = Person::answering([TargetHost::PASSWORD]);
    let mut shell = client.connect_to("web", &mut person).unwrap();
    assert_eq!(output(&mut shell, "id -un"), "operator\n");
    assert_eq!(person.asked.len(), 1);
}

#[test]
fn the_servers_own_questions_are_passed_on() {
    let host = host().up();
    set(
        &host,
        "KbdInteractiveAuthentication yes\nPasswordAuthentication no",
    );
    let mut client = client_of(&host, "operator");
    client.options.login = Login::Password;
    let mut person = Person::answering(["wrong", TargetHost::PASSWORD]);
    let mut shell = client.connect_to("web", &mut person).unwrap();
    assert_eq!(output(&mut shell, "id -un"), "operator\n");
    assert_eq!(person.asked.len(), 2);
    for (number, question) in person.asked.iter().enumerate() {
        assert!(question.to_string().ends_with("Password"), "{question}");
        assert!(!question.echoes());
        assert_eq!(question.wrong() as usize, number);
    }
}

#[test]
fn a_server_may_want_a_key_and_a_password() {
    let host = host().up();
    set(&host, "AuthenticationMethods publickey,password");
    let client = client_of(&host, "operator");
    let mut person = Person::answering([TargetHost::PASSWORD]);
    let mut shell = client.connect_to("web", &mut person).unwrap();
    assert_eq!(output(&mut shell, "id -un"), "operator\n");
    let error = client.connect_to("web", &mut NoInteraction).unwrap_err();
    assert!(
        story(&error).contains("not enough for this server"),
        "{}",
        story(&error)
    );
}

#[test]
fn any_login_shell_runs_the_same_program() {
    let host = host().packages(["fish", "tcsh"]).up();
    let script = "printf '%s|' \"$0\" \"a  b\" 'c$d' `echo e` \\\\ !f *nothing*; cat; exit 3";
    let mut expected = None;
    for shell in ["/bin/bash", "/bin/dash", "/usr/bin/fish", "/usr/bin/tcsh"] {
        let user = shell.rsplit('/').next().unwrap();
        let user = format!("with-{user}");
        host.add_user(&user, shell, Sudo::Refused);
        let mut connection = client_of(&host, &user).connect();
        let ran = run(&mut connection, script, b"input");
        assert_eq!(ran.status, Status::Exited(3), "{shell}: {ran:?}");
        assert_eq!(
            &ran,
            expected.get_or_insert(run(&mut connection, script, b"input"))
        );
        assert!(
            ran.out.ends_with("|a  b|c$d|e|\\|!f|*nothing*|input"),
            "{ran:?}"
        );
    }
}

#[test]
fn what_a_login_shell_prints_first_does_not_disturb() {
    let host = host().up();
    let noise = "echo noise; echo noise >&2\n";
    host.machine().write("/home/deploy/.bashrc", noise, 0o644);
    let mut shell = client_of(&host, "deploy").connect();
    let ran = run(&mut shell, "cat", b"input");
    assert_eq!(
        (ran.status, ran.out.as_str()),
        (Status::Exited(0), "noise\ninput")
    );
}

#[test]
fn a_user_who_may_not_run_programs_is_told_so() {
    let host = host().up();
    host.add_user("shut", "/usr/sbin/nologin", Sudo::Refused);
    let mut shell = client_of(&host, "shut").connect();
    let ran = run(&mut shell, "echo in", b"");
    assert_eq!(ran.status, Status::Exited(1));
    assert!(ran.out.contains("not available"), "{ran:?}");
}

/// How long something takes at best.
fn best(mut act: impl FnMut()) -> Duration {
    let times = (0..3).map(|_| {
        let start = Instant::now();
        act();
        start.elapsed()
    });
    times.min().unwrap()
}

#[test]
fn a_connection_and_a_program_take_no_more_round_trips_than_ssh() {
    let rtt = Duration::from_millis(200);
    let host = host().rtt(rtt).up();
    let client = client_of(&host, "deploy");
    let ours = best(|| {
        assert_eq!(output(&mut client.connect(), "echo in"), "in\n");
    });
    let ssh = best(|| {
        let ran = host.ssh("deploy").arg("echo in").output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
    });
    assert!(ours < ssh, "{ours:?}, ssh: {ssh:?}");
    // One more program: to open a channel, to start the program, to close the channel.
    let mut shell = client.connect();
    let program = best(|| {
        output(&mut shell, "echo in");
    });
    assert!(program < rtt * 5 / 2, "{program:?}");
}

#[test]
fn an_upload_takes_no_round_trip_for_each_window() {
    let host = host().rtt(Duration::from_millis(200)).up();
    let mut shell = client_of(&host, "deploy").connect();
    let start = Instant::now();
    let ran = run(&mut shell, "wc -c", &vec![0; 20_000_000]);
    assert_eq!(ran.out.trim(), "20000000");
    let elapsed = start.elapsed();
    // Packets of 32 KiB, each waited for, would take 125 s; OpenSSH's window is of 2 MiB.
    assert!(elapsed < Duration::from_secs(6), "{elapsed:?}");
}
