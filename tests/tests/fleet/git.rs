//! What is deployed from a repository.

use std::process::Command;

use wsgi_tests::wait_until;

use crate::desk::Desk;
use crate::golden::compare;

/// Runs git(1) at the desk, where commits are the same every time.
fn git(desk: &Desk, line: &str) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@test",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(["-c", "protocol.file.allow=always"])
        .args(line.split(' '))
        .current_dir(desk.path().join("project"))
        .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
        .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Commits what the project is now, and has the server on the machine offer it.
fn push(desk: &Desk, name: &str) -> String {
    desk.name(name);
    git(desk, "add -A");
    git(desk, &format!("commit -q -m {name}"));
    desk.on("web1").ok(["rm", "-rf", "/srv/shop.git"]);
    desk.on("web1")
        .copy_in(desk.path().join("project/.git"), "/srv/shop.git");
    desk.on("web1")
        .ok(["chown", "-R", "root:", "/srv/shop.git"]);
    git(desk, "rev-parse HEAD")
}

#[track_caller]
fn deploy(desk: &mut Desk, from: &str, status: u8) -> String {
    let answer = desk.call(&format!("deploy shop.yml --host web1 --from {from}"));
    assert_eq!(answer.status, status, "{}{}", answer.out, answer.err);
    answer.err
}

#[test]
fn a_host_fetches_a_revision_and_keeps_a_copy() {
    let mut desk = Desk::with(&["web1"]);
    git(&desk, "init -q .");
    let one = push(&desk, "one");
    git(&desk, "tag v1");
    push(&desk, "two");
    let serve = [
        "git",
        "daemon",
        "--export-all",
        "--base-path=/srv",
        "--listen=127.0.0.1",
    ];
    let _daemon = desk.on("web1").spawn(serve);
    wait_until("git is served", || {
        let asks = ["git", "ls-remote", "git://127.0.0.1/shop.git"];
        desk.on("web1").run(asks).success()
    });

    desk.tell("On the host: a branch, a tag, a commit by its first letters, what is not there.");
    deploy(&mut desk, "git:git://127.0.0.1/shop.git#main", 0);
    assert_eq!(desk.answer("web1"), "two");
    deploy(&mut desk, "git:git://127.0.0.1/shop.git#v1", 0);
    assert_eq!(desk.answer("web1"), "one");
    // The copy is the app's, and what it is for is not there twice.
    let owner = desk.on("web1").run([
        "stat",
        "-c",
        "%U %a",
        "/var/www/shop/.cache/wsgi/repository",
    ]);
    assert_eq!(owner.text().trim(), "shop 755");
    push(&desk, "three");
    deploy(&mut desk, "git:git://127.0.0.1/shop.git", 0);
    assert_eq!(desk.answer("web1"), "three");
    deploy(
        &mut desk,
        &format!("git:git://127.0.0.1/shop.git#{}", &one[..12]),
        0,
    );
    assert_eq!(desk.answer("web1"), "one");
    deploy(&mut desk, "git:git://127.0.0.1/shop.git#no-such-branch", 7);

    desk.tell("From here: what has changed is sent, and the virtualenv is the same.");
    deploy(&mut desk, "git:project#main", 0);
    assert_eq!(desk.answer("web1"), "three");
    let virtualenvs = desk.on("web1").run(["ls", "/var/lib/shop/venvs"]).text();
    assert_eq!(virtualenvs.lines().count(), 1, "{virtualenvs}");

    desk.tell("Submodules are empty.");
    std::fs::create_dir(desk.path().join("project/lib")).unwrap();
    git(
        &desk,
        &format!("update-index --add --cacheinfo 160000,{one},lib"),
    );
    push(&desk, "four");
    let said = deploy(&mut desk, "git:git://127.0.0.1/shop.git", 0);
    assert!(said.contains("lib is a submodule"), "{said}");
    let said = deploy(&mut desk, "git:project", 0);
    assert!(said.contains("lib is a submodule"), "{said}");

    desk.tell("Nobody's password becomes an argument.");
    let said = deploy(
        &mut desk,
        "git:https://ada:canary@git.example.org/shop#main",
        2,
    );
    assert!(!said.contains("canary"), "{said}");
    compare(&mut desk, "git");

    // Over SSH: as the app's user, to servers that it knows, with keys of its own.
    let machine = desk.on("web1").clone();
    machine.ok(["ssh-keygen", "-A"]);
    machine.ok(["mkdir", "-p", "/run/sshd", "/root/.ssh"]);
    let _sshd = machine.spawn(["/usr/sbin/sshd", "-D", "-e", "-o", "StrictModes=no"]);
    let ssh = "git:ssh://root@localhost/srv/shop.git#main";
    let mut said = String::new();
    wait_until("sshd answers", || {
        said = desk
            .call(&format!("deploy shop.yml --host web1 --from {ssh}"))
            .err;
        !said.contains("Connection refused")
    });
    assert!(said.contains("Host key verification failed"), "{said}");
    assert!(said.contains(".ssh/known_hosts"), "{said}");
    let known = "mkdir -p ~/.ssh && ssh-keyscan localhost >~/.ssh/known_hosts 2>/dev/null && ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519";
    let as_shop = ["env", "HOME=/var/www/shop", "sh", "-c", known];
    machine.command(as_shop).user("shop").ok();
    let said = deploy(&mut desk, ssh, 7);
    assert!(said.contains("Permission denied"), "{said}");
    machine
        .sh("cp ~shop/.ssh/id_ed25519.pub /root/.ssh/authorized_keys")
        .expect_success();
    deploy(&mut desk, ssh, 0);
    assert_eq!(desk.answer("web1"), "four");

    machine.sh("mv /usr/bin/git /usr/bin/away").expect_success();
    let said = deploy(&mut desk, ssh, 7);
    assert!(
        said.contains("there is no git on the host") && said.contains("--git-fetch here"),
        "{said}"
    );
}
