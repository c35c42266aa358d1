//! Other sites, programs and packages of the host: what of them is in the way is said before anything is
//! changed, by the name of the file that it is in.

use std::collections::BTreeSet;

use wsgi_apply::{Change, Obstacle, Outcome, Plan, PlanOptions};
use wsgi_tests::{Applier, Machine, Process, PythonPackages, touched, wait_until};

const VARS: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: web:app
wsgi_server_names: [shop.test]
wsgi_update_apt_cache: no
";

fn machine() -> Machine {
    let machine = Machine::up();
    machine.offer_wheels(&PythonPackages::for_apps().expect("packages"));
    machine
}

fn plan(machine: &Machine, vars: &str) -> Plan {
    Applier::new(machine).plan(&[vars], PlanOptions::default())
}

fn said(plan: &Plan) -> Vec<String> {
    plan.obstacles.iter().map(ToString::to_string).collect()
}

/// What is below `/etc` and who may be there, to be compared; not the applier's own notes.
fn state(machine: &Machine) -> BTreeSet<String> {
    let all = "cd / && find etc -type f -exec sha256sum {} +
        find var/lib var/www -maxdepth 2 ! -path 'var/lib/wsgi*' ! -path 'var/lib/dpkg*' ! -path 'var/lib/apt*'";
    let text = machine.ok(["sh", "-c", all]).text();
    text.lines().map(str::to_owned).collect()
}

fn supervisor(machine: &Machine) -> Process {
    let supervisor = machine.spawn([
        "supervisord",
        "-n",
        "-c",
        "/etc/supervisor/supervisord.conf",
    ]);
    wait_until("supervisor answers", || {
        machine.sh("[ -S /run/supervisor.sock ]").success()
    });
    supervisor
}

#[test]
fn a_site_that_nginx_refuses_already_is_named() {
    let machine = machine();
    machine.write(
        "/etc/nginx/sites-enabled/theirs",
        "server { listen 80; nonsense on; }\n",
        0o644,
    );
    let found = plan(&machine, VARS);
    let said = said(&found);
    let named = said.len() == 1
        && said[0].contains("unknown directive \"nonsense\" in /etc/nginx/sites-enabled/theirs:1");
    assert!(named, "{said:?}");
    assert!(matches!(
        found.obstacles[..],
        [Obstacle::NginxRefuses { .. }]
    ));
}

#[test]
fn a_name_that_another_site_has_is_refused_with_its_file() {
    let theirs = "/etc/nginx/sites-enabled/theirs";
    let taken = "the name shop.test on port 80";
    for (site, expected) in [
        (
            "server {\n  listen 80;\n  server_name www.test shop.test;\n}\n",
            Some(taken),
        ),
        ("server {\n  server_name SHOP.test;\n}\n", Some(taken)),
        (
            "server {\n  listen [::]:80;\n  server_name 'shop.test';\n}\n",
            Some(taken),
        ),
        (
            "upstream wsgi_shop {\n  server 127.0.0.1:1;\n}\n",
            Some("the upstream wsgi_shop"),
        ),
        (
            "server {\n  listen 81;\n  server_name shop.test;\n}\n",
            None,
        ),
        (
            "server {\n  listen 80;\n  server_name a.test;\n}\nserver {\n  listen 81;\n  \
             server_name shop.test;\n}\n",
            None,
        ),
        (
            "# server_name shop.test;\nserver {\n  listen 80;\n  server_name _;\n}\n",
            None,
        ),
    ] {
        let machine = machine();
        machine.write(theirs, site, 0o644);
        let found = said(&plan(&machine, VARS));
        let expected = expected.map(|what| format!("{theirs} has {what} already"));
        assert_eq!(found, Vec::from_iter(expected), "{site}");
    }
}

#[test]
fn an_app_of_ours_that_is_not_part_of_the_call_is_a_neighbour_too() {
    let machine = machine();
    let bank = VARS
        .replace("shop", "bank")
        .replace("bank.test", "shop.test");
    Applier::new(&machine).apply(&[&bank]);
    assert_eq!(
        said(&plan(&machine, VARS)),
        ["/etc/nginx/sites-enabled/bank has the name shop.test on port 80 already"]
    );
    // Renamed, it would leave the old one behind: which is said by the same words.
    let found = plan(&machine, &bank);
    assert_eq!((said(&found), touched(&found)), (Vec::new(), Vec::new()));
}

