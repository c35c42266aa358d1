//! What a command is, sees and may reach.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use wsgi_model::{EnvName, EnvValue, EnvVar};

use crate::app::{App, Line, lines, load_spec, rendered, secret, task, task_of, text};

/// Three users: the app's, root, and one that may not read the app's environment.
const USERS: [&str; 3] = ["shop", "root", "www-data"];

#[test]
fn the_example_of_the_roles_readme_rotates_as_root() {
    let app = App::of_yaml(
        r#"
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_cron_tasks:
  - name: Rotate the logs
    user: root
    command: "/usr/sbin/logrotate -f /etc/logrotate.d/log_conf"
    frequency:
        minute: "*/5"
    logfile: "/dev/null"
    environment:
        MY_ENV_VAR: 'MY_VALUE'
        MY_ENV_VAR_2: 'MY_VALUE_2'
"#,
    );
    let all = lines(&app.bundle);
    assert_eq!(all[0].schedule, "*/5 * * * *");
    assert_eq!(all[0].user, "root");
    let config = "/srv/logs/a.log {\n rotate 1\n postrotate\n printf '%s-' $MY_ENV_VAR $MY_ENV_VAR_2 \
                  $SHOP_APP_NAME >/srv/logs/seen\n endscript\n}\n";
    app.machine
        .write("/etc/logrotate.d/log_conf", config, 0o644);
    app.machine.write("/srv/logs/a.log", "a line\n", 0o644);
    assert_eq!(app.prints(0), "");
    assert_eq!(
        app.machine.text("/srv/logs/seen"),
        "MY_VALUE-MY_VALUE_2-shop-"
    );
    assert!(app.machine.exists("/srv/logs/a.log.1"));
}

#[test]
fn a_command_that_sources_the_login_profile_runs() {
    let app = App::with_tasks(vec![task(
        "a",
        "source ~/.bash_profile && echo $FROM_PROFILE",
    )]);
    app.machine
        .write("/var/www/shop/.bash_profile", "FROM_PROFILE=yes\n", 0o644);
    assert_eq!(app.prints(0), "yes\n");
}

#[test]
fn every_user_gets_the_apps_environment_and_its_own_identity() {
    let probe = "id -un; id -gn; id -Gn; echo $USER $LOGNAME $HOME $PWD $SHELL; \
                 echo $SHOP_APP_NAME $CURRENT_RELEASE $SHOP_VENV; type -P own-tool || echo none";
    let app = App::with_tasks(USERS.map(|user| task_of(user, user, probe)).into());
    let machine = &app.machine;
    machine.write("/var/lib/shop/venv/bin/own-tool", "", 0o755);
    machine.ok(["usermod", "--append", "--groups", "adm", "www-data"]);
    for (index, (groups, home, tool)) in [
        ("shop", "/var/www/shop", "/var/lib/shop/venv/bin/own-tool"),
        ("root", "/root", "none"),
        ("www-data adm", "/var/www", "none"),
    ]
    .into_iter()
    .enumerate()
    {
        let user = USERS[index];
        let expected = format!(
            "{user}\n{user}\n{groups}\n{user} {user} {home} {home} /bin/bash\n\
             shop /var/www/shop/current /var/lib/shop/venv/\n{tool}\n"
        );
        assert_eq!(app.prints(index), expected);
    }
}

#[test]
fn a_user_that_is_dropped_to_keeps_nothing_of_roots() {
    let app = App::with_tasks(vec![task_of(
        "www-data",
        "a",
        "env; id -Gn; grep Cap /proc/$$/status",
    )]);
    let output = app.run(0).expect_success();
    let seen = output.text();
    assert!(
        seen.contains("CapPrm:\t0000000000000000\nCapEff:\t0000000000000000"),
        "{seen}"
    );
    assert!(seen.contains("CapInh:\t0000000000000000"), "{seen}");

    let wrapper = &lines(&app.bundle)[0].command;
    let output = app
        .machine
        .command(["setpriv", "--groups=disk,sudo", wrapper])
        .env("XDG_RUNTIME_DIR", "/run/user/0")
        .env("MAIL", "/var/mail/root")
        .env("LC_TIME", "de_DE.UTF-8")
        .ok();
    let seen = output.text();
    assert!(!seen.contains("XDG_") && !seen.contains("MAIL="), "{seen}");
    assert!(seen.contains("LC_TIME=de_DE.UTF-8\n"), "{seen}");
    assert!(seen.contains("\nwww-data\n"), "{seen}");
    assert!(!seen.contains("root"), "{seen}");
}

