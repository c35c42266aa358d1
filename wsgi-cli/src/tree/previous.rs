//! The manifest of an earlier run.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer as _, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use wsgi_model::AbsPath;

use super::TreeError;
use super::error::ManifestFault;
use super::manifest::{BEGINNING, Kind};
use super::occupant::Recorded;

/// A path that an earlier run wrote.
#[derive(Debug)]
pub(super) struct Previous {
    pub(super) path: String,
    /// Whether it was made for others to write.
    pub(super) kept: bool,
    pub(super) was: Recorded,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    kind: Kind,
    #[serde(default)]
    kept: bool,
    sha256: Option<String>,
    target: Option<String>,
}

/// Whether a file begins as our manifests do.
pub(super) fn is_ours(manifest: &Path) -> io::Result<bool> {
    let file = match File::open(manifest) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let mut beginning = Vec::with_capacity(BEGINNING.len());
    let length = u64::try_from(BEGINNING.len()).unwrap_or(u64::MAX);
    match file.take(length).read_to_end(&mut beginning) {
        Ok(_) => Ok(beginning == BEGINNING.as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => Ok(false),
        Err(error) => Err(error),
    }
}

/// Hands on each path of a manifest, in order, without keeping them.
pub(super) fn read(
    manifest: &Path,
    mut each: impl FnMut(Previous) -> Result<(), TreeError>,
) -> Result<(), TreeError> {
    let file = File::open(manifest).map_err(|error| TreeError::io("read", manifest, &error))?;
    let mut stopped = None;
    let mut last = String::new();
    let mut parser = serde_json::Deserializer::from_reader(BufReader::new(file));
    let read = parser.deserialize_map(Document(&mut |entry: Entry| {
        let previous = checked(entry, &mut last)?;
        each(previous).map_err(|error| {
            stopped = Some(error);
            "stopped".to_owned()
        })
    }));
    let read = read.and_then(|()| parser.end());
    match (stopped, read) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => Err(TreeError::Damaged {
            path: manifest.to_owned(),
            source: ManifestFault(error.to_string()),
        }),
    }
}

/// Somebody may have edited the manifest: nothing outside of the tree is named by what we go by,
/// and nothing twice.
fn checked(entry: Entry, last: &mut String) -> Result<Previous, String> {
    let Entry {
        path,
        kind,
        kept,
        sha256,
        target,
    } = entry;
    let legal =
        AbsPath::parse(&path).is_ok_and(|parsed| parsed.as_str() == path && !parsed.is_root());
    if !legal {
        return Err(format!("`{}` is no path of a tree", path.escape_debug()));
    }
    if *last >= path {
        return Err(format!("`{path}` is not in order"));
    }
    last.clone_from(&path);
    Ok(Previous {
        path,
        kept,
        was: Recorded {
            kind,
            sha256,
            target,
        },
    })
}

type Each<'a> = &'a mut dyn FnMut(Entry) -> Result<(), String>;

/// The whole document; only its artifacts are of interest.
struct Document<'a>(Each<'a>);

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a manifest")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "artifacts" {
                map.next_value_seed(Artifacts(&mut *self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Artifacts<'a>(Each<'a>);

impl<'de> DeserializeSeed<'de> for Artifacts<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Artifacts<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of artifacts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(entry) = list.next_element::<Entry>()? {
            (self.0)(entry).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}
