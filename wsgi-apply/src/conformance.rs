//! What a backend of one's own must do: promises to try on it.
//!
//! Whoever implements [`Shell`](crate::Shell) or [`Host`](crate::Host) calls [`shell`] or [`host`] in a
//! test, and gets every promise that is not kept. The backends of this crate are tried in the same
//! way. A complete backend with its test is the example `command_shell`. Two abilities of a shell are
//! its own to have: [`conversation`] tries what releases of several hosts together need, [`terminal`] what
//! people need who use programs.
//!
//! ```
//! use wsgi_apply::{LocalShell, MemoryHost, PlanOptions, conformance};
//!
//! assert_eq!(conformance::shell(&mut LocalShell::new()), []);
//! assert_eq!(conformance::host(&mut MemoryHost::new("here"), PlanOptions::default()), []);
//! ```

mod conversation;
mod host;
mod shell;
mod terminal;

pub use conversation::conversation;
pub use host::host;
pub use shell::shell;
pub use terminal::terminal;

/// A promise that a backend does not keep.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{promise}: {found}")]
#[non_exhaustive]
pub struct Unkept {
    /// The promise.
    pub promise: &'static str,
    /// What was found instead.
    pub found: String,
}

/// What was found where a promise is not kept.
struct Found(String);

impl<E: std::error::Error> From<E> for Found {
    fn from(error: E) -> Self {
        let causes = std::iter::successors(error.source(), |&cause| cause.source());
        let all = std::iter::once(error.to_string()).chain(causes.map(ToString::to_string));
        Self(all.collect::<Vec<_>>().join(": "))
    }
}

/// A promise and how it is tried.
type Promise<B> = (&'static str, fn(&mut B) -> Result<(), Found>);

/// Tries promises, and says which are not kept.
fn tried<B: ?Sized>(backend: &mut B, promises: &[Promise<B>]) -> Vec<Unkept> {
    let mut unkept = Vec::new();
    for (promise, keeps) in promises {
        if let Err(Found(found)) = keeps(backend) {
            unkept.push(Unkept { promise, found });
        }
    }
    unkept
}

/// That something is as it should be.
fn expect<T: PartialEq + std::fmt::Debug>(found: &T, wanted: &T) -> Result<(), Found> {
    if found == wanted {
        Ok(())
    } else {
        Err(Found(format!("{found:?} in place of {wanted:?}")))
    }
}
