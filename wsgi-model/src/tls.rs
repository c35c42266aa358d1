//! TLS of the nginx site.

use crate::{AbsPath, HstsMaxAge};

/// A configuration of Mozilla's guideline for server side TLS, version 6.0 (2026-04-06).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsProfile {
    /// TLS 1.2 and 1.3: every browser of the last years.
    #[default]
    Intermediate,
    /// TLS 1.3 only.
    Modern,
}

/// Certificates, profile and options.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the role"
)]
pub struct Tls {
    /// Whether the site also listens on 443.
    pub ssl: bool,
    /// Whether plain HTTP is redirected.
    pub force: bool,
    /// Whether this site answers names that no site has.
    pub default_server: bool,
    /// The certificate and its chain, on the server.
    pub certificate: AbsPath,
    /// The private key, on the server.
    pub key: AbsPath,
    /// Whether a dhparam file is named.
    pub diffie_hellman: bool,
    /// The dhparam file, on the server.
    pub dhparam: AbsPath,
    /// Whether OCSP answers are stapled.
    pub ocsp: bool,
    /// The chain that stapled answers are checked with, on the server.
    pub staple_certificate: AbsPath,
    /// Protocols, ciphers and curves.
    pub profile: TlsProfile,
    /// How long browsers remember to use TLS only.
    pub hsts_max_age: HstsMaxAge,
}

impl Tls {
    /// The port of TLS.
    pub const PORT: u16 = 443;
}
