use std::fs;
use std::path::{Path, PathBuf};

use camino::Utf8Path;
use wsgi_model::{Loaded, LookupError, Lookups, Rejected, Source, load};

/// A case of `fixtures/apps/`: the vars files of one host's apps.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// The directory's name.
    pub name: String,
    directory: PathBuf,
}

impl Fixture {
    /// All of them, by name.
    ///
    /// # Panics
    ///
    /// When the directory cannot be read.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = entries(&fixtures().join("apps"))
            .into_iter()
            .map(|directory| Self {
                name: name_of(&directory),
                directory,
            })
            .collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        assert!(!all.is_empty(), "there are no fixtures");
        all
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its vars files, by name.
    ///
    /// # Panics
    ///
    /// When it has none.
    pub fn vars_files(&self) -> Vec<PathBuf> {
        let mut files = entries(&self.directory);
        files.retain(|path| path.extension().is_some_and(|found| found == "yml"));
        files.sort();
        assert!(!files.is_empty(), "{} has no vars file", self.name);
        files
    }

    /// Loads one of its vars files, as an operator who has a key of their own.
    ///
    /// # Errors
    ///
    /// [`Rejected`] as loading says it.
    ///
    /// # Panics
    ///
    /// When the file cannot be read.
    pub fn load(&self, vars_file: &Path) -> Result<Loaded, Rejected> {
        let bytes = fs::read(vars_file).unwrap_or_else(|e| panic!("{}: {e}", vars_file.display()));
        let source = Source {
            name: &name_of(vars_file),
            bytes: &bytes,
        };
        load(&source, &self.lookups())
    }

    /// What its vars files may ask of the operator's machine.
    pub fn lookups(&self) -> impl Lookups + '_ {
        OperatorFiles(&self.directory)
    }
}

/// The fixtures of the workspace.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

struct OperatorFiles<'a>(&'a Path);

impl Lookups for OperatorFiles<'_> {
    fn file(&self, path: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        let path = match path.strip_prefix("~") {
            Ok(rest) => fixtures().join("home").join(rest),
            Err(_) => self.0.join(path),
        };
        fs::read(path).map_err(|error| LookupError::new(error.to_string()))
    }

    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        let key = self.file(Utf8Path::new("~/.ssh/id_ed25519.pub"))?;
        let text = String::from_utf8_lossy(&key).into_owned();
        Ok(text.lines().map(str::to_owned).collect())
    }
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    found
        .map(|entry| {
            entry
                .unwrap_or_else(|e| panic!("{}: {e}", directory.display()))
                .path()
        })
        .collect()
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
