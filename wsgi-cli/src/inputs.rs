//! What goes into every app of a call besides its own vars file.

use std::ffi::{OsStr, OsString};

use wsgi_model::ansible::{ExtraVars, Inputs, load};
use wsgi_model::{Loaded, Rejected, Source};

use crate::args::VarsFiles;
use crate::operator::Operator;
use crate::passwords::Passwords;
use crate::vars_file::{UnreadableVars, VarsFile};

/// One `-e`.
enum Extra {
    Text(String),
    File(VarsFile),
}

/// Extra variables, shared files and vault passwords of a call.
pub(crate) struct CallInputs {
    extra: Vec<Extra>,
    shared: Vec<VarsFile>,
    passwords: Passwords,
}

impl CallInputs {
    /// Reads the files that the arguments name.
    pub(crate) fn read(args: &VarsFiles) -> Result<Self, UnreadableVars> {
        let extra = args.extra_vars.iter().map(|given| {
            Ok(match given.strip_prefix('@') {
                Some(path) => {
                    Extra::File(VarsFile::read(OsStr::new(path)).map_err(UnreadableVars::beside)?)
                }
                None => Extra::Text(given.clone()),
            })
        });
        let shared = args
            .shared
            .iter()
            .map(|path: &OsString| VarsFile::read(path).map_err(UnreadableVars::beside));
        Ok(Self {
            extra: extra.collect::<Result<_, _>>()?,
            shared: shared.collect::<Result<_, _>>()?,
            passwords: Passwords::of(args),
        })
    }

    /// Loads an app.
    pub(crate) fn load(&self, file: &VarsFile, operator: &Operator) -> Result<Loaded, Rejected> {
        let shared: Vec<Source<'_>> = self.shared.iter().map(VarsFile::source).collect();
        let extra: Vec<ExtraVars<'_>> = self
            .extra
            .iter()
            .map(|extra| match extra {
                Extra::Text(text) => ExtraVars::Text(text),
                Extra::File(file) => ExtraVars::File(file.source()),
            })
            .collect();
        let inputs = Inputs {
            extra: &extra,
            shared: &shared,
            ..Inputs::of_file(file.source())
        };
        load(
            &inputs,
            &operator.seen_from(file.directory()),
            &self.passwords,
        )
    }

    /// The files besides the app's own.
    pub(crate) fn files(&self) -> Vec<&VarsFile> {
        let extra = self.extra.iter().filter_map(|extra| match extra {
            Extra::File(file) => Some(file),
            Extra::Text(_) => None,
        });
        extra.chain(&self.shared).collect()
    }
}
