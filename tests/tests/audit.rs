//! Faults of the Ansible role that no other test would notice. `docs/compatibility.md` has the list.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use camino::Utf8Path;
use wsgi_model::{
    AppSpec, Artifact, Bundle, HostClaims, Loaded, LookupError, Lookups, Needs, NoLookups, Node,
    PublicKey, Source, Stage, VARIABLES, load,
};
use wsgi_render::{Target, render};

const SHOP: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_support_email: help@shop.example.org
";

const BLOG: &str = "
wsgi_project_name: blog
wsgi_wsgi_path: blog.wsgi
wsgi_support_email: help@blog.example.org
";

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
const OTHER_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA";

fn loaded(vars: &str, lookups: &dyn Lookups) -> Loaded {
    let source = Source {
        name: "app.yml",
        bytes: vars.as_bytes(),
    };
    load(&source, lookups).unwrap_or_else(|rejected| panic!("{vars}\n{rejected:#?}"))
}

fn app(vars: &str) -> AppSpec {
    loaded(vars, &NoLookups).app
}

fn bundle(vars: &str) -> Bundle {
    render(&app(vars), &Target::default()).unwrap()
}

fn text(artifact: &Artifact) -> &str {
    match &artifact.node {
        Node::File { contents, .. } => std::str::from_utf8(contents.expose()).unwrap(),
        other => panic!("{} is {other:?}", artifact.path),
    }
}

/// What the second of two apps of one host is told: the variable, and the message.
fn taken(first: &str, second: &str) -> Vec<(String, String)> {
    let mut host = HostClaims::new();
    assert_eq!(host.admit(&app(first)), []);
    let problems = host.admit(&app(second)).into_iter();
    problems.map(|p| (p.variable, p.message)).collect()
}

/// An app with further variables.
fn with(app: &str, more: &str) -> String {
    format!("{app}{more}\n")
}

#[test]
fn what_one_app_of_a_host_has_no_other_gets() {
    let named =
        |app, name: &str, more: &str| with(app, &format!("wsgi_server_names: [{name}]\n{more}"));
    let (shop, blog) = (
        |more| named(SHOP, "shop.example.org", more),
        |more| named(BLOG, "blog.example.org", more),
    );
    assert_eq!(taken(&shop("wsgi_ssl: yes"), &blog("wsgi_ssl: yes")), []);

    let default = "wsgi_ssl: yes\nwsgi_ssl_set_default_server: yes";
    let user = "wsgi_gunicorn_user: web";
    for (first, second, variable, message) in [
        (
            shop(default),
            blog(default),
            "wsgi_ssl_set_default_server",
            "`shop` is the default server of port 443 already",
        ),
        (
            SHOP.to_owned(),
            BLOG.to_owned(),
            "wsgi_server_names",
            "without names the app answers every name on port 80, and so does `shop`: \
             nginx would never ask this one",
        ),
        (
            shop(""),
            named(BLOG, "SHOP.example.org", ""),
            "wsgi_server_names[0]",
            "`shop.example.org` on port 80 is a name of `shop` already, and nginx would never ask this one",
        ),
        (
            shop(user),
            blog(user),
            "wsgi_gunicorn_user",
            "`shop` runs as the user `web` too",
        ),
        (
            shop(""),
            shop(""),
            "wsgi_project_name",
            "`shop` is the name of another app of this run",
        ),
        (
            shop("wsgi_path: /srv/web"),
            blog("wsgi_path: /srv/web/blog"),
            "wsgi_path",
            "`/srv/web/blog` and wsgi_path of `shop`, `/srv/web`, lie inside each other",
        ),
    ] {
        let said = taken(&first, &second);
        let expected = (variable.to_owned(), message.to_owned());
        assert!(said.contains(&expected), "{expected:?} is not in {said:#?}");
    }
}

