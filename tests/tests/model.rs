//! Laws of loading: for every vars file, every variable and every spec.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use proptest::prelude::*;
use wsgi_model::{
    AppSpec, Definition, Exposure, Fallback, LookupError, Lookups, PROBLEM_CODES, Place, Problem,
    Rejected, Severity, Source, Type, VARIABLES, load,
};
use wsgi_tests::{Fixture, fixtures};

/// A machine where every file is there, and where the operator has no key.
struct AnyFile;

impl Lookups for AnyFile {
    fn file(&self, _: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        Ok(b"# directives\n".to_vec())
    }

    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        Ok(Vec::new())
    }
}

/// A machine where no file is there.
struct NoFile;

impl Lookups for NoFile {
    fn file(&self, _: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        Err(LookupError::new("there is no such file"))
    }

    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        Ok(Vec::new())
    }
}

const REQUIRED: &str = "wsgi_project_name: shop\nwsgi_wsgi_path: shop.wsgi\n";

fn load_text(text: &str) -> Result<AppSpec, Rejected> {
    let source = Source {
        name: "shop.yml",
        bytes: text.as_bytes(),
    };
    load(&source, &AnyFile).map(|loaded| loaded.app)
}

/// The problems of any bytes, whether they load or not.
fn problems(bytes: &[u8], lookups: &dyn Lookups) -> Vec<Problem> {
    let source = Source {
        name: "any.yml",
        bytes,
    };
    match load(&source, lookups) {
        Ok(loaded) => loaded.remarks,
        Err(rejected) => rejected.problems,
    }
}

/// A vars file with one more variable, or without the line that it replaces.
fn with(name: &str, value: &str) -> String {
    let own = format!("{name}:");
    let rest: String = REQUIRED
        .split_inclusive('\n')
        .filter(|line| !line.starts_with(&own))
        .collect();
    format!("{rest}{name}: {value}\n")
}

/// A default with its placeholders filled in for `shop`.
fn expanded(text: &str) -> String {
    text.replace("{name}", "shop")
        .replace("{path}", "/var/www/shop/")
        .replace("{storage}", "/mnt/")
        .replace("{venv}", "/var/lib/shop/venv/")
        .replace("{log}", "/var/log/shop/")
}

