//! The nginx site and its TLS.

use std::collections::HashMap;

use super::Findings;
use crate::{AbsPath, AppParts, RequestLineLimit, Tls};

pub(super) fn check(app: &AppParts, found: &mut Findings) {
    let timeout = app.gunicorn.timeout.get();
    let read = app.site.timeouts.proxy_read.get();
    if app.expose && (read < timeout || timeout == 0) {
        let gunicorn = if timeout == 0 {
            "ever".to_owned()
        } else {
            format!("{timeout} seconds")
        };
        found.warning(
            "contradiction",
            "wsgi_proxy_read_timeout",
            format!("nginx gives up after {read} seconds, and gunicorn lets a request run for {gunicorn}"),
            "make it at least as long as wsgi_gunicorn_timeout",
        ).with("wsgi_gunicorn_timeout");
    }
    // The role's default is above gunicorn's maximum, and is not the user's doing.
    let limit = app.gunicorn.request_line_limit;
    if limit.get() > 8192 {
        found.warning(
            "clamped",
            "wsgi_request_line_limit",
            format!(
                "gunicorn takes no more than {}, and will take {limit} for that",
                RequestLineLimit::GUNICORN_MAX
            ),
            format!("set it to {} or less", RequestLineLimit::GUNICORN_MAX),
        );
    }
    if !app.expose {
        return;
    }
    names(app, found);
    logs(app, found);
    includes(app, found);
    tls(app, found);
}

fn names(app: &AppParts, found: &mut Findings) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (i, name) in app.site.server_names.iter().enumerate() {
        let variable = |i: usize| format!("wsgi_server_names[{i}]");
        match seen.get(name.as_str()) {
            None => _ = seen.insert(name.as_str(), i),
            Some(first) => {
                let message = format!("`{name}` is in the list already");
                found
                    .warning("duplicate-name", variable(i), message, "take it out")
                    .see(variable(*first), "it is here first");
            }
        }
    }
}

/// The directories in which the app can put, replace and remove files, with what names them.
fn writable(app: &AppParts) -> Vec<(&'static str, AbsPath)> {
    let mut dirs = vec![
        ("wsgi_log_dir", app.places.logs.path().clone()),
        ("wsgi_path", app.places.home.path().clone()),
        ("wsgi_release_dir", app.places.releases.path().clone()),
        ("wsgi_virtualenv", app.places.virtualenv.path().clone()),
        ("wsgi_project_name", app.layout().run_dir()),
    ];
    let media = app.places.media_dir.as_ref();
    dirs.extend(media.map(|dir| ("wsgi_media_dir", dir.path().clone())));
    dirs
}

/// nginx opens its logs as root: in a directory that the app can write, a link planted there lets the
/// app create and append to any file (CVE-2016-1247).
fn logs(app: &AppParts, found: &mut Findings) {
    let writable = writable(app);
    let name = &app.name;
    let logs = [
        ("wsgi_nginx_access_log_file", &app.site.access_log, "access"),
        ("wsgi_nginx_error_log_file", &app.site.error_log, "error"),
    ];
    for (variable, path, kind) in logs {
        if let Some((other, dir)) = writable.iter().find(|(_, dir)| path.is_within(dir)) {
            found.error(
                "writable-log",
                variable,
                format!("`{path}` lies in `{dir}`, which the app can write: nginx opens it as root, so a link there would let the app write any file"),
                format!("leave it out to get `/var/log/nginx/{name}.{kind}.log`, or name a directory of root's"),
            ).with(*other);
        } else if let Some((code, why)) = super::no_place_for_a_log(path) {
            let help = format!("leave it out to get `/var/log/nginx/{name}.{kind}.log`");
            found.error(code, variable, format!("{why}; root opens it"), help);
        } else if path.as_path().starts_with("/var/log/supervisor") {
            found.error(
                "system-directory",
                variable,
                format!("`{path}` lies in `/var/log/supervisor`, which is supervisor's"),
                format!("leave it out to get `/var/log/nginx/{name}.{kind}.log`"),
            );
        }
    }
    if app.site.access_log == app.site.error_log {
        found
            .warning(
                "contradiction",
                "wsgi_nginx_error_log_file",
                "requests and errors go to the same file",
                "give each a file of its own",
            )
            .with("wsgi_nginx_access_log_file");
    }
}

