use std::io::Write;
use std::process::Stdio;

use wsgi_tests::{Sudo, TargetHost};

use crate::{equipped, over_ssh, text};

#[test]
fn the_users_have_the_rights_that_they_are_named_for() {
    let host = TargetHost::up();
    assert_eq!(over_ssh(&host, "deploy", "sudo -n id -un"), "root\n");
    for user in ["operator", "nobodyatall"] {
        assert_eq!(over_ssh(&host, user, "id -un"), format!("{user}\n"));
        let refused = host.ssh(user).arg("sudo -n true").output().unwrap();
        assert_eq!(refused.status.code(), Some(1), "{user}: {refused:?}");
    }
    let with_password = |user: &str, password: &str| {
        let mut sudo = host.ssh(user);
        sudo.arg("sudo -S -p '' id -un")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut sudo = sudo.spawn().unwrap();
        let line = format!("{password}\n");
        sudo.stdin
            .take()
            .unwrap()
            .write_all(line.as_bytes())
            .unwrap();
        text(&sudo.wait_with_output().unwrap())
    };
    assert_eq!(with_password("operator", TargetHost::PASSWORD), "root\n");
    assert_eq!(with_password("operator", "wrong"), "");
    assert_eq!(with_password("nobodyatall", TargetHost::PASSWORD), "");
}

#[test]
fn a_user_may_have_another_shell_and_a_noisy_rc_file() {
    let host = equipped().up();
    host.add_user("charlie", "/bin/csh", Sudo::Free);
    host.add_user("fiona", "/usr/bin/fish", Sudo::WithPassword);
    assert_eq!(over_ssh(&host, "charlie", "echo $shell"), "/bin/csh\n");
    assert!(
        over_ssh(&host, "fiona", "echo $FISH_VERSION").starts_with(|c: char| c.is_ascii_digit())
    );
    assert_eq!(over_ssh(&host, "charlie", "sudo -n id -un"), "root\n");
    for user in ["charlie", "fiona", "deploy", "root"] {
        assert_eq!(over_ssh(&host, user, "echo said"), "said\n");
        host.make_noisy(user);
        let said = over_ssh(&host, user, "echo said");
        assert_eq!(said, "noise of the rc file\nsaid\n", "{user}");
    }
}