#[test]
fn a_user_whose_home_does_not_exist_has_its_task_run() {
    let app = App::with_tasks(vec![task_of("nobody", "a", "pwd; id -un")]);
    let output = app.line(0).run();
    assert_eq!(output.text(), "/\nnobody\n", "{output}");
}

#[test]
fn a_tasks_own_variables_win_as_written() {
    let app = App::of_yaml(
        r#"
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_env_vars: {colour: red, size: "5"}
wsgi_cron_tasks:
  - name: a
    command: 'echo "$COLOUR $SIZE $lower $group $task"'
    user: www-data
    environment: {COLOUR: "it's blue", lower: 'as $written', group: root, task: x}
"#,
    );
    assert_eq!(app.prints(0), "it's blue 5 as $written root x\n");
}

#[test]
fn an_app_cannot_change_what_a_task_of_root_runs() {
    let app = App::with_tasks(vec![
        task_of(
            "root",
            "a",
            "ls /srv/logs; python3 -c 'import json'; echo done",
        ),
        task_of(
            "www-data",
            "b",
            "ls /srv/logs; python3 -c 'import json'; echo done",
        ),
    ]);
    let machine = &app.machine;
    machine.write("/srv/logs/a", "", 0o644);
    // All are the app's to write.
    for path in [
        "/var/lib/shop/venv/bin/ls",
        "/var/lib/shop/venv/bin/setpriv",
    ] {
        machine.write(path, "#!/bin/sh\ntouch /tmp/taken\n", 0o755);
    }
    machine.write("/var/www/shop/json.py", "open('/tmp/taken', 'w')", 0o644);
    for index in [0, 1] {
        assert_eq!(app.prints(index), "a\ndone\n");
    }
    assert!(!machine.exists("/tmp/taken"));
}

#[test]
fn an_apps_environment_and_virtualenv_choose_no_code_of_others() {
    let app = App::of_yaml(
        r#"
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_env_vars: {pythonpath: /var/www/shop/lib, editor: /var/www/shop/edit}
wsgi_cron_tasks:
  - {name: a, user: root, command: 'type -P python; python3 -c 1; echo "[$PYTHONPATH$EDITOR]" $HOME'}
  - {name: b, user: www-data, command: 'type -P python; python3 -c 1; echo "[$PYTHONPATH$EDITOR]" $HOME'}
  - name: c
    user: root
    command: 'echo "$PYTHONPATH"; ${SHOP_VENV}bin/python'
    environment: {PYTHONPATH: /srv/lib}
  - {name: d, command: 'python; echo "$PYTHONPATH"'}
"#,
    );
    let machine = &app.machine;
    machine.write(
        "/var/lib/shop/venv/bin/python",
        "#!/bin/sh\necho venv\n",
        0o755,
    );
    let planted = "open('/tmp/taken', 'w')";
    machine.write("/var/www/shop/lib/sitecustomize.py", planted, 0o644);
    assert_eq!(app.prints(0), "[] /root\n");
    assert_eq!(app.prints(1), "[] /var/www\n");
    assert!(!machine.exists("/tmp/taken"));
    assert_eq!(app.prints(2), "/srv/lib\nvenv\n");
    assert_eq!(app.prints(3), "venv\n/var/www/shop/lib\n");
}

#[test]
fn the_apps_own_task_finds_its_virtualenv_first() {
    let app = App::with_tasks(vec![task("a", "python3; pwd")]);
    let fake = "#!/bin/sh\necho of the virtualenv\n";
    app.machine
        .write("/var/lib/shop/venv/bin/python3", fake, 0o755);
    assert_eq!(app.prints(0), "of the virtualenv\n/var/www/shop\n");
}

#[test]
fn windows_line_ends_in_the_vars_file_reach_no_file() {
    let yaml = "wsgi_project_name: shop\nwsgi_wsgi_path: shop.wsgi\nwsgi_cron_tasks:\n  - name: a\n    \
                command: |\n      echo one\n      echo two\n    logfile: /srv/logs/a\n";
    let bundle = rendered(&load_spec(&yaml.replace('\n', "\r\n")));
    assert_eq!(bundle, rendered(&load_spec(yaml)));
    for path in ["/etc/cron.d/shop", "/etc/wsgi/shop/cron/a"] {
        assert!(!text(&bundle, path).contains('\r'), "{path}");
    }
}

