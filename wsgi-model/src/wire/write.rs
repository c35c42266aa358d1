//! From a spec back to the variables that make it.

use super::plain::{Exposure, Plain, Shown};
use super::readable::Readable;
use super::written;
use super::{DirectoryPath, OneOrMany, UpperEnvironment};
use crate::variable::Variable;
use crate::variables as v;
use crate::{AppParts, AppSpec, Definition, Secret, SecretVariables, VARIABLES};

/// A variable and its value.
pub(super) type Set = (&'static Definition, Plain);

impl AppSpec {
    /// Every variable with its resolved value, in the order of the reference, as one YAML document:
    /// with [`Exposure::Exposed`], a vars file that loads as this spec again.
    ///
    /// nginx includes are written by the path that they came from.
    ///
    /// ```
    /// use wsgi_model::{AppName, AppParts, AppSpec, Exposure, WsgiTarget};
    ///
    /// let app = AppSpec::new(AppParts::new(AppName::parse("shop")?, WsgiTarget::parse("shop.wsgi")?))?;
    /// assert!(app.to_yaml(Exposure::Masked).contains("wsgi_path: /var/www/shop/\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_yaml(&self, exposure: Exposure) -> String {
        let sets = sets(self);
        let document = Plain::Map(sets.into_iter().map(|(d, value)| (d.name, value)).collect());
        written::yaml(&document, exposure)
    }

    /// Every variable with its resolved value, in the order of the reference.
    pub fn variables(&self, exposure: Exposure) -> Vec<(&'static Definition, Resolved)> {
        sets(self)
            .into_iter()
            .map(|(definition, value)| (definition, Resolved { value, exposure }))
            .collect()
    }
}

/// The resolved value of a variable, to be serialized.
#[derive(Clone)]
pub struct Resolved {
    value: Plain,
    exposure: Exposure,
}

impl std::fmt::Debug for Resolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Resolved(..)")
    }
}

impl serde::Serialize for Resolved {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Shown(&self.value, self.exposure).serialize(serializer)
    }
}

pub(super) fn sets(app: &AppParts) -> Vec<Set> {
    let mut sets = Vec::with_capacity(VARIABLES.len());
    let mut put = Sets(&mut sets);
    put.value(&v::NAME, &app.name);
    put.value(&v::WSGI, &app.wsgi);
    put.value(&v::SUPPORT_EMAIL, &app.support_email);
    put.value(&v::ENV_PREFIX, &app.env_prefix);
    put.value(&v::ENV_VARS, &UpperEnvironment(app.env_vars.clone()));
    put.value(&v::DATABASES, &app.databases);
    put.value(&v::EXPOSE, &app.expose);
    put.value(&v::STORAGE, &DirectoryPath(app.places.storage.clone()));
    put.value(&v::VIRTUALENV, &app.places.virtualenv);
    put.value(&v::HOME, &app.places.home);
    put.value(&v::RELEASES, &app.places.releases);
    put.value(&v::LOGS, &app.places.logs);
    put.value(&v::STATIC_DIR, &app.places.static_dir);
    put.value(&v::MEDIA_DIR, &app.places.media_dir);
    put.value(&v::UPDATE_APT_CACHE, &app.packages.update_apt_cache);
    put.value(&v::APT_PACKAGES, &app.packages.apt);
    put.value(&v::PIP_PACKAGES, &app.packages.pip);
    put.value(&v::PYTHON_IMAGE, &app.packages.python_image);
    put.value(&v::SSH, &app.access.ssh);
    let keys = app
        .access
        .keys
        .iter()
        .map(|key| Plain::Text(key.to_string()))
        .collect();
    put.plain(&v::SSH_KEYS, Plain::List(keys));
    put.value(&v::SUDO, &app.access.sudo);
    put.value(&v::USER, &app.gunicorn.user);
    put.value(&v::GROUP, &app.gunicorn.group);
    put.value(&v::WORKERS, &app.gunicorn.workers);
    put.value(&v::MAX_REQUESTS, &app.gunicorn.max_requests);
    put.value(&v::TIMEOUT, &app.gunicorn.timeout);
    put.value(&v::REQUEST_LINE_LIMIT, &app.gunicorn.request_line_limit);
    put.value(&v::GUNICORN_VERSION, &app.gunicorn.version);
    put.value(&v::SERVER_NAMES, &app.site.server_names);
    put.value(&v::HTTP_PORT, &app.site.http_port);
    put.value(&v::RESOLVER, &app.site.resolver);
    put.value(&v::ACCESS_LOG, &app.site.access_log);
    put.value(&v::ERROR_LOG, &app.site.error_log);
    let includes = app
        .site
        .includes
        .iter()
        .map(|include| Plain::Text(include.source.clone()))
        .collect();
    put.plain(&v::INCLUDES, Plain::List(includes));
    let timeouts = &app.site.timeouts;
    put.value(&v::KEEPALIVE_TIMEOUT, &timeouts.keepalive);
    put.value(&v::PROXY_READ_TIMEOUT, &timeouts.proxy_read);
    put.value(&v::PROXY_SEND_TIMEOUT, &timeouts.proxy_send);
    put.value(&v::PROXY_CONNECT_TIMEOUT, &timeouts.proxy_connect);
    put.value(&v::SEND_TIMEOUT, &timeouts.send);
    put.value(&v::RESOLVER_TIMEOUT, &timeouts.resolver);
    let tls = &app.site.tls;
    put.value(&v::SSL, &tls.ssl);
    put.value(&v::FORCE_SSL, &tls.force);
    put.value(&v::DEFAULT_SERVER, &tls.default_server);
    put.value(&v::CERTIFICATE, &tls.certificate);
    put.value(&v::KEY, &tls.key);
    put.value(&v::DIFFIE_HELLMAN, &tls.diffie_hellman);
    put.value(&v::DHPARAM, &tls.dhparam);
    put.value(&v::OCSP, &tls.ocsp);
    put.value(&v::STAPLE_CERTIFICATE, &tls.staple_certificate);
    put.value(&v::PROFILE, &tls.profile);
    put.value(&v::HSTS_MAX_AGE, &tls.hsts_max_age);
    put.value(&v::CRON_TASKS, &OneOrMany(app.cron_tasks.clone()));
    let deploy = &app.deploy;
    put.value(&v::BUILD, &deploy.build);
    put.value(&v::RELEASE, &deploy.release);
    put.value(&v::AFTER, &deploy.after);
    put.value(&v::DEPLOY_TIMEOUT, &deploy.timeout);
    put.value(&v::HEALTH_PATH, &deploy.health_path);
    put.value(&v::HEALTH_STATUS, &deploy.health_status);
    put.value(&v::HEALTH_TIMEOUT, &deploy.health_timeout);
    put.value(&v::KEEP_RELEASES, &deploy.keep_releases);
    put.value(&v::SHARED_PATHS, &deploy.shared_paths);
    for (definition, value) in &mut sets {
        if app.secrets.touch(definition.name) {
            let is_whole = definition.name == v::SSH_KEYS.definition.name;
            hide(
                value,
                &mut definition.name.to_owned(),
                &app.secrets,
                is_whole,
            );
        }
    }
    sets
}

