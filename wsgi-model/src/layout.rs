//! Every path that an app owns, derived in one place.

use std::collections::BTreeSet;

use heck::ToKebabCase as _;

use crate::{AbsPath, AppParts, AppSpec, OwnedDir, Slug};

/// The paths of one app; each is derived from its name and its places.
///
/// Files that root, cron or supervisor read stand in directories that the app's user cannot write.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a>(&'a AppParts);

impl AppSpec {
    /// The paths of this app.
    pub fn layout(&self) -> Layout<'_> {
        Layout(self)
    }
}

impl AppParts {
    /// The paths of an app with these parts.
    pub fn layout(&self) -> Layout<'_> {
        Layout(self)
    }
}

/// Declares paths by what stands before and after the app's name.
macro_rules! named_paths {
    ($($(#[$doc:meta])* $method:ident => $before:literal, $after:literal;)*) => {
        impl Layout<'_> {
            $($(#[$doc])* pub fn $method(&self) -> AbsPath {
                AbsPath::derived([$before, self.0.name.as_str(), $after].concat())
            })*
        }
    };
}

named_paths! {
    /// What root writes and the app reads: `root:{group}` 0750.
    config_dir => "/etc/wsgi/", "";
    /// The environment, as shell assignments.
    env_file => "/etc/wsgi/", "/env";
    /// What login shells source.
    profile => "/etc/wsgi/", "/profile";
    /// What supervisor starts.
    gunicorn_start => "/etc/wsgi/", "/gunicorn_start";
    /// What supervisor watches: it runs gunicorn, and exchanges it without losing a request.
    herder => "/etc/wsgi/", "/herder.py";
    /// Asks the herder for an exchange.
    exchange => "/etc/wsgi/", "/exchange.py";
    /// Gunicorn's settings, a Python file.
    gunicorn_conf => "/etc/wsgi/", "/gunicorn.conf.py";
    /// The cron wrappers.
    cron_dir => "/etc/wsgi/", "/cron";
    /// The app's state outside of its home; root's, what is in it is the app's.
    state_dir => "/var/lib/", "";
    /// Sockets and pid file.
    run_dir => "/var/lib/", "/run";
    /// The virtualenvs of releases; a deploy makes the app's own a link to one of them.
    virtualenvs => "/var/lib/", "/venvs";
    /// The socket that gunicorn answers on.
    socket => "/var/lib/", "/run/gunicorn.sock";
    /// Where the herder is asked to exchange gunicorn.
    herder_socket => "/var/lib/", "/run/herder.sock";
    /// The process id of the herder, which takes gunicorn's signals.
    pid_file => "/var/lib/", "/run/gunicorn.pid";
    /// Lock files of cron tasks; root's, so that nobody makes one beforehand.
    lock_dir => "/var/lib/", "/locks";
    /// The supervisor program.
    supervisor_program => "/etc/supervisor/conf.d/", ".conf";
    /// What the program prints. Supervisor writes it as root, so it is in root's directory.
    supervisor_log => "/var/log/supervisor/", ".log";
    /// The systemd unit.
    systemd_unit => "/etc/systemd/system/", ".service";
    /// The link that has systemd start the unit with supervisor.
    systemd_wants => "/etc/systemd/system/supervisor.service.wants/", ".service";
    /// The script that `service` runs, and the unit.
    init_script => "/etc/init.d/", "";
    /// The nginx site.
    nginx_site => "/etc/nginx/sites-available/", "";
    /// The link that enables it.
    nginx_enabled => "/etc/nginx/sites-enabled/", "";
    /// How nginx passes a request to the app.
    nginx_proxy => "/etc/nginx/wsgi/", "/proxy.conf";
    /// Further nginx files of the app.
    nginx_dir => "/etc/nginx/wsgi/", "";
    /// Its TLS settings.
    nginx_tls => "/etc/nginx/wsgi/", "/tls.conf";
    /// The rights of its user.
    sudoers => "/etc/sudoers.d/", "";
    /// Its log rotation.
    logrotate => "/etc/logrotate.d/", "";
    /// Its cron tasks.
    cron_file => "/etc/cron.d/", "";
}

impl Layout<'_> {
    /// Where the running release is: a link, or the directory itself. Never made by us.
    pub fn current(&self) -> AbsPath {
        self.0.places.home.join("current")
    }

    /// The name of [`current`](Self::current) among the releases, where the role's README has it:
    /// none when the releases stand in the home itself.
    pub fn release_link(&self) -> Option<AbsPath> {
        let places = &self.0.places;
        (places.releases != places.home).then(|| places.releases.join("current"))
    }

    /// What bash reads first in a shell that is no login shell.
    pub fn bashrc(&self) -> AbsPath {
        self.0.places.home.join(".bashrc")
    }

    /// What bash reads first in a login shell.
    pub fn bash_profile(&self) -> AbsPath {
        self.0.places.home.join(".bash_profile")
    }

    /// Where the role had the environment, and scripts of its users look for it.
    pub fn postactivate_link(&self) -> AbsPath {
        self.0.places.virtualenv.join("bin/postactivate")
    }

    /// Where the role had the start script, and scripts of its users look for it.
    pub fn gunicorn_start_link(&self) -> AbsPath {
        self.0.places.virtualenv.join("bin/gunicorn_start")
    }

    /// What outlives releases: `{storage}{name}`.
    pub fn storage(&self) -> AbsPath {
        self.stored("")
    }

    fn stored(self, after: &str) -> AbsPath {
        self.0
            .places
            .storage
            .join_all(&[self.0.name.as_str(), after])
    }

    /// The page for failures.
    pub fn error_page(&self) -> AbsPath {
        self.stored("/500.html")
    }

    /// The page for maintenance.
    pub fn maintenance_page(&self) -> AbsPath {
        self.stored("/maintenance.html")
    }

    /// While this file exists, the site answers with the maintenance page.
    pub fn maintenance_flag(&self) -> AbsPath {
        self.0.places.home.join("maintenance.html")
    }

    /// The app's own log, which gunicorn writes.
    pub fn app_log(&self) -> AbsPath {
        self.0.places.logs.join_all(&[self.0.name.as_str(), ".log"])
    }

    /// The documented name of what the program prints: a link to
    /// [`supervisor_log`](Self::supervisor_log).
    pub fn supervisor_log_link(&self) -> AbsPath {
        self.0.places.logs.join("supervisor.log")
    }

    /// The wrappers of the cron tasks, in the order of the tasks.
    ///
    /// Each is named after its task, as `rotate-the-logs`: cron writes the path to the system's log
    /// at every start, and a task that moves up or down keeps its file. The second of two tasks
    /// whose names come out alike gets `-2`.
    pub fn cron_wrappers(&self) -> Vec<AbsPath> {
        let mut taken = BTreeSet::new();
        let dir = self.cron_dir();
        self.0
            .cron_tasks
            .iter()
            .map(|task| {
                let base = file_slug(task.name.as_str());
                let mut name = base.clone();
                let mut count = 1;
                while !taken.insert(name.clone()) {
                    count += 1;
                    name = format!("{base}-{count}");
                }
                dir.join(&name)
            })
            .collect()
    }

    /// Whether the app's user could put a file at `path`, or a link in its place: root opens
    /// nothing there for writing.
    pub fn is_apps_to_write(&self, path: &AbsPath) -> bool {
        let places = &self.0.places;
        let run = self.run_dir();
        [
            &places.home,
            &places.releases,
            &places.logs,
            &places.virtualenv,
        ]
        .into_iter()
        .chain(&places.static_dir)
        .chain(&places.media_dir)
        .map(OwnedDir::path)
        .chain([&run])
        .any(|dir| path.is_within(dir))
    }

    /// The lock file of a cron task.
    pub fn lock_file(&self, slug: &Slug) -> AbsPath {
        self.lock_dir().join_all(&[slug.as_str(), ".lock"])
    }

    /// What is below it belongs to one app each.
    pub fn nginx_shared_dir() -> AbsPath {
        AbsPath::derived("/etc/nginx/wsgi".to_owned())
    }

    /// The site that Debian's nginx comes with.
    pub fn nginx_stock_site() -> AbsPath {
        AbsPath::derived("/etc/nginx/sites-available/default".to_owned())
    }

    /// The link that enables it.
    pub fn nginx_stock_link() -> AbsPath {
        AbsPath::derived("/etc/nginx/sites-enabled/default".to_owned())
    }

    /// Where the nginx includes are installed.
    pub fn nginx_include_dir(&self) -> AbsPath {
        self.nginx_dir().join("include")
    }

    /// Where an nginx include is installed.
    pub fn nginx_include(&self, file_name: &crate::IncludeName) -> AbsPath {
        self.nginx_include_dir().join(file_name.as_str())
    }
}

