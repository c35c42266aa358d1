//! The real daemon takes the file and starts the tasks.

use std::time::Duration;

use wsgi_tests::{Container, wait_until, wait_until_within};

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

/// Further apps on the host, each with a schedule that cron has to read, and a task for the next
/// minute that tells that it did.
const OTHERS: [(&str, &str); 5] = [
    (
        "a",
        "{minute: '*/7', hour: 1-23/2, day: '1,15', month: jan-mar, weekday: Mon-Fri}",
    ),
    ("x_1", "{minute: '0,1,2,3,4,5-59/3', weekday: '7'}"),
    (
        "abcdefghijklmnopqrstuvwxyz_1234",
        "{minute: 00, hour: 23, day: 31, month: 12}",
    ),
    ("zero", "{minute: 0, weekday: 0-7}"),
    ("week", "{weekday: sun, month: 'JAN,jul'}"),
];

/// Prints what programs tell the system's log.
const LISTENER: &str = r"
import os, socket
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind('/dev/log')
os.chmod('/dev/log', 0o666)
print('listens', flush=True)
while True:
    print(log.recv(9999).decode(), flush=True)
";

/// A file that a task makes, and what it holds then.
struct Expected {
    file: String,
    owner: &'static str,
    printed: &'static str,
}

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
            expected.push(Expected {
                file,
                owner: "shop",
                printed,
            });
        }
    }
    let app = App::with_tasks(tasks);
    let machine = &app.machine;
    for (name, schedule) in OTHERS {
        let vars = format!(
            "wsgi_project_name: {name}\nwsgi_wsgi_path: app.wsgi\nwsgi_cron_tasks:\n\
             - {{name: some day, command: 'true', frequency: {schedule}}}\n\
             - {{name: now, command: touch $CURRENT_RELEASE.ran}}\n"
        );
        Container::on(machine, &vars);
        expected.push(Expected {
            file: format!("/var/www/{name}/current.ran"),
            owner: name,
            printed: "",
        });
    }

    let log = machine.spawn(["/usr/bin/python3", "-c", LISTENER]);
    wait_until("somebody listens", || log.stdout().contains("listens"));
    let mut cron = machine.spawn(["cron", "-f", "-L", "15"]);
    let mut all = vec![
        "sh",
        "-c",
        r#"for f; do [ -e "$f" ] || exit 1; done"#,
        "all",
    ];
    all.extend(expected.iter().map(|e| e.file.as_str()));
    wait_until_within(Duration::from_secs(150), "all tasks have run", || {
        assert!(cron.is_running(), "{cron}");
        // The brackets keep the harness's own processes, which have this in their arguments, out.
        let running = machine.sh("pgrep -f '[/]etc/wsgi/.*/cron/'").success();
        !running && machine.run(&all).success()
    });
    cron.stop();

    for Expected {
        file,
        owner,
        printed,
    } in expected
    {
        // A slow computer may have started them twice.
        let seen = machine.text(&file);
        let as_written = seen == printed || seen == printed.repeat(2);
        assert!(as_written, "{file} holds {seen:?}, not {printed:?}");
        let entry = machine.entry(&file);
        assert_eq!(entry.owner.as_deref(), Some(owner), "{file}");
    }
    let said = log.stdout().to_lowercase();
    let (failed, complaints): (Vec<_>, Vec<_>) = said
        .lines()
        .filter(|line| {
            let words = ["error", "bad ", "insecure", "wrong"];
            words.iter().any(|word| line.contains(word))
        })
        .partition(|line| line.contains("failed with exit status 4"));
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert!(failed.len() >= 3, "one task of each user fails: {said}");
}
