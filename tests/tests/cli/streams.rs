//! Where things are printed, how, and with which exit status.

use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::process::Stdio;

use crate::called::{CONFLICT, Called, DONE, Desk, PART_WAY, REFUSED, SHOP, USAGE};

#[test]
fn problems_are_shown_with_their_line_and_counted() {
    let desk = Desk::new();
    desk.write(
        "bad.yml",
        "wsgi_project_name: shop\nwsgi_wsgi_path: shop.wsgi\nwsgi_ssl: yes\n\n\nwsgi_ssl: maybe\n",
    );
    let called = desk.call(&["check", "bad.yml"]);
    assert_eq!((called.status(), called.out()), (REFUSED, String::new()));
    assert_eq!(
        called.err(),
        "error: bad.yml:6:1: the name `wsgi_ssl` stands twice in one mapping
  |
3 | wsgi_ssl: yes
  | -------- first here
...
6 | wsgi_ssl: maybe
  | ^^^^^^^^
  = help: remove one of them; Ansible warns and takes the last

bad.yml: refused: 1 error
"
    );
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let desk = Desk::new();
    desk.write("bad.yml", "wsgi_ssl: maybe\n");
    let plain = desk.call(&["check", "bad.yml"]).err();
    assert!(!plain.contains('\u{1b}'));
    let coloured = desk.call(&["check", "--color", "always", "bad.yml"]).err();
    assert!(coloured.contains("\u{1b}["));
    // script(1) runs a command in a terminal.
    let in_terminal = |variables: &[(&str, &str)]| {
        let mut command = desk.command(&[]);
        let program = command.get_program().to_str().unwrap().to_owned();
        command = std::process::Command::new("script");
        command.args(["-qec", &format!("{program} check bad.yml"), "/dev/null"]);
        command
            .current_dir(desk.path(""))
            .env_clear()
            .env("PATH", "/usr/bin:/bin");
        command.env("TERM", "xterm").envs(variables.iter().copied());
        String::from_utf8(command.stdin(Stdio::null()).output().unwrap().stdout).unwrap()
    };
    assert!(in_terminal(&[]).contains("\u{1b}["));
    assert!(in_terminal(&[("NO_COLOR", "")]).contains("\u{1b}["));
    assert!(!in_terminal(&[("NO_COLOR", "1")]).contains('\u{1b}'));
    assert!(!in_terminal(&[("TERM", "dumb")]).contains('\u{1b}'));
}