/// The interface that vars files of the role rely on: each variable, its other names, its default.
const INTERFACE: &[(&str, &[&str], Option<&str>)] = &[
    ("wsgi_project_name", &[], None),
    ("wsgi_wsgi_path", &[], None),
    ("wsgi_support_email", &[], Some("support@example.com")),
    ("wsgi_env_prefix", &[], Some("{name}")),
    ("wsgi_env_vars", &[], Some("{}")),
    ("wsgi_databases", &[], Some("[]")),
    ("wsgi_expose", &[], Some("yes")),
    ("wsgi_storage_dir", &[], Some("/mnt/")),
    ("wsgi_virtualenv", &[], Some("/var/lib/{name}/venv/")),
    ("wsgi_path", &[], Some("/var/www/{name}/")),
    ("wsgi_release_dir", &[], Some("{path}releases/")),
    ("wsgi_log_dir", &[], Some("/var/log/{name}/")),
    ("wsgi_static_dir", &[], Some("{path}current/static/")),
    ("wsgi_media_dir", &[], Some("{storage}{name}/media/")),
    ("wsgi_update_apt_cache", &[], Some("yes")),
    ("wsgi_extra_apt_packages", &[], Some("[]")),
    ("wsgi_extra_pip_packages", &[], Some("[]")),
    ("wsgi_enable_python_image", &[], Some("no")),
    ("wsgi_ssh", &[], Some("yes")),
    ("wsgi_ssh_key", &[], None),
    ("wsgi_sudo", &[], Some("yes")),
    ("wsgi_gunicorn_user", &[], Some("{name}")),
    ("wsgi_gunicorn_group", &[], Some("{name}")),
    ("wsgi_gunicorn_num_workers", &[], Some("5")),
    ("wsgi_gunicorn_max_requests", &[], Some("0")),
    ("wsgi_gunicorn_timeout", &[], Some("30")),
    ("wsgi_request_line_limit", &[], Some("8192")),
    ("wsgi_gunicorn_version", &[], None),
    ("wsgi_server_names", &[], Some("[]")),
    ("wsgi_nginx_http_port", &[], Some("80")),
    ("wsgi_dns_resolver", &[], None),
    (
        "wsgi_nginx_access_log_file",
        &[],
        Some("/var/log/nginx/{name}.access.log"),
    ),
    (
        "wsgi_nginx_error_log_file",
        &[],
        Some("/var/log/nginx/{name}.error.log"),
    ),
    ("wsgi_nginx_include_paths", &[], Some("[]")),
    ("wsgi_keepalive_timeout", &[], Some("75")),
    ("wsgi_proxy_read_timeout", &[], Some("60")),
    ("wsgi_proxy_send_timeout", &[], Some("60")),
    ("wsgi_proxy_connect_timeout", &[], Some("60")),
    ("wsgi_send_timeout", &[], Some("60")),
    ("wsgi_resolver_timeout", &[], Some("30")),
    ("wsgi_ssl", &[], Some("no")),
    ("wsgi_force_ssl", &[], Some("no")),
    ("wsgi_ssl_set_default_server", &[], Some("no")),
    (
        "wsgi_ssl_crt_file",
        &["wsgi_local_ssl_crt_file"],
        Some("/etc/ssl/certs/{name}.crt"),
    ),
    (
        "wsgi_ssl_key_file",
        &["wsgi_local_ssl_key_file"],
        Some("/etc/ssl/private/{name}.key"),
    ),
    ("wsgi_ssl_diffie_hellman", &[], Some("no")),
    (
        "wsgi_ssl_diffie_hellman_pem",
        &["wsgi_local_ssl_diffie_hellman_pem"],
        Some("/etc/ssl/private/{name}.pem"),
    ),
    ("wsgi_ssl_ocsp", &[], Some("no")),
    (
        "wsgi_ssl_staple_crt_file",
        &["wsgi_local_ssl_staple_crt_file"],
        Some("/etc/ssl/private/{name}.stapling.crt"),
    ),
    ("wsgi_ssl_profile", &[], Some("intermediate")),
    ("wsgi_ssl_hsts_max_age", &[], Some("63072000")),
    ("wsgi_cron_tasks", &[], Some("[]")),
    ("wsgi_deploy_build", &[], Some("[]")),
    ("wsgi_deploy_release", &[], Some("[]")),
    ("wsgi_deploy_after", &[], Some("[]")),
    ("wsgi_deploy_timeout", &[], Some("600")),
    ("wsgi_health_path", &[], Some("/")),
    ("wsgi_health_status", &[], Some("200-399")),
    ("wsgi_health_timeout", &[], Some("30")),
    ("wsgi_keep_releases", &[], Some("5")),
    ("wsgi_shared_paths", &[], Some("[]")),
];

#[test]
fn names_and_defaults_are_those_that_users_rely_on() {
    let text = |fallback| match fallback {
        Fallback::Text(text) => Some(text),
        _ => None,
    };
    let found: BTreeSet<_> = VARIABLES
        .iter()
        .map(|d| (d.name, d.aliases, text(d.fallback)))
        .collect();
    let expected: BTreeSet<_> = INTERFACE.iter().copied().collect();
    assert_eq!(found, expected);
}

#[test]
fn setting_a_variable_to_its_default_changes_nothing() {
    let unset = load_text(REQUIRED).unwrap();
    for definition in VARIABLES {
        let value = match definition.fallback {
            Fallback::Text(text) => expanded(text),
            Fallback::Nothing(_) => "~".to_owned(),
            _ => continue,
        };
        let set = load_text(&with(definition.name, &value));
        assert_eq!(set.as_ref(), Ok(&unset), "{}: {value}", definition.name);
        for alias in definition.aliases {
            assert_eq!(
                load_text(&with(alias, &value)).as_ref(),
                Ok(&unset),
                "{alias}"
            );
        }
    }
}

