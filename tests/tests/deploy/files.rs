//! What a release is made of.

use std::fmt::Write as _;

use wsgi_apply::deploy::DeployOutcome;

use crate::shop::{Shop, VARS};

#[test]
fn only_what_has_changed_is_sent_and_what_is_required_is_installed() {
    let mut shop = Shop::without_virtualenvs(VARS);
    // Nothing that gzip makes small.
    let mut state = 1_u64;
    let mut noise = String::new();
    while noise.len() < 2_000_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let _ = write!(noise, "{:016x}", state ^ (state >> 29));
    }
    shop.put("static/large", &noise);
    shop.name("one");
    let (report, said) = shop.deploy();
    assert_eq!(report.outcome, DeployOutcome::Serves, "{said}");
    assert!(shop.sent() > 800_000, "{}", shop.sent());
    let python = "/var/lib/shop/venv/bin/python";
    shop.machine.ok([python, "-c", "import flask, gunicorn"]);

    shop.name("two");
    shop.deploy();
    assert!(shop.sent() < 60_000, "{}", shop.sent());
    assert_eq!(shop.answer(), "two");
    let release = shop.survey().current.expect("two");
    let there = format!("/var/www/shop/releases/{release}/static/large");
    assert_eq!(shop.machine.text(&there), noise);
}

#[test]
fn shared_paths_outlive_releases() {
    let mut shop = Shop::applied(&format!("{VARS}wsgi_shared_paths: [media, var/db]\n"));
    shop.put("media/first", "brought by the first release");
    let one = shop.deploys("one");
    let kept = "/var/www/shop/shared/media";
    assert_eq!(
        shop.machine.text(&format!("{kept}/first")),
        "brought by the first release"
    );
    shop.machine
        .sh("echo more >/var/www/shop/current/media/upload")
        .expect_success();
    let two = shop.deploys("two");
    assert_ne!(one, two);
    assert_eq!(
        shop.machine.text("/var/www/shop/current/media/upload"),
        "more\n"
    );
    let link = format!("/var/www/shop/releases/{two}/var/db");
    let leads = shop.machine.run(["readlink", &link]).text();
    assert_eq!(leads.trim(), "/var/www/shop/shared/var/db");
}
