//! A spec that was built in code is, as a vars file, that spec again; and it renders.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use wsgi_model::{
    AppName, AppParts, AppSpec, CommandLine, CronField, CronTask, CronUnit, Database, DatabaseId,
    EnvName, EnvPrefix, EnvValue, EnvVar, Exposure, NoLookups, OwnedDir, PipPackage,
    PipRequirement, PipVersion, Port, PublicKey, Resolver, Schedule, Seconds, ServerName, Slug,
    Source, Sudo, TaskName, TaskUser, TlsProfile, WsgiTarget, load,
};
use wsgi_tests::judge_by_schema;

/// Any text that a variable can hold, ordinary and awkward.
fn value() -> impl Strategy<Value = EnvValue> {
    let text = prop_oneof![
        Just(String::new()),
        Just("no".to_owned()),
        Just("~".to_owned()),
        Just("0123".to_owned()),
        Just("1.10".to_owned()),
        Just("{{ x }}".to_owned()),
        Just("{% x %}".to_owned()),
        Just("*star & more".to_owned()),
        Just("!tag".to_owned()),
        Just("  padded  ".to_owned()),
        Just("trailing\n\n".to_owned()),
        Just("\n leading".to_owned()),
        Just("\u{85}\u{2028}\u{FEFF}".to_owned()),
        Just("\r\n\t\u{1b}".to_owned()),
        any::<String>().prop_map(|text| text.replace('\0', "")),
        "[ -~\\n]{0,40}",
    ];
    text.prop_map(|text| EnvValue::parse(&text).unwrap())
}

fn variables(name: &'static str) -> impl Strategy<Value = Vec<EnvVar>> {
    proptest::collection::btree_map(name, value(), 0..5).prop_map(|variables| {
        variables
            .into_iter()
            .filter_map(|(name, value)| {
                let name = EnvName::parse(&name).ok()?;
                Some(EnvVar { name, value })
            })
            .collect()
    })
}

fn database() -> impl Strategy<Value = Database> {
    let part = || proptest::option::of(value());
    ("[a-zA-Z0-9_]{1,6}", part(), part(), part(), part(), part()).prop_map(
        |(id, name, user, password, host, port)| {
            let mut database = Database::new(DatabaseId::parse(&id).unwrap());
            database.name = name;
            database.user = user;
            database.password = password;
            database.host = host;
            database.port = port;
            database
        },
    )
}

fn field(unit: CronUnit, text: &'static str) -> impl Strategy<Value = CronField> {
    text.prop_filter_map("a field that cron takes", move |text| {
        CronField::parse(unit, &text).ok()
    })
}

fn schedule() -> impl Strategy<Value = Schedule> {
    (
        field(CronUnit::Minute, "(\\*|\\*/[1-9]|[0-5][0-9]|[1-5],[6-9])"),
        field(CronUnit::Hour, "(\\*|\\*/2|1?[0-9]|[0-5]-[6-9])"),
        field(CronUnit::Day, "(\\*|[1-9]|1,15)"),
        field(CronUnit::Month, "(\\*|[1-9]|jan-[d]ec|MAR)"),
        field(CronUnit::Weekday, "(\\*|[0-7]|mon-fri|Sat)"),
    )
        .prop_map(|(minute, hour, day, month, weekday)| {
            let mut schedule = Schedule::default();
            schedule.minute = minute;
            schedule.hour = hour;
            schedule.day = day;
            schedule.month = month;
            schedule.weekday = weekday;
            schedule
        })
}

fn task() -> impl Strategy<Value = CronTask> {
    (
        "[A-Za-zé'\"#:%][ -~é]{0,20}",
        "[ -~\\n]{0,40}[a-z]",
        schedule(),
        variables("[A-Za-z_][A-Za-z0-9_]{0,8}"),
        proptest::option::of("[a-z][a-z0-9-]{0,8}"),
        proptest::option::of("[a-zA-Z0-9_]{1,9}"),
    )
        .prop_map(|(name, command, schedule, environment, user, slug)| {
            let mut task = CronTask::new(
                TaskName::parse(&name).unwrap(),
                CommandLine::parse(&command).unwrap(),
            );
            task.schedule = schedule;
            task.environment = environment;
            task.user = user.map(|user| TaskUser::parse(&user).unwrap());
            task.slug = slug.map(|slug| Slug::parse(&slug).unwrap());
            task.lock = task.slug.is_some();
            task
        })
}

