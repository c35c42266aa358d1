//! The environment file is read by real shells, and gives back every value byte for byte.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use wsgi_model::{AppName, AppParts, AppSpec, EnvName, EnvValue, EnvVar, WsgiTarget};
use wsgi_render::{Target, render};
use wsgi_tests::{Container, Machine};

const SHELLS: &[&[&str]] = &[&["bash"], &["bash", "--posix"], &["bash", "-i"], &["dash"]];

const FILE: &str = "/etc/wsgi/shop/env";

fn awkward() -> Vec<String> {
    let mut values: Vec<String> = [
        "",
        " ",
        "two  spaces",
        "it's",
        "'",
        "'''",
        "\\",
        "\\'",
        "a\\",
        "\"quoted\"",
        "$HOME ${HOME} $(id) `id`",
        "100%",
        "%(x)s %% \\%",
        "line one\nline two\n",
        "\r\n",
        "ends in CR\r",
        "tab\tand\x0bbell\x07 escape\x1b[31m",
        "\x01\x02\x7f\x08",
        "!history !! !$",
        "*?[a]{b,c}",
        "~ ~root",
        "# no comment",
        "; rm -rf / & | < > ( )",
        "export A=b",
        "пароль 密码 🔑 é e\u{301}",
        "\u{feff}bom",
        "\u{80}\u{81}\u{88}\u{ff}",
        "a=b",
        "-n",
    ]
    .map(str::to_owned)
    .into();
    values.push("long'".repeat(20_000));
    values
}

fn app(values: &[String]) -> AppSpec {
    let mut parts = AppParts::new(
        AppName::parse("shop").unwrap(),
        WsgiTarget::parse("shop.wsgi").unwrap(),
    );
    parts.env_vars = values
        .iter()
        .enumerate()
        .map(|(i, value)| EnvVar {
            name: EnvName::parse(&format!("V{i}")).unwrap(),
            value: EnvValue::parse(value).unwrap(),
        })
        .collect();
    AppSpec::new(parts).unwrap()
}

/// What a process has in its environment after a shell has read the file.
fn as_read_by(machine: &Machine, shell: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let script = format!(". {FILE}; exec env -0");
    let mut argv = shell.to_vec();
    argv.extend(["-c", &script]);
    machine
        .ok(argv)
        .stdout
        .split(|byte| *byte == 0)
        .filter(|entry| !entry.is_empty())
        .map(|entry| {
            let equals = entry.iter().position(|byte| *byte == b'=').unwrap();
            let name = String::from_utf8(entry[..equals].to_vec()).unwrap();
            (name, entry[equals + 1..].to_vec())
        })
        .collect()
}

fn assert_read_back(machine: &Machine, app: &AppSpec) {
    let bundle = render(app, &Target::default()).unwrap();
    let wsgi_model::Node::File { contents, .. } = &bundle.artifact(FILE).unwrap().node else {
        panic!("the environment is a file");
    };
    machine.write(FILE, contents.expose(), 0o600);
    for shell in SHELLS {
        let read = as_read_by(machine, shell);
        for var in app.environment() {
            let got = read
                .get(var.name.as_str())
                .map(|v| String::from_utf8_lossy(v));
            assert_eq!(
                got.as_deref(),
                Some(var.value.expose()),
                "{} in {shell:?}",
                var.name
            );
        }
    }
}

#[test]
fn every_shell_gets_awkward_values_byte_for_byte() {
    assert_read_back(&Machine::up(), &app(&awkward()));
}

#[test]
fn every_shell_gets_any_value_byte_for_byte() {
    let machine = Machine::up();
    let value = any::<String>().prop_map(|text| text.replace('\0', ""));
    let values = proptest::collection::vec(value, 1..60);
    proptest!(ProptestConfig::with_cases(24), |(values in values)| {
        assert_read_back(&machine, &app(&values));
    });
}

#[test]
fn both_spellings_of_the_readme_are_exported() {
    let shop = Container::up(
        "wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_databases: [{id: main, name: n, user: u, password: \"p'w\", host: h, port: 5432}]
wsgi_env_vars: {my_secret: 'super-secret-key'}
",
    );
    let read = as_read_by(shop.machine(), &["dash"]);
    for (name, value) in [
        ("SHOP_APP_PATH", "/var/www/shop/"),
        ("SHOP_APP_NAME", "shop"),
        ("SHOP_RELEASE_DIR", "/var/www/shop/releases/"),
        ("SHOP_APP_RELEASE_DIR", "/var/www/shop/releases/"),
        ("SHOP_VENV", "/var/lib/shop/venv/"),
        ("SHOP_APP_VENV", "/var/lib/shop/venv/"),
        ("SHOP_LOG_DIR", "/var/log/shop/"),
        ("SHOP_APP_LOG_DIR", "/var/log/shop/"),
        ("SHOP_PID", "/var/lib/shop/run/gunicorn.pid"),
        ("SHOP_STATIC_DIR", "/var/www/shop/current/static/"),
        ("SHOP_APP_MEDIA_DIR", "/mnt/shop/media/"),
        ("CURRENT_RELEASE", "/var/www/shop/current"),
        ("SHOP_DB_MAIN_PASSWORD", "p'w"),
        ("MY_SECRET", "super-secret-key"),
    ] {
        let got = read.get(name).map(|v| String::from_utf8_lossy(v));
        assert_eq!(got.as_deref(), Some(value), "{name}");
    }
}

#[test]
fn the_environment_is_for_the_app_alone_and_not_to_be_changed_by_it() {
    let shop = Container::up("wsgi_project_name: shop\nwsgi_wsgi_path: shop.wsgi\n");
    let machine = shop.machine();
    machine.ok(["useradd", "stranger"]);
    machine.run_as("shop", ["cat", FILE]).expect_success();
    for reader in ["stranger", "www-data"] {
        machine.run_as(reader, ["cat", FILE]).expect_failure();
    }
    for script in [
        "echo evil >>/etc/wsgi/shop/env",
        "rm -f /etc/wsgi/shop/env",
        "ln -s /etc/shadow /etc/wsgi/shop/new",
        "echo >>/etc/wsgi/shop/gunicorn_start",
        "mv /etc/wsgi/shop /etc/wsgi/other",
        "ln -s x /var/lib/shop/locks/x",
        "ln -s x /var/lib/shop/x",
    ] {
        machine
            .run_as("shop", ["sh", "-c", script])
            .expect_failure();
    }
}
