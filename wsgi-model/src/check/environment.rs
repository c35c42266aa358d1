//! Names of environment variables, and how much of them a process can get.

use std::collections::HashSet;

use super::Findings;
use crate::{AppParts, AppSpec};

/// Linux gives a program's arguments and environment together 2 MiB at an 8 MiB stack
/// (execve(2), "Limits on size of arguments and environment"); the rest is left to the commands.
const MAX_BYTES: usize = 1_500_000;

pub(super) fn check(app: &AppParts, found: &mut Findings) {
    databases(app, found);
    if let Err(why) = crate::EnvName::parse(&format!("{}_X", app.env_prefix)) {
        found.error(
            "bad-prefix",
            "wsgi_env_prefix",
            &["wsgi_project_name"],
            why.reason().to_owned(),
            "choose another prefix",
        );
    }
    let mut plain = app.clone();
    plain.env_vars.clear();
    let generated = AppSpec::checked(plain).environment();
    let names: HashSet<&str> = generated.iter().map(|var| var.name.as_str()).collect();
    for var in &app.env_vars {
        let name = var.name.as_str();
        let variable = format!("wsgi_env_vars.{name}");
        if names.contains(name) {
            found.error(
                "generated-name",
                variable,
                &["wsgi_env_prefix", "wsgi_databases"],
                format!("`{name}` is a variable that the container sets itself"),
                "use another name, or another wsgi_env_prefix",
            );
        } else if matches!(
            name,
            "HOME"
                | "USER"
                | "LOGNAME"
                | "SHELL"
                | "GUNICORN_CMD_ARGS"
                | "PYTHONPATH"
                | "VIRTUAL_ENV"
        ) {
            found.warning(
                "overrides",
                variable,
                &[],
                format!(
                    "`{name}` overrides what the container sets, or what gunicorn and Python go by"
                ),
                "leave it out unless that is what you want",
            );
        }
    }
    for (i, var) in app.env_vars.iter().enumerate() {
        if app.env_vars[..i].iter().any(|other| other.name == var.name) {
            found.error(
                "duplicate-name",
                format!("wsgi_env_vars.{}", var.name),
                &[],
                "it is set twice",
                "keep one of the two",
            );
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
            &[],
            format!("the environment is {bytes} bytes in all"),
            "Linux starts no program with much more than 2 MiB; put large values in files and name the files",
        );
    }
}

fn databases(app: &AppParts, found: &mut Findings) {
    let mut seen = HashSet::new();
    for (i, database) in app.databases.iter().enumerate() {
        let id = database.id.as_str().to_ascii_uppercase();
        if !seen.insert(id.clone()) {
            found.error(
                "duplicate-id",
                format!("wsgi_databases[{i}].id"),
                &[],
                format!(
                    "another database has the id `{}` (ids are compared in upper case: `{id}`)",
                    database.id
                ),
                "give each database an id of its own",
            );
        }
    }
}
