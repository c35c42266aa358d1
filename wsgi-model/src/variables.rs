//! The table of variables: each is defined here and nowhere else.

use crate::cron::CronTask;
use crate::variable::Fallback::{Nothing, Required, Text};
use crate::variable::define;
use crate::wire::{
    DirectoryPath, Environment, IncludePath, KeySource, OneOrMany, UpperEnvironment,
};
use crate::{
    AbsPath, AppName, AptPackage, CommandLine, Database, DatabaseId, EmailAddress, EnvPrefix,
    EnvValue, HealthPath, HealthStatus, HstsMaxAge, MaxRequests, OwnedDir, PipPackage,
    PipRequirement, PipVersion, Port, RelativePath, ReleaseCount, RequestLineLimit, Resolver,
    Schedule, Seconds, ServerName, Slug, Sudo, TaskName, TaskUser, TlsProfile, UserName,
    WorkerTimeout, Workers, WsgiTarget,
};

define! {
    /// Every variable, in the order of the reference.
    pub VARIABLES;

    Application {
        /// Names the app, its Unix user and group, its nginx site, its supervisor program and its files.
        NAME: AppName = "wsgi_project_name", Required; example "shop";
        /// What gunicorn imports, seen from the release's directory: a module, and a callable in it
        /// (`application` when none is named).
        WSGI: WsgiTarget = "wsgi_wsgi_path", Required; example "shop.wsgi";
        /// The contact on the error and maintenance pages. The default reaches nobody, so the pages
        /// show no contact then.
        SUPPORT_EMAIL: EmailAddress = "wsgi_support_email", Text("support@example.com"); example "help@shop.example.org";
        /// Starts the name of every generated environment variable, in upper case.
        ENV_PREFIX: EnvPrefix = "wsgi_env_prefix", Text("{name}"); example "shop";
        /// Further environment variables. Names are put in upper case and get no prefix; values are
        /// secrets to this tool, and arrive byte for byte.
        ENV_VARS: UpperEnvironment = "wsgi_env_vars", Text("{}"); example "{secret_key: 'k8#x$Q', debug: 'off'}";
        /// Databases that the app is told of, as `PREFIX_DB_ID_NAME`, `_USER`, `_PASSWORD`, `_HOST`
        /// and `_PORT`. None is created.
        DATABASES: Vec<Database> = "wsgi_databases", Text("[]");
        /// Whether nginx serves the app. With `no`, nothing of nginx is touched.
        EXPOSE: bool = "wsgi_expose", Text("yes");
    }
    Places {
        /// Holds what outlives releases, in a directory of the app's name.
        STORAGE: DirectoryPath = "wsgi_storage_dir", Text("/mnt/");
        /// The virtualenv.
        VIRTUALENV: OwnedDir = "wsgi_virtualenv", Text("/var/lib/{name}/venv/");
        /// The app's directory, which is its user's home. The running release is `current` in it.
        HOME: OwnedDir = "wsgi_path", Text("/var/www/{name}/");
        /// The releases.
        RELEASES: OwnedDir = "wsgi_release_dir", Text("{path}releases/");
        /// The app's logs.
        LOGS: OwnedDir = "wsgi_log_dir", Text("/var/log/{name}/");
        /// What nginx serves below `/static/`; `no` serves nothing.
        STATIC_DIR: Option<OwnedDir> = "wsgi_static_dir", Text("{path}current/static/");
        /// What nginx serves below `/media/` and the app writes; `no` serves nothing.
        MEDIA_DIR: Option<OwnedDir> = "wsgi_media_dir", Text("{storage}{name}/media/");
    }
    System {
        /// Whether `apt-get update` runs before something is installed.
        UPDATE_APT_CACHE: bool = "wsgi_update_apt_cache", Text("yes");
        /// Further Debian packages.
        APT_PACKAGES: Vec<AptPackage> = "wsgi_extra_apt_packages", Text("[]"); example "[libpq-dev, gettext]";
        /// Further Python packages, into the virtualenv. Without a version, what is there stays.
        PIP_PACKAGES: Vec<PipRequirement> = "wsgi_extra_pip_packages", Text("[]"); example "[{name: celery, version: '5.4.0'}]";
        /// Whether the native libraries of Pillow are installed.
        PYTHON_IMAGE: bool = "wsgi_enable_python_image", Text("no");
        /// Whether people log in over SSH as the app's user. `no` gives it no shell and no keys.
        SSH: bool = "wsgi_ssh", Text("yes");
        /// Who may log in as the app's user: public keys (one, several lines, or a list), or the paths of
        /// `.pub` files on your machine.
        SSH_KEYS: Option<OneOrMany<KeySource>> = "wsgi_ssh_key", Nothing("your own public key: the first of `~/.ssh/id_ed25519.pub` and the other kinds that ssh knows");
        /// What the app's user may do with sudo: `yes` controls its own program only, `full` everything
        /// (the role's behaviour: whoever breaks into the app is root), `no` nothing.
        SUDO: Sudo = "wsgi_sudo", Text("yes");
    }
    Gunicorn {
        /// The Unix user that the app runs as and that people log in as.
        USER: UserName = "wsgi_gunicorn_user", Text("{name}");
        /// That user's primary group.
        GROUP: UserName = "wsgi_gunicorn_group", Text("{name}");
        /// How many worker processes answer requests.
        WORKERS: Workers = "wsgi_gunicorn_num_workers", Text("5"); unit "processes";
        /// After how many requests a worker is replaced; 0 means never.
        MAX_REQUESTS: MaxRequests = "wsgi_gunicorn_max_requests", Text("0"); unit "requests";
        /// After how long a worker that is stuck in one request is killed; 0 means never.
        TIMEOUT: WorkerTimeout = "wsgi_gunicorn_timeout", Text("30"); unit "seconds";
        /// The longest request line. Gunicorn takes no more than 8190, so more means 8190.
        REQUEST_LINE_LIMIT: RequestLineLimit = "wsgi_request_line_limit", Text("8192"); unit "bytes";
        /// The gunicorn to install. Without it, the one that is there stays.
        GUNICORN_VERSION: Option<PipVersion> = "wsgi_gunicorn_version", Nothing("the one that is there, or the newest"); example "'23.0.0'";
    }
    Nginx {
        /// The host names that the site answers. An empty list answers every name that no other site has.
        SERVER_NAMES: Vec<ServerName> = "wsgi_server_names", Text("[]"); example "[shop.example.org, www.shop.example.org]";
        /// The port of plain HTTP.
        HTTP_PORT: Port = "wsgi_nginx_http_port", Text("80");
        /// The name server that nginx asks for the OCSP responder. Only stapling needs one.
        RESOLVER: Option<Resolver> = "wsgi_dns_resolver", Nothing("none; stapling takes 8.8.8.8"); example "10.0.0.2";
        /// Where requests are logged. Not in a directory that the app can write: nginx opens it as root.
        ACCESS_LOG: AbsPath = "wsgi_nginx_access_log_file", Text("/var/log/nginx/{name}.access.log");
        /// Where nginx logs errors of the site. Not in a directory that the app can write.
        ERROR_LOG: AbsPath = "wsgi_nginx_error_log_file", Text("/var/log/nginx/{name}.error.log");
        /// Files of nginx directives on your machine (relative to the vars file) that are installed and
        /// included in the server block.
        INCLUDES: Vec<IncludePath> = "wsgi_nginx_include_paths", Text("[]"); example "[nginx/legacy-redirects.conf]";
        /// How long an idle connection of a client is kept.
        KEEPALIVE_TIMEOUT: Seconds = "wsgi_keepalive_timeout", Text("75"); unit "seconds";
        /// How long nginx waits for the app's answer, between two reads.
        PROXY_READ_TIMEOUT: Seconds = "wsgi_proxy_read_timeout", Text("60"); unit "seconds";
        /// How long nginx waits for the app to take the request, between two writes.
        PROXY_SEND_TIMEOUT: Seconds = "wsgi_proxy_send_timeout", Text("60"); unit "seconds";
        /// How long nginx waits for the app's socket.
        PROXY_CONNECT_TIMEOUT: Seconds = "wsgi_proxy_connect_timeout", Text("60"); unit "seconds";
        /// How long nginx waits for the client to take the answer, between two writes.
        SEND_TIMEOUT: Seconds = "wsgi_send_timeout", Text("60"); unit "seconds";
        /// How long nginx waits for the name server.
        RESOLVER_TIMEOUT: Seconds = "wsgi_resolver_timeout", Text("30"); unit "seconds";
    }
    Tls {
        /// Whether the site also listens on 443 with TLS.
        SSL: bool = "wsgi_ssl", Text("no");
        /// Whether plain HTTP is redirected to HTTPS (308; ACME's challenge path is let through).
        FORCE_SSL: bool = "wsgi_force_ssl", Text("no"); needs "wsgi_ssl";
        /// Whether this site answers on 443 for names that no site has.
        DEFAULT_SERVER: bool = "wsgi_ssl_set_default_server", Text("no");
        /// The certificate and its intermediates, on the server before an apply.
        CERTIFICATE: AbsPath = "wsgi_ssl_crt_file" or "wsgi_local_ssl_crt_file", Text("/etc/ssl/certs/{name}.crt");
        /// The private key, on the server before an apply.
        KEY: AbsPath = "wsgi_ssl_key_file" or "wsgi_local_ssl_key_file", Text("/etc/ssl/private/{name}.key");
        /// Whether the dhparam file is named to nginx. No profile has a cipher that uses it.
        DIFFIE_HELLMAN: bool = "wsgi_ssl_diffie_hellman", Text("no");
        /// The dhparam file, on the server before an apply.
        DHPARAM: AbsPath = "wsgi_ssl_diffie_hellman_pem" or "wsgi_local_ssl_diffie_hellman_pem", Text("/etc/ssl/private/{name}.pem");
        /// Whether OCSP answers are stapled. Let's Encrypt has offered none since 2025.
        OCSP: bool = "wsgi_ssl_ocsp", Text("no");
        /// The chain that stapled answers are checked with, on the server before an apply.
        STAPLE_CERTIFICATE: AbsPath = "wsgi_ssl_staple_crt_file" or "wsgi_local_ssl_staple_crt_file", Text("/etc/ssl/private/{name}.stapling.crt");
        /// Protocols and ciphers by Mozilla's guideline 6.0: `intermediate` (TLS 1.2 and 1.3) or `modern`
        /// (TLS 1.3 only).
        PROFILE: TlsProfile = "wsgi_ssl_profile", Text("intermediate");
        /// How long browsers remember to use TLS only (`Strict-Transport-Security`); 0 sends no header.
        HSTS_MAX_AGE: HstsMaxAge = "wsgi_ssl_hsts_max_age", Text("63072000"); unit "seconds";
    }
    Cron {
        /// Tasks that cron runs with the app's environment.
        CRON_TASKS: OneOrMany<CronTask> = "wsgi_cron_tasks", Text("[]");
    }
    Deploy {
        /// Commands in the new release before anything switches (`collectstatic` …). One of several lines ends
        /// with the first that fails.
        BUILD: Vec<CommandLine> = "wsgi_deploy_build", Text("[]"); example "['python manage.py collectstatic --noinput']";
        /// Commands once per deploy, on one host (migrations).
        RELEASE: Vec<CommandLine> = "wsgi_deploy_release", Text("[]"); example "['python manage.py migrate --noinput']";
        /// Commands after the switch.
        AFTER: Vec<CommandLine> = "wsgi_deploy_after", Text("[]");
        /// How long each of these commands may take.
        DEPLOY_TIMEOUT: Seconds = "wsgi_deploy_timeout", Text("600"); unit "seconds";
        /// What is asked for to see whether the app is well.
        HEALTH_PATH: HealthPath = "wsgi_health_path", Text("/"); example "/health";
        /// Which answers mean that it is: a status or a range.
        HEALTH_STATUS: HealthStatus = "wsgi_health_status", Text("200-399");
        /// Until when it must answer.
        HEALTH_TIMEOUT: Seconds = "wsgi_health_timeout", Text("30"); unit "seconds";
        /// How many successful releases are kept.
        KEEP_RELEASES: ReleaseCount = "wsgi_keep_releases", Text("5"); unit "releases";
        /// Paths in the release that are links to `{path}shared/`, so that they outlive it.
        SHARED_PATHS: Vec<RelativePath> = "wsgi_shared_paths", Text("[]"); example "[uploads]";
    }
}

