//! A person who deploys to one host, and leaves.

use wsgi_tests::{wait_until, wait_until_within};

use crate::desk::VARS;
use crate::over_ssh::{Office, PATIENCE};

const DEPLOY: &str = "deploy shop.yml --host web1 --from project";
const SHOWS: &str = "`wsgi-cli releases shop.yml --host web1` says how it ended";

/// The last hook waits, when the release serves already.
fn is_slow(office: &Office) {
    office.desk.on("web1").write("/etc/slow-after", "", 0o644);
}

/// The host comes to its end, and this serves.
#[track_caller]
fn comes_to_its_end(office: &Office, serves: &str) {
    office.desk.on("web1").ok(["rm", "-f", "/etc/slow-after"]);
    office.desk.is_unlocked("web1");
    assert_eq!(office.desk.answer("web1"), serves);
}

pub(crate) fn who_leaves_a_deploy_is_told_what_becomes_of_it(office: &Office) {
    let deploy: Vec<&str> = DEPLOY.split(' ').collect();

    // Who waits is shown the end.
    office.desk.name("seen");
    is_slow(office);
    let mut operator = office.call(&deploy);
    operator.shows("[10/11]");
    operator.signal("INT");
    operator.shows("\nended by SIGINT: web1 goes on with 2");
    operator.shows(&format!(
        " to its end; once more leaves it there, and {SHOWS}\n"
    ));
    comes_to_its_end(office, "seen");
    assert_eq!(operator.ends(), Some(130), "{}", operator.screen());
    operator.shows(" serves\n");

    // Who does not want to wait does not have to.
    office.desk.name("unseen");
    is_slow(office);
    let mut operator = office.call(&deploy);
    operator.shows("[10/11]");
    operator.signal("TERM");
    operator.shows("ended by SIGTERM: web1 goes on with 2");
    operator.signal("TERM");
    assert_eq!(operator.ends(), None, "{}", operator.screen());
    comes_to_its_end(office, "unseen");

    // The connection is lost.
    office.desk.name("lost");
    is_slow(office);
    let mut operator = office.call(&deploy);
    operator.shows("[10/11]");
    office.kill_connections();
    assert_eq!(operator.ends(), Some(6), "{}", operator.screen());
    operator.shows("error: web1: it is not known what became of it\n");
    operator.shows("  help: web1 goes on with 2");
    operator.shows(&format!(" to its end: {SHOWS}\n"));
    comes_to_its_end(office, "lost");

    // What has not arrived whole is not begun: much cannot while the host waits for its turn, and of little
    // the end is held back.
    nothing_is_begun(office, 0, |operator| {
        operator.signal("INT");
        operator.shows("\nended by SIGINT: nothing was begun\n");
        assert_eq!(operator.ends(), None, "{}", operator.screen());
    });
    nothing_is_begun(office, 2 << 20, |operator| {
        office.kill_connections();
        assert_eq!(operator.ends(), Some(5), "{}", operator.screen());
        operator.shows("error: web1: nothing was begun\n");
    });

    on_this_machine(office);
}

fn nothing_is_begun(office: &Office, words: u32, mishap: impl FnOnce(&mut crate::over_ssh::Shown)) {
    office.desk.name("withheld");
    // Much is more than the pipes and windows on the way hold.
    let noise = (0..words).flat_map(|word| word.wrapping_mul(2_654_435_761).to_le_bytes());
    let large = office.desk.path().join("project/large");
    std::fs::write(&large, noise.collect::<Vec<u8>>()).unwrap();
    let known = releases(office);
    let mut bob = office.desk.locked_by_bob("web1");
    let mut operator = office.call(&format!("{DEPLOY} --wait=60").split(' ').collect::<Vec<_>>());
    operator.shows("waiting for bob since noon");
    mishap(&mut operator);
    bob.stop();
    std::fs::remove_file(large).unwrap();
    office.desk.is_unlocked("web1");
    assert_eq!(releases(office), known);
    assert_eq!(office.desk.answer("web1"), "lost");
}

fn releases(office: &Office) -> String {
    let list = "ls -A /var/www/shop/releases /var/lib/wsgi/shop/releases";
    office.desk.on("web1").sh(list).text()
}

fn on_this_machine(office: &Office) {
    let machine = office.desk.on("web1");
    machine.write("/root/shop.yml", VARS, 0o644);
    let web = machine.sh("
        mkdir /root/project && cd /var/www/shop/current && cp web.py requirements.txt /root/project &&
        echo \"NAME = 'here'\" >/root/project/beside.py");
    web.expect_success();
    is_slow(office);
    let program = "/opt/wsgi-cli/tested-cli";
    let args = [
        program,
        "deploy",
        "/root/shop.yml",
        "--local",
        "--from",
        "/root/project",
    ];
    let mut operator = machine.spawn(args);
    wait_until_within(PATIENCE, "it has switched", || {
        operator.stderr().contains("[10/11]")
    });
    operator.signal("INT");
    wait_until("it says so", || {
        let said = operator.stderr();
        said.contains("SIGINT: this machine goes on with 2")
            && said.contains("`wsgi-cli releases /root/shop.yml --local` says how it ended\n")
    });
    operator.signal("INT");
    wait_until("it ends", || !operator.is_running());
    comes_to_its_end(office, "here");
}
