//! What the vars file names and the operator's machine has: public keys and nginx includes.

use camino::Utf8Path;

use super::reader::Reader;
use super::{IncludePath, KeySource, Lookups};
use crate::name::shown;
use crate::variables as v;
use crate::{Contents, IncludeName, Invalid, NginxInclude, Problem, PublicKey, Severity};

impl Reader {
    /// The keys that the vars file gives or names.
    pub(super) fn keys(&mut self, sources: &[KeySource], lookups: &dyn Lookups) -> Vec<PublicKey> {
        let mut keys = Vec::new();
        for source in sources {
            let at = self.variables.at(&mut self.found, &source.variable);
            let mut at = at.hiding(source.secret);
            let text = match source.path() {
                None => source.text.clone(),
                Some(path) => match lookups.file(Utf8Path::new(path)) {
                    Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                    Err(error) => {
                        let reason =
                            format!("the public key `{}` cannot be read: {error}", shown(path));
                        let why = Invalid::new(reason).help(
                            "give the path of a `.pub` file on your machine, or the line in it",
                        );
                        at.refuse(source.place, "lookup", &why);
                        continue;
                    }
                },
            };
            let mut lines = text
                .lines()
                .map(str::trim)
                .filter(|l| !l.is_empty() && !l.starts_with('#'))
                .peekable();
            if lines.peek().is_none() {
                at.refuse(
                    source.place,
                    "invalid-value",
                    &Invalid::new("there is no public key here"),
                );
            }
            for line in lines {
                match PublicKey::parse(line) {
                    Ok(key) if keys.contains(&key) => {}
                    Ok(key) => keys.push(key),
                    Err(why) => {
                        at.refuse(source.place, "invalid-value", &why);
                        // What follows is most likely the rest of the same thing.
                        break;
                    }
                }
            }
        }
        keys
    }

    /// The keys of whoever runs this.
    pub(super) fn operator_keys(&mut self, lookups: &dyn Lookups) -> Vec<PublicKey> {
        let name = v::SSH_KEYS.definition.name;
        let lines = lookups.operator_keys().unwrap_or_else(|error| {
            let message = format!("your own public key cannot be read: {error}");
            self.found
                .problems
                .push(Problem::new(Severity::Error, "lookup", name, message).help(
                    "set it to the line of another `.pub` file, or set `wsgi_ssh: no` if nobody should log in",
                ));
            Vec::new()
        });
        let keys: Vec<PublicKey> = lines
            .iter()
            .filter_map(|line| PublicKey::parse(line.trim()).ok())
            .collect();
        if keys.is_empty() {
            self.operator_has_no_key();
        }
        keys
    }

    /// The nginx includes that the vars file names.
    pub(super) fn includes(
        &mut self,
        paths: &[IncludePath],
        lookups: &dyn Lookups,
    ) -> Vec<NginxInclude> {
        let mut includes = Vec::with_capacity(paths.len());
        for (i, path) in paths.iter().enumerate() {
            let IncludePath {
                path,
                variable,
                place,
                secret,
            } = path;
            let mut at = self.variables.at(&mut self.found, variable).hiding(*secret);
            let mut refuse = |code: &'static str, why: &Invalid| at.refuse(*place, code, why);
            let file_name = path.rsplit('/').next().unwrap_or(path);
            let file_name = IncludeName::parse(file_name).unwrap_or_else(|why| {
                let empty = path.is_empty().then(|| Invalid::new("the path is empty"));
                refuse("invalid-value", &empty.unwrap_or(why));
                IncludeName::stand_in(i)
            });
            let readable = !path.is_empty() && !path.contains('\0');
            let bytes = readable.then(|| lookups.file(Utf8Path::new(path)));
            let bytes = bytes.and_then(|bytes| {
                let refused = bytes.as_ref().err().map(|error| {
                    let path = shown(path);
                    Invalid::new(format!("the include `{path}` cannot be read: {error}")).help(
                        "it is a file on your machine; a relative path is seen from the vars file",
                    )
                });
                if let Some(why) = refused {
                    refuse("lookup", &why);
                }
                bytes.ok()
            });
            // One for each path, refused or not, so that the others keep their index.
            includes.push(NginxInclude {
                source: path.clone(),
                file_name,
                contents: Contents::public(bytes.unwrap_or_default()),
            });
        }
        includes
    }
}