#[test]
fn one_json_document_is_all_of_stdout_and_says_where_problems_are() {
    let desk = Desk::new();
    desk.write(
        "bad.yml",
        "wsgi_project_name: bad\nwsgi_wsgi_path: a.wsgi\nwsgi_ssl: maybe\n",
    );
    let called = desk.call(&["check", "--json", "shop.yml", "bad.yml", "none.yml"]);
    assert_eq!(called.status(), REFUSED);
    let json = called.json();
    let accepted: Vec<_> = json["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["accepted"].as_bool())
        .collect();
    assert_eq!(accepted, [Some(true), Some(false), Some(false)]);
    assert_eq!(json["files"][0]["app"], "shop");
    let problem = &json["files"][1]["problems"][0];
    assert_eq!(problem["variable"], "wsgi_ssl");
    assert_eq!(
        (problem["line"].as_u64(), problem["column"].as_u64()),
        (Some(3), Some(11))
    );
    assert_eq!(problem["severity"], "error");
    assert_eq!(json["files"][2]["problems"][0]["code"], "unreadable");
    let shown = desk.call(&["show", "--json", "shop.yml"]).json();
    let variables = &shown["apps"][0]["variables"];
    assert_eq!(variables["wsgi_path"]["value"], "/var/www/shop/");
    assert_eq!(variables["wsgi_path"]["from"], "default");
    assert_eq!(variables["wsgi_ssh"]["line"], 4);
}

#[test]
fn what_show_prints_is_a_vars_file() {
    let desk = Desk::new();
    let shown = desk.call(&["show", "blog.yml"]).out();
    assert!(shown.contains("wsgi_ssh: false "), "{shown}");
    assert!(
        shown.contains("# blog.yml:4\n") && shown.contains("# default\n"),
        "{shown}"
    );
    desk.write("again.yml", &shown);
    let again = desk.call(&["show", "again.yml"]);
    assert_eq!(again.status(), DONE, "{}", again.err());
    let bare = |text: &str| {
        text.lines()
            .map(|l| l.split("  #").next().unwrap().trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(bare(&again.out()), bare(&shown));
}

#[test]
fn files_that_cannot_be_read_are_named_with_the_reason() {
    let desk = Desk::new();
    for (path, reason) in [
        ("none.yml", "No such file"),
        (".", "Is a directory"),
        ("/proc/self/mem", "Input/output error"),
        ("/dev/zero", "more than 5 MiB"),
        ("shop.yml/x", "Not a directory"),
    ] {
        let called = desk.call(&["check", path]);
        assert_eq!(
            (called.status(), called.out()),
            (REFUSED, String::new()),
            "{path}"
        );
        let err = called.err();
        assert!(
            err.starts_with(&format!("error: cannot read {path}\n  caused by: ")),
            "{err}"
        );
        assert!(err.contains(reason), "{err}");
    }
    let odd = std::ffi::OsStr::from_bytes(b"a\xff\x1b[2J.yml");
    let mut command = desk.command(&["check"]);
    let called = Called(command.arg(odd).output().unwrap());
    assert_eq!(called.status(), REFUSED);
    assert!(
        called
            .err()
            .starts_with("error: cannot read a\u{fffd}\\u{1b}[2J.yml\n"),
        "{}",
        called.err()
    );
}

#[test]
fn a_vars_file_comes_from_stdin_too() {
    let desk = Desk::new();
    let mut child = desk
        .command(&["check", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(SHOP.as_bytes())
        .unwrap();
    let called = Called(child.wait_with_output().unwrap());
    assert_eq!(
        (called.status(), called.out()),
        (DONE, "shop: <stdin>: ok\n".to_owned())
    );
}

#[test]
fn one_file_is_one_app() {
    let desk = Desk::new();
    for twice in [
        ["shop.yml", "shop.yml"],
        ["shop.yml", "./shop.yml"],
        ["-", "-"],
    ] {
        let called = desk.call(&["check", twice[0], twice[1]]);
        assert_eq!(called.status(), USAGE, "{twice:?}");
        assert!(called.err().contains("is given twice"), "{}", called.err());
    }
}

#[test]
fn apps_of_one_call_that_take_the_same_are_refused_at_the_variable() {
    let desk = Desk::new();
    desk.write("blog.yml", "wsgi_project_name: blog\nwsgi_wsgi_path: a.wsgi\nwsgi_server_names:\n- www.shop.example.org\n");
    let called = desk.call(&["check", "shop.yml", "blog.yml"]);
    assert_eq!(called.status(), REFUSED);
    assert!(
        called
            .err()
            .contains("error: blog.yml:4:3: wsgi_server_names[0]: "),
        "{}",
        called.err()
    );
    assert!(
        called.err().ends_with("1 of 2 vars files refused\n"),
        "{}",
        called.err()
    );
    // Alone, or only looked at, there is nothing wrong with it.
    assert_eq!(desk.call(&["check", "blog.yml"]).status(), DONE);
    assert_eq!(desk.call(&["show", "shop.yml", "blog.yml"]).status(), DONE);
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let desk = Desk::new();
    for args in [
        &["schema"][..],
        &["show", "shop.yml"],
        &["man"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let mut child = desk
            .command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        assert_eq!(
            (child.wait().unwrap().code(), err),
            (Some(DONE), String::new()),
            "{args:?}"
        );
    }
    // It does not make a refused file an accepted one.
    desk.write("bad.yml", "wsgi_ssl: maybe\n");
    let mut child = desk
        .command(&["check", "--json", "bad.yml"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(REFUSED));
}

#[test]
fn a_result_that_cannot_be_printed_is_a_failure() {
    let desk = Desk::new();
    let full = || {
        std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    for args in [
        &["schema"][..],
        &["check", "shop.yml"],
        &["env", "--json", "shop.yml"],
    ] {
        let called = Called(desk.command(args).stdout(full()).output().unwrap());
        assert_eq!(called.status(), PART_WAY, "{args:?}");
        assert!(called.err().ends_with("error: cannot write to stdout\n  caused by: No space left on device (os error 28)\n"), "{}", called.err());
    }
}

#[test]
fn quiet_says_nothing_but_errors() {
    let desk = Desk::new();
    desk.write(
        "warned.yml",
        "wsgi_project_name: a\nwsgi_wsgi_path: a.wsgi\nwsgi_ssh: no\n",
    );
    let called = desk.call(&["check", "warned.yml"]);
    assert!(
        called
            .err()
            .starts_with("warning: warned.yml: wsgi_support_email: "),
        "{}",
        called.err()
    );
    assert_eq!(called.out(), "a: warned.yml: ok, 1 warning\n");
    let called = desk.call(&["check", "-q", "warned.yml"]);
    assert_eq!((called.out(), called.err()), (String::new(), String::new()));
}

#[test]
fn wrong_usage_is_told_from_refused_files() {
    let desk = Desk::new();
    for args in [
        &[][..],
        &["chekc"],
        &["check"],
        &["render", "shop.yml"],
        &["check", "--colour", "x", "shop.yml"],
        &["render", "shop.yml", "--out", "o", "--nginx", "new"],
        &["check", "-q", "-v", "shop.yml"],
    ] {
        let called = desk.call(args);
        assert_eq!(
            (called.status(), called.out()),
            (USAGE, String::new()),
            "{args:?}"
        );
        assert!(!called.err().is_empty(), "{args:?}");
    }
    for verb in [
        "check",
        "render",
        "show",
        "env",
        "schema",
        "init",
        "completions",
        "man",
    ] {
        let help = desk.call(&[verb, "--help"]);
        assert_eq!(help.status(), DONE, "{verb}");
        let example = format!("wsgi-cli {verb}");
        assert!(
            help.out().contains("Example") && help.out().contains(&example),
            "{}",
            help.out()
        );
    }
}

#[test]
fn init_makes_a_vars_file_that_is_accepted_and_overwrites_none() {
    let desk = Desk::new();
    assert_eq!(desk.call(&["init", "new.yml"]).status(), DONE);
    assert_eq!(desk.call(&["check", "new.yml"]).status(), DONE);
    assert_eq!(desk.call(&["init"]).out(), desk.read("new.yml"));
    let again = desk.call(&["init", "shop.yml"]);
    assert_eq!(again.status(), CONFLICT);
    assert!(
        again
            .err()
            .starts_with("error: cannot make shop.yml\n  caused by: File exists"),
        "{}",
        again.err()
    );
    assert_eq!(desk.read("shop.yml"), SHOP);
}

#[test]
fn completions_and_manual_pages_are_read_by_what_reads_them() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(
            desk.call(&["completions", shell]).out().contains("render"),
            "{shell}"
        );
    }
    desk.write("completions", &desk.call(&["completions", "bash"]).out());
    let bash = std::process::Command::new("bash")
        .arg("-n")
        .arg(desk.path("completions"))
        .output()
        .unwrap();
    assert!(bash.status.success() && bash.stderr.is_empty());
    assert_eq!(desk.call(&["man", "man1"]).status(), DONE);
    let pages = std::fs::read_dir(desk.path("man1")).unwrap().count();
    let page = desk.call(&["man"]).out();
    assert!(page.starts_with(".ie"));
    // Each page that it names is there, and shows how the verb is called.
    let named = page
        .lines()
        .filter_map(|line| line.strip_prefix(r"wsgi\-cli\-"));
    let verbs: Vec<_> = named.map(|verb| verb.trim_end_matches("(1)")).collect();
    assert_eq!(pages, verbs.len() + 1);
    for verb in verbs {
        let page = desk.read(&format!("man1/wsgi-cli-{verb}.1"));
        let called = format!(".SH SYNOPSIS\n\\fBwsgi\\-cli {verb}\\fR");
        assert!(page.contains(&called), "{page}");
    }
    let render = desk.read("man1/wsgi-cli-render.1");
    let synopsis = r"\fBwsgi\-cli render\fR [OPTIONS] \-\-out <DIR> <VARS>...";
    assert!(render.contains(synopsis), "{render}");
}

#[test]
fn init_takes_a_dash_for_stdout() {
    let desk = Desk::new();
    let called = desk.call(&["init", "-"]);
    assert_eq!(called.status(), DONE, "{}", called.err());
    assert_eq!(called.out(), desk.call(&["init"]).out());
    assert!(!desk.path("-").exists());
}

#[test]
fn bash_completes_verbs_and_what_comes_after_them() {
    let desk = Desk::new();
    desk.write("completions", &desk.call(&["completions", "bash"]).out());
    // As bash calls it: the program, the word at the cursor, the word before.
    let offered = |words: &[&str]| -> Vec<String> {
        let script = "source ./completions
            COMP_WORDS=(wsgi-cli \"$@\"); COMP_CWORD=$#
            function=$(complete -p wsgi-cli); function=${function##*-F }; function=${function%% *}
            \"$function\" wsgi-cli \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"
            printf '%s\\n' \"${COMPREPLY[@]}\"";
        let bash = std::process::Command::new("bash")
            .args(["--norc", "-c", script, "bash"])
            .args(words)
            .current_dir(desk.path(""))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&bash.stderr), "", "{words:?}");
        let out = String::from_utf8(bash.stdout).unwrap();
        out.lines().map(str::to_owned).collect()
    };
    assert_eq!(offered(&["che"]), ["check"]);
    assert_eq!(offered(&["render", "--o"]), ["--out", "--openssl"]);
    let shells = offered(&["completions", ""]);
    for shell in ["bash", "zsh", "fish"] {
        assert!(shells.iter().any(|word| word == shell), "{shells:?}");
    }
    assert!(offered(&["show", "--"]).contains(&"--json".to_owned()));
}