/// Hides what came from a vault; all of it where its parts cannot be told from each other.
fn hide(value: &mut Plain, path: &mut String, secrets: &SecretVariables, is_whole: bool) {
    if is_whole || secrets.contains(path) {
        let shown = std::mem::replace(value, Plain::Null);
        *value = Plain::Hidden(Box::new(shown));
        return;
    }
    let length = path.len();
    let mut below = |step: &str, value: &mut Plain| {
        path.push_str(step);
        hide(value, path, secrets, false);
        path.truncate(length);
    };
    match value {
        Plain::List(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                below(&format!("[{i}]"), item);
            }
        }
        Plain::Map(entries) => {
            for (key, item) in entries {
                below(&format!(".{key}"), item);
            }
        }
        // These are secret by their type.
        _ => {}
    }
}

impl AppSpec {
    /// The texts of everything that came from a vault, so that whoever writes them into a file can tell
    /// that it holds a secret. Switches are not among them: no file shows where a `yes` came from.
    pub fn secret_texts(&self) -> Vec<Secret<String>> {
        let mut texts = Vec::new();
        if !self.secrets.is_empty() {
            for (_, value) in sets(self) {
                secret_texts(&value, false, &mut texts);
            }
        }
        texts
    }
}

fn secret_texts(value: &Plain, is_hidden: bool, texts: &mut Vec<Secret<String>>) {
    match value {
        Plain::Text(text) | Plain::Secret(text) if is_hidden && !text.is_empty() => {
            // A directory stands without its slash in most files.
            let bare = text.trim_end_matches('/');
            let text = if bare.is_empty() { text } else { bare };
            texts.push(Secret::new(text.to_owned()));
        }
        Plain::Int(number) if is_hidden => texts.push(Secret::new(number.to_string())),
        Plain::Hidden(value) => secret_texts(value, true, texts),
        Plain::List(items) => items
            .iter()
            .for_each(|item| secret_texts(item, is_hidden, texts)),
        Plain::Map(entries) => entries
            .iter()
            .for_each(|(_, item)| secret_texts(item, is_hidden, texts)),
        Plain::Named(entries) => entries
            .iter()
            .for_each(|(_, item)| secret_texts(item, is_hidden, texts)),
        _ => {}
    }
}

/// Collects values under the variables that they belong to.
struct Sets<'a>(&'a mut Vec<Set>);

impl Sets<'_> {
    fn value<T: Readable>(&mut self, variable: &'static Variable<T>, value: &T) {
        self.0.push((&variable.definition, value.plain()));
    }

    /// For a type that knows more than what was written.
    fn plain<T>(&mut self, variable: &'static Variable<T>, value: Plain) {
        self.0.push((&variable.definition, value));
    }
}
