//! Mozilla's guideline for server side TLS, version 6.0 (2026-04-06), as data.
//!
//! From `guidelines/latest.json` of mozilla/ssl-config-generator at 858f8f7.

use wsgi_model::TlsProfile;

use crate::{Target, Version};

/// What the guideline says for one profile.
#[derive(Debug)]
pub(super) struct Guideline {
    /// In nginx's spelling.
    pub(super) protocols: &'static [&'static str],
    /// The suites of TLS 1.2, in OpenSSL's spelling; those of TLS 1.3 are not chosen.
    pub(super) ciphers: &'static [&'static str],
    curves: &'static [Curve],
}

/// A group for the key exchange.
#[derive(Debug)]
struct Curve {
    name: &'static str,
    /// The first OpenSSL that knows it; nginx does not start with one that it does not know.
    since: Version,
}

const ALWAYS: Version = Version::new(0, 0, 0);

const CURVES: &[Curve] = &[
    Curve {
        name: "X25519MLKEM768",
        since: Version::new(3, 5, 0),
    },
    Curve {
        name: "X25519",
        since: ALWAYS,
    },
    Curve {
        name: "prime256v1",
        since: ALWAYS,
    },
    Curve {
        name: "secp384r1",
        since: ALWAYS,
    },
];

static MODERN: Guideline = Guideline {
    protocols: &["TLSv1.3"],
    // It names none, as TLS 1.3 is all. But where another site is the default server of the address,
    // that one's protocols count for this site, too, and TLS 1.2 would choose from nginx's own list.
    ciphers: INTERMEDIATE.ciphers,
    curves: CURVES,
};

static INTERMEDIATE: Guideline = Guideline {
    protocols: &["TLSv1.2", "TLSv1.3"],
    ciphers: &[
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
    ],
    curves: CURVES,
};

impl Guideline {
    /// The guideline for `profile`.
    pub(super) fn of(profile: TlsProfile) -> &'static Self {
        match profile {
            TlsProfile::Modern => &MODERN,
            TlsProfile::Intermediate => &INTERMEDIATE,
        }
    }

    /// The groups that the OpenSSL of `target` knows, the preferred first.
    pub(super) fn curves(&self, target: &Target) -> Vec<&'static str> {
        self.curves
            .iter()
            .filter(|curve| curve.since <= target.openssl)
            .map(|curve| curve.name)
            .collect()
    }
}