#[test]
fn a_port_of_another_program_is_refused_and_nginxs_own_is_not() {
    let machine = machine();
    let listen =
        "import socket, signal\ns = socket.create_server(('127.0.0.1', 80))\nsignal.pause()";
    let mut other = machine.spawn(["/usr/bin/python3", "-c", listen]);
    wait_until("it listens", || {
        machine.sh("ss -ltn | grep -q :80").success()
    });
    let taken = "another program than nginx listens to port 80";
    assert_eq!(said(&plan(&machine, VARS)), [taken]);
    let elsewhere = format!("{VARS}wsgi_nginx_http_port: 8080\n");
    assert_eq!(said(&plan(&machine, &elsewhere)), [""; 0]);

    other.stop();
    let nginx = machine.spawn(["nginx", "-g", "daemon off;"]);
    wait_until("nginx listens", || {
        machine.sh("[ -s /run/nginx.pid ]").success()
    });
    assert_eq!(said(&plan(&machine, VARS)), [""; 0], "{}", nginx.stderr());
}

#[test]
fn a_program_of_the_same_name_is_refused_with_its_file() {
    let machine = machine();
    let path = "/etc/supervisor/conf.d/old-shop.conf";
    machine.write(path, "[program:shop]\ncommand=/bin/cat\n", 0o644);
    assert_eq!(
        said(&plan(&machine, VARS)),
        [format!("{path} has a program shop already")]
    );
}

#[test]
fn a_program_that_supervisor_refuses_already_is_named_before_anything_is_changed() {
    let machine = machine();
    let _supervisor = supervisor(&machine);
    let path = "/etc/supervisor/conf.d/theirs.conf";
    machine.write(
        path,
        "[program:theirs]\ncommand=/bin/cat\nuser=nobodyatall\n",
        0o644,
    );
    let before = state(&machine);
    let mut applier = Applier::new(&machine);
    let found = applier.plan(&[VARS], PlanOptions::default());
    assert_eq!(found.obstacles, []);
    let (report, _) = applier.perform(&found);
    let Outcome::Refused { said } = &report.outcome else {
        panic!("{report:?}");
    };
    assert!(said.iter().any(|line| line.contains(path)), "{said:?}");
    assert_eq!(report.done, [0; 0]);
    let changed: Vec<_> = before
        .symmetric_difference(&state(&machine))
        .cloned()
        .collect();
    assert_eq!(changed, [""; 0]);

    machine.sh(&format!("rm {path}")).expect_success();
    applier.apply(&[VARS]);
}

#[test]
fn services_that_do_not_run_or_do_not_start_with_the_host_are_seen_to() {
    let machine = machine();
    let mut applier = Applier::new(&machine);
    machine
        .sh("update-rc.d -f cron remove && update-rc.d -f supervisor remove")
        .expect_success();
    let found = applier.plan(&[VARS], PlanOptions::default());
    let services: Vec<_> = found
        .steps
        .iter()
        .filter_map(|step| match step.change {
            Change::Service { name } => Some(name),
            _ => None,
        })
        .collect();
    assert_eq!(services, ["supervisor", "cron", "nginx"]);
    applier.apply(&[VARS]);
    for (service, process) in [
        ("supervisor", "supervisord"),
        ("cron", "cron"),
        ("nginx", "nginx"),
    ] {
        let starts = format!("ls /etc/rc2.d/S*{service} && pgrep -x {process}");
        machine.sh(&starts).expect_success();
    }
    let asked = machine.sh(
        "curl -s -o /dev/null -w '%{http_code}' --resolve shop.test:80:127.0.0.1 http://shop.test/",
    );
    // There is no release yet, so the site answers by its page for failures.
    assert_eq!(asked.text(), "502");

    machine.sh("service supervisor stop").expect_success();
    wait_until("supervisor has ended", || {
        !machine.sh("pgrep -x supervisord").success()
    });
    let found = applier.plan(&[VARS], PlanOptions::default());
    assert!(
        touched(&found).contains(&"service supervisor".to_owned()),
        "{:?}",
        touched(&found)
    );
}