/// What a spec has besides a name; parts that contradict each other are thrown away.
fn spec() -> impl Strategy<Value = AppSpec> {
    let names = proptest::collection::vec("[a-z]{1,8}\\.example\\.(org|com)", 0..4);
    let apart = (
        variables("[A-Z_][A-Z0-9_]{0,8}"),
        proptest::collection::vec(database(), 0..3),
        proptest::collection::vec(task(), 0..3),
        names,
        "[A-Z_][A-Z0-9_]{0,5}",
        proptest::option::of("/srv/[a-zü ]{1,9}x/y[a-z0-9._-]{0,8}"),
    );
    let switches = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        1..65535u16,
        0..3u8,
    );
    (apart, switches).prop_filter_map(
        "parts that agree",
        |((env, databases, tasks, names, prefix, media), switches)| {
            let (ssl, force, expose, ssh, number, sudo) = switches;
            let name = AppName::parse("shop").ok()?;
            let mut parts = AppParts::new(name, WsgiTarget::parse("shop.wsgi:make('a', \"b\")").ok()?);
            parts.env_vars = env;
            parts.databases = databases;
            parts.cron_tasks = tasks;
            parts.env_prefix = EnvPrefix::parse(&prefix).ok()?;
            parts.places.media_dir = media.and_then(|dir| OwnedDir::parse(&dir).ok());
            parts.expose = expose;
            parts.access.ssh = ssh;
            parts.access.sudo = [Sudo::Nothing, Sudo::OwnProgram, Sudo::Full][usize::from(sudo)];
            // A comment that looks like a path of a key is none.
            let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ~/me.pub";
            parts.access.keys = vec![PublicKey::parse(key).ok()?];
            parts.packages.pip = vec![PipRequirement {
                name: PipPackage::parse("celery[redis]").ok()?,
                version: Some(PipVersion::parse("1.10").ok()?),
            }];
            parts.site.server_names = names.iter().filter_map(|n| ServerName::parse(n).ok()).collect();
            parts.site.http_port = Port::new(number.into()).ok()?;
            parts.site.timeouts.keepalive = Seconds::new(i128::from(number) + 1).ok()?;
            parts.site.resolver = ssl.then(|| Resolver::parse("[2001:db8::1]:53").unwrap());
            parts.site.tls.ssl = ssl || force;
            parts.site.tls.force = force;
            parts.site.tls.profile = if ssh { TlsProfile::Modern } else { TlsProfile::Intermediate };
            AppSpec::new(parts).ok()
        },
    )
}

/// A spec whose directories are where one would not look for them.
fn scattered() -> impl Strategy<Value = AppSpec> {
    const PLACES: &[&str] = &[
        "/mnt/shop",
        "/mnt/shop/500.html",
        "/mnt/shop/media",
        "/srv/a",
        "/srv/a/b",
        "/srv/a/current",
        "/srv/a/current/b",
        "/srv/a/releases",
        "/srv/a/releases/current",
        "/srv/a/maintenance.html",
        "/srv/a/.bashrc",
        "/srv/a/supervisor.log",
        "/var/lib/shop",
        "/var/lib/shop/run",
        "/var/lib/shop/locks/a",
        "/var/lib/shop/venv",
        "/var/lib/shop/venv/bin",
        "/var/lib/shop/venv/bin/postactivate",
        "/var/log/shop",
        "/var/log/shop/shop.log",
        "/var/www/shop",
        "/var/www/shop/current",
        "/var/www/shop/releases",
    ];
    let place = || proptest::option::weighted(0.4, proptest::sample::select(PLACES));
    (place(), place(), place(), place(), place(), place()).prop_filter_map(
        "directories that get along",
        |(home, virtualenv, releases, logs, static_dir, media_dir)| {
            let name = AppName::parse("shop").ok()?;
            let mut parts = AppParts::new(name, WsgiTarget::parse("shop.wsgi").ok()?);
            let dir = |text: &str| OwnedDir::parse(text).unwrap();
            let places = &mut parts.places;
            let of = |place: Option<&str>, default: &OwnedDir| place.map_or(default.clone(), dir);
            places.home = of(home, &places.home);
            places.virtualenv = of(virtualenv, &places.virtualenv);
            places.releases = of(releases, &places.releases);
            places.logs = of(logs, &places.logs);
            places.static_dir = static_dir.map(dir).or(places.static_dir.take());
            places.media_dir = media_dir.map(dir).or(places.media_dir.take());
            AppSpec::new(parts).ok()
        },
    )
}

#[test]
fn the_schema_takes_every_spec_that_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::deterministic();
    let files: Vec<_> = (0..100)
        .map(|number| {
            let app = spec().new_tree(&mut runner).unwrap().current();
            let path = directory.path().join(format!("{number}.yml"));
            fs::write(&path, app.to_yaml(Exposure::Exposed)).unwrap();
            path
        })
        .collect();
    for (file, problems) in judge_by_schema(&files) {
        let text = fs::read_to_string(file).unwrap();
        assert_eq!(problems, [""; 0], "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_spec_that_is_written_loads_as_itself(app in spec()) {
        let yaml = app.to_yaml(Exposure::Exposed);
        let source = Source { name: "written.yml", bytes: yaml.as_bytes() };
        match load(&source, &NoLookups) {
            Ok(loaded) => prop_assert_eq!(&loaded.app, &app),
            Err(rejected) => prop_assert!(false, "{:#?}", rejected.problems),
        }
    }

    #[test]
    fn a_spec_renders(app in spec()) {
        let rendered = wsgi_render::render(&app, &wsgi_render::Target::default());
        prop_assert!(rendered.is_ok(), "{rendered:?}");
    }

    #[test]
    fn directories_that_get_along_render_to_different_paths(app in scattered()) {
        let rendered = wsgi_render::render(&app, &wsgi_render::Target::default());
        prop_assert!(rendered.is_ok(), "{:?} {rendered:?}", app.places);
    }

    #[test]
    fn a_spec_is_its_parts(app in spec()) {
        prop_assert_eq!(AppSpec::new(app.clone().into_parts()), Ok(app));
    }
}
