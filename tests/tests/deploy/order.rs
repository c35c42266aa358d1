//! Releases are in the order in which they came, whatever the clocks said that named them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wsgi_apply::deploy::{DeployOutcome, release_name};

use crate::shop::{Shop, VARS};

#[test]
fn the_order_of_releases_is_that_in_which_they_came_whatever_the_clocks_say() {
    let mut shop = Shop::applied(VARS);
    // A clock that is far ahead, one that was set back, and the same second twice.
    let names = [
        "20991231T235959Z-a",
        "20260101T000000Z-b",
        "20260101T000000Z-a",
        "20250101T000000Z-z",
        "20250101T000000Z-c",
    ];
    let mut before = None;
    for name in names {
        shop.next_id(name);
        assert_eq!(shop.deploys(name), name);
        let survey = shop.survey();
        let previous = survey.previous().map(|release| release.id.as_str());
        assert_eq!(previous, before, "before {name}");
        before = Some(name);
    }
    // Three are kept: the newest. Who serves again stays where they were.
    let listed = |shop: &mut Shop| -> Vec<String> {
        let survey = shop.survey();
        survey.releases.into_iter().map(|each| each.id).collect()
    };
    assert_eq!(listed(&mut shop), names[2..]);
    assert_eq!(shop.rolls_back(None), names[3]);
    assert_eq!(shop.rolls_back(None), names[2]);
    assert_eq!(listed(&mut shop), names[2..]);
    // What runs, and with that what was found here, stays however old it is.
    shop.next_id("20240101T000000Z-a");
    shop.deploys("older");
    let kept = [names[2], names[3], names[4], "20240101T000000Z-a"];
    assert_eq!(listed(&mut shop), kept);

    // A name is nobody else's, and what has it is left alone.
    shop.name("intruder");
    shop.next_id("20240101T000000Z-a");
    let (report, said) = shop.deploy();
    assert_eq!(report.outcome, DeployOutcome::Drifted, "{said}");
    assert_eq!(shop.answer(), "older");
    let survey = shop.survey();
    let taken = UNIX_EPOCH + Duration::from_secs(1_704_067_200);
    let free = survey.free_second(taken);
    assert_eq!(release_name(free, "a"), "20240101T000001Z-a");
    let now = SystemTime::now();
    assert_eq!(survey.free_second(now), now);

    // A directory of somebody's own in the place of the link came last, however old its files are.
    let by_hand = "
        cd /var/www/shop && cp -rL current copy && rm current && mv -T copy current && chown -R shop: current &&
        touch -d 2001-01-01T00:00:00Z current";
    for id in ["20230101T000000Z-a", "20220101T000000Z-a"] {
        shop.machine.sh(by_hand).expect_success();
        shop.next_id(id);
        shop.deploys(id);
        let survey = shop.survey();
        let previous = survey.previous().map(|release| release.id.as_str());
        let adopted = previous.unwrap_or_default();
        assert!(adopted.starts_with("20010101T000000Z-adopted"), "{adopted}");
    }
}
