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

    // Elsewhere a release is as it was deployed, or the next one cannot begin with it.
    shop.machine
        .sh("rm /var/www/shop/current/templates/page")
        .expect_success();
    shop.put("web.py", "");
    let (_, reason) = shop.fails();
    assert!(reason.contains("deploy again with --full"), "{reason}");
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

/// Installed from a directory of the project, without anything that has to be fetched.
const BACKEND: &str = r#"
import zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "part-1-py3-none-any.whl"
    with zipfile.ZipFile(directory + "/" + name, "w") as wheel:
        wheel.write("part.py")
        wheel.writestr("part-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: part\nVersion: 1\n")
        wheel.writestr("part-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("part-1.dist-info/RECORD", "")
    return name
"#;

#[test]
fn what_a_project_installs_of_itself_is_of_the_release_that_serves() {
    let mut shop = Shop::applied(VARS);
    shop.put(
        "libs/part/pyproject.toml",
        "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
    );
    shop.put("libs/part/backend.py", BACKEND);
    let mut releases = Vec::new();
    for name in ["one", "two"] {
        shop.name(name);
        shop.put("requirements.txt", "-r deps/web\n");
        shop.put("deps/web", "flask\n./libs/part\n");
        shop.put("libs/part/part.py", &format!("NAME = '{name}'\n"));
        let (report, said) = shop.deploy();
        assert_eq!(report.outcome, DeployOutcome::Serves, "{said}");
        assert_eq!(shop.installed("part.NAME"), name);
        releases.extend(shop.survey().current);
    }
    shop.rolls_back(releases.first().map(String::as_str));
    assert_eq!(shop.installed("part.NAME"), "one");
}
