//! Rotation while requests come in.

use std::collections::BTreeMap;

use wsgi_tests::{Container, Machine, wait_until};

const APP: &str = include_str!("counting_app.py");
const CLIENT: &str = include_str!("client.py");

/// Its access log is rotated by our file.
const SHOP: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: counting
wsgi_server_names: [shop.example.org]
wsgi_gunicorn_num_workers: 2
wsgi_nginx_access_log_file: /srv/web logs/shop
wsgi_env_vars: {prefix: SHOP}
";

/// Its access log is rotated by the file of Debian's nginx.
const BLOG: &str = "
wsgi_project_name: blog
wsgi_wsgi_path: counting
wsgi_server_names: [blog.example.org]
wsgi_gunicorn_num_workers: 2
wsgi_env_vars: {prefix: BLOG}
";

/// How often each word that starts with `mark` stands in a log, the rotated ones included.
fn numbers(machine: &Machine, log: &str, mark: &str) -> BTreeMap<String, u32> {
    let script = r#"find "$(dirname "$1")" -name "$(basename "$1")*" -exec zcat -f -- {} +"#;
    let text = machine.ok(["sh", "-c", script, "numbers", log]).text();
    let mut seen = BTreeMap::new();
    for line in text.lines() {
        if let Some((_, rest)) = line.split_once(mark) {
            let number = rest.split(' ').next().unwrap_or(rest);
            *seen.entry(number.to_owned()).or_default() += 1;
        }
    }
    seen
}

#[test]
fn no_line_is_lost_or_doubled_by_rotations_under_load() {
    let machine = Machine::up();
    // Some test computers forbid what Debian's file for nginx does.
    machine.ok(["rm", "-f", "/usr/sbin/policy-rc.d"]);
    machine.ok(["mkdir", "/srv/web logs"]);
    let containers = [SHOP, BLOG].map(|vars| {
        let container = Container::on(&machine, vars).with_virtualenv();
        container.put_current([("counting.py", APP)]);
        container
    });
    let _supervisor = containers[0].start_supervisor();
    let _nginx = machine.spawn(["nginx", "-g", "daemon off;"]);
    for host in ["shop", "blog"] {
        wait_until("the app answers", || {
            let url = format!("http://{host}.example.org/?{host}-first.1");
            let answer = machine.command(["curl", "-sf", "--connect-to", "::127.0.0.1:", &url]);
            answer.run().success()
        });
    }
    let mut client = machine.spawn([
        "/usr/bin/python3",
        "-c",
        CLIENT,
        "shop.example.org",
        "blog.example.org",
    ]);
    wait_until("requests come in", || client.stdout().contains("asking"));

    let logs: Vec<(String, &str)> = ["shop", "blog"]
        .into_iter()
        .flat_map(|app| {
            let access = match app {
                "shop" => "/srv/web logs/shop".to_owned(),
                _ => format!("/var/log/nginx/{app}.access.log"),
            };
            [
                (format!("/var/log/{app}/{app}.log"), "gunicorn "),
                (format!("/var/log/{app}/orders.log"), "logged "),
                (format!("/var/log/supervisor/{app}.log"), "printed "),
                (access, "GET /?"),
            ]
        })
        .collect();
    let fresh_lines = || {
        for (log, mark) in &logs {
            wait_until(&format!("the new {log} has lines"), || {
                machine.run(["grep", "-qF", mark, log]).success()
            });
        }
    };
    for round in 0..5 {
        fresh_lines();
        assert!(client.is_running(), "{client}");
        for file in ["shop", "blog", "nginx"] {
            let path = format!("/etc/logrotate.d/{file}");
            let said = machine.ok(["logrotate", "--force", &path]);
            assert_eq!(said.errors(), "", "round {round}: {said}");
        }
    }
    fresh_lines();
    machine.ok(["touch", "/tmp/stop"]);
    wait_until("the client is done", || client.stdout().contains("done"));
    assert_eq!(client.stderr(), "");

    let mut asked = Vec::new();
    for line in client.stdout().lines() {
        if let [_, thread, count] = line.split(' ').collect::<Vec<_>>()[..] {
            asked.push((thread.to_owned(), count.parse::<u32>().unwrap()));
        }
    }
    assert_eq!(asked.len(), 4, "{client}");
    for (log, mark) in &logs {
        let rotated = machine.sh(&format!("ls '{log}'.* | wc -l")).text();
        assert_eq!(rotated.trim(), "5", "{log}");
        // What is on its way through supervisor's pipe or nginx comes soon.
        let host = if log.contains("blog") { "blog" } else { "shop" };
        let mine = || asked.iter().filter(|(thread, _)| thread.starts_with(host));
        let total: u32 = mine().map(|(_, count)| count).sum();
        let whole = |seen: &BTreeMap<String, u32>| {
            let threads = seen.iter().filter(|(n, _)| !n.contains("first"));
            threads.map(|(_, times)| times).sum::<u32>() >= total
        };
        wait_until(&format!("all {total} lines are in {log}"), || {
            whole(&numbers(&machine, log, mark))
        });
        let seen = numbers(&machine, log, mark);
        for (thread, count) in mine() {
            for number in 1..=*count {
                let number = format!("{thread}.{number}");
                assert_eq!(seen.get(&number), Some(&1), "{number} in {log}");
            }
        }
    }
}
