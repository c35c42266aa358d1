//! Each value that an expression makes of a vault.

use std::fs;
use std::path::Path;

use wsgi_model::ansible::vault::VaultSecrets;
use wsgi_model::ansible::{ExtraVars, Inputs, load};
use wsgi_model::{Exposure, HostClaims, NoLookups, Node, Sensitivity, Source};
use wsgi_render::{Target, render};

use crate::{CANARY, file, loaded, passwords, said};

/// What takes a text, with what the canary becomes in it.
const TAKEN: &[(&str, &str)] = &[
    (
        "wsgi_server_names: ['{{ canary }}.example.org']",
        "c4n4ry.example.org",
    ),
    (
        "wsgi_server_names: '{{ [canary ~ \".org\"] }}'",
        "c4n4ry.org",
    ),
    ("wsgi_support_email: 'x@{{ canary }}.org'", "x@c4n4ry.org"),
    ("wsgi_log_dir: '/var/log/{{ canary }}/'", "/var/log/c4n4ry"),
    (
        "wsgi_ssl_key_file: '/etc/ssl/{{ canary | upper }}.key'",
        "/etc/ssl/C4N4RY.key",
    ),
    (
        "wsgi_cron_tasks: [{name: t, command: 'run --token {{ canary }}'}]",
        "c4n4ry",
    ),
    (
        "wsgi_cron_tasks: {name: t, command: 'run {{ canary | hash(\"md5\") }}'}",
        "47",
    ),
    (
        "wsgi_cron_tasks: [{name: 'about {{ canary }}', command: run}]",
        "about c4n4ry",
    ),
    (
        "task: {name: t, command: 'run {{ canary }}'}\nwsgi_cron_tasks: '{{ [task] }}'",
        "c4n4ry",
    ),
    ("wsgi_gunicorn_timeout: '{{ number }}'", "4217"),
    (
        "indirect: '{{ canary }}'\nwsgi_deploy_build: ['x {{ indirect }}']",
        "c4n4ry",
    ),
    ("wsgi_deploy_build: ['{{ \"it''s \" ~ canary }}']", "c4n4ry"),
    (
        "wsgi_health_path: '/{{ canary if true else 1 }}'",
        "/c4n4ry",
    ),
    (
        "wsgi_health_path: '/{% for c in canary %}{{ c }}{% endfor %}'",
        "/c4n4ry",
    ),
    (
        "wsgi_health_path: '/{% set ns = namespace(x=canary) %}{{ ns.x }}'",
        "/c4n4ry",
    ),
    (
        "wsgi_health_path: \"/{{ lookup('vars', 'canary') }}\"",
        "/c4n4ry",
    ),
    ("wsgi_health_path: \"/{{ vars['canary'] }}\"", "/c4n4ry"),
];

#[test]
fn a_value_from_a_vault_is_masked_and_makes_the_files_that_hold_it_secret() {
    for (more, becomes) in TAKEN {
        let loaded = loaded(more).unwrap_or_else(|r| panic!("{more}: {}", said(&r.problems)));
        let app = &loaded.app;
        let exposed = app.to_yaml(Exposure::Exposed);
        assert!(
            *becomes == "47" || exposed.contains(becomes.trim_end_matches('/')),
            "{more}: {exposed}"
        );
        let masked = app.to_yaml(Exposure::Masked);
        let shown = [
            masked,
            format!("{loaded:?}"),
            format!("{:?}", app.secrets),
            said(&loaded.remarks),
            said(&HostClaims::new().admit(app)),
            app.variables(Exposure::Masked)
                .iter()
                .map(|(_, value)| serde_json::to_string(value).unwrap())
                .collect(),
        ];
        for shown in &shown[..1] {
            assert!(!shown.to_lowercase().contains(CANARY), "{more}: {shown}");
        }
        for shown in &shown[3..] {
            assert!(!shown.to_lowercase().contains(CANARY), "{more}: {shown}");
        }
        assert!(!app.secrets.is_empty(), "{more}");
        let bundle = render(app, &Target::default()).unwrap();
        for artifact in bundle.artifacts() {
            let (Node::File { contents, .. } | Node::Block { contents, .. }) = &artifact.node
            else {
                continue;
            };
            let text = String::from_utf8_lossy(contents.expose()).to_lowercase();
            assert!(
                !text.contains(CANARY) || contents.sensitivity() == Sensitivity::Secret,
                "{more}: {}",
                artifact.path
            );
        }
    }
}

#[test]
fn a_command_from_a_vault_is_masked_in_the_comment_of_its_wrapper() {
    let loaded =
        loaded("wsgi_cron_tasks: [{name: t, command: 'run --token {{ canary }}'}]").unwrap();
    let bundle = render(&loaded.app, &Target::default()).unwrap();
    let wrapper = bundle
        .artifacts()
        .iter()
        .filter_map(|artifact| match &artifact.node {
            Node::File { contents, .. } => Some(contents),
            _ => None,
        })
        .map(|contents| String::from_utf8_lossy(contents.expose()).into_owned())
        .find(|text| text.contains("run --token"))
        .unwrap();
    let comments: Vec<&str> = wrapper
        .lines()
        .filter(|line| line.starts_with('#'))
        .collect();
    assert!(comments.contains(&"# ********"), "{wrapper}");
    assert!(!comments.concat().contains(CANARY), "{wrapper}");
}

