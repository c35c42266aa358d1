//! The nginx site.

use wsgi_model::{
    AbsPath, Action, AppSpec, Artifact, CheckMoment, Command, Contents, Mode, Node, OnlyIf,
    OwnedDir, Owner, Site,
};

use crate::template::{Template, view};
use crate::{Dialect, RenderError, Renderer, Target};
use server_name::server_name;

mod server_name;

static SITE: Template = Template::new(
    "nginx/site.hbs",
    Dialect::Nginx,
    include_str!("../../templates/nginx/site.hbs"),
);

static PROXY: Template = Template::new(
    "nginx/proxy.hbs",
    Dialect::Nginx,
    include_str!("../../templates/nginx/proxy.hbs"),
);

const FILE: Mode = Mode::new(0o644);
const DIRECTORY: Mode = Mode::new(0o755);

/// The site, the link that enables it, what it includes, and the end of Debian's stock site.
#[derive(Debug)]
pub(super) struct Nginx;

view! {
    struct SiteView<'a> {
        name: &'a str,
        socket: String,
        http_port: u16,
        default_server: bool,
        server_names: Vec<String>,
        redirect: bool,
        tls: bool,
        tls_settings: AbsPath,
        hsts: bool,
        hsts_max_age: u32,
        access_log: &'a str,
        error_log: &'a str,
        keepalive_timeout: u32,
        send_timeout: u32,
        maintenance_flag: AbsPath,
        maintenance_page: AbsPath,
        error_page: AbsPath,
        storage: AbsPath,
        static_files: ServedDir,
        media: ServedDir,
        proxy: AbsPath,
        includes: Vec<AbsPath>,
    }

    struct ProxyView<'a> {
        name: &'a str,
        connect_timeout: u32,
        send_timeout: u32,
        read_timeout: u32,
    }

    /// A directory that nginx serves.
    struct ServedDir {
        present: bool,
        path: String,
        /// From where on links are looked at: the deepest directory that the app cannot replace.
        links_from: String,
    }
}

impl ServedDir {
    fn new(app: &AppSpec, directory: Option<&AbsPath>) -> Self {
        Self {
            present: directory.is_some(),
            path: directory.map(AbsPath::with_slash).unwrap_or_default(),
            links_from: directory
                .map(|path| format!("from={}", links_from(app, path)))
                .unwrap_or_default(),
        }
    }
}

