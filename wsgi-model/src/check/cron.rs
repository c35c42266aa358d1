//! Cron tasks.

use std::collections::HashMap;

use super::Findings;
use crate::AppParts;

pub(super) fn check(app: &AppParts, found: &mut Findings) {
    let mut names = HashMap::new();
    let mut locks: HashMap<&str, (usize, &str)> = HashMap::new();
    let layout = app.layout();
    for (i, task) in app.cron_tasks.iter().enumerate() {
        let variable = format!("wsgi_cron_tasks[{i}]");
        if !task.schedule.ever_fires() {
            found.error(
                "never-fires",
                format!("{variable}.frequency"),
                &[],
                format!(
                    "the task would never run: no year has such a day (`{}`)",
                    task.schedule
                ),
                "correct day or month",
            );
        }
        if task.lock && task.slug.is_none() {
            found.error(
                "lock-without-slug",
                format!("{variable}.lock"),
                &[],
                "a lock needs a slug to be named by",
                format!("add `slug: {}`", suggested_slug(task.name.as_str())),
            );
        }
        if let Some(first) = names.insert(task.name.as_str(), i) {
            found.warning(
                "duplicate-name",
                format!("{variable}.name"),
                &[],
                format!("task {} is called `{}` too", first + 1, task.name),
                "give each task a name of its own, to tell them apart in logs",
            );
        }
        let user = task
            .user
            .as_ref()
            .map_or(app.gunicorn.user.as_str(), |user| user.as_str());
        if let Some(slug) = task.lock_slug() {
            if let Some((first, owner)) = locks.get(slug.as_str()) {
                if *owner == user {
                    found.warning(
                        "shared-lock",
                        format!("{variable}.slug"),
                        &[],
                        format!("task {} has the lock `{slug}` too, so each is skipped while the other runs", first + 1),
                        "give it a slug of its own unless that is what you want",
                    );
                } else {
                    found.error(
                        "shared-lock",
                        format!("{variable}.slug"),
                        &["wsgi_gunicorn_user"],
                        format!(
                            "task {} has the lock `{slug}` too, as another user",
                            first + 1
                        ),
                        "a lock file belongs to one user: give each task a slug of its own",
                    );
                }
            } else {
                locks.insert(slug.as_str(), (i, user));
            }
        }
        if let Some(log) = &task.logfile {
            if *log == layout.app_log()
                || *log == layout.supervisor_log_link()
                || *log == layout.supervisor_log()
            {
                found.warning(
                    "shared-log",
                    format!("{variable}.logfile"),
                    &["wsgi_log_dir"],
                    format!("`{log}` is the app's own log"),
                    "give the task a file of its own",
                );
            }
        }
        for (j, var) in task.environment.iter().enumerate() {
            if task.environment[..j]
                .iter()
                .any(|other| other.name == var.name)
            {
                found.error(
                    "duplicate-name",
                    format!("{variable}.environment.{}", var.name),
                    &[],
                    "it is set twice",
                    "keep one of the two",
                );
            }
        }
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
    if slug.is_empty() {
        "task".to_owned()
    } else {
        slug
    }
}
