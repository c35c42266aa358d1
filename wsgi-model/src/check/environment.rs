//! Names of environment variables, and how much of them a process can get.

use std::collections::{HashMap, HashSet};

use super::Findings;
use crate::{AppParts, AppSpec};

/// Linux gives a program's arguments and environment together 2 MiB at an 8 MiB stack
/// (execve(2), "Limits on size of arguments and environment"); the rest is left to the commands.
const MAX_BYTES: usize = 1_500_000;

/// What programs go by, and a user may still want to set.
const OVERRIDES: &[(&str, &str)] = &[
    ("HOME", "the app's home, which the container sets"),
    ("USER", "the app's user, which the container sets"),
    ("LOGNAME", "the app's user, which the container sets"),
    ("SHELL", "the app's shell, which the container sets"),
    ("VIRTUAL_ENV", "the virtualenv, which the container sets"),
    (
        "GUNICORN_CMD_ARGS",
        "gunicorn's settings, which the container gives",
    ),
    (
        "PYTHONPATH",
        "where Python looks for modules before the release",
    ),
];

pub(super) fn check(app: &AppParts, found: &mut Findings) {
    databases(app, found);
    prefix(app, found);
    let mut plain = app.clone();
    plain.env_vars.clear();
    let generated = AppSpec::checked(plain).environment();
    let names: HashSet<&str> = generated.iter().map(|var| var.name.as_str()).collect();
    let of_databases = format!("{}_DB_", app.env_prefix);
    let mut seen = HashSet::new();
    for var in &app.env_vars {
        let name = var.name.as_str();
        let variable = format!("wsgi_env_vars.{name}");
        if !seen.insert(name) {
            found
                .error(
                    "duplicate-name",
                    variable.clone(),
                    "it is set twice",
                    "keep one of the two",
                )
                .at_name();
        }
        if name.chars().any(|c| c.is_ascii_lowercase()) {
            found
                .error(
                    "invalid-name",
                    variable.clone(),
                    format!("`{name}` is not in upper case, as all names here are"),
                    "make it with `EnvName::upper`",
                )
                .at_name();
        }
        if names.contains(name) {
            let finding = found.error(
                "generated-name",
                variable,
                format!("`{name}` is a variable that the container sets itself"),
                "use another name, or another wsgi_env_prefix",
            );
            finding.at_name();
            if name != "CURRENT_RELEASE" {
                finding.with("wsgi_env_prefix");
            }
            if name.starts_with(&of_databases) {
                finding.with("wsgi_databases");
            }
        } else if let Some((_, what)) = OVERRIDES.iter().find(|(other, _)| *other == name) {
            let message = format!("`{name}` is {what}");
            let help = "leave it out unless you mean to change that";
            found
                .warning("overrides", variable, message, help)
                .at_name();
        }
    }
    let bytes: usize = generated
        .iter()
        .chain(&app.env_vars)
        .map(|v| v.name.as_str().len() + v.value.expose().len() + 2)
        .sum();
    if bytes > MAX_BYTES {
        found.error(
            "too-large",
            "wsgi_env_vars",
            format!("the environment is {bytes} bytes in all, and at most {MAX_BYTES} fit"),
            "Linux starts no program with much more; put large values in files and name the files",
        );
    }
}

/// A prefix may make names that a loader or a shell goes by: `LD` makes `LD_LIBRARY_…`.
fn prefix(app: &AppParts, found: &mut Findings) {
    let generated = crate::EnvName::generated(&app.env_prefix, "APP_PATH");
    if let Err(why) = crate::EnvName::parse(generated.as_str()) {
        found
            .error(
                "bad-prefix",
                "wsgi_env_prefix",
                format!("with this prefix, {}", why.reason()),
                "choose another prefix",
            )
            .with("wsgi_project_name");
    }
}

fn databases(app: &AppParts, found: &mut Findings) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (i, database) in app.databases.iter().enumerate() {
        let variable = |i: usize| format!("wsgi_databases[{i}].id");
        let id = database.id.as_str().to_ascii_uppercase();
        let Some(first) = seen.get(&id) else {
            seen.insert(id, i);
            continue;
        };
        let other = &app.databases[*first].id;
        let mut message = format!("another database has the id `{other}` already");
        if *other != database.id {
            message.push_str(", and ids are compared in upper case");
        }
        found
            .error(
                "duplicate-id",
                variable(i),
                message,
                "give each database an id of its own",
            )
            .see(variable(*first), "the other database");
    }
}
