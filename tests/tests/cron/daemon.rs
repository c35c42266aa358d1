//! The real daemon takes the file and starts the tasks.

use std::time::Duration;

use wsgi_tests::wait_until_within;

use crate::app::{App, task_of};

/// Commands with what cron, shells and templates like to change, and what each prints.
const AWKWARD: &[(&str, &str)] = &[
    ("date -ud @0 +%Y-%m-%d%%", "1970-01-01%\n"),
    (r"printf '%s|' 'b  c' it\'s", "b  c|it's|"),
    ("echo one; echo two >&2; echo three", "one\ntwo\nthree\n"),
    (r#"echo \\ '\' "\\" \%"#, "\\ \\ \\ %\n"),
    ("echo 'a\n  b' &&\n  echo c\n", "a\n  b\nc\n"),
    ("cat <<'END'\n$HOME `id`\nEND\n", "$HOME `id`\n"),
    ("echo 'ünï 🔑 Ж'", "ünï 🔑 Ж\n"),
    ("false || echo $?", "1\n"),
    ("cat; echo end of input", "end of input\n"),
    ("[[ a == a ]] && echo {1..3}", "1 2 3\n"),
    (r#"echo "$0 $#""#, "/bin/bash 0\n"),
    ("echo $SHOP_APP_NAME $COLOUR", "shop it's $5\n"),
    (r"echo a\", "a\\\n"),
    ("echo \ttab\t'\ttab'", "tab \ttab\n"),
    ("cd / && pwd # comment", "/\n"),
    ("umask", "0022\n"),
    (r"printf '\377\1' | od -An -tx1", " ff 01\n"),
    (
        "echo {{value}} {{{raw}}} ${X:-{{x}}}",
        "{{value}} {{{raw}}} {{x}}\n",
    ),
    ("echo !! '!'x", "!! !x\n"),
    ("echo $(echo $((6*7))) `echo b`", "42 b\n"),
    ("exec echo -n replaced", "replaced"),
    ("(exit 3); echo $?; exit 4", "3\n"),
];

#[test]
fn cron_runs_every_command_as_written_for_every_user() {
    let mut tasks = Vec::new();
    let mut expected = Vec::new();
    for user in ["shop", "root", "www-data"] {
        for (index, (command, printed)) in AWKWARD.iter().enumerate() {
            let mut task = task_of(user, &format!("{user}'s 100% \\ {index}"), command);
            let file = format!("/var/log/shop/{user}.{index}");
            task.logfile = Some(file.parse().unwrap());
            task.environment = vec![wsgi_model::EnvVar {
                name: "COLOUR".parse().unwrap(),
                value: wsgi_model::EnvValue::parse("it's $5").unwrap(),
            }];
            if index % 2 == 0 {
                task.lock = true;
                task.slug = Some(format!("{user}-{index}").parse().unwrap());
            }
            tasks.push(task);
            expected.push((file, command, *printed));
        }
    }
    let app = App::with_tasks(tasks);
    let machine = &app.machine;
    let mut cron = machine.spawn(["cron", "-f", "-L", "15"]);
    wait_until_within(Duration::from_secs(150), "all tasks have run", || {
        assert!(cron.is_running(), "{cron}");
        // The brackets keep the harness's own processes, which have this in their arguments, out.
        let running = machine.sh("pgrep -f '[/]etc/wsgi/shop/cron/'").success();
        let count = machine.sh("ls /var/log/shop | wc -l").text();
        !running && count.trim() == expected.len().to_string()
    });
    cron.stop();
    for (file, command, printed) in expected {
        // A slow computer may have started them twice.
        let seen = machine.text(&file);
        assert!(
            seen == printed || seen == printed.repeat(2),
            "{file}: {command}\nprinted {seen:?}"
        );
        assert_eq!(
            machine.entry(&file).owner.as_deref(),
            Some("shop"),
            "{file}"
        );
    }
}
