//! TLS of the nginx site.

use serde::Serialize;
use wsgi_model::{AppSpec, Artifact, CheckMoment, Contents, Mode, Owner, Tls};

use crate::template::Template;
use crate::{Dialect, RenderError, Renderer, Target, Version, owed};
use guideline::Guideline;

mod guideline;

static TLS: Template = Template::new(
    "nginx/tls.hbs",
    Dialect::Nginx,
    include_str!("../../templates/nginx/tls.hbs"),
);

/// The first nginx with a directive for HTTP/2; the parameter of `listen` is deprecated since.
const HTTP2_DIRECTIVE: Version = Version::new(1, 25, 1);

/// The first nginx that renews the keys of session tickets by itself. Older ones keep one key until
/// they are restarted, and whoever gets hold of it can read what was recorded.
const RENEWED_TICKET_KEYS: Version = Version::new(1, 23, 2);

/// Asked for the state of a certificate when the vars file names none: the role's default.
const RESOLVER: &str = "8.8.8.8";

/// `/etc/nginx/wsgi/{name}/tls.conf`.
#[derive(Debug)]
pub(super) struct TlsSettings;

// One field for each condition of the template.
#[allow(clippy::struct_excessive_bools)]
#[derive(Serialize)]
struct View<'a> {
    name: &'a str,
    port: u16,
    default_server: bool,
    http2_directive: bool,
    certificate: &'a str,
    key: &'a str,
    protocols: &'static [&'static str],
    ciphers: String,
    curves: String,
    keep_tickets: bool,
    diffie_hellman: bool,
    dhparam: &'a str,
    staple: bool,
    staple_certificate: &'a str,
    resolver: &'a str,
    resolver_timeout: u32,
    hsts: bool,
}

impl Renderer for TlsSettings {
    fn name(&self) -> &'static str {
        "tls"
    }

    fn render(&self, app: &AppSpec, target: &Target) -> Result<Vec<Artifact>, RenderError> {
        let (Some(site), Some(tls)) = (app.exposed_site(), app.tls()) else {
            return Ok(Vec::new());
        };
        let guideline = Guideline::of(tls.profile);
        let view = View {
            name: app.name.as_str(),
            port: Tls::PORT,
            default_server: tls.default_server || site.server_names.is_empty(),
            http2_directive: target.nginx >= HTTP2_DIRECTIVE,
            certificate: tls.certificate.as_str(),
            key: tls.key.as_str(),
            protocols: guideline.protocols,
            ciphers: guideline.ciphers.join(":"),
            curves: guideline.curves(target).join(":"),
            keep_tickets: target.nginx >= RENEWED_TICKET_KEYS,
            diffie_hellman: tls.diffie_hellman,
            dhparam: tls.dhparam.as_str(),
            staple: tls.ocsp,
            staple_certificate: tls.staple_certificate.as_str(),
            resolver: site.resolver.as_ref().map_or(RESOLVER, |r| r.as_str()),
            resolver_timeout: site.timeouts.resolver.get(),
            hsts: tls.hsts_max_age.get() > 0,
        };
        let file = Artifact::file(
            app.layout().nginx_tls(),
            Contents::public(TLS.render(&view)?),
            Mode::new(0o644),
            Owner::root(),
        );
        Ok(vec![
            file.check(CheckMoment::InPlace, owed::test_nginx())
                .notify(owed::reload_nginx()),
        ])
    }
}
