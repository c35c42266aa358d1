//! What nginx reads for TLS: it is looked at before anything is changed.

use wsgi_model::{AbsPath, Bundle};

use super::{Draft, Obstacle};
use crate::{TlsFile, TlsRole, Validity};

impl Draft<'_> {
    pub(super) fn certificates(&mut self, bundle: &Bundle) {
        let files = crate::probe::tls_files(bundle);
        let mut unknown = false;
        for (role, path) in &files {
            match self.facts.tls.get(&(*role, (*path).clone())) {
                Some(TlsFile::Unknown) => unknown = true,
                Some(file) => self.certificate(*role, path, file),
                // A host that is no machine.
                None => {}
            }
        }
        if unknown {
            self.remarks.push(format!(
                "there is no openssl on the host to look at the certificate of {} with: nginx will \
                 tell whether it takes it",
                bundle.app
            ));
        }
        let key_of = |role| {
            let (_, path) = files.iter().find(|(other, _)| *other == role)?;
            match self.facts.tls.get(&(role, (*path).clone()))? {
                TlsFile::Certificate { public_key, .. } | TlsFile::Key { public_key } => {
                    Some((*path, public_key))
                }
                _ => None,
            }
        };
        match (key_of(TlsRole::Certificate), key_of(TlsRole::Key)) {
            (Some((certificate, public)), Some((path, private))) if public != private => {
                let problem = format!("is not the key of {certificate}");
                self.refuse_file(TlsRole::Key, path, problem);
            }
            _ => {}
        }
    }

    fn certificate(&mut self, role: TlsRole, path: &AbsPath, file: &TlsFile) {
        let problem = match file {
            TlsFile::Missing => "does not exist".to_owned(),
            TlsFile::NoFile => "is not a file".to_owned(),
            TlsFile::Unreadable => "cannot be read by root".to_owned(),
            TlsFile::Other {
                encrypted: true, ..
            } if role == TlsRole::Key => {
                "has a password, which nginx cannot ask for when it starts with the host".to_owned()
            }
            TlsFile::Other { holds, .. } => {
                let wanted = match role {
                    TlsRole::Key => "private key",
                    TlsRole::Parameters => "parameters of Diffie-Hellman",
                    _ => "certificate",
                };
                match holds.first() {
                    None => format!("holds no {wanted} in PEM"),
                    Some(holds) => format!("holds no {wanted} that openssl can read, but {holds}"),
                }
            }
            TlsFile::Certificate { ends, until, .. }
                if *ends <= 0 && role == TlsRole::Certificate =>
            {
                format!("has expired: it was valid until {until}")
            }
            TlsFile::Certificate { begins, .. } if *begins > 0 && role == TlsRole::Certificate => {
                "is not valid yet: the host's clock may be wrong".to_owned()
            }
            TlsFile::Certificate { ends, until, .. } => {
                if *ends < Validity::SOON {
                    self.remarks.push(format!(
                        "{} expires in {} days, at {until}: {path}",
                        role.variable(),
                        (*ends).max(0) / Validity::DAY
                    ));
                }
                return;
            }
            TlsFile::Key { .. } | TlsFile::Parameters | TlsFile::Unknown => return,
        };
        self.refuse_file(role, path, problem);
    }

    fn refuse_file(&mut self, role: TlsRole, path: &AbsPath, problem: String) {
        self.obstacle(Obstacle::TlsFile {
            variable: role.variable(),
            path: path.clone(),
            problem,
        });
    }
}