/// `text` as the name of a file: words of ASCII letters and digits with dashes between them.
fn file_slug(text: &str) -> String {
    let ascii: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' })
        .collect();
    let mut slug = ascii.to_kebab_case();
    // The whole path must fit the line that cron reads, and be easy to read in the system's log.
    slug.truncate(60);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "task" } else { slug }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AppName, CommandLine, CronTask, Invalid, TaskName, WsgiTarget};

    fn wrappers(names: &[&str]) -> Result<Vec<String>, Invalid> {
        let mut parts = AppParts::new(AppName::parse("shop")?, WsgiTarget::parse("shop.wsgi")?);
        for name in names {
            let task = CronTask::new(TaskName::parse(name)?, CommandLine::parse("true")?);
            parts.cron_tasks.push(task);
        }
        let paths = parts.layout().cron_wrappers();
        Ok(paths
            .iter()
            .filter_map(|path| path.file_name().map(str::to_owned))
            .collect())
    }

    #[test]
    fn a_wrapper_is_named_after_its_task_and_alone_in_its_name() -> Result<(), Invalid> {
        assert_eq!(
            wrappers(&[
                "Rotate the logs",
                "../../etc/passwd",
                "Почта",
                "a",
                "A!",
                "a 2"
            ])?,
            ["rotate-the-logs", "etc-passwd", "task", "a", "a-2", "a-2-2"]
        );
        assert_eq!(wrappers(&["b", "a"])?, ["b", "a"]);
        let long = wrappers(&[&"word ".repeat(40)])?;
        assert!(long[0].len() <= 60 && long[0].ends_with('d'), "{long:?}");
        Ok(())
    }
}
