//! Links, pipes and other things where files should be, put there by the app's user or by chance.

use wsgi_apply::{Observed, Obstacle};
use wsgi_model::AbsPath;
use wsgi_tests::Machine;

use crate::subject::{Age, Subject, vars};

/// In a file that only root can read.
const ROOTS: &str = "roots-own-7f3a9c";

/// What root has outside of the app's directories: never read for the app's user, never changed.
fn treasure(machine: &Machine) {
    machine.write("/root/treasure", ROOTS, 0o600);
    machine.write("/root/.ssh/authorized_keys", ROOTS, 0o600);
    machine
        .sh("mkdir -p /root/bin; chmod 700 /root /root/.ssh /root/bin")
        .expect_success();
}

/// All of root's home: names, permissions, owners, contents.
fn treasury(machine: &Machine) -> String {
    machine
        .sh("find /root -printf '%p %m %u %y %l\n' | sort; cat /root/treasure /root/.ssh/*; ls /etc/cron.d /tmp/elsewhere 2>/dev/null")
        .text()
}

/// Nothing of root's has come to a place where the app's user can read it.
fn nothing_leaked(machine: &Machine) {
    let found = machine.run_as(
        "shop",
        [
            "grep",
            "-rls",
            ROOTS,
            "/var/www",
            "/var/log/shop",
            "/var/lib/shop",
            "/etc",
            "/mnt",
            "/tmp",
        ],
    );
    assert_eq!(found.text(), "", "what is root's can be read by the app");
}

#[test]
fn what_is_no_file_where_a_file_should_be_is_in_the_way_and_stays() {
    let mut subject = Subject::fresh();
    let machine = subject.machine.clone();
    treasure(&machine);
    let before = treasury(&machine);
    let files = [
        "/etc/wsgi/shop/env",
        "/etc/nginx/sites-available/shop",
        "/etc/nginx/sites-enabled/shop",
        "/etc/cron.d/shop",
        "/etc/sudoers.d/shop",
        "/etc/supervisor/conf.d/shop.conf",
        "/mnt/shop/500.html",
        "/var/log/supervisor/shop.log",
    ];
    let strange = [
        ("a directory", "mkdir @"),
        ("a symbolic link", "ln -s /root/treasure @"),
        ("a symbolic link", "ln -s /root/nothing @"),
        ("a named pipe", "mkfifo @"),
        (
            "a socket",
            "/usr/bin/python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' @",
        ),
        ("a file", "echo foreign >@"),
    ];
    let is_told = |obstacles: &[Obstacle], noun: &str, path: &str| {
        let found = obstacles.iter().any(|obstacle| {
            let text = obstacle.to_string();
            text.contains(noun) && text.contains(path)
        });
        assert!(found, "{path}, {noun}: {obstacles:?}");
    };
    for (noun, make) in strange {
        for file in files {
            let parent = file.rsplit_once('/').unwrap().0;
            let make = make.replace('@', file);
            let script = format!("mkdir -p {parent}; rm -rf {file}; {make}");
            machine.sh(&script).expect_success();
        }
        let obstacles = subject.plan(&vars(Age::Old)).obstacles;
        // Supervisor fills the one in /var/log, so a file there is as it should be.
        for file in files
            .iter()
            .filter(|file| noun != "a file" || !file.starts_with("/var/log"))
        {
            is_told(&obstacles, noun, file);
        }
    }
    machine.ok(["rm", "-rf"].into_iter().chain(files));
    let directories = [
        "/etc/wsgi",
        "/var/lib/shop",
        "/mnt/shop",
        "/var/www/shop",
        "/var/log/shop",
    ];
    for (noun, make) in &strange[3..] {
        for directory in directories {
            let script = format!("rm -rf {directory}; {}", make.replace('@', directory));
            machine.sh(&script).expect_success();
        }
        let obstacles = subject.plan(&vars(Age::Old)).obstacles;
        for directory in directories {
            is_told(&obstacles, noun, directory);
        }
    }
    machine.ok(["rm", "-rf"].into_iter().chain(directories));
    assert_eq!(treasury(&machine), before);
    assert!(!machine.exists("/var/lib/wsgi"), "something was performed");
}

#[test]
fn links_that_the_apps_user_has_planted_lead_nobody_to_what_is_roots() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    treasure(&machine);
    let before = treasury(&machine);
    let more = "wsgi_extra_pip_packages: [{name: flask}]\n";
    for (place, target) in [
        ("/var/www/shop/.bashrc", "/root/treasure"),
        ("/var/www/shop/.bash_profile", "/root/nothing"),
        ("/var/www/shop/.ssh", "/root/.ssh"),
        (
            "/var/www/shop/.ssh/authorized_keys",
            "/root/.ssh/authorized_keys",
        ),
        ("/var/www/shop/releases", "/root"),
        ("/var/lib/shop/venv", "/root"),
        ("/var/lib/shop/venv/bin", "/root/bin"),
        ("/var/log/shop/supervisor.log", "/root/treasure"),
        ("/mnt/shop/media", "/root"),
    ] {
        let plant = format!("mv {place} {place}.own 2>&1; ln -s {target} {place}");
        let planted = machine.run_as("shop", ["sh", "-c", &plant]);
        // Not all of these are the user's to replace.
        if planted.success() {
            let wanted = vars(Age::New) + more;
            let plan = subject.plan(&wanted);
            if plan.obstacles.is_empty() {
                subject.perform(plan);
            }
            assert_eq!(treasury(&machine), before, "{place}");
            nothing_leaked(&machine);
        }
        let undo = format!("[ ! -e {place}.own ] || {{ rm -rf {place}; mv {place}.own {place}; }}");
        machine.run_as("shop", ["sh", "-c", &undo]);
        let facts = subject.facts(&vars(Age::Old)).unwrap();
        drop(facts);
        let plan = subject.plan(&vars(Age::Old));
        assert!(plan.obstacles.is_empty(), "{place}: {:?}", plan.obstacles);
        subject.perform(plan).done();
    }
    subject.is_whole(&vars(Age::Old));
    assert!(subject.runs(Age::Old));
}