fn includes(app: &AppParts, found: &mut Findings) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (i, include) in app.site.includes.iter().enumerate() {
        let variable = |i: usize| format!("wsgi_nginx_include_paths[{i}]");
        let name = include.file_name.as_str();
        match seen.get(name) {
            None => _ = seen.insert(name, i),
            Some(first) => {
                let message = format!(
                    "another include is called `{name}` too, and they are installed in one directory"
                );
                found
                    .error("duplicate-name", variable(i), message, "rename one of them")
                    .see(variable(*first), "the other include");
            }
        }
    }
}

fn tls(app: &AppParts, found: &mut Findings) {
    let tls = &app.site.tls;
    let port = app.site.http_port;
    if port.get() == Tls::PORT {
        found
            .error(
                "contradiction",
                "wsgi_nginx_http_port",
                "443 is the port of TLS, and this is the port of plain HTTP",
                if tls.ssl {
                    "set it to 80; with `wsgi_ssl: yes` the site listens on 443 too"
                } else {
                    "set it to 80, and set `wsgi_ssl: yes`"
                },
            )
            .with("wsgi_ssl");
    }
    if !tls.ssl {
        if tls.force {
            found
                .error(
                    "contradiction",
                    "wsgi_force_ssl",
                    "HTTP would be redirected to HTTPS, and the site has none",
                    "set `wsgi_ssl: yes` as well",
                )
                .with("wsgi_ssl");
        }
        let idle = [
            ("wsgi_ssl_set_default_server", tls.default_server),
            ("wsgi_ssl_diffie_hellman", tls.diffie_hellman),
            ("wsgi_ssl_ocsp", tls.ocsp),
        ];
        for (variable, _) in idle.into_iter().filter(|(_, on)| *on) {
            found
                .warning(
                    "no-effect",
                    variable,
                    "it has no effect without `wsgi_ssl: yes`",
                    "set `wsgi_ssl: yes`, or take it out",
                )
                .with("wsgi_ssl");
        }
        return;
    }
    let files = [
        ("wsgi_ssl_crt_file", &tls.certificate, true),
        ("wsgi_ssl_key_file", &tls.key, true),
        (
            "wsgi_ssl_diffie_hellman_pem",
            &tls.dhparam,
            tls.diffie_hellman,
        ),
        (
            "wsgi_ssl_staple_crt_file",
            &tls.staple_certificate,
            tls.ocsp,
        ),
    ];
    let writable = writable(app);
    for (variable, path, _) in files.into_iter().filter(|(_, _, used)| *used) {
        if let Some((other, dir)) = writable.iter().find(|(_, dir)| path.is_within(dir)) {
            found.error(
                "writable-file",
                variable,
                format!("`{path}` lies in `{dir}`, which the app can write: without the file nginx starts no site at all, and the app or a release could remove it"),
                "keep it in a directory of root's, such as `/etc/ssl`",
            ).with(*other).with("wsgi_ssl");
        }
    }
    if tls.diffie_hellman {
        found.warning(
            "no-effect",
            "wsgi_ssl_diffie_hellman",
            "no cipher of Mozilla's guideline 6.0 uses the dhparam file: it is named to nginx, and changes nothing",
            "take it out; key exchange is by elliptic curves",
        ).with("wsgi_ssl");
    }
    if tls.ocsp && app.site.resolver.is_none() {
        found.warning(
            "default-resolver",
            "wsgi_ssl_ocsp",
            "stapling needs a name server, and asks 8.8.8.8 as with the role",
            "set wsgi_dns_resolver to your own; Let's Encrypt has had no OCSP since 2025, so stapling may be of no use to you",
        ).with("wsgi_dns_resolver");
    }
    if tls.certificate == tls.key {
        found.warning(
            "contradiction",
            "wsgi_ssl_key_file",
            "certificate and key are one file, which everybody who may read the certificate reads",
            "keep the key in a file of its own that only root reads",
        ).with("wsgi_ssl_crt_file");
    }
}