#[test]
fn a_command_is_readable_as_it_was_written() {
    let command = "for f in *; do\n  echo \"it's $f\" 100%\ndone";
    let bundle = rendered(&crate::app::spec(vec![task("List what is there", command)]));
    let wrapper = text(&bundle, "/etc/wsgi/shop/cron/list-what-is-there");
    let shown = "# for f in *; do\n#   echo \"it's $f\" 100%\n# done\n";
    assert!(wrapper.contains(shown), "{wrapper}");
    let crontab = text(&bundle, "/etc/cron.d/shop");
    let line = "# List what is there\n* * * * * shop /etc/wsgi/shop/cron/list-what-is-there\n";
    assert!(crontab.ends_with(line), "{crontab}");
}

#[test]
fn an_app_without_tasks_has_no_cron_files() {
    let bundle = rendered(&crate::app::spec(Vec::new()));
    let left: Vec<_> = bundle
        .artifacts()
        .iter()
        .filter(|a| a.path.as_str().contains("cron"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn wrappers_satisfy_shellcheck() {
    let mut tasks: Vec<_> = USERS.map(|user| task_of(user, user, "true")).into();
    for (index, task) in tasks.iter_mut().enumerate() {
        task.lock = true;
        task.slug = Some(format!("a{index}").parse().unwrap());
        task.logfile = Some("/var/log/shop/my log".parse().unwrap());
        let value = EnvValue::parse("it's $5").unwrap();
        let name = EnvName::parse("A").unwrap();
        task.environment = vec![EnvVar { name, value }];
        if index == 1 {
            task.logfile = None;
        }
    }
    tasks.push(secret(task("hidden", "true")));
    let app = App::with_tasks(tasks);
    for line in lines(&app.bundle) {
        // Values are quoted so that nothing in them expands, which SC2016 takes for a mistake.
        app.machine
            .ok(["shellcheck", "--exclude=SC2016", &line.command]);
    }
}

#[test]
fn any_text_reaches_a_command_byte_for_byte() {
    // Awkward letters come often, any other at times.
    let letter = prop_oneof![
        3 => prop::sample::select(vec!['\'', '"', '\\', '$', '`', '%', '\n', '\r', '\t', ' ', '!', '#', '&', ';']),
        1 => any::<char>().prop_filter("no command holds a NUL", |c| *c != '\0'),
        1 => prop::char::range('a', 'z'),
    ];
    let text = prop::collection::vec(letter, 0..40).prop_map(String::from_iter);
    let texts = prop::collection::vec(text, 30);
    let config = ProptestConfig {
        cases: 4,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
        .run(&texts, |texts| {
            let mut tasks = Vec::new();
            for (index, text) in texts.iter().enumerate() {
                let quoted = text.replace('\'', r"'\''");
                let command = format!("printf '%s\\0' '{quoted}' \"$VALUE\"");
                let mut task = task_of(USERS[index % 3], &format!("t {index}"), &command);
                let name = EnvName::parse("VALUE").unwrap();
                let value = EnvValue::parse(text).unwrap();
                task.environment = vec![EnvVar { name, value }];
                tasks.push(if index % 2 == 0 { task } else { secret(task) });
            }
            let app = App::with_tasks(tasks);
            // One start for all: a machine's command takes 30 ms, and there are many.
            let mut script = String::new();
            for line in lines(&app.bundle) {
                script += &start_as_cron(&line);
            }
            let output = app.machine.sh(&script).expect_success();
            let expected: Vec<&str> = texts
                .iter()
                .flat_map(|t| [&**t, "\0", &**t, "\0"])
                .collect();
            let expected = expected.concat();
            prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
            Ok(())
        })
        .unwrap();
}

/// A line of a script that starts a line of a crontab. One machine's command for each line would
/// take some 30 ms, and there are many.
fn start_as_cron(line: &Line) -> String {
    let Line { user, command, .. } = line;
    format!(
        "setpriv --reuid={user} --regid={user} --clear-groups env --ignore-environment \
         HOME=/ LOGNAME={user} SHELL=/bin/sh PATH=/usr/bin:/bin /bin/sh -c '{command}' || exit\n"
    )
}
