//! Somebody presses Ctrl-C, the connection is gone, a program is killed: at every step of a deploy.

use crate::site::{Site, interrupt};

/// Stands before tee(1): kills the program on the host at one of its steps.
const KILLER: &str = include_str!("../deploy/kill_at_event.py");
const TEE: &str = "/usr/local/sbin/tee";

/// Each step is announced and done.
const EVENTS: usize = 2;

/// What happens.
#[derive(Clone, Copy, Debug)]
enum Mishap {
    CtrlC,
    ClientKilled,
    ConnectionGone,
    ProgramKilled,
}

const ALL: [Mishap; 4] = [
    Mishap::CtrlC,
    Mishap::ClientKilled,
    Mishap::ConnectionGone,
    Mishap::ProgramKilled,
];

#[test]
fn whatever_cuts_a_deploy_off_a_release_serves_and_the_next_deploy_works() {
    let site = Site::applied(
        "wsgi_keep_releases: 2\nwsgi_deploy_build: ['true']\nwsgi_deploy_release: ['true']\nwsgi_deploy_after: ['true']\n",
    );
    site.deploys("first");
    let mut steps = 0;
    let mut known = vec!["first".to_owned()];
    let visitors = site.visitors();
    for step in 0..=11 {
        let mishaps = if cfg!(feature = "long") {
            &ALL[..]
        } else {
            &ALL[step % 4..][..1]
        };
        for &mishap in mishaps {
            if !cfg!(feature = "long") && step % 2 == 1 {
                continue;
            }
            let name = format!("{mishap:?} at {step}");
            befalls(&site, mishap, step, &name);
            known.push(name.clone());
            // What was begun goes on by itself, or has ended.
            site.is_tidy();
            let serves = site.answer();
            let old = &known[known.len() - 2];
            assert!(serves == *old || serves == name, "{name}: {serves}");
            let next = format!("after {name}");
            site.deploys(&next);
            known.push(next);
            steps += 1;
        }
    }
    let answers = visitors.leave();
    assert!(
        answers.keys().all(|name| known.contains(name)),
        "{answers:?}"
    );
    assert!(steps >= 6);
    let releases = site.releases();
    // Two, the link, and what a deploy that was cut off has left, of which two are kept.
    assert!(releases.len() <= 6, "{releases:?}");
}

fn befalls(site: &Site, mishap: Mishap, step: usize, name: &str) {
    if let Mishap::ProgramKilled = mishap {
        let event = (step * EVENTS).max(1).to_string();
        site.machine().write("/run/kill-at", event, 0o644);
        site.machine().write(TEE, KILLER, 0o755);
        let mut begun = site.begins(name);
        begun.client.wait().expect("it ends");
        site.machine().ok(["rm", TEE]);
        return;
    }
    let mut begun = site.begins(name);
    begun.reach(step);
    match mishap {
        Mishap::CtrlC => interrupt(&begun.client),
        Mishap::ClientKilled => begun.client.kill().expect("it is killed"),
        _ => disconnect(site),
    }
    begun.client.wait().expect("it ends");
}

/// The servers of all connections end, and nothing else.
fn disconnect(site: &Site) {
    let servers = site.host.exec(["pgrep", "-f", "^sshd: deploy"]).text();
    for server in servers.lines() {
        // One may have ended meanwhile.
        site.host.exec(["kill", "-KILL", server]);
    }
}
