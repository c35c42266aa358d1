use crate::{Machine, Process, wait_until};

/// A certificate authority on a [`Machine`], made by `openssl`.
#[derive(Debug)]
pub struct Authority<'machine> {
    machine: &'machine Machine,
    key: KeyKind,
}

/// What a key is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA of 2,048 bits.
    Rsa,
    /// ECDSA on the curve P-256.
    Ecdsa,
}

impl KeyKind {
    fn arguments(self) -> &'static str {
        match self {
            Self::Rsa => "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
            Self::Ecdsa => "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        }
    }
}

impl<'machine> Authority<'machine> {
    /// Where its own certificate is.
    pub const CERTIFICATE: &'static str = "/etc/ssl/certs/authority.crt";

    /// Makes one that signs with such a key.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn new(machine: &'machine Machine, key: KeyKind) -> Self {
        let script = format!(
            "set -e; mkdir -p /etc/ssl/private; umask 077; cd /etc/ssl
             openssl genpkey {} -out private/authority.key
             openssl req -x509 -new -sha256 -days 3650 -key private/authority.key \
                 -subj /CN=Authority -addext keyUsage=critical,keyCertSign,cRLSign \
                 -out certs/authority.crt",
            key.arguments()
        );
        machine.sh(&script).expect_success();
        Self { machine, key }
    }

    /// Signs a certificate for some names, where an app of this name expects it.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn certify(&self, app: &str, names: &[&str]) {
        let names: Vec<_> = names.iter().map(|name| format!("DNS:{name}")).collect();
        // No longer than a year, as the guideline wants it.
        let script = format!(
            "set -e; umask 077; cd /etc/ssl
             openssl genpkey {key} -out private/{app}.key
             openssl req -new -key private/{app}.key -subj /CN={app} -out {app}.csr
             printf '%s\n' 'subjectAltName={names}' 'extendedKeyUsage=serverAuth' \
                 'basicConstraints=CA:FALSE' 'keyUsage=critical,digitalSignature' \
                 'subjectKeyIdentifier=hash' 'authorityKeyIdentifier=keyid' \
                 'authorityInfoAccess=OCSP;URI:http://127.0.0.1:2560/' >{app}.ext
             openssl x509 -req -sha256 -days 90 -in {app}.csr -extfile {app}.ext \
                 -CA certs/authority.crt -CAkey private/authority.key -CAcreateserial \
                 -out certs/{app}.crt",
            key = self.key.arguments(),
            names = names.join(","),
        );
        self.machine.sh(&script).expect_success();
    }

    /// Starts its service that tells that the certificate of `app` was not revoked.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[must_use]
    #[track_caller]
    pub fn answers_about(machine: &Machine, app: &str) -> Process {
        let index = format!(
            "set -e; cd /etc/ssl
             serial=$(openssl x509 -noout -serial -in certs/{app}.crt)
             printf 'V\t991231235959Z\t\t%s\tunknown\t/CN={app}\n' \"${{serial#serial=}}\" >index.txt"
        );
        machine.sh(&index).expect_success();
        let service = machine.spawn([
            "openssl",
            "ocsp",
            "-ignore_err",
            "-index",
            "/etc/ssl/index.txt",
            "-port",
            "2560",
            "-CA",
            Self::CERTIFICATE,
            "-rsigner",
            Self::CERTIFICATE,
            "-rkey",
            "/etc/ssl/private/authority.key",
        ]);
        wait_until("the authority listens", || {
            machine.sh("ss -ltn | grep -q :2560").success()
        });
        service
    }
}