#[test]
fn a_package_that_another_one_provides_is_there() {
    let machine = machine();
    // Debian's libfreetype-dev says of itself that it provides libfreetype6-dev.
    let provided = machine.ok([
        "sh",
        "-c",
        "dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\\n'",
    ]);
    let provided = provided.text();
    let line = provided.lines().find_map(|line| {
        let mut words = line.strip_prefix("installed ")?.split([' ', ',']);
        let (package, virtual_name) = (words.next()?, words.next()?);
        let is_virtual =
            !virtual_name.is_empty() && !provided.contains(&format!("installed {virtual_name} "));
        is_virtual.then(|| (package.to_owned(), virtual_name.to_owned()))
    });
    let (package, virtual_name) = line.expect("some package provides another");
    let version = machine
        .ok(["dpkg-query", "-W", "-f", "${Version}", &package])
        .text();
    let vars = |extra: &str| format!("{VARS}wsgi_extra_apt_packages: [{extra}]\n");
    for (name, is_there) in [
        (virtual_name.clone(), true),
        (package.clone(), true),
        (format!("'{package}={version}'"), true),
        (format!("'{package}=0.0-none'"), false),
        ("no-such-package".to_owned(), false),
    ] {
        let found = plan(&machine, &vars(&name));
        let mut missing = found.steps.iter().filter_map(|step| match &step.change {
            Change::Packages { names, .. } => Some(names),
            _ => None,
        });
        assert_eq!(missing.next().is_none(), is_there, "{name}");
    }

    let before = state(&machine);
    let mut applier = Applier::new(&machine);
    let found = applier.plan(&[&vars("no-such-package")], PlanOptions::default());
    let (report, _) = applier.perform(&found);
    let Outcome::Failed(failures) = &report.outcome else {
        panic!("{report:?}");
    };
    let said = failures[0].said.join("\n");
    assert!(
        said.contains("Unable to locate package no-such-package"),
        "{said}"
    );
    let changed: Vec<_> = before
        .symmetric_difference(&state(&machine))
        .cloned()
        .collect();
    assert_eq!(changed, [""; 0]);
}

#[test]
fn a_line_that_nginx_refuses_is_shown_with_its_template_and_variable() {
    let machine = machine();
    let theirs = "server { listen 80 default_server; server_name a.test; }\n";
    machine.write("/etc/nginx/sites-enabled/a-theirs", theirs, 0o644);
    let mut applier = Applier::new(&machine);
    applier.apply(&[VARS]);
    let kept = machine.text("/etc/nginx/sites-available/shop");
    let vars = VARS.replace("wsgi_server_names: [shop.test]", "wsgi_server_names: []");
    let found = applier.plan(&[&vars], PlanOptions::default());
    let (report, _) = applier.perform(&found);
    let Outcome::Failed(failures) = &report.outcome else {
        panic!("{report:?}");
    };
    let said = failures[0].said.join("\n");
    assert!(said.contains("a duplicate default server"), "{said}");
    let places = found.places(&said);
    let [place] = &places[..] else {
        panic!("{said}: {places:?}");
    };
    assert_eq!(place.path.as_str(), "/etc/nginx/sites-available/shop");
    assert_eq!(place.source, Some("nginx/site.hbs"));
    assert_eq!(place.text.as_deref(), Some("listen 80 default_server;"));
    let app = wsgi_tests::app(&vars);
    let variables = app.variables_in(place.text.as_deref().unwrap_or_default());
    let variables: Vec<_> = variables.iter().map(|variable| variable.name).collect();
    assert_eq!(variables, ["wsgi_nginx_http_port"]);
    assert_eq!(machine.text("/etc/nginx/sites-available/shop"), kept);
    let again = applier.plan(&[VARS], PlanOptions::default());
    assert_eq!(
        (again.obstacles.len(), machine.sh("nginx -t").success()),
        (0, true)
    );
}
