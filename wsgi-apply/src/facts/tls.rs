//! What is known of the files that nginx reads for TLS.

/// What a file is to nginx.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TlsRole {
    /// The certificate and its chain.
    Certificate,
    /// The private key.
    Key,
    /// Parameters of Diffie-Hellman.
    Parameters,
    /// The chain that stapled answers are checked with.
    StapleCertificate,
}

/// What is known of a file that nginx reads for TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsFile {
    /// Nothing is there, or a link leads nowhere.
    Missing,
    /// It is something else than a file.
    NoFile,
    /// Root cannot read it.
    Unreadable,
    /// The host has no openssl(1) that could tell.
    Unknown,
    /// It is not what it should be.
    Other {
        /// What it holds, as the lines that begin its parts say, such as `PRIVATE KEY`.
        holds: Vec<String>,
        /// Whether a password protects it.
        encrypted: bool,
    },
    /// It holds a certificate.
    Certificate {
        /// From when on it is valid, as seconds of the host's clock from now on.
        begins: i64,
        /// How long it is valid yet, the same way.
        ends: i64,
        /// Its last moment, as openssl(1) prints it.
        until: String,
        /// The public key, base64.
        public_key: String,
    },
    /// It holds a private key.
    Key {
        /// The public key, base64.
        public_key: String,
    },
    /// It holds parameters.
    Parameters,
}

impl TlsRole {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [
        Self::Certificate,
        Self::Key,
        Self::Parameters,
        Self::StapleCertificate,
    ];

    /// The word for it that the host is given.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Key => "key",
            Self::Parameters => "dhparam",
            Self::StapleCertificate => "staple",
        }
    }

    /// The variable that names the file.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Certificate => "wsgi_ssl_crt_file",
            Self::Key => "wsgi_ssl_key_file",
            Self::Parameters => "wsgi_ssl_diffie_hellman_pem",
            Self::StapleCertificate => "wsgi_ssl_staple_crt_file",
        }
    }
}

impl TlsFile {
    /// Reads what the host says of a file: a word, or what openssl(1) printed.
    pub(crate) fn parse(role: TlsRole, now: i64, said: &str) -> Option<Self> {
        let mut lines = said.lines();
        let first = lines.next().unwrap_or_default();
        let file = match first {
            "missing" => Self::Missing,
            "other" => Self::NoFile,
            "unreadable" => Self::Unreadable,
            "unknown" => Self::Unknown,
            "refused" => {
                let begins = lines.clone().filter_map(|line| {
                    let title = line.strip_prefix("-----BEGIN ")?;
                    title.trim_end().strip_suffix("-----").map(str::to_owned)
                });
                Self::Other {
                    holds: begins.collect(),
                    encrypted: lines.any(|line| line.contains("ENCRYPTED")),
                }
            }
            _ => match role {
                TlsRole::Parameters => Self::Parameters,
                TlsRole::Key => Self::Key {
                    public_key: public_key(said)?,
                },
                TlsRole::Certificate | TlsRole::StapleCertificate => {
                    let value = |name: &str| said.lines().find_map(|line| line.strip_prefix(name));
                    let until = value("notAfter=")?;
                    Self::Certificate {
                        begins: seconds(value("notBefore=")?)? - now,
                        ends: seconds(until)? - now,
                        until: until.to_owned(),
                        public_key: public_key(said)?,
                    }
                }
            },
        };
        Some(file)
    }
}

fn public_key(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("-----BEGIN PUBLIC KEY-----")?;
    let (key, _) = rest.split_once("-----END PUBLIC KEY-----")?;
    Some(key.split_whitespace().collect())
}

/// The seconds since 1970 of a date as openssl(1) prints it, such as `Nov  2 16:10:00 2026 GMT`.
fn seconds(date: &str) -> Option<i64> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let fields: Vec<&str> = date.split_whitespace().collect();
    let &[month, day, time, year, "GMT"] = fields.as_slice() else {
        return None;
    };
    let month = i64::try_from(MONTHS.find(month)? / 3 + 1).ok()?;
    let (day, year): (i64, i64) = (day.parse().ok()?, year.parse().ok()?);
    let mut parts = time.split(':').map(str::parse::<i64>);
    let mut part = || parts.next()?.ok();
    let (hour, minute, second) = (part()?, part()?, part()?);
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 1
        - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_counted_as_date_does() {
        for (date, expected) in [
            ("Jan  1 00:00:00 1970 GMT", Some(0)),
            ("Feb 29 23:59:59 2024 GMT", Some(1_709_251_199)),
            ("Mar  1 00:00:00 2024 GMT", Some(1_709_251_200)),
            ("Dec 31 23:59:59 9999 GMT", Some(253_402_300_799)),
            ("Dec 31 23:59:59 9999", None),
            ("31 Dec 23:59 2024 GMT", None),
        ] {
            assert_eq!(seconds(date), expected, "{date}");
        }
    }
}