#[test]
fn no_app_reads_or_redirects_what_is_anothers() {
    let named = |app, name: &str, more: &str| {
        let names = format!("wsgi_server_names: ['{name}']\n{more}");
        with(app, &names)
    };
    let shop = |more: &str| named(SHOP, "shop.example.org", more);
    let blog = |more: &str| named(BLOG, "blog.example.org", more);
    let variables = |first: &str, second: &str| -> Vec<String> {
        let said = taken(first, second).into_iter();
        said.map(|(variable, _)| variable).collect()
    };
    let task = |user: &str, file: &str| {
        format!("wsgi_cron_tasks: [{{name: t, command: x, user: {user}, logfile: {file}}}]")
    };
    let (access, error) = ("wsgi_nginx_access_log_file", "wsgi_nginx_error_log_file");
    let at = |variable: &str| format!("{variable}: /srv/logs/blog/shop.log");
    let logs = "wsgi_log_dir: /srv/logs/blog";
    let (logfile, group) = ("wsgi_cron_tasks[0].logfile", "wsgi_gunicorn_group");
    let (of_root, of_www) = (
        task("root", "/srv/logs/blog/shop.log"),
        task("www-data", "/var/www/blog/shop.log"),
    );
    let domain = named(SHOP, ".example.org", "");
    let (plain, wildcard) = (
        named(BLOG, "example.org", ""),
        named(BLOG, "'*.example.org'", ""),
    );
    let wildcard = wildcard.replace("''", "'");
    let name = "wsgi_server_names[0]";
    for (one, two, of_one, of_two) in [
        (shop(&at(access)), blog(logs), access, "wsgi_log_dir"),
        (shop(&at(error)), blog(logs), error, "wsgi_log_dir"),
        (shop(&of_root), blog(logs), logfile, "wsgi_log_dir"),
        (shop(&of_www), blog(""), logfile, "wsgi_path"),
        (
            shop("wsgi_gunicorn_group: webs"),
            blog("wsgi_gunicorn_group: webs"),
            group,
            group,
        ),
        (shop("wsgi_gunicorn_group: blog"), blog(""), group, group),
        (
            shop("wsgi_static_dir: /var/www/blog/static"),
            blog(""),
            "wsgi_static_dir",
            "wsgi_path",
        ),
        (
            shop("wsgi_static_dir: /srv/static"),
            blog("wsgi_media_dir: /srv/static/media"),
            "wsgi_static_dir",
            "wsgi_media_dir",
        ),
        (domain.clone(), plain, name, name),
        (domain.clone(), wildcard, name, name),
    ] {
        let (first, second) = (variables(&one, &two), variables(&two, &one));
        assert!(
            first.iter().any(|said| said == of_two),
            "{first:?}: {one}\n{two}"
        );
        assert!(
            second.iter().any(|said| said == of_one),
            "{second:?}: {two}\n{one}"
        );
    }
    // Its own directories the app may log to, and a whole name is asked before a wildcard.
    let nothing: [&str; 0] = [];
    let own = shop(&task("root", "/var/log/shop/t.log"));
    assert_eq!(variables(&own, &blog("")), nothing);
    assert_eq!(variables(&domain, &blog("")), nothing);
    let both = with(SHOP, "wsgi_server_names: [.example.org, example.org]");
    assert_eq!(variables(&both, &blog("")), nothing);
}

#[test]
fn what_an_app_reads_at_its_start_owes_an_exchange_and_its_program_a_restart_of_that_app_alone() {
    for (name, vars) in [("shop", SHOP), ("blog", BLOG)] {
        let bundle = bundle(vars);
        let (exchange, restart) = ("exchange gunicorn of", "restart");
        for (path, expected) in [
            (format!("/etc/wsgi/{name}/env"), exchange),
            (format!("/etc/wsgi/{name}/gunicorn_start"), exchange),
            (format!("/etc/wsgi/{name}/gunicorn.conf.py"), exchange),
            (format!("/etc/wsgi/{name}/herder.py"), restart),
            (format!("/etc/supervisor/conf.d/{name}.conf"), restart),
        ] {
            let owed = &bundle.artifact(&path).unwrap().notify;
            let of_programs: Vec<_> = owed
                .iter()
                .filter(|action| matches!(action.stage, Stage::Exchange | Stage::Restart))
                .map(|action| action.name.as_ref())
                .collect();
            assert_eq!(of_programs, [format!("{expected} {name}")], "{path}");
        }
    }
    // Supervisor must know a program before it restarts it.
    assert!(Stage::Reread < Stage::Restart);
}

#[test]
fn a_slash_at_the_end_of_a_directory_changes_no_file() {
    let vars = |slash: &str| {
        let directories = [
            ("wsgi_path", "/srv/shop"),
            ("wsgi_release_dir", "/srv/releases/shop"),
            ("wsgi_virtualenv", "/srv/venvs/shop"),
            ("wsgi_log_dir", "/srv/logs/shop"),
            ("wsgi_storage_dir", "/srv/storage"),
            ("wsgi_static_dir", "/srv/static/shop"),
            ("wsgi_media_dir", "/srv/media/shop"),
        ];
        let lines = directories.map(|(name, path)| format!("{name}: {path}{slash}\n"));
        with(SHOP, &lines.concat())
    };
    assert_eq!(bundle(&vars("")), bundle(&vars("/")));
    assert_eq!(bundle(&vars("")), bundle(&vars("//")));
}

#[test]
fn cron_tasks_need_no_login_of_the_apps_user() {
    let cron = |ssh: &str| -> Vec<Artifact> {
        let task = "wsgi_cron_tasks: [{name: tidy, command: tidy}, {name: sweep, command: sweep, user: root}]";
        let bundle = bundle(&with(SHOP, &format!("wsgi_ssh: {ssh}\n{task}")));
        let all = bundle.artifacts().iter();
        all.filter(|a| a.path.as_str().contains("/cron"))
            .cloned()
            .collect()
    };
    assert_eq!(cron("no").len(), 4, "{:?}", cron("no"));
    assert_eq!(cron("no"), cron("yes"));
}

/// An operator whose key cannot be read.
struct Unreadable;

