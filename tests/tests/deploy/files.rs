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

    // They are the app's: what was in the project is no longer what counts.
    shop.put("media/second", "too late");
    shop.machine
        .sh(&format!(
            "rm {kept}/first && echo of the app >{kept}/upload"
        ))
        .expect_success();
    shop.deploys("three");
    let listed = shop.listing("/var/www/shop/current/media/");
    assert_eq!(listed, ["upload"]);

    // Elsewhere it may change its release, which the next one does not begin with.
    shop.machine
        .sh("cd /var/www/shop/current && rm templates/page && echo 'broken(' >beside.py")
        .expect_success();
    shop.deploys("three");
    let page = shop.machine.text("/var/www/shop/current/templates/page");
    assert_eq!(page, "three");
}

/// Else nginx tells visitors that a file of the same size is what they have, and an executable that
/// was none stays none.
#[test]
fn a_file_has_the_time_at_which_it_came_and_the_mode_that_it_has() {
    let mut shop = Shop::applied(VARS);
    shop.put("static/page.css", "a{color:#000}");
    shop.put("static/as_it_was.css", "b{color:#000}");
    shop.put("tool", "#!/bin/sh\n");
    shop.put("no_tool", "#!/bin/sh\n");
    shop.set_executable("no_tool", true);
    shop.deploys("one");
    shop.machine
        .sh("cd /var/www/shop/current && [ ! -x tool ] && [ -x no_tool ] && touch /before")
        .expect_success();

    shop.put("static/page.css", "a{color:#fff}");
    shop.set_executable("tool", true);
    shop.set_executable("no_tool", false);
    shop.deploys("two");
    shop.machine
        .sh("cd /var/www/shop/current && [ -x tool ] && [ ! -x no_tool ]")
        .expect_success();
    let newer = "cd /var/www/shop/current/static && find . -name '*.css' -newer /before";
    assert_eq!(shop.machine.sh(newer).text(), "./page.css\n");
}
