//! How the contents of a file change, to be shown.

use std::fmt;

use similar::{ChangeTag, TextDiff};
use wsgi_model::Sensitivity;

use crate::{After, Change, Observed, PathChange, Step};

/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 3;

/// How the contents of a file change. Nothing that is secret is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Diff {
    /// They are secret.
    Hidden,
    /// They are no text.
    Binary,
    /// What is there before was not read: it is too large, or no file.
    Unseen,
    /// Line by line.
    Text(Vec<Hunk>),
}

/// Changed lines that stand together, with those around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Where it stands, such as `@@ -1,3 +1,4 @@`.
    pub header: String,
    /// The lines.
    pub lines: Vec<DiffLine>,
}

/// A line of either text. It may hold control characters, as the file does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// In which text it stands.
    pub sign: Sign,
    /// The line, without its end.
    pub text: String,
    /// Whether a line feed ends it: only the last line of a file can lack it.
    pub ended: bool,
}

/// In which text a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// In both.
    Context,
    /// In the old one only.
    Removed,
    /// In the new one only.
    Added,
}

impl Diff {
    /// How the contents change by a step; none where it changes none.
    pub fn of(step: &Step) -> Option<Self> {
        match &step.change {
            Change::Path(change) => Self::of_path(change),
            Change::Crontab { before, after, .. } => {
                Some(Self::texts(&schedules(before), &schedules(after)))
            }
            _ => None,
        }
    }

    fn of_path(change: &PathChange) -> Option<Self> {
        let After::File { contents, .. } = &change.after else {
            return None;
        };
        if contents.sensitivity() == Sensitivity::Secret {
            return Some(Self::Hidden);
        }
        let before = match &change.before {
            Observed::Absent => &[][..],
            // Somebody else's, who keeps it from others.
            Observed::File { attributes, .. }
                if change.backup && attributes.mode.bits() & 0o004 == 0 =>
            {
                return Some(Self::Hidden);
            }
            Observed::File {
                contents: Some(contents),
                ..
            } => contents,
            _ => return Some(Self::Unseen),
        };
        match (text(before), text(contents.expose())) {
            (Some(before), Some(after)) => Some(Self::texts(before, after)),
            _ => Some(Self::Binary),
        }
    }

    /// How one text differs from another.
    pub fn texts(before: &str, after: &str) -> Self {
        // A lone CR ends no line: what follows it would look like a line of its own.
        let before: Vec<&str> = before.split_inclusive('\n').collect();
        let after: Vec<&str> = after.split_inclusive('\n').collect();
        let diff = TextDiff::from_slices(&before, &after);
        let mut unified = diff.unified_diff();
        let hunks = unified.context_radius(CONTEXT).iter_hunks().map(|hunk| {
            let lines = hunk.iter_changes().map(|change| {
                let line = change.value();
                DiffLine {
                    sign: match change.tag() {
                        ChangeTag::Equal => Sign::Context,
                        ChangeTag::Delete => Sign::Removed,
                        ChangeTag::Insert => Sign::Added,
                    },
                    text: line.strip_suffix('\n').unwrap_or(line).to_owned(),
                    ended: line.ends_with('\n'),
                }
            });
            Hunk {
                header: hunk.header().to_string(),
                lines: lines.collect(),
            }
        });
        Self::Text(hunks.collect())
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Context => " ",
            Self::Removed => "-",
            Self::Added => "+",
        })
    }
}

/// The hunks of a unified diff, as `diff -u` prints them; nothing where nothing can be shown.
impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Text(hunks) = self else {
            return Ok(());
        };
        for hunk in hunks {
            writeln!(f, "{}", hunk.header)?;
            for line in &hunk.lines {
                writeln!(f, "{}{}", line.sign, line.text)?;
                if !line.ended {
                    writeln!(f, "\\ No newline at end of file")?;
                }
            }
        }
        Ok(())
    }
}

