//! Somebody presses Ctrl-C, the connection is gone, a program is killed: at every step of a deploy.

use wsgi_tests::Suite;

use crate::site::{Site, interrupt};

/// Stands before tee(1): kills the program on the host at one of its steps.
const KILLER: &str = include_str!("../deploy/kill_at_event.py");
const TEE: &str = "/usr/local/sbin/tee";

/// What happens, and after how many steps.
#[derive(Clone, Copy, Debug)]
enum Mishap {
    CtrlC(usize),
    ClientKilled(usize),
    ConnectionGone(usize),
    /// At this event: each step is begun and done.
    ProgramKilled(usize),
}

use Mishap::{ClientKilled, ConnectionGone, CtrlC, ProgramKilled};

const STEPS: usize = 11;

/// Each of them everywhere, or at what is most likely to matter.
fn mishaps() -> Vec<Mishap> {
    if cfg!(feature = "long") {
        let on_the_way = [CtrlC, ClientKilled, ConnectionGone];
        let on_the_way = (0..=STEPS).flat_map(|step| on_the_way.map(|mishap| mishap(step)));
        let on_the_host = (1..=2 * STEPS).map(ProgramKilled);
        on_the_way.chain(on_the_host).collect()
    } else {
        let assembled = CtrlC(1);
        let (virtualenv, switched) = (ConnectionGone(3), ConnectionGone(8));
        let (exchanged, hooks_begun) = (ClientKilled(9), ProgramKilled(13));
        let exchange_begun = ProgramKilled(17);
        vec![
            assembled,
            virtualenv,
            hooks_begun,
            switched,
            exchange_begun,
            exchanged,
        ]
    }
}

#[test]
fn whatever_cuts_a_deploy_off_a_release_serves_and_the_next_deploy_works() {
    let site = Site::applied(
        Suite::Trixie,
        "wsgi_keep_releases: 2\nwsgi_deploy_build: ['true']\nwsgi_deploy_release: ['true']\nwsgi_deploy_after: ['true']\n",
    );
    site.deploys("first");
    let mut known = vec!["first".to_owned()];
    let visitors = site.visitors();
    for mishap in mishaps() {
        let name = format!("{mishap:?}");
        befalls(&site, mishap, &name);
        // What was begun goes on by itself, or has ended.
        site.is_tidy();
        let serves = site.answer();
        let old = &known[known.len() - 1];
        assert!(serves == *old || serves == name, "{name}: {serves}");
        let next = format!("after {name}");
        site.deploys(&next);
        known.extend([name, next]);
    }
    let answers = visitors.leave();
    assert!(
        answers.keys().all(|name| known.contains(name)),
        "{answers:?}"
    );
    let releases = site.releases();
    // Two, the link, and what a deploy that was cut off has left, of which two are kept.
    assert!(releases.len() <= 6, "{releases:?}");
}

fn befalls(site: &Site, mishap: Mishap, name: &str) {
    if let ProgramKilled(event) = mishap {
        site.machine()
            .write("/run/kill-at", event.to_string(), 0o644);
        site.machine().write(TEE, KILLER, 0o755);
        let ended = site.begins(name).client.wait().expect("it ends");
        site.machine().ok(["rm", TEE]);
        assert_eq!(ended.code(), Some(6), "{name}");
        return;
    }
    let mut begun = site.begins(name);
    match mishap {
        CtrlC(steps) => {
            begun.reach(steps);
            interrupt(&begun.client);
        }
        ClientKilled(steps) => {
            begun.reach(steps);
            begun.client.kill().expect("it is killed");
        }
        ConnectionGone(steps) | ProgramKilled(steps) => {
            begun.reach(steps);
            disconnect(site);
        }
    }
    let (status, said) = begun.end();
    let shows = "`wsgi-cli releases shop.yml --host web` says how it ended";
    match mishap {
        CtrlC(1..) => {
            assert_eq!(status, Some(130), "{name}: {said}");
            assert!(
                said.contains("SIGINT: web goes on with 2"),
                "{name}: {said}"
            );
            assert!(said.contains(shows), "{name}: {said}");
        }
        // After the last step there may be nothing left to be told.
        ConnectionGone(1..STEPS) => {
            assert_eq!(status, Some(6), "{name}: {said}");
            assert!(said.contains(shows), "{name}: {said}");
        }
        _ => {}
    }
}

/// The servers of all connections end, and nothing else. OpenSSH 9.8 has given them a new name.
fn disconnect(site: &Site) {
    let servers = site
        .host
        .exec(["pgrep", "-f", "^sshd(-session)?: deploy"])
        .text();
    for server in servers.lines() {
        // One may have ended meanwhile.
        site.host.exec(["kill", "-KILL", server]);
    }
}