#[test]
fn a_refused_value_from_a_vault_is_not_quoted() {
    for more in [
        "wsgi_project_name: '{{ canary }} x'",
        "wsgi_path: '{{ canary }}'",
        "wsgi_gunicorn_num_workers: '{{ canary }}'",
        "wsgi_ssl: '{{ canary }}'",
        "wsgi_sudo: '{{ canary }}'",
        "wsgi_server_names: ['{{ canary }} {{ canary }}']",
        "wsgi_server_names: '{{ canary }}'",
        "wsgi_server_names: '{{ {canary: 1} }}'",
        "wsgi_databases: '{{ [{\"id\": \"main\", canary: canary}] }}'",
        "wsgi_databases: '{{ canary }}'",
        "wsgi_env_vars: '{{ {canary ~ \"-x\": 1} }}'",
        "wsgi_env_vars: '{{ {canary: 1, canary | upper: 2} }}'",
        "wsgi_cron_tasks: [{name: t, command: x, frequency: '{{ canary }}'}]",
        "wsgi_cron_tasks: [{name: t, command: x, user: '{{ canary ~ \"!\" }}'}]",
        "wsgi_ssh_key: '{{ canary }}'",
        "wsgi_ssh_key: '{{ canary }}.pub'",
        "wsgi_nginx_include_paths: ['{{ canary }}/x y.conf']",
        "wsgi_nginx_include_paths: ['{{ canary }}.conf']",
        "wsgi_extra_pip_packages: [{name: '{{ canary }}'}, {name: '{{ canary }}'}]",
        "wsgi_path: '/srv/{{ canary }}/'\nwsgi_log_dir: '/srv/{{ canary }}/'",
        "wsgi_path: '{{ canary | no_such_filter }}'",
        "wsgi_path: '{{ canary + 1 }}'",
        "wsgi_path: '{{ vars[canary] }}'",
        "wsgi_path: '{{ lookup(canary, 1) }}'",
        "wsgi_path: \"{{ lookup('vars', canary) }}\"",
        "wsgi_path: \"{{ lookup('file', canary) }}\"",
        "wsgi_path: \"{{ lookup('env', canary) }}\"",
        "wsgi_path: '{{ nowhere | mandatory(canary) }}'",
        "wsgi_path: '{{ undef(canary) }}'",
        "wsgi_path: '{{ canary | from_json }}'",
        "wsgi_path: \"{{ ('x: ' ~ canary ~ ': y') | from_yaml }}\"",
        "wsgi_path: '{{ [1] | map(canary) | list }}'",
        "wsgi_path: '{{ canary.no_such_method() }}'",
        "wsgi_path: '{{ {\"a\": 1}[canary] }}'",
        "wsgi_path: '{{ people[canary] }}'\npeople: {a: 1}",
        "wsgi_gunicorn_user: '{{ canary }} {{ canary }}'",
        "wsgi_health_status: '{{ canary }}'",
        "wsgi_shared_paths: ['/{{ canary }}']",
    ] {
        let without_name = if more.starts_with("wsgi_project_name") {
            file("").replace("wsgi_project_name: shop\n", "") + more
        } else {
            file(more)
        };
        let source = Source {
            name: "shop.yml",
            bytes: without_name.as_bytes(),
        };
        let refused = load(&Inputs::of_file(source), &NoLookups, &passwords());
        let Err(refused) = refused else {
            panic!("{more} was taken");
        };
        let said = said(&refused.problems);
        assert!(!said.to_lowercase().contains(CANARY), "{more}: {said}");
        assert!(
            !format!("{refused:?}").to_lowercase().contains(CANARY),
            "{more}"
        );
    }
}

#[test]
fn everything_in_an_encrypted_file_is_secret() {
    let vaulted =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/ansible/canary/whole.yml");
    let vaulted = fs::read(vaulted).unwrap();
    let text = "wsgi_project_name: shop\nwsgi_wsgi_path: shop.wsgi\n";
    let app = Source {
        name: "shop.yml",
        bytes: text.as_bytes(),
    };
    let whole = Source {
        name: "whole.yml",
        bytes: &vaulted,
    };
    let inputs = Inputs {
        shared: &[whole],
        ..Inputs::of_file(app)
    };
    let loaded = load(&inputs, &NoLookups, &passwords()).unwrap();
    assert!(loaded.app.secrets.contains("wsgi_support_email"));
    let masked = loaded.app.to_yaml(Exposure::Masked);
    assert!(!masked.contains(CANARY), "{masked}");
    assert!(loaded.app.to_yaml(Exposure::Exposed).contains(CANARY));
    let inputs = Inputs {
        extra: &[ExtraVars::File(whole)],
        ..Inputs::of_file(app)
    };
    let refused = load(&inputs, &NoLookups, &VaultSecrets::default()).unwrap_err();
    assert_eq!(refused.problems[0].file.as_deref(), Some("whole.yml"));
    assert_eq!(refused.problems[0].code, "vault");
}

#[test]
fn what_was_never_secret_stays_to_be_seen() {
    let loaded = loaded(
        "app: {title: open, key: '{{ canary }}'}\nwsgi_support_email: '{{ app.title }}@example.org'\n\
         wsgi_env_vars: {KEY: '{{ app.key }}'}\n",
    )
    .unwrap();
    assert!(!loaded.app.secrets.touch("wsgi_support_email"));
    assert!(
        loaded
            .app
            .to_yaml(Exposure::Masked)
            .contains("open@example.org")
    );
}
