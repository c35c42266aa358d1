//! Reads what a host says of what is not a path: packages, accounts, and other programs' files.

use wsgi_model::{AbsPath, AppName};

use super::{Answered, Reading, TlsFile, TlsRole, User};

impl Reading {
    /// Takes what one record says; none when it makes no sense.
    pub(super) fn system(&mut self, word: &str, rest: &str) -> Option<()> {
        let facts = &mut self.facts;
        match word {
            "claims" => {
                for line in rest.lines() {
                    let (app, path) = line.split_once('\t')?;
                    let app = AppName::parse(app).ok()?;
                    let path = AbsPath::parse(path).ok()?;
                    facts.claims.entry(path).or_default().insert(app);
                }
            }
            "packages" => {
                for line in rest.lines() {
                    let mut fields = line.split('\t').map(str::to_owned);
                    let mut next = || fields.next();
                    let (Some(name), Some(status), Some(version), Some(architecture)) =
                        (next(), next(), next(), next())
                    else {
                        continue;
                    };
                    if status == "installed" {
                        let exact = format!("{name}:{architecture}");
                        facts.packages.insert(exact, version.clone());
                        facts.packages.insert(name, version);
                    }
                }
            }
            "listening" => {
                for line in rest.lines() {
                    let (port, who) = line.split_once('\t')?;
                    let port = u16::from_str_radix(port, 16).ok()?;
                    let is_nginx = facts.system.listening.entry(port).or_default();
                    *is_nginx |= who == "nginx";
                }
            }
            "candidates" => {
                facts.candidates = Some(rest.lines().map(str::to_owned).collect());
            }
            "provided" => facts.provided.extend(rest.lines().map(str::to_owned)),
            "passwd" => {
                for line in rest.lines() {
                    let (name, user) = user(line)?;
                    facts.users.insert(name, user);
                }
            }
            "group" => {
                for line in rest.lines() {
                    let mut fields = line.split(':');
                    let name = fields.next().unwrap_or_default().to_owned();
                    let gid = fields.nth(1).and_then(|gid| gid.parse().ok());
                    facts.groups.insert(name, gid?);
                }
            }
            "crontab" => {
                let (user, text) = rest.split_once('\t')?;
                // The shell drops line feeds at the end, so the script added a dot and one.
                let text = text.strip_suffix('.')?;
                facts.crontabs.insert(user.to_owned(), text.to_owned());
            }
            "directives" => {
                for line in rest.lines() {
                    let (path, line) = line.split_once(':')?;
                    // A name that is no path of ours: nothing of ours can be meant.
                    let Ok(path) = AbsPath::parse(path) else {
                        continue;
                    };
                    let lines = facts.directives.entry(path).or_default();
                    lines.push(line.trim().to_owned());
                }
            }
            "tls" => {
                let mut fields = rest.splitn(4, '\t');
                let word = fields.next().unwrap_or_default();
                let role = TlsRole::ALL.into_iter().find(|role| role.word() == word);
                let now = fields.next().and_then(|now| now.parse().ok());
                let path = fields.next().and_then(|path| AbsPath::parse(path).ok());
                let (Some(role), Some(now), Some(path)) = (role, now, path) else {
                    return None;
                };
                let said = fields.next().unwrap_or_default();
                let file = TlsFile::parse(role, now, said)?;
                facts.tls.insert((role, path), file);
            }
            "answered" => {
                let (app, said) = rest.split_once('\t')?;
                let app = AppName::parse(app).ok()?;
                facts.answers.insert(app, Answered::parse(said));
            }
            _ => return None,
        }
        Some(())
    }
}

/// A line of passwd(5).
fn user(line: &str) -> Option<(String, User)> {
    let fields: Vec<&str> = line.split(':').collect();
    let &[name, _, uid, gid, _, home, shell] = fields.as_slice() else {
        return None;
    };
    let user = User {
        uid: uid.parse().ok()?,
        gid: gid.parse().ok()?,
        home: home.to_owned(),
        shell: shell.to_owned(),
    };
    Some((name.to_owned(), user))
}
