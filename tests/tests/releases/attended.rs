//! What somebody looks at over SSH, until Ctrl-C.

use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread;

use wsgi_tests::{Suite, wait_until};

use crate::site::{Site, interrupt};

/// A call that goes on until it is interrupted.
struct Watched {
    client: Child,
    shown: Arc<Mutex<String>>,
}

impl Watched {
    fn new(site: &Site, words: &[&str]) -> Self {
        let mut client = site.command(words).spawn().expect("it runs");
        let out = BufReader::new(client.stdout.take().expect("a pipe"));
        let shown = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&shown);
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                shared.lock().expect("no panic").push_str(&line);
            }
        });
        Self { client, shown }
    }

    #[track_caller]
    fn shows(&self, text: &str) {
        wait_until(text, || self.shown.lock().expect("no panic").contains(text));
    }

    #[track_caller]
    fn ends_at_ctrl_c(mut self) {
        interrupt(&self.client);
        let mut ended = None;
        wait_until("it ends", || {
            ended = self.client.try_wait().expect("it is ours");
            ended.is_some_and(|status| !status.success())
        });
    }
}

#[test]
fn logs_are_followed_over_rotations_and_nothing_runs_on_after_ctrl_c() {
    let site = Site::applied(Suite::Trixie, "");
    // As Debian 13 has it by default: sudo stands between, with a terminal of its own.
    let pty = "/etc/sudoers.d/pty";
    site.machine().write(pty, "Defaults use_pty\n", 0o440);
    site.deploys("one");
    for has_pty in [true, false] {
        if !has_pty {
            site.machine().write(pty, "Defaults !use_pty\n", 0o440);
        }
        let logs = Watched::new(&site, &["logs", "shop.yml", "--host", "web", "-f"]);
        for round in ["first", "second", "third"] {
            let path = format!("/{round}-{has_pty}");
            let url = format!("http://127.0.0.1{path}");
            site.machine()
                .ok(["curl", "-s", "-H", "Host: shop.test", &url]);
            logs.shows(&path);
            site.machine().ok([
                "logrotate",
                "--force",
                "/etc/logrotate.d/shop",
                "/etc/logrotate.d/nginx",
            ]);
        }
        logs.ends_at_ctrl_c();
        is_gone(&site, "tail -v -n 20");

        // One that prints nothing learns of no closed pipe.
        let script = "echo begun; sleep 1234 & sleep 1234";
        let words = ["run", "shop.yml", "--host", "web", "--", "sh", "-c", script];
        let run = Watched::new(&site, &words);
        run.shows("begun");
        run.ends_at_ctrl_c();
        is_gone(&site, "sleep 1234");
    }
    // In the place of its log the app can put a link, by which root would be led.
    site.machine()
        .sh("cd /var/log/shop && setpriv --reuid shop --clear-groups ln -sf /etc/shadow shop.log")
        .expect_success();
    let logs = site.call(&["logs", "shop.yml", "--host", "web"]);
    assert!(logs.out.contains("/var/log/nginx/"), "{logs:?}");
    assert!(!logs.out.contains("root:"), "{logs:?}");
    let call = ["run", "shop.yml", "--host", "web", "--", "sh", "-c"];
    for (script, status) in [("exit 7", Some(7)), ("kill -KILL $$", Some(6))] {
        let ended = site.call(&[&call[..], &[script]].concat());
        assert_eq!(ended.status, status, "{script}: {ended:?}");
    }
}

#[track_caller]
fn is_gone(site: &Site, line: &str) {
    // Not who looks for it.
    let pattern = format!("[{}]{}", &line[..1], &line[1..]);
    wait_until(line, || {
        !site.host.exec(["pgrep", "-f", &pattern]).success()
    });
}
