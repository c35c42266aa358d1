//! The public keys that let people in: ours come and go, others stay.

use std::collections::BTreeSet;

use wsgi_model::{Bundle, Contents, Mode, Owner};

use super::{Actor, After, Change, Draft, Obstacle, PathChange};
use crate::Observed;

impl Draft<'_> {
    pub(super) fn keys(&mut self, bundle: &Bundle) {
        let keys = bundle.needs.user.authorized_keys.iter();
        let wanted: Vec<String> = keys.map(ToString::to_string).collect();
        self.keys_of(bundle, &wanted);
    }

    /// Lets these keys in, and those of ours that are not among them no longer.
    pub(super) fn keys_of(&mut self, bundle: &Bundle, wanted: &[String]) {
        let user = &bundle.needs.user;
        let directory = user.home.join(".ssh");
        let path = user.home.join(".ssh/authorized_keys");
        let ours = self.ours.get(&bundle.app).map(|ours| &ours.needs.keys);
        let ours = ours.cloned().unwrap_or_default();
        let before = self.facts.at(&path).clone();
        let text = match &before {
            Observed::Absent => String::new(),
            Observed::File {
                contents: Some(contents),
                ..
            } => String::from_utf8_lossy(contents).into_owned(),
            _ if wanted.is_empty() && ours.is_empty() => return,
            Observed::File { attributes, .. } => return self.unreadable(&path, attributes),
            other => {
                return self.obstacle(Obstacle::Foreign {
                    path,
                    noun: other.noun(),
                    adoptable: false,
                });
            }
        };
        self.remark_on_keys(&path, &text);
        let after = with_keys(&text, wanted, &ours);
        if after == text {
            return;
        }
        let owner = Owner::new(
            user.name.as_str().to_owned(),
            user.group.as_str().to_owned(),
        );
        let actor = Actor::User(user.name.as_str().to_owned());
        if matches!(self.facts.at(&directory), Observed::Absent) {
            self.push(
                &bundle.app,
                Change::Path(PathChange {
                    path: directory,
                    actor: actor.clone(),
                    before: Observed::Absent,
                    after: After::Directory {
                        mode: Mode::new(0o700),
                        owner: owner.clone(),
                    },
                    backup: false,
                    checks: Vec::new(),
                }),
            );
        }
        self.push(
            &bundle.app,
            Change::Path(PathChange {
                path,
                actor,
                before,
                after: if after.is_empty() {
                    After::Absent
                } else {
                    After::File {
                        contents: Contents::public(after),
                        // sshd(8) ignores a file that others can write.
                        mode: Mode::new(0o600),
                        owner,
                    }
                },
                backup: false,
                checks: Vec::new(),
            }),
        );
    }
}

/// The lines with `wanted` among them, and without those of `ours` that are not wanted any more.
///
/// A key is its type and its base64; a line may have options before and a comment after them.
fn with_keys(text: &str, wanted: &[String], ours: &BTreeSet<String>) -> String {
    let blob = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
    let wanted_blobs: BTreeSet<String> = wanted.iter().filter_map(|key| blob(key)).collect();
    let gone: BTreeSet<String> = ours
        .iter()
        .filter_map(|key| blob(key))
        .filter(|key| !wanted_blobs.contains(key))
        .collect();
    let holds = |line: &str, keys: &BTreeSet<String>| {
        !line.trim_start().starts_with('#')
            && line.split_whitespace().any(|word| keys.contains(word))
    };
    let mut after: String = text
        .split_inclusive('\n')
        .filter(|line| !holds(line, &gone))
        .collect();
    for key in wanted {
        let key_blob: BTreeSet<String> = blob(key).into_iter().collect();
        if !after.lines().any(|line| holds(line, &key_blob)) {
            if !after.is_empty() && !after.ends_with('\n') {
                after.push('\n');
            }
            after.push_str(key);
            after.push('\n');
        }
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "ssh-ed25519 AAAA a@example.org";
    const B: &str = "ssh-ed25519 BBBB b@example.org";

    #[test]
    fn ours_come_and_go_and_others_stay() {
        let ours = |keys: &[&str]| keys.iter().map(|k| (*k).to_owned()).collect();
        let wanted = |keys: &[&str]| keys.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>();
        for (before, want, own, after) in [
            ("", vec![A], vec![], format!("{A}\n")),
            ("x", vec![A], vec![], format!("x\n{A}\n")),
            // Somebody gave it options: it is let in already.
            (
                "no-pty ssh-ed25519 AAAA\n",
                vec![A],
                vec![A],
                "no-pty ssh-ed25519 AAAA\n".into(),
            ),
            (
                &format!("{A}\n{B}\n"),
                vec![B],
                vec![A, B],
                format!("{B}\n"),
            ),
            (&format!("{A}\n{B}\n"), vec![], vec![A], format!("{B}\n")),
            (&format!("# {A}\n"), vec![], vec![A], format!("# {A}\n")),
        ] {
            assert_eq!(with_keys(before, &wanted(&want), &ours(&own)), after);
        }
    }
}
