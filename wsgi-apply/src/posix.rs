//! The programs that run on a host, for its `/bin/sh`.

mod answer;
mod payload;
mod performing;
mod words;

use wsgi_model::AbsPath;

use crate::{Look, Probe};

pub(crate) use answer::Answer;
pub(crate) use payload::Payload;
pub(crate) use performing::{Performance, argv};
pub(crate) use words::{call, quoted};

pub(crate) const STATE: &str = include_str!("posix/state.sh");
const OBSERVE: &str = include_str!("posix/observe.sh");
pub(crate) const PERFORM: &str = concat!(
    include_str!("posix/perform.sh"),
    include_str!("posix/paths.sh")
);
const PROGRAMS: &str = include_str!("posix/programs.py");
const ANSWERED: &str = include_str!("posix/answered.py");

/// A script without its comments and indents, which the host does not need.
pub(crate) fn bare(script: &str) -> String {
    let lines = script.lines().map(str::trim_start);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// What both programs are given: what stands for `/`, the apps and the paths.
fn scope(probe: &Probe, prefix: &str) -> String {
    let apps = probe
        .apps
        .iter()
        .map(|(name, app)| format!("{name}\t{}\t{}\t{}", app.user, app.group, app.virtualenv));
    let ancestors = probe.ancestors();
    let paths = probe.paths.keys().chain(&ancestors);
    let plain = |(path, look): (&AbsPath, &Look)| {
        matches!(look, Look::Attributes | Look::Marked(_)).then(|| [prefix, path.as_str()].concat())
    };
    let skipped: Vec<String> = probe.paths.iter().filter_map(plain).collect();
    [
        // What the environment has of these names would reach every program.
        "unset -v R A P X E M C K D Q Y Z F N G H S U B T a f h n s u w APP_USERS APP_GROUPS\n"
            .to_owned(),
        assigned("R", prefix),
        assigned("A", &lines(apps)),
        assigned(
            "P",
            &lines(paths.map(|path| [prefix, path.as_str()].concat())),
        ),
        assigned("X", &lines(skipped)),
    ]
    .concat()
}

/// The program that observes, all of it.
pub(crate) fn observing(probe: &Probe, prefix: &str, mark: &str) -> String {
    let wanted = probe.paths.iter().filter_map(|(path, look)| {
        let known = match look {
            Look::Contents => "-".to_owned(),
            Look::ContentsUnless(digest) => digest.to_string(),
            _ => return None,
        };
        Some(format!("{prefix}{path}\t{known}"))
    });
    let marks = probe.paths.iter().filter_map(|(path, look)| {
        let Look::Marked(marks) = look else {
            return None;
        };
        let marks: String = marks.iter().flat_map(|mark| ["\t", mark]).collect();
        Some(format!("{prefix}{path}{marks}"))
    });
    let tls = probe.tls.iter();
    let tls = tls.map(|(role, path)| format!("{}\t{path}", role.word()));
    let conffiles = probe.conffiles.iter();
    let conffiles = conffiles.map(|(link, file)| format!("{link}\t{file}"));
    [
        scope(probe, prefix),
        assigned("M", mark),
        assigned("C", &lines(wanted)),
        assigned("K", &lines(probe.packages.iter().cloned())),
        assigned("D", &lines(conffiles)),
        assigned("W", &lines(marks)),
        assigned("L", &lines(tls)),
        assigned("U", &lines(probe.crontabs.iter().cloned())),
        assigned("Q", PROGRAMS),
        health(probe),
        bare(STATE),
        bare(OBSERVE),
    ]
    .concat()
}

/// Which apps are asked how they are, and the program that asks; most probes have none.
fn health(probe: &Probe) -> String {
    if probe.health.is_empty() {
        return String::new();
    }
    let asked = probe.health.iter().filter_map(|(name, health)| {
        let user = &probe.apps.get(name)?.user;
        let scheme = if health.tls { "https" } else { "http" };
        let (socket, path) = (&health.socket, health.path.as_str());
        let host = &health.server_name;
        Some(format!(
            "{name}\t{user}\t{socket}\t{host}\t{path}\t{scheme}"
        ))
    });
    [assigned("Y", &lines(asked)), assigned("Z", ANSWERED)].concat()
}

fn lines(texts: impl IntoIterator<Item = String>) -> String {
    let texts: Vec<String> = texts.into_iter().collect();
    texts.join("\n")
}

pub(crate) fn assigned(name: &str, value: &str) -> String {
    format!("{name}={}\n", quoted(value))
}
