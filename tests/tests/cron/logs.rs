//! Where the output of a task goes, and who opens it.

use crate::app::{App, task, task_of};

const NOISY: &str = "echo one; echo two >&2; (exit 3) || echo $?";

#[test]
fn the_whole_output_is_appended_whoever_runs_the_task() {
    for (user, file, owner) in [
        ("shop", "/var/log/shop/my log", "shop"),
        ("root", "/var/log/shop/my log", "shop"),
        ("www-data", "/var/log/shop/my log", "shop"),
        ("root", "/srv/logs/a", "root"),
        ("www-data", "/srv/of-www/a", "www-data"),
    ] {
        let mut task = task_of(user, "a", NOISY);
        task.logfile = Some(file.parse().unwrap());
        let app = App::with_tasks(vec![task]);
        app.machine
            .ok(["install", "-d", "-o", "www-data", "/srv/of-www"]);
        assert_eq!(app.prints(0), "", "{user} {file}");
        assert_eq!(app.prints(0), "", "{user} {file}");
        assert_eq!(
            app.machine.text(file),
            "one\ntwo\n3\none\ntwo\n3\n",
            "{user} {file}"
        );
        let entry = app.machine.entry(file);
        assert_eq!(entry.owner.as_deref(), Some(owner), "{user} {file}");
    }
}

#[test]
fn cron_learns_how_a_task_ended() {
    for user in ["shop", "root", "www-data"] {
        for file in [None, Some("/var/log/shop/a"), Some("/dev/null")] {
            let mut task = task_of(user, "a", "exit 7");
            task.logfile = file.map(|file| file.parse().unwrap());
            assert_eq!(
                App::with_tasks(vec![task]).run(0).code(),
                Some(7),
                "{user} {file:?}"
            );
        }
    }
}

#[test]
fn without_a_log_file_the_output_is_crons() {
    let app = App::with_tasks(vec![task("a", NOISY), task_of("www-data", "b", NOISY)]);
    for index in [0, 1] {
        let output = app.run(index);
        assert_eq!(
            (output.text(), output.errors()),
            ("one\n3\n".into(), "two\n".into())
        );
    }
}

#[test]
fn a_link_in_place_of_a_log_does_not_make_root_write_elsewhere() {
    for user in ["root", "www-data"] {
        let mut task = task_of(user, "a", NOISY);
        task.logfile = Some("/var/log/shop/sub/a.log".parse().unwrap());
        let app = App::with_tasks(vec![task]);
        let machine = &app.machine;
        machine.write("/srv/of-root/a.log", "", 0o644);
        for attack in [
            "mkdir /var/log/shop/sub; ln -s /srv/of-root/a.log /var/log/shop/sub/a.log",
            "mkdir /var/log/shop/sub; ln -s /srv/of-root/new /var/log/shop/sub/a.log",
            "ln -s /srv/of-root /var/log/shop/sub",
        ] {
            machine
                .run_as("shop", ["sh", "-c", attack])
                .expect_success();
            let output = app.run(0);
            // Nothing is lost: cron mails it.
            assert_eq!(output.text(), "one\ntwo\n3\n", "{user} {attack}\n{output}");
            assert!(
                output.errors().contains("/var/log/shop/sub/a.log"),
                "{output}"
            );
            machine.ok(["rm", "-r", "/var/log/shop/sub"]);
        }
        assert_eq!(machine.text("/srv/of-root/a.log"), "");
        assert!(!machine.exists("/srv/of-root/new"));
    }
}

#[test]
fn a_task_whose_log_cannot_be_opened_runs_and_is_mailed() {
    for user in ["shop", "www-data"] {
        let mut task = task_of(user, "a", NOISY);
        task.logfile = Some("/srv/logs/a.log".parse().unwrap());
        let app = App::with_tasks(vec![task]);
        let output = app.run(0);
        assert!(output.text().contains("one\n"), "{output}");
        assert!(output.errors().contains("/srv/logs/a.log"), "{output}");
    }
}

#[test]
fn the_process_that_writes_the_log_sees_nothing_of_the_task() {
    let mut task = task_of(
        "root",
        "a",
        "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c ^SECRET=; \
        for p in /proc/[0-9]*; do [ \"$(stat -c %U $p)\" = shop ] && tr '\\0' '\\n' <$p/environ; ls -l $p/fd | grep locks; done | sort -u",
    );
    task.logfile = Some("/var/log/shop/a.log".parse().unwrap());
    task.lock = true;
    task.slug = Some("a".parse().unwrap());
    task.environment = vec![wsgi_model::EnvVar {
        name: "SECRET".parse().unwrap(),
        value: wsgi_model::EnvValue::parse("x").unwrap(),
    }];
    let app = App::with_tasks(vec![task]);
    assert_eq!(app.prints(0), "");
    let seen = app.machine.text("/var/log/shop/a.log");
    let (count, rest) = seen.split_once('\n').unwrap();
    assert!(count.parse::<u32>().unwrap() > 0, "{seen}");
    assert!(!rest.contains("SECRET") && !rest.contains("SHOP"), "{seen}");
}
