//! Users, groups and homes that are there before us: taken where that is harmless, refused where not.

use wsgi_apply::{Change, Plan, PlanOptions};
use wsgi_tests::{Applier, Machine, PythonPackages, touched};

const VARS: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: web:app
wsgi_update_apt_cache: no
wsgi_ssh_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@test
";

const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

fn plan(machine: &Machine, vars: &str, options: PlanOptions) -> Plan {
    Applier::new(machine).plan(&[vars], options)
}

fn adopting() -> PlanOptions {
    let mut options = PlanOptions::default();
    options.adopt = true;
    options
}

/// The changes of accounts.
fn accounts(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter();
    let of_accounts = steps.filter(|step| {
        matches!(
            step.change,
            Change::Group { .. } | Change::User { .. } | Change::AlterUser { .. }
        )
    });
    of_accounts.map(ToString::to_string).collect()
}

#[test]
fn a_user_that_fits_is_taken_and_another_only_when_asked_for() {
    const IN_HOME: &str = "useradd --home-dir /var/www/shop";
    for (made_by, refused, adopted) in [
        (format!("{IN_HOME} --shell /bin/bash shop"), None, Some(0)),
        // A shell is no reason: it decides who logs in, which the vars file says.
        (
            format!("{IN_HOME} --shell /usr/sbin/nologin shop"),
            None,
            Some(1),
        ),
        (
            format!("{IN_HOME} --uid 4321 --shell /bin/bash shop"),
            None,
            Some(0),
        ),
        ("groupadd shop".to_owned(), None, Some(1)),
        (
            "useradd --home-dir /home/shop --create-home --shell /bin/bash shop".to_owned(),
            Some("the user shop is there already, with the home /home/shop"),
            Some(1),
        ),
        (
            format!("{IN_HOME} --gid users --shell /bin/bash shop && groupadd shop"),
            Some("the user shop is there already, in another group than shop"),
            Some(1),
        ),
        (
            format!("{IN_HOME} --system --user-group --shell /bin/bash shop"),
            Some("the user shop is there already, a system account with the id "),
            None,
        ),
    ] {
        let machine = Machine::up();
        machine.sh(&made_by).expect_success();
        let found = plan(&machine, VARS, PlanOptions::default());
        match refused {
            None => assert_eq!(found.obstacles, [], "{made_by}"),
            Some(why) => {
                let said: Vec<_> = found.obstacles.iter().map(ToString::to_string).collect();
                assert!(
                    said.len() == 1 && said[0].starts_with(why),
                    "{made_by}: {said:?}"
                );
            }
        }
        let found = plan(&machine, VARS, adopting());
        match adopted {
            None => assert_eq!(found.obstacles.len(), 1, "{made_by}"),
            Some(count) => {
                assert_eq!(found.obstacles, [], "{made_by}");
                assert_eq!(
                    accounts(&found).len(),
                    count,
                    "{made_by}: {:?}",
                    accounts(&found)
                );
            }
        }
    }
}

#[test]
fn a_home_of_somebody_else_is_refused_and_one_of_roots_taken() {
    let machine = Machine::up();
    machine
        .sh("mkdir -p /var/www/shop && chmod 0700 /var/www/shop")
        .expect_success();
    let found = plan(&machine, VARS, PlanOptions::default());
    assert_eq!(found.obstacles, []);
    assert!(touched(&found).contains(&"/var/www/shop".to_owned()));

    machine
        .sh("useradd ada && chown ada /var/www/shop")
        .expect_success();
    let found = plan(&machine, VARS, PlanOptions::default());
    let paths: Vec<_> = found.obstacles.iter().filter_map(|o| o.path()).collect();
    assert!(
        paths.iter().any(|path| path.as_str() == "/var/www/shop"),
        "{:?}",
        found.obstacles
    );
}

#[test]
fn a_login_has_its_own_files_and_other_peoples_keys_stay() {
    let machine = Machine::up();
    machine.offer_wheels(&PythonPackages::for_apps().expect("packages"));
    let mut applier = Applier::new(&machine);
    applier.apply(&[VARS]);
    let modes =
        "stat -c '%a %U:%G %n' /var/www/shop /var/www/shop/.ssh /var/www/shop/.ssh/authorized_keys";
    assert_eq!(
        machine.ok(["sh", "-c", modes]).text(),
        "711 shop:shop /var/www/shop\n\
         700 shop:shop /var/www/shop/.ssh\n\
         600 shop:shop /var/www/shop/.ssh/authorized_keys\n"
    );
    assert!(
        machine
            .text("/var/www/shop/.ssh/authorized_keys")
            .contains(KEY)
    );
    machine
        .sh("id -u shop | grep -q '^[1-9][0-9][0-9][0-9]'")
        .expect_success();

    // Somebody else lets somebody in; whoever may not log in any more loses our key alone.
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA grace@test";
    let add = format!("echo '{other}' >>/var/www/shop/.ssh/authorized_keys");
    machine.run_as("shop", ["sh", "-c", &add]).expect_success();
    assert_eq!(
        touched(&plan(&machine, VARS, PlanOptions::default())),
        [""; 0]
    );
    let closed = format!("{VARS}wsgi_ssh: no\n");
    applier.apply(&[&closed]);
    assert_eq!(
        machine.text("/var/www/shop/.ssh/authorized_keys"),
        format!("{other}\n")
    );
    let shell = machine
        .ok(["sh", "-c", "getent passwd shop | cut -d: -f7"])
        .text();
    assert_eq!(shell, "/usr/sbin/nologin\n");
}

#[test]
fn without_a_login_there_are_no_keys() {
    let machine = Machine::up();
    let found = plan(
        &machine,
        &format!("{VARS}wsgi_ssh: no\n"),
        PlanOptions::default(),
    );
    assert_eq!(found.obstacles, []);
    let keys: Vec<_> = touched(&found)
        .into_iter()
        .filter(|path| path.contains(".ssh"))
        .collect();
    assert_eq!(keys, [""; 0]);
}
