//! What apps are loaded with besides their own files: extra variables, shared files, vaults.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::called::{BLOG, Called, DONE, Desk, REFUSED};

/// What is in the vault.
const SECRET: &str = "s3cr3t";

/// A variable as `show --json` has it.
#[track_caller]
fn shown(desk: &Desk, args: &[&str], name: &str) -> Value {
    let args: Vec<_> = ["show", "--json"].iter().chain(args).copied().collect();
    let called = desk.call(&args);
    assert_eq!(called.status(), DONE, "{}{}", called.out(), called.err());
    called.json()["apps"][0]["variables"][name].clone()
}

#[test]
fn extra_variables_are_above_the_file() {
    let desk = Desk::new();
    desk.write("blog.yml", &format!("{BLOG}wsgi_gunicorn_timeout: 31\n"));
    desk.write("extra.yml", "wsgi_gunicorn_timeout: 32\n");
    let timeout = |extra: &[&str]| {
        let args: Vec<_> = extra.iter().copied().chain(["blog.yml"]).collect();
        shown(&desk, &args, "wsgi_gunicorn_timeout")["value"].clone()
    };
    assert_eq!(timeout(&[]), 31);
    assert_eq!(timeout(&["-e", "wsgi_gunicorn_timeout=33"]), 33);
    assert_eq!(timeout(&["-e", "@extra.yml"]), 32);
    assert_eq!(timeout(&["-e", "{\"wsgi_gunicorn_timeout\": 34}"]), 34);
    let twice = ["-e", "@extra.yml", "-e", "wsgi_gunicorn_timeout=35"];
    assert_eq!(timeout(&twice), 35, "the last one wins");
}

#[test]
fn a_shared_file_is_below_the_file() {
    let desk = Desk::new();
    desk.write("blog.yml", &format!("{BLOG}wsgi_gunicorn_timeout: 31\n"));
    desk.write(
        "common.yml",
        "wsgi_gunicorn_timeout: 36\nwsgi_keep_releases: 7\n",
    );
    let args = ["--shared", "common.yml", "blog.yml"];
    assert_eq!(shown(&desk, &args, "wsgi_gunicorn_timeout")["value"], 31);
    let kept = shown(&desk, &args, "wsgi_keep_releases");
    assert_eq!(
        (&kept["value"], &kept["from"]),
        (&7.into(), &"shared".into())
    );
}

#[test]
fn show_names_where_each_value_came_from() {
    let desk = Desk::new();
    desk.write("extra.yml", "\nwsgi_send_timeout: 61\n");
    desk.write("common.yml", "\n\nwsgi_keep_releases: 7\n");
    let called = desk.call(&[
        "show",
        "blog.yml",
        "-e",
        "wsgi_gunicorn_timeout=33",
        "-e",
        "@extra.yml",
        "--shared",
        "common.yml",
    ]);
    assert_eq!(called.status(), DONE, "{}", called.err());
    let out = called.out();
    for (variable, origin) in [
        ("wsgi_gunicorn_timeout: 33", "-e"),
        ("wsgi_send_timeout: 61", "extra.yml:2"),
        ("wsgi_keep_releases: 7", "common.yml:3"),
        ("wsgi_ssh: false", "blog.yml:4"),
        ("wsgi_expose: true", "default"),
    ] {
        let line = out.lines().find(|line| line.starts_with(variable));
        let line = line.unwrap_or_else(|| panic!("{variable} is not in\n{out}"));
        assert!(line.ends_with(&format!("  # {origin}")), "{line}");
    }
}

/// A desk with an app whose token is in a vault, and its password.
fn vaulted() -> Desk {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/vault");
    let vault = fs::read_to_string(format!("{fixtures}/v1_simple.vault")).unwrap();
    let password = fs::read_to_string(format!("{fixtures}/p1")).unwrap();
    let desk = Desk::new();
    let indented = vault.trim_end().replace('\n', "\n    ");
    desk.write(
        "blog.yml",
        &format!("{BLOG}wsgi_env_vars:\n  token: !vault |\n    {indented}\n"),
    );
    desk.write("password", &password);
    desk.write("wrong", "hunter3\n");
    desk.write("program", &format!("#!/bin/sh\necho {password}\n"));
    fs::set_permissions(desk.path("program"), fs::Permissions::from_mode(0o700)).unwrap();
    desk
}

/// Every command that shows something, none of which shows the secret or the password.
#[track_caller]
fn assert_kept(call: impl Fn(&[&str]) -> Called) {
    for args in [
        &["check", "-v", "blog.yml"][..],
        &["check", "--json", "blog.yml"],
        &["show", "blog.yml"],
        &["show", "--json", "blog.yml"],
        &["env", "blog.yml"],
        &["env", "--json", "blog.yml"],
        &["render", "blog.yml", "--out", "out", "-v"],
        &["render", "blog.yml", "--out", "out", "--json"],
    ] {
        let called = call(args);
        assert_eq!(called.status(), DONE, "{args:?}: {}", called.err());
        let all = called.out() + &called.err();
        assert!(!all.contains(SECRET), "{args:?}: {all}");
        assert!(!all.contains("hunter2"), "{args:?}: {all}");
    }
    let env = call(&["env", "blog.yml"]).out();
    assert!(env.contains("TOKEN=********\n"), "{env}");
    let env = call(&["env", "--show-secrets", "blog.yml"]).out();
    assert!(env.contains(&format!("TOKEN={SECRET}\n")), "{env}");
}

#[test]
fn a_vault_is_opened_with_a_password_and_its_value_is_kept() {
    let desk = vaulted();
    for password in [
        ["--vault-password-file", "password"],
        ["--vault-password-file", "program"],
        ["--vault-id", "dev@password"],
        ["--vault-id", "program"],
    ] {
        assert_kept(|args| {
            let args: Vec<_> = args.iter().chain(&password).copied().collect();
            desk.call(&args)
        });
    }
    assert!(!desk.read("out/manifest.json").contains(SECRET));
}

#[test]
fn the_passwords_that_the_environment_names_are_used() {
    let desk = vaulted();
    assert_kept(|args| {
        let mut command = desk.command(args);
        command.env("ANSIBLE_VAULT_PASSWORD_FILE", "password");
        Called(command.output().unwrap())
    });
    // The ids are tried one after the other, as Ansible does.
    for list in ["dev@password", "prod@wrong, dev@program", "wrong,password"] {
        let mut command = desk.command(&["check", "blog.yml"]);
        command.env("ANSIBLE_VAULT_IDENTITY_LIST", list);
        assert_eq!(Called(command.output().unwrap()).status(), DONE, "{list}");
    }
    // A file that is given is used instead of the environment's.
    let mut command = desk.command(&["check", "blog.yml", "--vault-password-file", "password"]);
    command.env("ANSIBLE_VAULT_PASSWORD_FILE", "wrong");
    assert_eq!(Called(command.output().unwrap()).status(), DONE);
}

#[test]
fn without_the_right_password_the_variable_is_named() {
    let desk = vaulted();
    for password in [
        &[][..],
        &["--vault-password-file", "wrong"],
        &["--vault-password-file", "none"],
        &["--vault-id", "dev@wrong"],
    ] {
        let args: Vec<_> = ["check", "blog.yml"]
            .iter()
            .chain(password)
            .copied()
            .collect();
        let called = desk.call(&args);
        assert_eq!(called.status(), REFUSED, "{args:?}: {}", called.err());
        let err = called.err();
        assert!(err.contains("wsgi_env_vars"), "{args:?}: {err}");
        assert!(!err.contains("hunter") && !err.contains(SECRET), "{err}");
    }
}
