//! What follows from a value of a vault: defaults, the environment, what another app is told.

use wsgi_model::ansible::{Inputs, load};
use wsgi_model::{Exposure, HostClaims, NoLookups, Node, Problem, Sensitivity, Source};
use wsgi_render::{Target, render};

use crate::{CANARY, file, loaded, passwords, said};

/// Two apps that take the same from the host, with what the second is told.
fn taken_twice(first: &str, second: &str) -> Vec<Problem> {
    let first = loaded(first).unwrap_or_else(|r| panic!("{first}: {}", said(&r.problems)));
    let text = file(second).replace("wsgi_project_name: shop", "wsgi_project_name: blog");
    let source = Source {
        name: "blog.yml",
        bytes: text.as_bytes(),
    };
    let second = load(&Inputs::of_file(source), &NoLookups, &passwords()).unwrap();
    let mut host = HostClaims::new();
    assert!(host.admit(&first.app).is_empty());
    host.admit(&second.app)
}

#[test]
fn what_another_app_has_from_a_vault_is_not_shown_either() {
    let secret = "/srv/c4n4ry/a/";
    for (first, second) in [
        (
            "wsgi_gunicorn_user: 'u{{ canary }}'",
            "wsgi_gunicorn_user: uc4n4ry",
        ),
        (
            "wsgi_gunicorn_group: '{{ canary }}'",
            "wsgi_gunicorn_group: c4n4ry",
        ),
        (
            "wsgi_server_names: ['{{ canary }}.org']",
            "wsgi_server_names: [c4n4ry.org]",
        ),
        (
            "wsgi_path: '/srv/{{ canary }}/a'",
            &format!("wsgi_path: {secret}"),
        ),
        ("wsgi_path: '/srv/{{ canary }}/a'", "wsgi_path: /srv/c4n4ry"),
        (
            "wsgi_path: '/srv/{{ canary }}/a'",
            &format!("wsgi_log_dir: {secret}b/"),
        ),
        (
            "wsgi_path: '/srv/{{ canary }}/a'",
            &format!("wsgi_nginx_error_log_file: {secret}x.log"),
        ),
        (
            "wsgi_nginx_error_log_file: '/var/log/{{ canary }}/e.log'",
            "wsgi_nginx_error_log_file: /var/log/c4n4ry/e.log",
        ),
        (
            "wsgi_nginx_error_log_file: '/srv/{{ canary }}/e.log'",
            "wsgi_log_dir: /srv/c4n4ry/",
        ),
    ] {
        for (first, second) in [(first, second), (second, first)] {
            let problems = taken_twice(first, second);
            assert!(!problems.is_empty(), "{first} {second}");
            // What both have in the open may be said.
            let all: Vec<Problem> = problems
                .into_iter()
                .filter(|problem| problem.code != "respelled")
                .collect();
            let text = said(&all);
            assert!(!text.contains(CANARY), "{first} {second}: {text}");
            assert!(text.contains("`shop`"), "{text}");
        }
    }
}

#[test]
fn a_default_that_holds_a_value_from_a_vault_is_secret_with_it() {
    let loaded = loaded(
        "wsgi_path: '/srv/{{ canary }}'\nwsgi_storage_dir: '/mnt/{{ canary }}'\n\
         wsgi_gunicorn_user: 'u{{ canary }}'\n\
         wsgi_databases: [{id: main, host: db.local, name: n, user: u, password: p, port: '{{ number }}'}]",
    )
    .unwrap();
    let app = &loaded.app;
    let masked = app.to_yaml(Exposure::Masked);
    assert!(!masked.contains(CANARY), "{masked}");
    for name in [
        "wsgi_release_dir",
        "wsgi_static_dir",
        "wsgi_media_dir",
        "wsgi_gunicorn_group",
    ] {
        assert!(app.secrets.contains(name), "{name}");
    }
    assert!(!app.secrets.touch("wsgi_log_dir"));
    let public = app.public_environment();
    for var in app.environment() {
        let name = var.name.as_str();
        let is_open = matches!(
            name,
            "SHOP_APP_NAME"
                | "SHOP_VENV"
                | "SHOP_APP_VENV"
                | "SHOP_LOG_DIR"
                | "SHOP_APP_LOG_DIR"
                | "SHOP_PID"
        ) || ["NAME", "USER", "HOST"]
            .iter()
            .any(|key| name == format!("SHOP_DB_MAIN_{key}"));
        assert_eq!(public.contains(&var.name), is_open, "{name}");
    }
}

#[test]
fn the_name_of_an_app_is_no_secret_wherever_it_comes_from() {
    let text = file("").replace(
        "wsgi_project_name: shop",
        "wsgi_project_name: '{{ canary }}'",
    );
    let source = Source {
        name: "shop.yml",
        bytes: text.as_bytes(),
    };
    let loaded = load(&Inputs::of_file(source), &NoLookups, &passwords()).unwrap();
    assert!(loaded.app.secrets.is_empty());
}

#[test]
fn a_switch_from_a_vault_is_masked_and_what_it_decides_is_there_to_be_seen() {
    let with =
        loaded("wsgi_ssl: '{{ canary == \"c4n4ry\" }}'\nwsgi_server_names: [a.org]").unwrap();
    assert!(with.app.tls().is_some());
    let masked = with.app.to_yaml(Exposure::Masked);
    assert!(masked.contains("wsgi_ssl: '********'"), "{masked}");
    let bundle = render(&with.app, &Target::default()).unwrap();
    let site = bundle
        .artifacts()
        .iter()
        .find_map(|artifact| match &artifact.node {
            Node::File { contents, .. }
                if artifact.path.as_str().ends_with("wsgi/shop/tls.conf") =>
            {
                Some(contents)
            }
            _ => None,
        });
    assert_eq!(site.unwrap().sensitivity(), Sensitivity::Public);
}