impl Lookups for Unreadable {
    fn file(&self, _: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        Err(LookupError::new("the disk is broken"))
    }

    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        Err(LookupError::new("the disk is broken"))
    }
}

#[test]
fn an_app_has_the_keys_that_were_given_and_a_shell_if_somebody_may_log_in() {
    let keys = format!("wsgi_ssh_key:\n  - {KEY} anna\n  - {OTHER_KEY} ben\n");
    let needs = |more: &str| Needs::of(&app(&with(SHOP, more))).user;

    let open = needs(&keys);
    let given: Vec<_> = open.authorized_keys.iter().map(PublicKey::as_str).collect();
    assert_eq!(given, [format!("{KEY} anna"), format!("{OTHER_KEY} ben")]);
    assert_eq!(open.shell, "/bin/bash");

    let closed = needs(&format!("{keys}wsgi_ssh: no\n"));
    assert_eq!(closed.authorized_keys, []);
    assert_eq!(closed.shell, "/usr/sbin/nologin");
}

#[test]
fn who_has_no_key_is_warned_and_not_even_that_without_ssh() {
    let codes = |vars: &str| -> Vec<_> {
        let remarks = loaded(vars, &NoLookups).remarks.into_iter();
        remarks.map(|remark| remark.code).collect()
    };
    assert_eq!(codes(SHOP), ["no-key"]);
    let closed = with(SHOP, "wsgi_ssh: no");
    assert_eq!(codes(&closed), [""; 0]);
    assert_eq!(loaded(&closed, &Unreadable).remarks, []);
}

/// One file on the operator's machine.
struct OneFile;

impl Lookups for OneFile {
    fn file(&self, path: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        assert_eq!(path, "/home/me/nginx/legacy.conf");
        Ok(b"return 410;\n".to_vec())
    }

    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        Ok(Vec::new())
    }
}

#[test]
fn a_changed_include_owes_a_reload_wherever_it_came_from() {
    let vars = with(
        SHOP,
        "wsgi_nginx_include_paths: [/home/me/nginx/legacy.conf]",
    );
    let bundle = render(&loaded(&vars, &OneFile).app, &Target::default()).unwrap();
    let path = "/etc/nginx/wsgi/shop/include/legacy.conf";
    let include = bundle.artifact(path).unwrap();
    assert_eq!(text(include), "return 410;\n");
    let owed: Vec<_> = include.notify.iter().map(|a| a.name.as_ref()).collect();
    assert_eq!(owed, ["reload nginx"]);
    let site = bundle.artifact("/etc/nginx/sites-available/shop").unwrap();
    assert!(text(site).contains(&format!("include {path};")));
}

#[test]
fn several_logs_are_rotated_with_one_signal() {
    let bundle = bundle(SHOP);
    let file = text(bundle.artifact("/etc/logrotate.d/shop").unwrap());
    let count = |line| file.lines().filter(|found| found.trim() == line).count();
    assert!(count("postrotate") > 0, "{file}");
    assert_eq!(count("sharedscripts"), count("postrotate"), "{file}");
}

#[test]
fn every_variable_of_the_role_is_read() {
    let of_the_role = "
        wsgi_project_name wsgi_wsgi_path wsgi_support_email wsgi_env_prefix wsgi_env_vars
        wsgi_databases wsgi_expose
        wsgi_storage_dir wsgi_virtualenv wsgi_path wsgi_release_dir wsgi_log_dir wsgi_static_dir
        wsgi_media_dir
        wsgi_update_apt_cache wsgi_extra_apt_packages wsgi_extra_pip_packages
        wsgi_enable_python_image wsgi_ssh wsgi_ssh_key wsgi_sudo
        wsgi_gunicorn_user wsgi_gunicorn_group wsgi_gunicorn_num_workers wsgi_gunicorn_max_requests
        wsgi_gunicorn_timeout wsgi_request_line_limit
        wsgi_server_names wsgi_nginx_http_port wsgi_dns_resolver wsgi_nginx_access_log_file
        wsgi_nginx_error_log_file wsgi_nginx_include_paths wsgi_keepalive_timeout
        wsgi_proxy_read_timeout wsgi_proxy_send_timeout wsgi_proxy_connect_timeout
        wsgi_send_timeout wsgi_resolver_timeout
        wsgi_ssl wsgi_force_ssl wsgi_ssl_set_default_server wsgi_ssl_crt_file wsgi_ssl_key_file
        wsgi_ssl_diffie_hellman wsgi_ssl_diffie_hellman_pem wsgi_ssl_ocsp wsgi_ssl_staple_crt_file
        wsgi_cron_tasks
        wsgi_local_ssl_crt_file wsgi_local_ssl_key_file wsgi_local_ssl_diffie_hellman_pem
        wsgi_local_ssl_staple_crt_file";
    for name in of_the_role.split_whitespace() {
        let is_read = VARIABLES
            .iter()
            .any(|d| d.name == name || d.aliases.contains(&name));
        assert!(is_read, "{name}");
    }
}
