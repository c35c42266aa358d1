//! A host on which nothing was deployed yet, and what a person does there by hand.

use std::process::{Command, Stdio};

use wsgi_tests::{Suite, wait_until};

use crate::site::Site;

#[test]
fn a_first_deploy_that_fails_leaves_no_site_and_one_that_was_copied_there_is_the_first_release() {
    let site = Site::applied(
        Suite::Bookworm,
        "
wsgi_deploy_build: ['echo collected $(ls | wc -l) files']
wsgi_deploy_after: ['[ ! -e afterwards ] || sh ./afterwards']
",
    );
    site.put("web.py", "def app(:\n");
    let said = site.fails();
    assert!(said.contains("SyntaxError"), "{said}");
    assert!(
        said.contains("nothing serves: there was no earlier release"),
        "{said}"
    );
    serves_nothing(&site);

    // It has served already when the last hook fails.
    site.name("too early");
    site.put("afterwards", "echo nobody was told; exit 1\n");
    let said = site.fails();
    assert!(said.contains("nobody was told"), "{said}");
    assert!(
        said.contains("nothing serves: there was no earlier release"),
        "{said}"
    );
    serves_nothing(&site);
    site.remove("afterwards");

    site.name("by hand");
    by_hand(&site, "scp", &["-r", "project", "shop:current"]);
    by_hand(&site, "ssh", &["shop", "sudo supervisorctl restart shop"]);
    wait_until("it serves", || site.answer() == "by hand");

    let visitors = site.visitors();
    site.deploys("one");
    site.rolls_back();
    assert_eq!(site.answer(), "by hand");
    site.deploys("two");
    visitors.leave();
    by_hand(&site, "ssh", &["shop", "sudo service shop restart"]);
    wait_until("it serves", || site.answer() == "two");
    let listed = site.calls(&["releases", "shop.yml", "--host", "web"]);
    assert_eq!(listed.matches("failed").count(), 2, "{listed}");
    assert!(listed.contains("-adopted"), "{listed}");

    // What the hooks have printed stays on the host, for who may be root there.
    let kept = "sudo sh -c 'cat /var/lib/wsgi/shop/releases/*/output'";
    let kept = by_hand(&site, "ssh", &["web", kept]);
    for text in ["SyntaxError", "nobody was told"] {
        assert!(kept.contains(text), "no {text}: {kept}");
    }
    assert_eq!(kept.matches("collected").count(), 4, "{kept}");

    // What an apply would have to bring is said, and only that.
    for (lines, is_said) in [("", false), ("wsgi_env_vars: {new: value}", true)] {
        site.settings(lines);
        let ended = site.try_deploy();
        let said = "otherwise than /etc/wsgi/shop/env: `wsgi-cli apply`";
        assert_eq!(ended.status, Some(0), "{ended:?}");
        assert_eq!(ended.errors.contains(said), is_said, "{ended:?}");
        assert_eq!(ended.errors.contains("warning"), is_said, "{ended:?}");
    }
}

/// Visitors get an error page, the program waits for a release, and there are no links to none.
#[track_caller]
fn serves_nothing(site: &Site) {
    assert_eq!(site.answer(), "");
    wait_until("the program waits", || {
        let status = site.host.exec(["supervisorctl", "status", "shop"]);
        status.text().contains("RUNNING")
    });
    wait_until("no gunicorn is left", || {
        !site.host.exec(["pgrep", "-f", "bin/[g]unicorn"]).success()
    });
    let links = "find /var/www/shop /var/lib/shop -xtype l";
    assert_eq!(
        site.machine().sh(links).text(),
        "/var/www/shop/releases/current\n"
    );
}

/// What somebody does with programs that everybody has.
#[track_caller]
fn by_hand(site: &Site, program: &str, words: &[&str]) -> String {
    let ran = Command::new(program)
        .arg("-F")
        .arg(site.desk().join(".ssh/config"))
        .args(words)
        .current_dir(site.desk())
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    assert!(ran.status.success(), "{program} {words:?}: {ran:?}");
    String::from_utf8_lossy(&ran.stdout).into_owned()
}