/// A crontab(5) without what its jobs run and its variables hold: nobody but its user and root can
/// read one, and passwords stand in many.
fn schedules(crontab: &str) -> String {
    let shown = |line: &str| {
        let fields = if line.starts_with('@') { 1 } else { 5 };
        let schedule: Vec<&str> = line.split_whitespace().take(fields).collect();
        match line.split_once('=') {
            _ if line.trim().is_empty() || line.trim_start().starts_with('#') => line.to_owned(),
            Some((name, _)) if name.trim().chars().all(|c| c.is_alphanumeric() || c == '_') => {
                format!("{}=…", name.trim())
            }
            _ => format!("{} …", schedule.join(" ")),
        }
    };
    crontab.lines().map(|line| shown(line) + "\n").collect()
}

/// The text that bytes are, if they are one.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use wsgi_model::{AbsPath, AppName, Contents, Mode, Owner};

    use super::*;
    use crate::{Actor, Attributes, Digest};

    fn file(contents: &[u8], mode: u16) -> Observed {
        let attributes = Attributes {
            mode: Mode::new(mode),
            uid: 0,
            user: "root".to_owned(),
            group: "root".to_owned(),
        };
        Observed::File {
            attributes,
            links: 1,
            digest: Some(Digest::of(contents)),
            contents: Some(contents.to_owned()),
        }
    }

    fn diff(before: Observed, after: Contents, backup: bool) -> Option<Diff> {
        let change = PathChange {
            path: AbsPath::parse("/etc/x").expect("a path"),
            actor: Actor::Root,
            before,
            after: After::File {
                contents: after,
                mode: Mode::new(0o644),
                owner: Owner::root(),
            },
            backup,
            checks: Vec::new(),
        };
        Diff::of(&Step {
            app: AppName::parse("shop").expect("a name"),
            change: Change::Path(change),
            because: None,
        })
    }

    #[test]
    fn a_changed_text_is_a_unified_diff() {
        let lines: Vec<String> = (1..=20).map(|n| n.to_string()).collect();
        let before = lines.join("\n");
        let after = before.replace("\n10\n", "\nten\n");
        let shown = Diff::texts(&before, &after).to_string();
        assert_eq!(
            shown,
            "@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n"
        );
        let shown = Diff::texts("a\nb", "a\nb\n").to_string();
        assert_eq!(
            shown,
            "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"
        );
    }

    #[test]
    fn what_is_secret_or_private_is_not_in_it() {
        let canary = || b"s3cret\n".to_vec();
        let secret = Contents::secret(canary());
        assert_eq!(
            diff(Observed::Absent, secret.clone(), false),
            Some(Diff::Hidden)
        );
        assert_eq!(
            diff(file(b"old\n", 0o644), secret, false),
            Some(Diff::Hidden)
        );
        // Somebody's private file is taken over.
        let taken = diff(file(&canary(), 0o600), Contents::public("new\n"), true);
        assert_eq!(taken, Some(Diff::Hidden));
        let open = diff(file(b"old\n", 0o644), Contents::public("new\n"), true);
        assert!(matches!(open, Some(Diff::Text(_))));
    }

    #[test]
    fn of_a_crontab_it_shows_when_and_not_what() {
        let before = "# mine\nTOKEN=canary\n\n*/5 * * * * A=canary run\n@daily canary\n";
        let step = Step {
            app: AppName::parse("shop").expect("a name"),
            change: Change::Crontab {
                user: "shop".to_owned(),
                before: before.to_owned(),
                after: "# mine\n".to_owned(),
            },
            because: None,
        };
        let shown = Diff::of(&step).expect("it changes").to_string();
        assert_eq!(
            shown,
            "@@ -1,5 +1 @@\n # mine\n-TOKEN=…\n-\n-*/5 * * * * …\n-@daily …\n"
        );
    }

    #[test]
    fn what_is_no_text_is_not_shown_as_one() {
        for bytes in [&b"\xff\xfe"[..], b"a\0b"] {
            let shown = diff(file(bytes, 0o644), Contents::public("new\n"), false);
            assert_eq!(shown, Some(Diff::Binary));
        }
    }
}
