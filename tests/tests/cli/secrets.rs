//! What is secret is in no output, whatever is wrong with the vars file.

use wsgi_cli::run;

use crate::called::{DONE, Desk, SHOP};

/// What a run in this process prints.
fn printed(args: &[&str]) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = std::iter::once("wsgi-cli").chain(args.iter().copied());
    let _ = run(args, &mut out, &mut err);
    out.extend(err);
    String::from_utf8(out).unwrap()
}

#[test]
fn no_slip_of_the_hand_shows_a_secret() {
    const SLIPS: &[&str] = &["\"", "'", "{", "[", ": ", "- ", "&a ", "|", "\t"];
    let desk = Desk::new();
    let path = desk.path("slip.yml");
    let path = path.to_str().unwrap();
    let mut refused = 0;
    let mut leaks = Vec::new();
    let mut try_one = |text: &str, slip: &str| {
        std::fs::write(path, text).unwrap();
        let printed = printed(&["check", path]);
        refused += usize::from(printed.contains("refused"));
        if printed.contains("canary") {
            leaks.push(format!(
                "{slip}:
{printed}"
            ));
        }
    };
    for (at, c) in SHOP.char_indices() {
        let (before, after) = SHOP.split_at(at);
        // Without a line's end, the next line's text is this line's.
        if c != '\n' {
            try_one(
                &format!("{before}{}", &after[1..]),
                &format!("without {c:?} at {at}"),
            );
        }
        for slip in SLIPS {
            try_one(
                &format!("{before}{slip}{after}"),
                &format!("{slip:?} at {at}"),
            );
        }
    }
    assert!(
        leaks.is_empty(),
        "{} leaks\n{}",
        leaks.len(),
        leaks.join("\n")
    );
    // Otherwise nothing much was shown.
    assert!(refused > 3_000, "{refused}");
}

#[test]
fn every_line_can_be_lost_or_stand_twice_without_showing_a_secret() {
    let desk = Desk::new();
    let path = desk.path("lines.yml");
    let path = path.to_str().unwrap();
    let lines: Vec<&str> = SHOP.lines().collect();
    for at in 0..lines.len() {
        let (mut without, mut twice) = (lines.clone(), lines.clone());
        without.remove(at);
        twice.insert(at, lines[at]);
        let dedented: Vec<_> = lines
            .iter()
            .enumerate()
            .map(|(i, l)| if i == at { l.trim_start() } else { l })
            .collect();
        for lines in [without, twice, dedented] {
            std::fs::write(path, lines.join("\n")).unwrap();
            let printed = printed(&["check", path]);
            assert!(
                !printed.contains("canary"),
                "{}\n{printed}",
                lines.join("\n")
            );
        }
    }
}

#[test]
fn only_env_shows_secrets_and_only_when_asked() {
    let desk = Desk::new();
    for args in [
        &["show", "shop.yml"][..],
        &["show", "--json", "shop.yml"],
        &["env", "shop.yml"],
        &["env", "--json", "shop.yml"],
        &["check", "-v", "shop.yml"],
        &["render", "shop.yml", "--out", "out", "-v"],
        &["render", "shop.yml", "--out", "out2", "--json"],
    ] {
        let called = desk.call(args);
        assert_eq!(called.status(), DONE, "{args:?}: {}", called.err());
        assert!(
            !called.out().contains("canary") && !called.err().contains("canary"),
            "{args:?}"
        );
    }
    assert!(!desk.read("out/manifest.json").contains("canary"));
    // Where the databases are is no secret.
    let shown = desk.call(&["show", "shop.yml"]).out();
    assert!(shown.contains("host: db.example.org"), "{shown}");
    let env = desk.call(&["env", "shop.yml"]).out();
    for line in [
        "SHOP_DB_MAIN_NAME=shop_main\n",
        "SHOP_DB_OTHER_USER=reader\n",
        "SHOP_DB_OTHER_PASSWORD=********\n",
    ] {
        assert!(env.contains(line), "{env}");
    }
    let env = desk.call(&["env", "--show-secrets", "shop.yml"]).out();
    assert!(env.contains("SECRET_KEY='canary-1 k8#x$Q'\n"), "{env}");
}

#[test]
fn the_printed_environment_is_read_back_by_a_shell() {
    let desk = Desk::new();
    desk.write("odd.yml", "wsgi_project_name: odd\nwsgi_wsgi_path: odd.wsgi\nwsgi_ssh: no\nwsgi_env_vars:\n  a: \"it's\\n$HOME `id` \\\\ \\\"x\\\"\\n\"\n  b: ''\n");
    let env = desk.call(&["env", "--show-secrets", "odd.yml"]).out();
    desk.write("env", &env);
    for shell in ["bash", "dash"] {
        let read = std::process::Command::new(shell)
            .args(["-c", "set -a; . ./env; printf '%s|%s|' \"$A\" \"$B\""])
            .current_dir(desk.path(""))
            .output()
            .unwrap();
        let read = String::from_utf8(read.stdout).unwrap();
        assert_eq!(read, "it's\n$HOME `id` \\ \"x\"\n||", "{shell}");
    }
}
