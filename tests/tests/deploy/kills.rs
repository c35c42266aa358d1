//! The program on the host is killed: what served serves on, or what is new does.

use crate::shop::{Shop, VARS};

const STAND_IN: &str = include_str!("kill_at_event.py");
const TEE: &str = "/usr/local/sbin/tee";

/// Which events are gone through: each, or some from the switch on.
const EACH: usize = if cfg!(feature = "long") { 1 } else { 6 };

#[test]
fn a_kill_at_any_step_leaves_a_release_serving_and_the_next_deploy_works() {
    let mut shop = Shop::applied(VARS);
    shop.deploys("old");
    let mut names = vec!["old".to_owned()];
    let visitors = shop.visitors();
    for event in (1..).step_by(EACH) {
        shop.name(&format!("killed at {event}"));
        shop.machine.write(TEE, STAND_IN, 0o755);
        let at = event.to_string();
        shop.machine.write("/run/kill-at", at, 0o644);
        shop.machine.ok(["rm", "-f", "/run/killed"]);
        let _ = shop.try_deploy();
        shop.machine.ok(["rm", TEE]);
        names.push(format!("killed at {event}"));
        let serves = shop.answer();
        assert!(names.contains(&serves), "{event}: {serves}");
        shop.is_unlocked();
        shop.is_alone();
        if !shop.machine.exists("/run/killed") {
            assert!(event > 16, "{event}");
            break;
        }
        // What was not proved is not what is gone back to.
        shop.name("bad");
        shop.put("web.py", "def index(:\n");
        shop.fails();
        let before = names[names.len() - 2].clone();
        assert_eq!(shop.answer(), before, "{event}");
        let next = format!("after {event}");
        shop.deploys(&next);
        names.push(next);
    }
    let answers = visitors.leave();
    assert!(
        answers.keys().all(|name| names.contains(name)),
        "{answers:?}"
    );
    let releases = shop.listing("/var/www/shop/releases");
    assert!(releases.len() <= 3 + 2 + 1, "{releases:?}");
}
