//! Cron tasks.

use std::collections::{HashMap, HashSet};

use super::Findings;
use crate::{AbsPath, AppParts, CronTask, Layout, OwnedDir};

pub(super) fn check(app: &AppParts, found: &mut Findings) {
    let mut names: HashMap<&str, usize> = HashMap::new();
    let mut locks: HashMap<&str, usize> = HashMap::new();
    let owner = |i: usize| -> &str {
        let user = app.cron_tasks[i].user.as_ref();
        user.map_or(app.gunicorn.user.as_str(), |user| user.as_str())
    };
    for (i, task) in app.cron_tasks.iter().enumerate() {
        schedule(i, task, found);
        if task.lock && task.slug.is_none() {
            found
                .error(
                    "lock-without-slug",
                    at(i, "lock"),
                    "a lock needs a slug to be named by",
                    format!("add `slug: {}`", suggested_slug(task.name.as_str())),
                )
                .with(at(i, "slug"));
        }
        if let Some(first) = names.get(task.name.as_str()) {
            found
                .warning(
                    "duplicate-name",
                    at(i, "name"),
                    format!("another task is called `{}` too", task.name),
                    "give each task a name of its own, to tell them apart in logs",
                )
                .see(at(*first, "name"), "the other task");
        } else {
            names.insert(task.name.as_str(), i);
        }
        if let Some(slug) = task.lock_slug() {
            match locks.get(slug.as_str()) {
                None => _ = locks.insert(slug.as_str(), i),
                Some(first) if owner(*first) == owner(i) => {
                    let message = format!(
                        "another task has the lock `{slug}` too, so each is skipped while the other runs"
                    );
                    let help = "give it a slug of its own unless that is what you want";
                    found
                        .warning("shared-lock", at(i, "slug"), message, help)
                        .see(at(*first, "slug"), "the other task");
                }
                Some(first) => {
                    let message = format!(
                        "a task of `{}` has the lock `{slug}` too, and this one runs as `{}`",
                        owner(*first),
                        owner(i)
                    );
                    let help = "a lock file belongs to one user: give each task a slug of its own";
                    found
                        .error("shared-lock", at(i, "slug"), message, help)
                        .see(at(*first, "slug"), "the other task")
                        .with(at(*first, "user"))
                        .with(at(i, "user"))
                        .with("wsgi_gunicorn_user");
                }
            }
        }
        if let Some(log) = &task.logfile {
            logfile(app, i, log, found);
        }
        let mut set = HashSet::new();
        for var in &task.environment {
            if !set.insert(var.name.as_str()) {
                let variable = at(i, &format!("environment.{}", var.name));
                found
                    .error(
                        "duplicate-name",
                        variable,
                        "it is set twice",
                        "keep one of the two",
                    )
                    .at_name();
            }
        }
    }
}

/// The path of a key of the task at `index`.
fn at(index: usize, key: &str) -> String {
    format!("wsgi_cron_tasks[{index}].{key}")
}

fn schedule(i: usize, task: &CronTask, found: &mut Findings) {
    if !task.schedule.ever_fires() {
        found.error(
            "never-fires",
            at(i, "frequency"),
            format!(
                "the task would never run: no year has such a day (`{}`)",
                task.schedule
            ),
            "correct day or month",
        );
    }
}

fn logfile(app: &AppParts, i: usize, log: &AbsPath, found: &mut Findings) {
    let layout: Layout<'_> = app.layout();
    let places = &app.places;
    let dirs = [
        ("wsgi_path", Some(&places.home)),
        ("wsgi_virtualenv", Some(&places.virtualenv)),
        ("wsgi_release_dir", Some(&places.releases)),
        ("wsgi_log_dir", Some(&places.logs)),
        ("wsgi_static_dir", places.static_dir.as_ref()),
        ("wsgi_media_dir", places.media_dir.as_ref()),
    ];
    let is_dir = |dir: Option<&OwnedDir>| dir.is_some_and(|dir| dir.path() == log);
    if let Some((other, _)) = dirs.into_iter().find(|(_, dir)| is_dir(*dir)) {
        let message = format!("`{log}` is a directory, {other}");
        let help = format!(
            "name a file in it, such as `{log}/{}.log`",
            suggested_slug(app.cron_tasks[i].name.as_str())
        );
        found
            .error("directory", at(i, "logfile"), message, help)
            .with(other);
    }
    // In its own directories the app opens the log, and as the app.
    let user = app.cron_tasks[i].user.as_ref();
    let user = user.filter(|user| user.as_str() != app.gunicorn.user.as_str());
    if let Some(user) = user.filter(|_| !layout.is_apps_to_write(log)) {
        if let Some((code, why)) = super::no_place_for_a_log(log) {
            let message = format!("{why}; `{user}` opens it");
            let help = "name a file in a directory of the app, or below `/var/log`";
            found
                .error(code, at(i, "logfile"), message, help)
                .with(at(i, "user"))
                .with("wsgi_gunicorn_user");
        }
    }
    let own = [
        layout.app_log(),
        layout.supervisor_log_link(),
        layout.supervisor_log(),
    ];
    if own.contains(log) {
        let message = format!("`{log}` is the app's own log");
        let help = "give the task a file of its own";
        found
            .warning("shared-log", at(i, "logfile"), message, help)
            .with("wsgi_log_dir")
            .with("wsgi_project_name");
    }
}

/// A slug made of a task's name: `Clean up sessions` gives `clean_up_sessions`.
fn suggested_slug(name: &str) -> String {
    use heck::ToSnakeCase as _;
    let slug: String = name
        .to_snake_case()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .take(40)
        .collect();
    if slug.trim_matches('_').is_empty() {
        "task".to_owned()
    } else {
        slug
    }
}
