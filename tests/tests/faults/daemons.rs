//! nginx and supervisor that refuse what they are given, or are not there.

use std::time::{Duration, Instant};

use wsgi_apply::{
    Answered, AppStatus, Desired, Host as _, Outcome, PlanOptions, PosixHost, PosixOptions, Probe,
};
use wsgi_render::{Target, render};
use wsgi_tests::{Machine, MachineShell, app, wait_until};

use crate::subject::{Age, Subject, desired, planned, vars};

const EXCHANGE: &str = "exchange gunicorn of shop";

/// Three visitors without pause, until a file is there.
const VISITORS: &str = "for visitor in 1 2 3; do while [ ! -e /tmp/stop ]; do
    answer=$(curl -sf -m 20 -H 'Host: shop.test' http://127.0.0.1/) || answer=failed
    printf '%s\n' \"$answer\"
done & done; wait";

const BROKEN: &str = "wsgi_nginx_include_paths: [broken.conf]\n";

#[test]
fn what_nginx_refuses_goes_back_and_the_old_site_is_served() {
    let mut subject = Subject::serving();
    let before = subject.files();
    let broken = vars(Age::Old) + BROKEN;
    for _ in 0..2 {
        let plan = subject.plan(&broken);
        let performed = subject.perform(plan);
        let said = performed.failed();
        assert!(said.contains("unknown directive"), "{said}");
        assert!(
            said.contains("/etc/nginx/wsgi/shop/include/broken.conf:1"),
            "{said}"
        );
        let put_back = performed.result.unwrap().put_back;
        assert!(
            put_back.contains(&"/etc/nginx/sites-available/shop".to_owned()),
            "{put_back:?}"
        );
        assert_eq!(subject.files(), before);
        subject.machine.ok(["nginx", "-t", "-q"]);
        assert!(subject.runs(Age::Old));
        subject.is_unlocked();
    }
    // What else the vars file asks for is done; a later one goes forward.
    let plan = subject.plan(&(vars(Age::New) + BROKEN));
    subject.perform(plan).failed();
    assert!(subject.machine.text("/etc/wsgi/shop/env").contains("-new"));
    subject.apply(&vars(Age::New));
    subject.is_whole(&vars(Age::New));
    assert!(subject.runs(Age::New));
}

#[test]
fn another_site_that_is_broken_is_said_before_anything_changes() {
    let mut subject = Subject::serving();
    let foreign = "/etc/nginx/sites-enabled/foreign";
    subject.machine.write(foreign, "nonsense on;\n", 0o644);
    subject.is_refused(&vars(Age::New), foreign);

    // Also when it breaks after the plan was made.
    subject.machine.ok(["rm", foreign]);
    let plan = subject.plan(&vars(Age::New));
    subject.machine.write(foreign, "nonsense on;\n", 0o644);
    let site = subject.machine.text("/etc/nginx/sites-available/shop");
    let performed = subject.perform(plan);
    assert!(
        performed.failed().contains(foreign),
        "{}",
        performed.complaint()
    );
    assert_eq!(
        subject.machine.text("/etc/nginx/sites-available/shop"),
        site
    );
    assert!(subject.serves());

    subject.machine.ok(["rm", foreign]);
    subject.apply(&vars(Age::New));
    subject.is_whole(&vars(Age::New));
    assert!(subject.runs(Age::New));
}

#[test]
fn a_program_of_another_that_supervisor_refuses_keeps_ours_as_it_was() {
    let mut subject = Subject::serving();
    let changed = vars(Age::Old) + "wsgi_gunicorn_timeout: 77\n";
    let plan = subject.plan(&changed);
    let ours = "/etc/supervisor/conf.d/shop.conf";
    assert!(format!("{:?}", plan.steps).contains(ours));
    let before = subject.machine.text(ours);
    let foreign = "/etc/supervisor/conf.d/foreign.conf";
    let text = "[program:foreign]\ncommand=/bin/true\nuser=nobodyknows\n";
    subject.machine.write(foreign, text, 0o644);
    let outcome = subject.perform(plan).result.unwrap().outcome;
    assert!(
        matches!(&outcome, Outcome::Refused { said } if said.join("\n").contains("nobodyknows")),
        "{outcome:?}"
    );
    assert_eq!(subject.machine.text(ours), before);
    assert!(
        !subject.machine.exists("/var/lib/wsgi/shop/intent"),
        "something was begun"
    );
    assert!(subject.runs(Age::Old));

    subject.machine.ok(["rm", foreign]);
    subject.apply(&changed);
    subject.is_whole(&changed);
}

#[test]
fn supervisor_that_is_down_is_said_and_what_it_is_owed_runs_when_it_is_up() {
    let mut subject = Subject::serving();
    let plan = subject.plan(&vars(Age::New));
    subject.machine.ok(["/etc/init.d/supervisor", "stop"]);
    wait_until("it has ended", || {
        !subject.machine.run(["pgrep", "supervisord"]).success()
    });
    let performed = subject.perform(plan);
    let said = performed.failed();
    assert!(said.contains("supervisor"), "{said}");
    let owed = performed.result.unwrap().owed;
    assert!(owed.contains(&EXCHANGE.to_owned()), "{owed:?}");
    // What does not need it is done.
    assert!(subject.machine.text("/etc/wsgi/shop/env").contains("-new"));
    subject.machine.ok(["nginx", "-t", "-q"]);
    assert!(subject.serves());

    subject.apply(&vars(Age::New));
    wait_until("it runs with what is new", || subject.runs(Age::New));
    subject.is_whole(&vars(Age::New));
}

#[test]
fn an_app_that_does_not_come_up_is_told_with_its_log_and_tried_again() {
    let mut subject = Subject::serving();
    // It is over when all workers are ready: one that loads the app later would end all of them.
    let exchange = ["/etc/wsgi/shop/gunicorn_start", "--exchange"];
    subject.machine.run_as("shop", exchange).expect_success();
    let app = "/var/www/shop/current/shop.py";
    let good = subject.machine.text(app);
    subject
        .machine
        .write(app, "raise RuntimeError('no app today')\n", 0o644);
    let plan = subject.plan(&vars(Age::New));
    let performed = subject.perform(plan);
    let said = performed.failed();
    assert!(said.contains("no app today"), "{said}");
    assert!(said.contains("serves on, the new one does not"), "{said}");
    assert!(subject.serves());
    assert_eq!(subject.fetch(Age::New, "/").as_deref(), Some("old"));
    let owed = performed.result.unwrap().owed;
    assert_eq!(owed, [EXCHANGE]);

    subject.machine.write(app, good, 0o644);
    subject.apply(&vars(Age::New));
    assert!(subject.runs(Age::New));
    subject.is_whole(&vars(Age::New));
}

#[test]
fn a_new_environment_is_taken_up_and_no_request_fails() {
    let mut subject = Subject::serving();
    let herder = || {
        let pid = subject.machine.ok(["supervisorctl", "pid", "shop"]);
        pid.text()
    };
    let before = herder();
    let mut visitors = subject.machine.spawn(["sh", "-c", VISITORS]);
    wait_until("visitors come", || visitors.stdout().contains("old\n"));
    let changed = vars(Age::Old).replace("-old'}", "-new'}");
    subject.apply(&changed);
    // It answers when the apply is over.
    assert_eq!(subject.fetch(Age::Old, "/").as_deref(), Some("new"));
    wait_until("they see the new one", || {
        visitors.stdout().contains("new\n")
    });
    subject.machine.write("/tmp/stop", "", 0o644);
    assert!(
        visitors.wait(Duration::from_secs(30)).success(),
        "{visitors}"
    );
    let seen = visitors.stdout();
    assert!(
        seen.lines().all(|answer| ["old", "new"].contains(&answer)),
        "{seen}"
    );
    assert_eq!(
        subject.machine.ok(["supervisorctl", "pid", "shop"]).text(),
        before
    );

    // Nobody is there to be asked for it: then the program is started.
    subject.machine.ok(["supervisorctl", "stop", "shop"]);
    subject.apply(&vars(Age::Old));
    assert_eq!(subject.fetch(Age::Old, "/").as_deref(), Some("old"));
}

/// Takes connections at the sockets in its arguments, and says nothing there.
const SILENT: &str = "import socket, sys, time
all = [socket.socket(socket.AF_UNIX) for _ in sys.argv[1:]]
for path, silent in zip(sys.argv[1:], all):
    silent.bind(path)
    silent.listen()
print('silent', flush=True)
time.sleep(1000)
";

#[test]
fn apps_that_hang_are_asked_at_the_same_time() {
    let machine = Machine::up();
    let names = ["ant", "bee", "cat", "dog", "eel"];
    let mut sockets = Vec::new();
    let mut bundles = Vec::new();
    for name in names {
        machine.ok(["useradd", name]);
        machine.ok(["mkdir", "-p", &format!("/var/lib/{name}/run")]);
        sockets.push(format!("/var/lib/{name}/run/gunicorn.sock"));
        let vars = format!(
            "wsgi_project_name: {name}\nwsgi_wsgi_path: a:app\nwsgi_server_names: [{name}.test]\n"
        );
        bundles.push(render(&app(&vars), &Target::default()).unwrap());
    }
    let argv = ["/usr/bin/python3", "-c", SILENT].into_iter();
    let silent = machine.spawn(argv.chain(sockets.iter().map(String::as_str)));
    wait_until("they are silent", || silent.stdout() == "silent\n");
    machine
        .sh("chmod 777 /var/lib/*/run/gunicorn.sock")
        .expect_success();

    let wanted = Desired::new(bundles).unwrap();
    let mut host = PosixHost::new(MachineShell::root(&machine), PosixOptions::default());
    let begun = Instant::now();
    let facts = host.observe(&Probe::of_status(&wanted)).unwrap();
    let took = begun.elapsed();
    let hangs = Answered::Nothing("timed out".to_owned());
    let answers: Vec<&Answered> = facts.answers.values().collect();
    assert_eq!(answers, [&hangs; 5]);
    // Each of them takes five seconds.
    assert!(took < Duration::from_secs(5 * 4), "{took:?}");
}

#[test]
fn one_look_tells_whether_the_app_answers() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    let mut look = |vars: &str| {
        let desired = desired(vars, &Target::default());
        let facts = subject.host.observe(&Probe::of_status(&desired)).unwrap();
        let plan = planned(vars, &facts, PlanOptions::default());
        let status = AppStatus::of(&desired.bundles()[0], &facts, &plan);
        let answered = status.health.as_ref().map(|health| health.answered.clone());
        assert_eq!(status.maintenance, vars.contains("maintenance"));
        (status.serves(), answered)
    };
    let as_it_is = vars(Age::Old);
    // Supervisor counts it as running after its startsecs.
    wait_until("it runs and answers", || {
        look(&as_it_is) == (true, Some(Answered::Status(200)))
    });
    let wants_another = format!("{as_it_is}wsgi_health_status: 404\n");
    assert_eq!(look(&wants_another), (false, Some(Answered::Status(200))));
    machine.ok(["supervisorctl", "stop", "shop"]);
    let nothing = Answered::Nothing("No such file or directory".to_owned());
    assert_eq!(look(&as_it_is), (false, Some(nothing.clone())));
    machine.write("/var/www/shop/maintenance.html", "", 0o644);
    let commented = format!("{as_it_is}# maintenance\n");
    assert_eq!(look(&commented), (false, Some(nothing)));
}