/// The keys of a database.
pub(crate) mod database {
    use super::{DatabaseId, EnvValue, Nothing, Required, define};

    define! {
        /// The keys.
        pub(crate) KEYS;
        Application {
            /// Names the variables, in upper case.
            ID: DatabaseId = "id", Required; example "main";
            /// The database's name.
            NAME: Option<EnvValue> = "name", Nothing("an empty variable"); example "shop";
            /// Who logs in.
            USER: Option<EnvValue> = "user", Nothing("an empty variable"); example "shop";
            /// The password.
            PASSWORD: Option<EnvValue> = "password", Nothing("an empty variable"); example "s3cret";
            /// The server.
            HOST: Option<EnvValue> = "host", Nothing("an empty variable"); example "127.0.0.1";
            /// The server's port.
            PORT: Option<EnvValue> = "port", Nothing("an empty variable"); example "5432";
        }
    }
}

/// The keys of a Python package.
pub(crate) mod pip {
    use super::{Nothing, PipPackage, PipVersion, Required, define};

    define! {
        /// The keys.
        pub(crate) KEYS;
        System {
            /// The name as on PyPI.
            NAME: PipPackage = "name", Required; example "celery";
            /// The version.
            VERSION: Option<PipVersion> = "version", Nothing("what is there, or the newest"); example "'5.4.0'";
        }
    }
}

