//! What of a task others can see.

use wsgi_model::Sensitivity;

use crate::app::{App, lines, load_spec, rendered, secret, task, task_of};

const YAML: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_cron_tasks:
  - {name: of shop, command: 'true', environment: {TOKEN: canary}}
  - {name: of root, command: 'true', user: root, environment: {TOKEN: canary}}
  - {name: of www, command: 'true', user: www-data, environment: {TOKEN: canary}}
  - {name: plain, command: 'true'}
";

#[test]
fn a_wrapper_is_read_by_who_runs_it_alone() {
    let app = App::of_yaml(YAML);
    app.machine.ok(["useradd", "stranger"]);
    for (index, readers) in [&["root", "shop"][..], &["root"], &["root"]]
        .iter()
        .enumerate()
    {
        let path = &lines(&app.bundle)[index].command;
        for user in ["root", "shop", "www-data", "stranger"] {
            let read = app.machine.run_as(user, ["cat", path]);
            assert_eq!(read.success(), readers.contains(&user), "{user} {path}");
            let write = app
                .machine
                .run_as(user, ["sh", "-c", &format!(": >>{path}")]);
            assert_eq!(write.success(), user == "root", "{user} {path}");
        }
    }
    let crontab = app.machine.text("/etc/cron.d/shop");
    assert!(!crontab.contains("canary"), "{crontab}");
}

#[test]
fn a_tasks_variables_make_its_wrapper_a_secret() {
    let bundle = rendered(&load_spec(YAML));
    let of = |name| {
        bundle
            .artifact(&format!("/etc/wsgi/shop/cron/{name}"))
            .unwrap()
            .sensitivity()
    };
    assert_eq!(
        ["of-shop", "of-root", "of-www"].map(of),
        [Sensitivity::Secret; 3]
    );
    assert_eq!(of("plain"), Sensitivity::Public);
    assert!(!format!("{bundle:?}").contains("canary"));
}

#[test]
fn a_secret_command_is_in_no_programs_arguments() {
    let command = ": canary; id -un; cat /proc/[0-9]*/cmdline | tr '\\0' ' '";
    let with_lock = |mut task: wsgi_model::CronTask| {
        task.slug = Some("one".parse().unwrap());
        task.lock = true;
        task
    };
    let app = App::with_tasks(vec![
        secret(task("of shop", command)),
        secret(task_of("root", "of root", command)),
        secret(task_of("www-data", "of www", command)),
        secret(with_lock(task("with a lock", command))),
        task("in the open", command),
    ]);
    for (index, user) in ["shop", "root", "www-data", "shop"].into_iter().enumerate() {
        let seen = app.prints(index);
        assert!(seen.starts_with(&format!("{user}\n")), "{seen}");
        assert!(
            seen.contains("/bin/bash") && !seen.contains("canary"),
            "{seen}"
        );
    }
    // Otherwise nothing was looked at.
    assert!(app.prints(4).contains("canary"));
}

#[test]
fn a_secret_command_does_what_it_does_in_the_open() {
    let commands = [
        "echo \"$0|$#|$-|${command-unset}\"; readlink /proc/$$/fd/8 /proc/$$/fd/9",
        "cat; echo end",
        "cat <<'END'\nit's \"$HOME\" `id` \\ % \nEND\n",
        "echo a\necho b # and a comment",
        "# only a comment",
        "false",
        "exit 7",
        "kill -TERM $$",
        "set -u; echo $NOWHERE; echo not reached",
        "shopt -s extglob; [[ ab == a@(b|c) ]] && printf '%s\\n' *",
        "sleep 0.01 & wait $!; echo $?",
        "printf %s $'\\t-n\\u00fc'",
        "if",
    ];
    let longest = format!(": {}; echo long", "x".repeat(100_000));
    let commands = || commands.into_iter().chain([longest.as_str()]);
    let name = |i: usize| format!("task {i}");
    let mut tasks: Vec<_> = commands()
        .enumerate()
        .map(|(i, c)| task(&name(i), c))
        .collect();
    let hidden = commands().enumerate();
    tasks.extend(hidden.map(|(i, c)| secret(task(&name(100 + i), c))));
    let app = App::with_tasks(tasks);
    for (i, command) in commands().enumerate() {
        let (open, hidden) = (app.run(i), app.run(i + commands().count()));
        assert_eq!(hidden.text(), open.text(), "{command}");
        assert_eq!(
            (hidden.code(), hidden.signal()),
            (open.code(), open.signal()),
            "{command}: {open} {hidden}"
        );
        // The shell calls itself by another name there.
        assert_eq!(
            hidden.errors().is_empty(),
            open.errors().is_empty(),
            "{command}"
        );
    }
}