/// A vars file in which one key of a record has a value.
fn with_key(path: &[&str], key: &Definition) -> String {
    let required = |name: &str, value: &str| {
        if key.name == name {
            String::new()
        } else {
            format!("{name}: {value}, ")
        }
    };
    let own = format!("{}: {}", key.name, key.example);
    match path {
        ["wsgi_databases"] => with(path[0], &format!("[{{{}{own}}}]", required("id", "main"))),
        ["wsgi_extra_pip_packages"] => with(
            path[0],
            &format!("[{{{}{own}}}]", required("name", "celery")),
        ),
        ["wsgi_cron_tasks"] => {
            let rest = required("name", "Tidy up") + &required("command", "tidy");
            with(path[0], &format!("[{{{rest}{own}}}]"))
        }
        ["wsgi_cron_tasks", "frequency"] => with(
            path[0],
            &format!("[{{name: Tidy up, command: tidy, frequency: {{{own}}}}}]"),
        ),
        other => panic!("a record at {other:?} that this test does not know"),
    }
}

/// Checks the examples of a type's keys, and theirs; gives how many there were.
fn check_keys(path: &mut Vec<&'static str>, takes: &Type) -> usize {
    match takes {
        Type::Optional(inner) | Type::List(inner) | Type::OneOrList(inner) => {
            check_keys(path, inner)
        }
        Type::Record(keys) | Type::RecordOrText(keys) => {
            let mut count = keys.len();
            for key in **keys {
                if !key.example.is_empty() {
                    let text = with_key(path, key);
                    assert!(load_text(&text).is_ok(), "{text}\n{:#?}", load_text(&text));
                }
                path.push(key.name);
                count += check_keys(path, &key.takes);
                path.pop();
            }
            count
        }
        _ => 0,
    }
}

#[test]
fn every_example_loads() {
    let mut examples = 0;
    let mut keys = 0;
    for definition in VARIABLES {
        if !definition.example.is_empty() {
            let text = with(definition.name, definition.example);
            assert!(load_text(&text).is_ok(), "{text}\n{:#?}", load_text(&text));
            examples += 1;
        }
        keys += check_keys(&mut vec![definition.name], &definition.takes);
    }
    assert!(
        examples >= 10 && keys >= 20,
        "{examples} examples, {keys} keys"
    );
}

#[test]
fn what_is_written_are_the_variables_all_of_them() {
    let app = load_text(REQUIRED).unwrap();
    let names: Vec<_> = VARIABLES.iter().map(|d| d.name).collect();
    let written: Vec<_> = app
        .variables(Exposure::Exposed)
        .into_iter()
        .map(|(definition, _)| definition.name)
        .collect();
    assert_eq!(written, names);
    let yaml = app.to_yaml(Exposure::Exposed);
    let top: Vec<_> = yaml
        .lines()
        .filter(|line| line.starts_with("wsgi_"))
        .filter_map(|line| Some(line.split_once(':')?.0))
        .collect();
    assert_eq!(top, names);
}

#[test]
fn every_fixture_is_what_is_written_of_it() {
    for fixture in Fixture::all() {
        for file in fixture.vars_files() {
            let app = fixture.load(&file).unwrap().app;
            let yaml = app.to_yaml(Exposure::Exposed);
            let source = Source {
                name: "written.yml",
                bytes: yaml.as_bytes(),
            };
            let again = load(&source, &fixture.lookups());
            let again =
                again.unwrap_or_else(|e| panic!("{}: {:#?}\n{yaml}", fixture.name, e.problems));
            assert_eq!(again.app, app, "{}", fixture.name);
            // Everything that was written is as it was meant: there is nothing new to say.
            let spelling: Vec<_> = again
                .remarks
                .iter()
                .filter(|p| p.code == "respelled")
                .collect();
            assert!(spelling.is_empty(), "{}: {spelling:?}", fixture.name);
        }
    }
}

/// The fixture that sets everything sets everything.
#[test]
fn one_fixture_sets_every_variable() {
    let text = fs::read_to_string(fixtures().join("apps/everything/app.yml")).unwrap();
    for definition in VARIABLES {
        assert!(
            text.contains(&format!("\n{}:", definition.name)),
            "{}",
            definition.name
        );
    }
}

/// Every vars file of the fixtures, refused or not, with its name.
fn all_vars_files() -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<_> = Fixture::all()
        .iter()
        .flat_map(Fixture::vars_files)
        .collect();
    let invalid = fs::read_dir(fixtures().join("invalid")).unwrap();
    paths.extend(
        invalid
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|found| found == "yml")),
    );
    paths
        .into_iter()
        .map(|path| (path.display().to_string(), fs::read(path).unwrap()))
        .collect()
}