/// The keys of a cron task.
pub(crate) mod cron {
    use super::{
        AbsPath, CommandLine, Environment, Nothing, Required, Schedule, Slug, TaskName, TaskUser,
        Text, define,
    };

    define! {
        /// The keys.
        pub(crate) KEYS;
        Cron {
            /// What it is called.
            NAME: TaskName = "name", Required; example "Clean up sessions";
            /// Who runs it.
            USER: Option<TaskUser> = "user", Nothing("the app's user"); example "root";
            /// What bash runs, with the app's environment and its virtualenv first in `PATH`.
            COMMAND: CommandLine = "command", Required; example "python current/manage.py clearsessions";
            /// When it runs; a field that is not set is `*`.
            FREQUENCY: Schedule = "frequency", Text("{}"); example "{minute: '30', hour: '4'}";
            /// Where its whole output is appended.
            LOGFILE: Option<AbsPath> = "logfile", Nothing("cron mails the output"); example "/var/log/shop/sessions.log";
            /// Further variables for this task, with their names as written.
            ENVIRONMENT: Environment = "environment", Text("{}"); example "{BATCH: '100'}";
            /// Whether it is skipped while its last run is still going.
            LOCK: bool = "lock", Text("no"); needs "slug";
            /// Names the lock; needed with `lock: yes`.
            SLUG: Option<Slug> = "slug", Nothing("none"); example "clearsessions";
        }
    }
}

/// The fields of a schedule.
pub(crate) mod frequency {
    use super::{Text, define};
    use crate::wire::{Day, Hour, Minute, Month, Weekday};

    define! {
        /// The keys.
        pub(crate) KEYS;
        Cron {
            /// 0 to 59.
            MINUTE: Minute = "minute", Text("*"); example "'*/5'";
            /// 0 to 23.
            HOUR: Hour = "hour", Text("*"); example "'4'";
            /// The day of the month, 1 to 31.
            DAY: Day = "day", Text("*"); example "'1,15'";
            /// 1 to 12, or `jan` to `dec`.
            MONTH: Month = "month", Text("*"); example "'1-6'";
            /// 0 to 7 (0 and 7 are Sunday), or `sun` to `sat`. With both day and weekday set, cron runs the
            /// task when either matches.
            WEEKDAY: Weekday = "weekday", Text("*"); example "'mon-fri'";
        }
    }
}