/// The outermost directory of the app around `served`, whose own place is not the app's to change,
/// else the directory that `served` stands in. All below it the app can replace by links.
fn links_from(app: &AppSpec, served: &AbsPath) -> AbsPath {
    let places = &app.places;
    let run = app.layout().run_dir();
    let around = [
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
    .filter(|owned| *owned != served && served.is_within(owned))
    .min_by_key(|owned| owned.as_str().len());
    around
        .cloned()
        .or_else(|| served.parent())
        .unwrap_or_else(|| served.clone())
}

impl<'a> SiteView<'a> {
    fn new(app: &'a AppSpec, site: &'a Site) -> Self {
        let layout = app.layout();
        let hsts = app.tls().map_or(0, |tls| tls.hsts_max_age.get());
        Self {
            name: app.name.as_str(),
            socket: format!("unix:{}", layout.socket()),
            http_port: site.http_port.get(),
            default_server: site.server_names.is_empty(),
            server_names: if site.server_names.is_empty() {
                vec!["_".to_owned()]
            } else {
                site.server_names.iter().map(server_name).collect()
            },
            redirect: app.tls().is_some_and(|tls| tls.force),
            tls: app.tls().is_some(),
            tls_settings: layout.nginx_tls(),
            hsts: hsts > 0,
            hsts_max_age: hsts,
            access_log: site.access_log.as_str(),
            error_log: site.error_log.as_str(),
            keepalive_timeout: site.timeouts.keepalive.get(),
            send_timeout: site.timeouts.send.get(),
            maintenance_flag: layout.maintenance_flag(),
            maintenance_page: layout.maintenance_page(),
            error_page: layout.error_page(),
            storage: layout.storage(),
            static_files: ServedDir::new(app, app.places.static_dir.as_deref()),
            media: ServedDir::new(app, app.places.media_dir.as_deref()),
            proxy: layout.nginx_proxy(),
            includes: site
                .includes
                .iter()
                .map(|include| layout.nginx_include(&include.file_name))
                .collect(),
        }
    }
}

impl<'a> ProxyView<'a> {
    fn new(app: &'a AppSpec, site: &Site) -> Self {
        Self {
            name: app.name.as_str(),
            connect_timeout: site.timeouts.proxy_connect.get(),
            send_timeout: site.timeouts.proxy_send.get(),
            read_timeout: site.timeouts.proxy_read.get(),
        }
    }
}

impl Renderer for Nginx {
    fn name(&self) -> &'static str {
        "nginx"
    }

    fn render(&self, app: &AppSpec, _: &Target) -> Result<Vec<Artifact>, RenderError> {
        let Some(site) = app.exposed_site() else {
            return Ok(Vec::new());
        };
        let layout = app.layout();
        let file =
            |path, text: String| Artifact::file(path, Contents::public(text), FILE, Owner::root());
        let directory = |path| Artifact::directory(path, DIRECTORY, Owner::root());
        let mut artifacts = vec![
            directory(wsgi_model::Layout::nginx_shared_dir()),
            directory(layout.nginx_dir()),
            file(
                layout.nginx_proxy(),
                PROXY.render(&ProxyView::new(app, site))?,
            )
            .made_from(PROXY.name()),
            file(layout.nginx_site(), SITE.render(&SiteView::new(app, site))?)
                .made_from(SITE.name()),
            Artifact::symlink(
                layout.nginx_enabled(),
                layout.nginx_site().as_path(),
                Owner::root(),
            ),
            stock_site_disabled(),
        ];
        if !site.includes.is_empty() {
            artifacts.push(directory(layout.nginx_include_dir()));
        }
        artifacts.extend(site.includes.iter().map(|include| {
            Artifact::file(
                layout.nginx_include(&include.file_name),
                include.contents.clone(),
                FILE,
                Owner::root(),
            )
            .made_from(format!("{} (wsgi_nginx_include_paths)", include.source))
        }));
        Ok(artifacts
            .into_iter()
            .map(|artifact| {
                artifact
                    .check(CheckMoment::InPlace, Command::test_nginx())
                    .notify(Action::reload_nginx())
            })
            .collect())
    }
}

/// Debian's stock site answers every name with a welcome page; one that somebody has changed is
/// somebody's.
fn stock_site_disabled() -> Artifact {
    Artifact::new(
        wsgi_model::Layout::nginx_stock_link(),
        Node::Absent {
            only_if: Some(OnlyIf::LinkToPristineConffile {
                target: wsgi_model::Layout::nginx_stock_site(),
            }),
        },
    )
}

#[cfg(test)]
mod tests {
    use wsgi_model::{AppName, AppParts, Seconds, WsgiTarget};

    use super::*;

    fn parts() -> AppParts {
        let name = AppName::parse("shop").expect("a name");
        AppParts::new(name, WsgiTarget::parse("shop.wsgi").expect("a target"))
    }

    /// All that the app has because nginx serves it.
    fn artifacts(parts: AppParts) -> Vec<Artifact> {
        let app = AppSpec::new(parts).expect("a spec");
        let renderers: &[&dyn Renderer] = &[
            &Nginx,
            &crate::renderers::tls::TlsSettings,
            &crate::renderers::pages::Pages,
        ];
        let bundle = crate::render_with(renderers, &app, &Target::default()).expect("a bundle");
        bundle.artifacts().to_vec()
    }

    #[test]
    fn an_app_that_is_not_exposed_has_nothing_of_nginx() {
        let mut parts = parts();
        parts.site.tls.ssl = true;
        parts.expose = false;
        assert_eq!(artifacts(parts), []);
    }

