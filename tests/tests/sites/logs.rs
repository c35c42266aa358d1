//! Rotation while the app serves.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use wsgi_tests::wait_until;

use crate::site::Site;

/// How often each number that follows `mark` stands in a log, those that were rotated away included.
fn numbers(site: &Site, log: &str, mark: &str) -> BTreeMap<usize, u32> {
    let script = r#"zcat -f -- "$0"*"#;
    let all = site.host.machine().ok(["sh", "-c", script, log]).text();
    let mut seen = BTreeMap::new();
    for (_, rest) in all.lines().filter_map(|line| line.split_once(mark)) {
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
        if let Some(number) = digits.and_then(|digits| digits.parse().ok()) {
            *seen.entry(number).or_default() += 1;
        }
    }
    seen
}

#[track_caller]
pub(crate) fn no_line_is_lost_by_a_rotation(site: &Site) {
    let logs = [
        ("/var/log/supervisor/bakery.log", "sold pear-"),
        ("/var/log/nginx/bakery.access.log", "?what=pear-"),
    ];
    let is_over = AtomicBool::new(false);
    let asked = thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut number = 0;
            while !is_over.load(Ordering::Relaxed) {
                number += 1;
                site.shows(&format!("/sell?what=pear-{number}"), "sold");
            }
            number
        });
        for _ in 0..3 {
            for (log, mark) in logs {
                wait_until(&format!("the new {log} has lines"), || {
                    let argv = ["grep", "-qF", "--", mark, log];
                    client.is_finished() || site.host.exec(argv).success()
                });
            }
            for file in ["bakery", "nginx"] {
                let rotated =
                    site.host
                        .exec(["logrotate", "--force", &format!("/etc/logrotate.d/{file}")]);
                assert_eq!(rotated.errors(), "", "{rotated}");
                rotated.expect_success();
            }
        }
        is_over.store(true, Ordering::Relaxed);
        client.join().unwrap()
    });
    for (log, mark) in logs {
        // What is on its way through supervisor's pipe or nginx comes soon.
        wait_until(&format!("{asked} lines are in {log}"), || {
            numbers(site, log, mark).len() >= asked
        });
        let seen = numbers(site, log, mark);
        let expected: BTreeMap<usize, u32> = (1..=asked).map(|number| (number, 1)).collect();
        assert_eq!(seen, expected, "{log}");
        let rotated = site.host.machine().sh(&format!("ls {log}.* | wc -l"));
        assert_eq!(rotated.text(), "3\n", "{log}");
    }
}