#[test]
fn links_that_come_and_go_while_we_work_lead_nobody_to_what_is_roots() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    treasure(&machine);
    // A file of root's in the home, as `sudo cp` leaves it: root's own programs would read it.
    machine
        .sh("cd /var/www/shop; cp .bashrc x; chmod 644 x; mv x .bashrc")
        .expect_success();
    let before = treasury(&machine);
    let exchange = r"
        exchange() { # path target
            mv -T $1 $1.own; ln -sT $2 $1; rm -f $1; mv -T $1.own $1
            mv -T $1 $1.own; mkfifo $1; rm -f $1; mv -T $1.own $1
        }
        cd /var/www/shop
        while :; do
            exchange .bashrc /root/treasure
            exchange .bash_profile /root/nothing
            exchange .ssh /root/.ssh
            exchange releases /root
            exchange /var/log/shop/supervisor.log /root/treasure
            exchange /mnt/shop/media /root/bin
            sleep 0.1 # else hardly a plan is still true when it is performed
        done";
    let attack = machine.command(["sh", "-c", exchange]).user("shop").spawn();
    let bashrc = AbsPath::parse("/var/www/shop/.bashrc").unwrap();
    let (mut seen, mut performed, mut age) = (0, 0, Age::Old);
    let enough = if cfg!(feature = "long") { 200 } else { 6 };
    for tried in 0..10 * enough {
        if tried >= enough && performed > 0 {
            break;
        }
        age = age.other();
        let Ok(facts) = subject.facts(&vars(age)) else {
            continue;
        };
        seen += 1;
        if let Observed::File {
            contents: Some(contents),
            ..
        } = facts.at(&bashrc)
        {
            assert!(
                !String::from_utf8_lossy(contents).contains(ROOTS),
                "root followed a link"
            );
        }
        let plan = subject.plan_if_observed(&vars(age));
        if let Some(plan) = plan.filter(|plan| plan.obstacles.is_empty()) {
            let told = subject.perform(plan);
            performed += usize::from(told.result.is_ok());
            assert!(!told.said.contains(ROOTS), "{}", told.said);
        }
        assert_eq!(treasury(&machine), before);
        nothing_leaked(&machine);
    }
    assert!(
        seen > 0 && performed > 0,
        "the attack kept us from trying: {seen} {performed}"
    );
    drop(attack);
    machine
        .sh("cd /var/www/shop; for f in .bashrc .bash_profile .ssh releases; do [ ! -e $f.own ] || { rm -rf $f; mv -T $f.own $f; }; done
             for f in /var/log/shop/supervisor.log /mnt/shop/media; do [ ! -e $f.own ] && [ ! -L $f.own ] || { rm -rf $f; mv -T $f.own $f; }; done
             chown shop: .bashrc")
        .expect_success();
    subject.apply(&vars(age));
    subject.apply(&vars(age.other()));
    subject.is_whole(&vars(age.other()));
    assert!(subject.runs(age.other()));
}

#[test]
fn a_program_that_works_as_the_apps_user_has_nothing_of_ours_to_take() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    // All open files of all processes of that user, for as long as we work.
    let look = "while :; do for p in /proc/[0-9]*; do [ -O $p ] || continue
        ls -l $p/fd 2>/dev/null | grep -o '/var/lib/wsgi[^ ]*'; done; done";
    let looking = machine.command(["sh", "-c", look]).user("shop").spawn();
    machine
        .sh("cd /var/www/shop; rm .bashrc .bash_profile .ssh/authorized_keys")
        .expect_success();
    subject.apply(&(vars(Age::New) + "wsgi_extra_pip_packages: [{name: flask}]\n"));
    let seen = looking.stdout();
    assert!(seen.contains("/.host/stage/"), "nothing was seen");
    assert!(
        !seen.contains("/lock"),
        "the user can keep the host locked: {seen}"
    );
    assert!(
        !seen.contains("/log"),
        "the user can write in the log: {seen}"
    );
}

#[test]
fn a_directory_that_a_group_can_write_is_not_roots_alone() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    machine.ok(["chmod", "775", "/etc/wsgi"]);
    machine.ok(["chgrp", "shop", "/etc/wsgi"]);
    subject.is_refused(
        &vars(Age::New),
        "/etc/wsgi, which belongs to the group shop",
    );
    machine.ok(["chgrp", "root", "/etc/wsgi"]);
    machine.ok(["chmod", "775", "/var/log"]);
    machine.ok(["chgrp", "shop", "/var/log"]);
    let moved = vars(Age::New) + "wsgi_log_dir: /var/log/other/\n";
    subject.is_refused(&moved, "/var/log");
    // Ubuntu's own.
    machine
        .sh("groupadd syslog; chgrp syslog /var/log")
        .expect_success();
    assert!(subject.plan(&moved).obstacles.is_empty());
}