    #[test]
    fn whatever_changes_below_nginx_is_tested_as_a_whole_and_owes_a_reload() {
        let mut parts = parts();
        parts.site.tls.ssl = true;
        let all = artifacts(parts);
        let paths: Vec<_> = all.iter().map(|artifact| artifact.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "/etc/nginx/sites-available/shop",
                "/etc/nginx/sites-enabled/default",
                "/etc/nginx/sites-enabled/shop",
                "/etc/nginx/wsgi",
                "/etc/nginx/wsgi/shop",
                "/etc/nginx/wsgi/shop/proxy.conf",
                "/etc/nginx/wsgi/shop/tls.conf",
                "/mnt/shop/500.html",
                "/mnt/shop/maintenance.html",
            ]
        );
        for artifact in all.iter().filter(|a| a.path.as_str().starts_with("/etc")) {
            assert_eq!(artifact.checks.len(), 1, "{}", artifact.path);
            assert_eq!(artifact.checks[0].moment, CheckMoment::InPlace);
            assert_eq!(
                artifact.notify,
                [Action::reload_nginx()],
                "{}",
                artifact.path
            );
        }
    }

    #[test]
    fn links_are_looked_at_below_what_the_app_cannot_replace() {
        let dir = |path: &str| OwnedDir::parse(path).expect("a directory");
        let mut parts = parts();
        parts.places.releases = dir("/srv/releases/shop");
        let app = AppSpec::new(parts).expect("a spec");
        for (served, from) in [
            ("/var/www/shop/current/static", "/var/www/shop"),
            ("/srv/releases/shop/1/static", "/srv/releases/shop"),
            ("/mnt/shop/media", "/mnt/shop"),
            ("/mnt/shop/media/public", "/mnt/shop/media"),
            ("/srv/elsewhere/files", "/srv/elsewhere"),
            ("/var/www/shop-old/static", "/var/www/shop-old"),
        ] {
            let served = AbsPath::parse(served).expect("a path");
            assert_eq!(links_from(&app, &served).as_str(), from, "{served}");
        }
    }

    #[test]
    fn each_timeout_is_where_nginx_looks_for_it() {
        let mut parts = parts();
        let timeouts = &mut parts.site.timeouts;
        for (field, seconds) in [
            (&mut timeouts.keepalive, 11),
            (&mut timeouts.send, 12),
            (&mut timeouts.proxy_connect, 13),
            (&mut timeouts.proxy_send, 14),
            (&mut timeouts.proxy_read, 15),
        ] {
            *field = Seconds::new(seconds).expect("a time");
        }
        let all = artifacts(parts);
        let directives: Vec<_> = all
            .iter()
            .filter_map(|artifact| match &artifact.node {
                Node::File { contents, .. } => std::str::from_utf8(contents.expose()).ok(),
                _ => None,
            })
            .flat_map(str::lines)
            .map(str::trim)
            .collect();
        for directive in [
            "keepalive_timeout 11s;",
            "send_timeout 12s;",
            "proxy_connect_timeout 13s;",
            "proxy_send_timeout 14s;",
            "proxy_read_timeout 15s;",
        ] {
            assert!(directives.contains(&directive), "{directive}");
        }
    }

    #[test]
    fn a_default_site_that_somebody_has_changed_stays() {
        let all = artifacts(parts());
        let stock = all.iter().find(|a| matches!(a.node, Node::Absent { .. }));
        let Some(Artifact {
            path,
            node: Node::Absent {
                only_if: Some(condition),
            },
            ..
        }) = stock
        else {
            panic!("{stock:?}");
        };
        assert_eq!(path.as_str(), "/etc/nginx/sites-enabled/default");
        let OnlyIf::LinkToPristineConffile { target } = condition else {
            panic!("{condition:?}");
        };
        assert_eq!(target.as_str(), "/etc/nginx/sites-available/default");
    }
}