#[test]
fn problems_come_in_the_order_of_the_file_and_lie_in_it() {
    for (name, bytes) in all_vars_files() {
        let problems = problems(&bytes, &AnyFile);
        let order = |p: &Problem| (p.place.is_none(), p.place);
        assert!(problems.is_sorted_by_key(order), "{name}: {problems:#?}");
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        let lines: Vec<_> = text.split('\n').collect();
        let lies_in_file = |place: &Place| {
            let line = usize::try_from(place.line).unwrap() - 1;
            let column = usize::try_from(place.column).unwrap() - 1;
            lines
                .get(line)
                .is_some_and(|line| column <= line.chars().count())
        };
        let places = problems.iter().flat_map(|p| {
            p.place
                .iter()
                .chain(p.related.iter().map(|(place, _)| place))
        });
        // The places of what is not UTF-8 are counted in what can be read.
        if std::str::from_utf8(&bytes).is_ok() {
            for place in places {
                assert!(lies_in_file(place), "{name}: {place}");
            }
        }
    }
}

#[test]
fn a_problem_of_a_variable_that_is_set_has_its_place() {
    for (name, bytes) in all_vars_files() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for problem in problems(&bytes, &AnyFile) {
            let variable = problem.variable.split(['.', '[']).next().unwrap();
            let is_set = !variable.is_empty() && text.contains(&format!("\n{variable}:"));
            assert!(
                !is_set || problem.place.is_some(),
                "{name}: {}: {}",
                problem.variable,
                problem.message
            );
        }
    }
}

#[test]
fn every_code_is_documented_and_every_documented_code_happens() {
    // These follow from things that no single vars file shows.
    const ELSEWHERE: &[&str] = &[
        "taken",
        "shared-socket",
        "no-key",
        "system-directory",
        "syntax",
        // Only where expressions are evaluated.
        "cycle",
        "expression",
        "extra-vars",
        "mandatory",
        "omit",
        "refused",
        "template-syntax",
        "undefined",
        "unknown-name",
    ];
    let known: BTreeSet<_> = PROBLEM_CODES.iter().map(|(code, _)| *code).collect();
    assert!(PROBLEM_CODES.is_sorted_by_key(|(code, _)| *code));
    let mut seen = BTreeSet::new();
    for (name, bytes) in all_vars_files() {
        for lookups in [&AnyFile as &dyn Lookups, &NoFile] {
            for problem in problems(&bytes, lookups) {
                assert!(known.contains(problem.code), "{name}: {}", problem.code);
                seen.insert(problem.code);
            }
        }
    }
    seen.extend(ELSEWHERE);
    let never: Vec<_> = known.difference(&seen).collect();
    assert!(never.is_empty(), "no fixture shows {never:?}");
}

#[test]
fn nothing_that_prints_itself_prints_a_secret() {
    const CANARY: &str = "c4n4ry";
    // With something to say of each place that holds a secret.
    let text = format!(
        "{REQUIRED}wsgi_env_vars: {{home: {CANARY}, other: '{CANARY}'}}\n\
         wsgi_databases:\n- {{id: main, name: shop, password: '{CANARY}', host: db.local}}\n\
         wsgi_cron_tasks:\n- {{name: a, command: b, environment: {{KEY: '{CANARY}'}}}}\n- {{name: a, command: b}}\n\
         mine: {CANARY}\n"
    );
    let source = Source {
        name: "shop.yml",
        bytes: text.as_bytes(),
    };
    let loaded = load(&source, &AnyFile).unwrap();
    assert!(!loaded.remarks.is_empty());
    assert!(loaded.app.to_yaml(Exposure::Exposed).contains(CANARY));
    let masked = loaded.app.to_yaml(Exposure::Masked);
    assert!(
        !masked.contains(CANARY) && masked.contains("host: db.local"),
        "{masked}"
    );
    assert!(!format!("{loaded:?} {loaded:#?}").contains(CANARY));

    let refused = text
        .replace("id: main", "id: my-db")
        .replace("home:", "PATH:")
        .replace("KEY:", "K-Y:");
    let source = Source {
        name: "shop.yml",
        bytes: refused.as_bytes(),
    };
    let rejected = load(&source, &AnyFile).unwrap_err();
    assert_eq!(rejected.errors(), 3);
    assert!(!format!("{rejected:?} {rejected}").contains(CANARY));

    for (name, bytes) in all_vars_files() {
        let said = format!("{:?}", problems(&bytes, &AnyFile));
        assert!(!said.contains("-canary"), "{name}: {said}");
    }
}

