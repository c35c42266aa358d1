//! The JSON Schema, as editors use it, takes what loads and sees the mistakes that it can.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::path::PathBuf;

use wsgi_tests::{Fixture, fixtures, judge_by_schema};

#[test]
fn every_vars_file_that_loads_is_taken() {
    let mut files: Vec<PathBuf> = Fixture::all()
        .iter()
        .flat_map(Fixture::vars_files)
        .collect();
    assert!(files.len() > 15);
    let expressions = tempfile::tempdir().unwrap();
    let file = expressions.path().join("expressions.yml");
    // Whatever it is, an expression may give it.
    let text = r#"
own: shop
wsgi_project_name: "{{ own }}"
wsgi_wsgi_path: "{{ own }}.wsgi"
wsgi_path: "{{ base }}/{{ own }}/"
wsgi_ssl_crt_file: "{% if x %}/a{% endif %}"
wsgi_server_names: "{{ names }}"
wsgi_env_vars: "{{ lookup('file', 'env') }}"
wsgi_databases: [{id: "{{ own }}", password: !vault "$ANSIBLE_VAULT;1.1;AES256"}]
wsgi_extra_pip_packages: ["{{ package }}"]
wsgi_ssh_key: "{{ key }}"
wsgi_sudo: "{{ sudo }}"
wsgi_nginx_http_port: "{{ port }}"
wsgi_force_ssl: "{{ ssl }}"
wsgi_static_dir: "{{ false }}"
wsgi_cron_tasks: "{{ tasks }}"
"#;
    fs::write(&file, text).unwrap();
    files.push(file.clone());
    let forced = expressions.path().join("forced.yml");
    let text = "wsgi_project_name: a\nwsgi_wsgi_path: a\nwsgi_force_ssl: y\nwsgi_ssl: '{{ x }}'\n";
    fs::write(&forced, text).unwrap();
    files.push(forced);
    for (file, problems) in judge_by_schema(&files) {
        assert_eq!(problems, [""; 0], "{}", file.display());
    }
}

/// Vars files of `fixtures/invalid/` with what is said of each.
const SEEN: &[(&str, &str)] = &[
    ("apt-names", "$.wsgi_extra_apt_packages[0]: "),
    (
        "cron-lock-without-slug",
        "$.wsgi_cron_tasks[0]: 'slug' is a required property",
    ),
    ("cron-slug-illegal", "$.wsgi_cron_tasks[0].slug: "),
    (
        "database-id-illegal",
        "$.wsgi_databases[0].id: 'my-db' does not match ",
    ),
    ("deploy", "$.wsgi_health_status: '200-999' does not match "),
    ("env-prefix", "$.wsgi_env_prefix: '2-shop' does not match "),
    (
        "missing-required",
        "$: 'wsgi_wsgi_path' is a required property",
    ),
    (
        "name-dash",
        "$.wsgi_project_name: 'my-shop' does not match ",
    ),
    (
        "path-letters",
        "$.wsgi_path: '/srv/$HOME/shop' does not match ",
    ),
    ("path-relative", "$.wsgi_log_dir: '~/logs' does not match "),
    ("path-semicolon", "$.wsgi_local_ssl_crt_file: "),
    ("pip-names", "$.wsgi_extra_pip_packages[0].name: "),
    ("range", "$.wsgi_nginx_http_port: 65536 is greater than "),
    (
        "resolver",
        "$.wsgi_dns_resolver: 'dns.google' does not match ",
    ),
    ("server-name-url", "$.wsgi_server_names[0]: "),
    ("support-email", "$.wsgi_support_email: "),
    ("tls-force-without", "$: 'wsgi_ssl' is a required property"),
    (
        "tls-profile-old",
        "$.wsgi_ssl_profile: 'old' is not one of ",
    ),
    (
        "type-list",
        "$.wsgi_server_names: 'shop.example.org' is not of type 'array'",
    ),
    ("type-switch", "$.wsgi_ssl: 'maybe' is not one of "),
    ("typo", "$: 'wsgi_server_name' is not valid "),
    (
        "unknown-key-database",
        "$.wsgi_databases[0]: Additional properties are not allowed",
    ),
    (
        "wsgi-path-file",
        "$.wsgi_wsgi_path: 'shop/wsgi.py' does not match ",
    ),
];

#[test]
fn mistakes_are_seen_where_they_are_while_one_types() {
    let directory = fixtures().join("invalid");
    let file = |name: &str| directory.join(name).with_extension("yml");
    let judged = judge_by_schema(&SEEN.iter().map(|(name, _)| file(name)).collect::<Vec<_>>());
    for (name, said) in SEEN {
        let problems = &judged[&file(name)];
        let seen = problems.iter().any(|problem| problem.starts_with(said));
        assert!(seen, "{name}: {problems:#?}");
    }
}
