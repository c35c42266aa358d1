//! A plan in a file, from `plan --out` to `apply --plan`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use wsgi_apply::SavedPlan;

use crate::error::CommandError;
use crate::vars_file::bounded;

/// More than the plans of many hosts take.
const MAX_BYTES: u64 = 64 << 20;

/// Why a file is no plan.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnreadablePlan {
    #[error(transparent)]
    System(#[from] io::Error),
    #[error("it is no plan of this version of wsgi-cli")]
    Format(#[from] serde_json::Error),
    #[error("it has more than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
}

/// Keeps a plan, in the place of an older one; nobody else can read it.
pub(crate) fn write(path: &Path, plan: &SavedPlan) -> Result<(), CommandError> {
    let failed = |error| CommandError::make(path, error);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let staged = path.with_file_name(format!(".{name}.{}~", std::process::id()));
    let written = stage(&staged, plan).and_then(|()| fs::rename(&staged, path));
    if written.is_err() {
        let _ = fs::remove_file(&staged);
    }
    written.map_err(failed)
}

fn stage(path: &Path, plan: &SavedPlan) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    serde_json::to_writer_pretty(&mut file, plan)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// Reads a plan that was kept.
pub(crate) fn read(path: &Path) -> Result<SavedPlan, CommandError> {
    let read = || -> Result<SavedPlan, UnreadablePlan> {
        let bytes = bounded(File::open(path)?, MAX_BYTES)?;
        Ok(serde_json::from_slice(
            &bytes.ok_or(UnreadablePlan::TooLarge)?,
        )?)
    };
    read().map_err(|source| CommandError::UnreadablePlan {
        name: path.to_string_lossy().into_owned(),
        source,
    })
}
