//! Exchanges while requests come in.

use wsgi_tests::{PythonPackages, Visitors, wait_until};

use crate::{Shop, VARS};

/// Each of the three ways to ask for an exchange, four times in turn.
fn exchanges_under_load(packages: &PythonPackages) {
    let shop = Shop::with_packages(&VARS.replace("workers: 2", "workers: 4"), packages);
    let machine = shop.machine();
    let _nginx = machine.spawn(["nginx", "-g", "daemon off;"]);
    wait_until("nginx listens", || {
        machine.sh("[ -s /run/nginx.pid ]").success()
    });
    let visitors = Visitors::in_a_hurry(machine, "shop.example.org");

    let releases = ["two", "one"].into_iter().cycle();
    for (round, release) in (0..12).zip(releases) {
        shop.switch(release);
        match round % 3 {
            0 => {
                shop.exchange().expect_success();
            }
            1 => {
                machine.ok(["service", "shop", "reload"]);
            }
            _ => shop.control(&["signal", "HUP", "shop"]),
        }
        wait_until("the other release alone answers", || {
            (0..8).all(|_| shop.answer() == release)
        });
    }
    let answers = visitors.leave();
    // An answer of two releases names both.
    assert_eq!(answers.keys().collect::<Vec<_>>(), ["one", "two"]);
    assert!(answers.values().all(|count| *count > 100), "{answers:?}");
}

#[test]
fn no_request_fails_and_each_is_answered_by_a_whole_release() {
    exchanges_under_load(&PythonPackages::for_apps().unwrap());
}

#[test]
fn debians_own_old_gunicorn_does_as_well() {
    exchanges_under_load(&PythonPackages::oldest().unwrap());
}

#[test]
fn a_request_in_flight_is_finished_by_the_release_that_took_it() {
    let shop = Shop::running(VARS);
    let url = "http://shop.example.org/slow";
    let argv = ["curl", "--silent", "--unix-socket", crate::SOCKET, url];
    let mut slow = shop.machine().spawn(argv);
    wait_until("a worker has it", || {
        shop.machine()
            .sh("ss -xH state established | grep -q gunicorn.sock")
            .success()
    });
    shop.switch("two");
    shop.exchange().expect_success();
    assert!(slow.is_running(), "nobody waits for it: {slow}");
    assert_eq!(shop.answer(), "two");
    wait_until("it is answered", || !slow.is_running());
    assert_eq!(slow.stdout(), "one");
}

#[test]
fn an_exchange_brings_the_environment_the_settings_and_the_workers_of_now() {
    let shop = Shop::running(&format!("{VARS}wsgi_env_vars: {{greeting: hello}}\n"));
    let herder = shop.herder();
    let vars = VARS.replace("workers: 2", "workers: 3");
    wsgi_tests::Container::on(
        shop.machine(),
        &format!("{vars}wsgi_env_vars: {{greeting: good morning}}\n"),
    );
    shop.exchange().expect_success();
    wait_until("one gunicorn is left", || shop.masters().len() == 1);
    assert_eq!(shop.herder(), herder);
    let workers = crate::children(shop.machine(), &shop.masters()[0]);
    assert_eq!(workers.len(), 3);
    for pid in workers {
        let environment = shop.machine().text(&format!("/proc/{pid}/environ"));
        let mut values = environment.split('\0');
        assert!(values.any(|value| value == "GREETING=good morning"));
    }
}

#[test]
fn a_worker_that_takes_the_place_of_another_is_of_the_same_release() {
    let shop = Shop::running(VARS);
    shop.switch("two");
    let master = &shop.masters()[0];
    let before = crate::children(shop.machine(), master);
    for worker in &before {
        shop.machine().ok(["kill", "-KILL", worker]);
    }
    wait_until("others answer", || {
        let now = crate::children(shop.machine(), master);
        now.len() == 2 && before.iter().all(|worker| !now.contains(worker))
    });
    wait_until("they answer", || shop.answer() == "one");
}
