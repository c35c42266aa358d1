//! How releases of the app are deployed.

use std::ops::RangeInclusive;

use crate::name::shown;
use crate::secret::MASK;
use crate::text::checked_text;
use crate::{Invalid, RelativePath, ReleaseCount, Seconds, Sensitivity};

/// A command line, run by bash: not empty, no NUL byte.
///
/// It may hold a value from a vault; then it is [`Sensitivity::Secret`], and `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandLine {
    text: String,
    sensitivity: Sensitivity,
}

impl CommandLine {
    /// Parses `text`, which anybody may see.
    ///
    /// # Errors
    /// [`Invalid`] when it is empty or has a NUL byte.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.trim().is_empty() {
            return Err(Invalid::new("the command is empty"));
        }
        if text.contains('\0') {
            return Err(Invalid::new("the command has a NUL byte in it"));
        }
        Ok(Self {
            text: text.to_owned(),
            sensitivity: Sensitivity::Public,
        })
    }

    /// The same command, not to be shown.
    #[must_use]
    pub fn into_secret(self) -> Self {
        Self {
            sensitivity: Sensitivity::Secret,
            ..self
        }
    }

    /// The text, for whoever runs it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the text may be shown.
    pub const fn sensitivity(&self) -> Sensitivity {
        self.sensitivity
    }

    /// The text as it may be shown: `********` for a secret one.
    pub fn shown(&self) -> &str {
        match self.sensitivity {
            Sensitivity::Public => &self.text,
            Sensitivity::Secret => MASK,
        }
    }
}

impl std::fmt::Debug for CommandLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CommandLine").field(&self.shown()).finish()
    }
}

checked_text! {
    /// A path of the app that is asked for its health: starts with `/`, visible ASCII only.
    HealthPath, |text| {
        if text.starts_with('/') && text.bytes().all(|b| b.is_ascii_graphic() && b != b'#') { Ok(()) } else {
            Err(Invalid::new(format!("`{}` is not a path to ask for", shown(text)))
                .help("start it with `/`, percent-encode what is not ASCII: `/health?full=1`"))
        }
    }
}

/// The HTTP statuses that count as healthy, such as `200-399`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthStatus(RangeInclusive<u16>);

impl HealthStatus {
    /// Parses one status (`200`) or a range (`200-399`).
    ///
    /// # Errors
    /// [`Invalid`] when it is neither, or not within 100 to 599.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        match (low.trim().parse::<u16>(), high.trim().parse::<u16>()) {
            (Ok(low), Ok(high)) if 100 <= low && low <= high && high <= 599 => Ok(Self(low..=high)),
            _ => Err(
                Invalid::new(format!("`{}` is not a range of HTTP statuses", shown(text)))
                    .help("one status or a range from 100 to 599: `200` or `200-399`"),
            ),
        }
    }

    /// The statuses.
    pub fn range(&self) -> RangeInclusive<u16> {
        self.0.clone()
    }
}

impl std::fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.start() == self.0.end() {
            self.0.start().fmt(f)
        } else {
            write!(f, "{}-{}", self.0.start(), self.0.end())
        }
    }
}

/// Hooks, health check and retention of releases.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deploy {
    /// Run in the new release before the gate.
    pub build: Vec<CommandLine>,
    /// Run once per deploy, on one host.
    pub release: Vec<CommandLine>,
    /// Run after the switch.
    pub after: Vec<CommandLine>,
    /// How long each of them may take.
    pub timeout: Seconds,
    /// What is asked for to see whether the app is well.
    pub health_path: HealthPath,
    /// Which answers mean that it is.
    pub health_status: HealthStatus,
    /// Until when it must answer.
    pub health_timeout: Seconds,
    /// How many successful releases are kept.
    pub keep_releases: ReleaseCount,
    /// What is linked from `{path}shared/` into each release.
    pub shared_paths: Vec<RelativePath>,
}