#[test]
fn four_mebibytes_of_anything_are_answered_at_once() {
    const SIZE: usize = 4 << 20;
    let filled = |head: &str, line: &dyn Fn(usize) -> String| {
        let mut text = format!("{REQUIRED}{head}");
        for i in 0.. {
            let line = line(i);
            if text.len() + line.len() > SIZE {
                break;
            }
            text.push_str(&line);
        }
        text
    };
    let files = [
        ("one word", "a".repeat(SIZE)),
        ("brackets", "[".repeat(SIZE)),
        ("braces", "{".repeat(SIZE)),
        ("dashes", "- ".repeat(SIZE / 2)),
        ("questions", "? ".repeat(SIZE / 2)),
        ("blanks", " ".repeat(SIZE)),
        ("quote", format!("a: \"{}", "x".repeat(SIZE - 4))),
        ("anchors", filled("", &|i| format!("a{i}: &a{i} x\n"))),
        ("names of ours", filled("", &|i| format!("wsgi_x{i}: y\n"))),
        (
            "illegal names",
            filled("wsgi_env_vars:\n", &|i| {
                format!("  a-{i}: {}\n", "x".repeat(40))
            }),
        ),
        (
            "generated names",
            filled("wsgi_env_vars:\n", &|i| {
                format!("  a{i}: {}\n", "x".repeat(80))
            }),
        ),
        (
            "server names",
            filled("wsgi_server_names:\n", &|_| {
                format!("- {}.example.org\n", "x".repeat(60))
            }),
        ),
        (
            "shared paths",
            filled("wsgi_shared_paths:\n", &|i| {
                format!("- {}/{i}\n", "x/".repeat(20))
            }),
        ),
        (
            "tasks",
            filled("wsgi_cron_tasks:\n", &|i| {
                format!("- {{name: a, command: b, lock: yes, slug: x, frequency: '{i}'}}\n")
            }),
        ),
        (
            "databases",
            filled("wsgi_databases:\n", &|_| {
                format!("- id: x\n  name: '{}'\n", "x".repeat(60))
            }),
        ),
    ];
    // What a release build does in one second takes an unoptimized one longer.
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 1 });
    for (what, text) in files {
        let start = Instant::now();
        let found = problems(text.as_bytes(), &AnyFile);
        let took = start.elapsed();
        // Many names and many paths are much, but nothing is wrong with them.
        let refused = found.iter().any(|p| p.severity == Severity::Error);
        let harmless = matches!(what, "server names" | "shared paths");
        assert!(refused || harmless, "{what} was taken");
        assert!(took < limit, "{what} took {took:?}");
    }
}

/// A file of the fixtures, damaged.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let files: Vec<Vec<u8>> = all_vars_files()
        .into_iter()
        .map(|(_, bytes)| bytes)
        .collect();
    let bytes = proptest::sample::select(files);
    let piece = prop_oneof![
        Just(b"\n".to_vec()),
        Just(b": ".to_vec()),
        Just(b"- ".to_vec()),
        Just(b"{{".to_vec()),
        Just(b"'".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"&a *a".to_vec()),
        Just(b"!!str ".to_vec()),
        Just("\u{2028}é🔑".as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..8),
    ];
    (bytes, any::<proptest::sample::Index>(), 0..40usize, piece).prop_map(
        |(mut bytes, at, length, piece)| {
            let at = at.index(bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, piece);
            bytes
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_loaded_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        problems(&bytes, &AnyFile);
    }

    #[test]
    fn a_damaged_file_is_loaded_or_refused(bytes in damaged()) {
        for problem in problems(&bytes, &AnyFile) {
            prop_assert!(!problem.message.is_empty());
        }
    }
}
