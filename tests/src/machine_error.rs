use std::io;
use std::path::PathBuf;

use crate::program::remedy;

/// Why a machine could not be made, or a command not be run on it.
///
/// That a command ran and failed is no such error: see [`Output`](crate::Output).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MachineError {
    /// Namespaces, mounts and other users are root's.
    #[error("scratch machines need root: run the tests as root, as `tests/run` says")]
    NotRoot,
    /// A program is missing, on the test computer or on the machine.
    #[error("{program} is not installed: {}", remedy(program))]
    MissingProgram {
        /// The program as it was called.
        program: String,
    },
    /// A program of the test computer could not be started.
    #[error("{program} did not start")]
    Spawn {
        /// The program as it was called.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// The machine's root file system or network could not be set up.
    #[error("the machine did not come up:\n{stderr}")]
    Setup {
        /// What the setup said.
        stderr: String,
    },
    /// A pipe or file between the test and a command failed.
    #[error("passing data to or from `{command}` failed")]
    Transfer {
        /// The command as typed.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// The user to run as does not exist, or the working directory does not.
    #[error("cannot run as asked: {message}")]
    Enter {
        /// What the machine said.
        message: String,
    },
    /// A command did not end in time and was killed.
    #[error("killed, because it did not end in time: {output}")]
    TimedOut {
        /// All that it said until then.
        output: Box<crate::Output>,
    },
    /// A file with rendered entries could not be read.
    #[error("reading {} failed", path.display())]
    ReadManifest {
        /// Where it lies.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file with rendered entries is not what it should be.
    #[error("{} is not a manifest", path.display())]
    ParseManifest {
        /// Where it lies.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// Python packages could not be fetched or built.
    #[error("preparing Python packages failed: {reason}")]
    Python {
        /// What the tools said.
        reason: String,
    },
}

impl MachineError {
    /// Tells a missing program from other reasons why one did not start.
    pub(crate) fn spawn(program: &str, source: io::Error) -> Self {
        let program = program.to_owned();
        if source.kind() == io::ErrorKind::NotFound {
            Self::MissingProgram { program }
        } else {
            Self::Spawn { program, source }
        }
    }
}

/// For the calls that panic: the error with its causes, as a test prints it.
#[track_caller]
pub(crate) fn give_up(error: &MachineError) -> ! {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        message.push_str("\ncaused by: ");
        message.push_str(&inner.to_string());
        cause = inner.source();
    }
    panic!("{message}");
}
