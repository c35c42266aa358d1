//! Every path that an app owns, derived in one place.

use crate::{AbsPath, AppParts, AppSpec, Slug};

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

/// Declares paths `{base}{name}{suffix}`.
macro_rules! named_paths {
    ($($(#[$doc:meta])* $method:ident => $format:literal;)*) => {
        impl Layout<'_> {
            $($(#[$doc])* pub fn $method(&self) -> AbsPath {
                AbsPath::derived(format!($format, name = self.0.name))
            })*
        }
    };
}

named_paths! {
    /// What root writes and the app reads: `root:{group}` 0750.
    config_dir => "/etc/wsgi/{name}";
    /// The environment, as shell assignments.
    env_file => "/etc/wsgi/{name}/env";
    /// What login shells source.
    profile => "/etc/wsgi/{name}/profile";
    /// What supervisor starts.
    gunicorn_start => "/etc/wsgi/{name}/gunicorn_start";
    /// Gunicorn's settings, a Python file.
    gunicorn_conf => "/etc/wsgi/{name}/gunicorn.conf.py";
    /// The cron wrappers.
    cron_dir => "/etc/wsgi/{name}/cron";
    /// The app's state outside of its home; root's, what is in it is the app's.
    state_dir => "/var/lib/{name}";
    /// Socket and pid file.
    run_dir => "/var/lib/{name}/run";
    /// Gunicorn's socket.
    socket => "/var/lib/{name}/run/gunicorn.sock";
    /// Gunicorn's pid file.
    pid_file => "/var/lib/{name}/run/gunicorn.pid";
    /// Lock files of cron tasks; root's, so that nobody makes one beforehand.
    lock_dir => "/var/lib/{name}/locks";
    /// The supervisor program.
    supervisor_program => "/etc/supervisor/conf.d/{name}.conf";
    /// What the program prints. Supervisor writes it as root, so it is in root's directory.
    supervisor_log => "/var/log/supervisor/{name}.log";
    /// The systemd unit.
    systemd_unit => "/etc/systemd/system/{name}.service";
    /// The link that has systemd start the unit with supervisor.
    systemd_wants => "/etc/systemd/system/supervisor.service.wants/{name}.service";
    /// The script that `service` runs, and the unit.
    init_script => "/etc/init.d/{name}";
    /// The nginx site.
    nginx_site => "/etc/nginx/sites-available/{name}";
    /// The link that enables it.
    nginx_enabled => "/etc/nginx/sites-enabled/{name}";
    /// Further nginx files of the app.
    nginx_dir => "/etc/nginx/wsgi/{name}";
    /// Its TLS settings.
    nginx_tls => "/etc/nginx/wsgi/{name}/tls.conf";
    /// The rights of its user.
    sudoers => "/etc/sudoers.d/{name}";
    /// Its log rotation.
    logrotate => "/etc/logrotate.d/{name}";
    /// Its cron tasks.
    cron_file => "/etc/cron.d/{name}";
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
        self.0.places.storage.join(self.0.name.as_str())
    }

    /// The page for failures.
    pub fn error_page(&self) -> AbsPath {
        self.storage().join("500.html")
    }

    /// The page for maintenance.
    pub fn maintenance_page(&self) -> AbsPath {
        self.storage().join("maintenance.html")
    }

    /// While this file exists, the site answers with the maintenance page.
    pub fn maintenance_flag(&self) -> AbsPath {
        self.0.places.home.join("maintenance.html")
    }

    /// The app's own log, which gunicorn writes.
    pub fn app_log(&self) -> AbsPath {
        self.0.places.logs.join(&format!("{}.log", self.0.name))
    }

    /// The documented name of what the program prints: a link to
    /// [`supervisor_log`](Self::supervisor_log).
    pub fn supervisor_log_link(&self) -> AbsPath {
        self.0.places.logs.join("supervisor.log")
    }

    /// The wrapper of the cron task at `index`, counted from 0.
    pub fn cron_wrapper(&self, index: usize) -> AbsPath {
        self.cron_dir().join(&format!("{:02}", index + 1))
    }

    /// The lock file of a cron task.
    pub fn lock_file(&self, slug: &Slug) -> AbsPath {
        self.lock_dir().join(&format!("{slug}.lock"))
    }

    /// Where an nginx include is installed.
    pub fn nginx_include(&self, file_name: &crate::IncludeName) -> AbsPath {
        self.nginx_dir().join(&format!("include/{file_name}"))
    }
}
