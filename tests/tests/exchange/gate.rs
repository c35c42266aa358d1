//! What a deploy looks at before it switches, with the environment that the app will have.

use wsgi_tests::{Output, wait_until};

use crate::{RELEASE, START, Shop, VARS};

fn start(shop: &Shop, arguments: &[&str]) -> Output {
    shop.container.run([START].iter().chain(arguments).copied())
}

const TWO: [&str; 2] = ["/var/www/shop/releases/two", "/var/lib/shop/venvs/two"];

#[test]
fn a_release_is_probed_on_a_socket_of_its_own() {
    let shop = Shop::running(VARS);
    let socket = "/var/lib/shop/run/probe.sock";
    let argv = [START, "--probe", TWO[0], TWO[1], socket];
    let mut probe = shop.machine().command(argv).user("shop").spawn();
    let url = "http://shop.example.org/";
    let ask = ["curl", "--silent", "--unix-socket", socket, url];
    wait_until("the probe answers", || {
        shop.container.run(ask).text() == "two"
    });
    // Not www-data: it is no part of the site.
    shop.machine().run_as("www-data", ask).expect_failure();
    assert_eq!(shop.answer(), "one");
    probe.stop();
    assert!(!shop.machine().exists(socket));
    assert_eq!(shop.answer(), "one");
    assert_eq!(shop.masters().len(), 1);
}

#[test]
fn why_a_probe_does_not_start_is_on_its_stderr() {
    let shop = Shop::running(VARS);
    shop.put("broken", &format!("import no_such_thing\n{RELEASE}"));
    let socket = "/var/lib/shop/run/probe.sock";
    let release = "/var/www/shop/releases/broken";
    let refused = start(&shop, &["--probe", release, TWO[1], socket]).expect_failure();
    let said = refused.errors();
    assert!(said.contains("Traceback"), "{refused}");
    assert!(
        said.contains("No module named 'no_such_thing'"),
        "{refused}"
    );
}

#[test]
fn a_command_runs_in_a_release_with_the_apps_environment() {
    let shop = Shop::running(&format!("{VARS}wsgi_env_vars: {{greeting: \"it's\"}}\n"));
    let script = "pwd; command -v python; printf '%s\\n' \"$GREETING\" \"$CURRENT_RELEASE\" \"$SHOP_STATIC_DIR\" \"$1\"; kill -HUP $$";
    let run = start(
        &shop,
        &[
            "--run", TWO[0], TWO[1], "--", "sh", "-c", script, "sh", "a b",
        ],
    );
    assert_eq!(
        run.text(),
        "/var/www/shop/releases/two
/var/lib/shop/venvs/two/bin/python
it's
/var/www/shop/releases/two
/var/www/shop/releases/two/static/
a b
"
    );
    // Who deploys may hang up.
    assert_eq!(run.signal(), Some(1));
    let status = start(
        &shop,
        &["--run", TWO[0], TWO[1], "--", "sh", "-c", "exit 7"],
    );
    assert_eq!(status.code(), Some(7));
}

#[test]
fn wrong_arguments_are_answered_with_the_right_ones() {
    let shop = Shop::running(VARS);
    for arguments in [
        &["--help"][..],
        &["--check", TWO[0], TWO[1]],
        &["--probe", TWO[0], TWO[1]],
        &["--probe", TWO[0], TWO[1], "socket", "more"],
        &["--run", TWO[0], TWO[1], "true"],
        &["--run", TWO[0], TWO[1], "--"],
    ] {
        let refused = start(&shop, arguments);
        assert_eq!(refused.code(), Some(2), "{arguments:?}: {refused}");
        assert!(refused.errors().contains("--run RELEASE VIRTUALENV"));
    }
}
