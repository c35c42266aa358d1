//! A host that loses its power after an apply.

use wsgi_apply::PlanOptions;
use wsgi_tests::{Applier, PythonPackages, TargetHost, TargetHostBuilder, touched, wait_until};

const VARS: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: shop:app
wsgi_server_names: [shop.test]
wsgi_support_email: help@shop.test
wsgi_ssh_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@test
";

const APP: &str = "def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'open']
";

const ASK: &str = "curl -sf -m 20 -H 'Host: shop.test' http://127.0.0.1/";

#[test]
fn an_app_serves_again_after_its_host_has_lost_its_power() {
    outlives_a_power_cycle(TargetHost::builder());
}

#[cfg(feature = "long")]
#[test]
fn nor_does_it_take_systemd_or_debian_12() {
    use wsgi_tests::{Init, Suite};

    outlives_a_power_cycle(TargetHost::builder().init(Init::Tiny));
    outlives_a_power_cycle(TargetHost::builder().suite(Suite::Trixie));
}

fn outlives_a_power_cycle(host: TargetHostBuilder) {
    let mut host = host.ready_for_apps().up();
    let machine = host.machine().clone();
    machine.offer_wheels(&PythonPackages::for_apps().expect("packages"));
    machine
        .sh("useradd --no-create-home --home-dir /var/www/shop --shell /bin/bash shop")
        .expect_success();
    machine.write("/var/www/shop/current/shop.py", APP, 0o644);
    machine
        .sh("chmod 755 /var/www/shop/current && chown -R shop: /var/www/shop")
        .expect_success();
    Applier::new(&machine).apply(&[VARS]);
    wait_until("it is served", || machine.sh(ASK).text() == "open");
    machine.write("/run/witness", "", 0o644);

    host.power_cycle();
    let machine = host.machine();
    assert!(!machine.exists("/run/witness"), "it was never off");
    wait_until("it is served again", || machine.sh(ASK).text() == "open");
    for service in ["cron", "nginx", "supervisor", "shop"] {
        machine.ok(["service", service, "status"]);
    }
    // Nothing has to be mended.
    let plan = Applier::new(machine).plan(&[VARS], PlanOptions::default());
    assert_eq!(touched(&plan), [""; 0]);
    assert_eq!(plan.obstacles, []);
}
