//! TLS of the nginx site.

use wsgi_model::{Action, AppSpec, Artifact, CheckMoment, Command, Contents, Mode, Owner, Tls};

use crate::template::{Template, view};
use crate::{Dialect, RenderError, Renderer, Target, Version};
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

view! {
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
        hsts_max_age: u32,
    }
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
            hsts_max_age: tls.hsts_max_age.get(),
        };
        let file = Artifact::file(
            app.layout().nginx_tls(),
            Contents::public(TLS.render(&view)?),
            Mode::new(0o644),
            Owner::root(),
        );
        Ok(vec![
            file.made_from(TLS.name())
                .check(CheckMoment::InPlace, Command::test_nginx())
                .notify(Action::reload_nginx()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use wsgi_model::{AppName, AppParts, HstsMaxAge, TlsProfile, WsgiTarget};

    use super::*;

    fn parts() -> AppParts {
        let name = AppName::parse("shop").expect("a name");
        let mut parts = AppParts::new(name, WsgiTarget::parse("shop.wsgi").expect("a target"));
        parts.site.tls.ssl = true;
        parts
    }

    fn text(parts: AppParts, target: &Target) -> String {
        let app = AppSpec::new(parts).expect("a spec");
        let artifacts = TlsSettings.render(&app, target).expect("artifacts");
        match &artifacts[..] {
            [
                Artifact {
                    node: wsgi_model::Node::File { contents, .. },
                    ..
                },
            ] => String::from_utf8_lossy(contents.expose()).into_owned(),
            other => panic!("{other:?}"),
        }
    }

    fn newer(nginx: Version, openssl: Version) -> Target {
        let mut target = Target::default();
        (target.nginx, target.openssl) = (nginx, openssl);
        target
    }

    #[test]
    fn each_nginx_gets_its_own_syntax() {
        let old = text(parts(), &Target::default());
        assert!(old.contains("\nlisten 443 ssl http2 default_server;\nlisten [::]:443 ssl http2 default_server;\n"), "{old}");
        assert!(!old.contains("http2 on"));
        assert!(old.contains("\nssl_session_tickets off;\n"));
        assert!(old.contains("\nssl_ecdh_curve X25519:prime256v1:secp384r1;\n"));

        let same = text(
            parts(),
            &newer(Version::new(1, 25, 0), Version::new(3, 4, 9)),
        );
        assert!(same.contains(" http2 default_server;"));
        assert!(!same.contains("tickets"));
        assert!(!same.contains("MLKEM"));

        let new = text(
            parts(),
            &newer(Version::new(1, 25, 1), Version::new(3, 5, 0)),
        );
        assert!(
            new.contains(
                "\nlisten 443 ssl default_server;\nlisten [::]:443 ssl default_server;\nhttp2 on;\n"
            ),
            "{new}"
        );
        assert!(new.contains("\nssl_ecdh_curve X25519MLKEM768:X25519:prime256v1:secp384r1;\n"));
    }

    #[test]
    fn a_profile_chooses_the_protocols() {
        let mut modern = parts();
        modern.site.tls.profile = TlsProfile::Modern;
        let modern = text(modern, &Target::default());
        assert!(modern.contains("\nssl_protocols TLSv1.3;\n"), "{modern}");
        let intermediate = text(parts(), &Target::default());
        assert!(
            intermediate.contains("\nssl_protocols TLSv1.2 TLSv1.3;\n"),
            "{intermediate}"
        );
    }

    #[test]
    fn what_was_not_asked_for_is_not_there() {
        let mut plain = parts();
        plain.site.tls.hsts_max_age = HstsMaxAge::new(0).expect("a number");
        let text = text(plain, &Target::default());
        for word in ["dhparam", "stapling", "trusted", "resolver", "add_header"] {
            assert!(!text.contains(word), "{word}");
        }
    }

    #[test]
    fn stapling_without_a_name_server_asks_the_roles_own() {
        let mut stapling = parts();
        stapling.site.tls.ocsp = true;
        let text = text(stapling, &Target::default());
        assert!(
            text.contains("\nresolver 8.8.8.8;\nresolver_timeout 30s;\n"),
            "{text}"
        );
    }
}
