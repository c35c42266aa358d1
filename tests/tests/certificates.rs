//! What nginx reads for TLS is looked at before anything is changed.

use wsgi_apply::{AppStatus, Obstacle, PlanOptions};
use wsgi_render::Target;
use wsgi_tests::{Applier, Authority, KeyKind, Machine};

const VARS: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: web:app
wsgi_server_names: [shop.test]
wsgi_ssl: yes
";

const CERTIFICATE: &str = "/etc/ssl/certs/shop.crt";
const KEY: &str = "/etc/ssl/private/shop.key";

/// Gives the app another certificate of its key, for so many days.
const SELF_SIGNED: &str = "cd /etc/ssl && openssl x509 -req -in shop.csr -signkey private/shop.key \
     -out certs/shop.crt";

fn certified(key: KeyKind) -> Machine {
    let machine = Machine::up();
    Authority::new(&machine, key).certify("shop", &["shop.test"]);
    machine
}

/// What is in the way, as a person reads it.
fn obstacles(machine: &Machine, vars: &str) -> Vec<String> {
    let plan = Applier::new(machine).plan(&[vars], PlanOptions::default());
    let obstacles = plan.obstacles.iter();
    let of_tls = obstacles.filter(|obstacle| matches!(obstacle, Obstacle::TlsFile { .. }));
    of_tls.map(ToString::to_string).collect()
}

#[test]
fn a_certificate_with_its_key_is_taken() {
    for key in [KeyKind::Rsa, KeyKind::Ecdsa] {
        let machine = certified(key);
        let plan = Applier::new(&machine).plan(&[VARS], PlanOptions::default());
        assert_eq!(
            (plan.obstacles, plan.remarks),
            (Vec::new(), Vec::new()),
            "{key:?}"
        );
    }
}

#[test]
fn what_nginx_or_browsers_would_not_take_is_said_with_its_variable() {
    let machine = certified(KeyKind::Rsa);
    machine
        .sh("cd /etc/ssl && cp -a certs/shop.crt crt && cp -a private/shop.key key")
        .expect_success();
    let crt = |problem: &str| format!("wsgi_ssl_crt_file: {CERTIFICATE} {problem}");
    let key = |problem: &str| format!("wsgi_ssl_key_file: {KEY} {problem}");
    let mismatch = key(&format!("is not the key of {CERTIFICATE}"));
    for (break_it, expected) in [
        (format!("rm {CERTIFICATE}"), crt("does not exist")),
        (format!("ln -sf /nowhere {KEY}"), key("does not exist")),
        (format!("rm {KEY} && mkdir {KEY}"), key("is not a file")),
        (
            format!("echo x >{CERTIFICATE}"),
            crt("holds no certificate in PEM"),
        ),
        (
            format!("cp {KEY} {CERTIFICATE}"),
            crt("holds no certificate that openssl can read, but PRIVATE KEY"),
        ),
        (
            format!("openssl rsa -in {KEY} -aes256 -passout pass:x -out new && mv new {KEY}"),
            key("has a password, which nginx cannot ask for when it starts with the host"),
        ),
        (
            format!(
                "openssl rsa -in {KEY} -traditional -aes256 -passout pass:x -out new && mv new {KEY}"
            ),
            key("has a password, which nginx cannot ask for when it starts with the host"),
        ),
        (format!("openssl genrsa -out {KEY} 2048"), mismatch.clone()),
        (
            format!("openssl ecparam -name prime256v1 -genkey -noout -out {KEY}"),
            mismatch,
        ),
    ] {
        machine
            .sh(&format!("cd /etc/ssl && {break_it}"))
            .expect_success();
        assert_eq!(obstacles(&machine, VARS), [expected], "{break_it}");
        let mend = format!(
            "cd /etc/ssl && rm -rf {CERTIFICATE} {KEY} && cp -a crt {CERTIFICATE} && cp -a key {KEY}"
        );
        machine.sh(&mend).expect_success();
    }
    assert_eq!(obstacles(&machine, VARS), [""; 0]);
}

#[test]
fn time_is_told_by_the_hosts_clock() {
    let machine = certified(KeyKind::Ecdsa);
    machine
        .sh(&format!("{SELF_SIGNED} -days -1"))
        .expect_success();
    let said = obstacles(&machine, VARS);
    let is_said = said.len() == 1 && said[0].contains("has expired: it was valid until ");
    assert!(is_said, "{said:?}");

    machine
        .sh(&format!("{SELF_SIGNED} -days 5"))
        .expect_success();
    let plan = Applier::new(&machine).plan(&[VARS], PlanOptions::default());
    assert_eq!(plan.obstacles, []);
    let soon = plan.remarks.iter().any(|remark| {
        remark.starts_with("wsgi_ssl_crt_file expires in ") && remark.contains(CERTIFICATE)
    });
    assert!(soon, "{:?}", plan.remarks);

    let facts = Applier::new(&machine).facts(&[VARS]);
    let desired = wsgi_tests::desired(&[VARS], &Target::default());
    let status = AppStatus::of(&desired.bundles()[0], &facts, &plan);
    let certificate = status.certificate.expect("there is one");
    let validity = certificate.validity.expect("it can be read");
    // Within the same second, or a little later.
    let days = validity.days();
    assert!(days == Some(5) || days == Some(4), "{validity:?}");
    assert!(validity.is_due());
}

#[test]
fn the_files_of_options_are_looked_at_when_they_are_on() {
    let machine = certified(KeyKind::Ecdsa);
    let vars = format!("{VARS}wsgi_ssl_diffie_hellman: yes\nwsgi_ssl_ocsp: yes\n");
    assert_eq!(
        obstacles(&machine, &vars),
        [
            "wsgi_ssl_diffie_hellman_pem: /etc/ssl/private/shop.pem does not exist",
            "wsgi_ssl_staple_crt_file: /etc/ssl/private/shop.stapling.crt does not exist",
        ]
    );
    let files = format!(
        "cp {} /etc/ssl/private/shop.stapling.crt
         openssl dhparam -out /etc/ssl/private/shop.pem -dsaparam 2048",
        Authority::CERTIFICATE
    );
    machine.sh(&files).expect_success();
    assert_eq!(obstacles(&machine, &vars), [""; 0]);
    machine
        .sh("cp /etc/ssl/certs/shop.crt /etc/ssl/private/shop.pem")
        .expect_success();
    assert_eq!(
        obstacles(&machine, &vars),
        [
            "wsgi_ssl_diffie_hellman_pem: /etc/ssl/private/shop.pem holds no parameters of \
          Diffie-Hellman that openssl can read, but CERTIFICATE"
        ]
    );
}

#[test]
fn a_host_without_openssl_is_not_refused() {
    let machine = certified(KeyKind::Ecdsa);
    machine.sh("rm /usr/bin/openssl").expect_success();
    let plan = Applier::new(&machine).plan(&[VARS], PlanOptions::default());
    assert_eq!(plan.obstacles, []);
    let said = plan
        .remarks
        .iter()
        .any(|remark| remark.starts_with("there is no openssl"));
    assert!(said, "{:?}", plan.remarks);
    // That a file is not there is seen all the same.
    machine.sh(&format!("rm {KEY}")).expect_success();
    assert_eq!(
        obstacles(&machine, VARS),
        [format!("wsgi_ssl_key_file: {KEY} does not exist")]
    );
}
