//! What should be in the tree, path by path, and the manifest that says so.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use serde::Deserialize;

use super::manifest::{BEGINNING, Kind, ManifestWriter};
use super::sorted::{Line, Merged};
use super::staging::Staging;
use super::{MANIFEST, TreeError};

/// What should be at a path.
pub(super) struct Wanted {
    pub(super) path: String,
    pub(super) kind: Kind,
    /// Of a file or a directory.
    pub(super) mode: Option<u32>,
    /// Whether any file will do.
    pub(super) kept: bool,
}

/// The paths that should be, in order; each is written to the new manifest on its way.
pub(super) struct WantedPaths {
    lines: Merged,
    /// The line after the one that is next.
    after: Option<Line>,
    next: Option<Wanted>,
    manifest: ManifestFile,
    comma: &'static str,
}

struct ManifestFile {
    path: PathBuf,
    file: BufWriter<File>,
}

#[derive(Deserialize)]
struct WantedJson {
    kind: Kind,
    mode: Option<String>,
    kept: bool,
}

impl WantedPaths {
    /// Begins the new manifest.
    pub(super) fn new(staging: &Staging, collected: ManifestWriter) -> Result<Self, TreeError> {
        let ManifestWriter {
            mut apps,
            needs,
            artifacts,
        } = collected;
        let path = staging.new_at(MANIFEST);
        let file = staging
            .create(MANIFEST)
            .map_err(|error| TreeError::io("write", &path, &error))?;
        let mut manifest = ManifestFile {
            path,
            file: BufWriter::new(file),
        };
        apps.sort_unstable();
        manifest.write(BEGINNING)?;
        manifest.write(&format!(
            "  \"apps\": {},\n  \"needs\": [",
            serde_json::Value::from(apps)
        ))?;
        let mut needs = needs.merged()?;
        let mut comma = "";
        while let Some(line) = needs.next()? {
            manifest.write(comma)?;
            manifest.write("\n    ")?;
            manifest.write(&line.json)?;
            comma = ",";
        }
        manifest.write("\n  ],\n  \"artifacts\": [")?;
        let mut lines = artifacts.merged()?;
        let after = lines.next()?;
        let mut wanted = Self {
            lines,
            after,
            next: None,
            manifest,
            comma: "",
        };
        wanted.advance()?;
        Ok(wanted)
    }

    /// The path that comes next.
    pub(super) fn peek(&self) -> Option<&str> {
        self.next.as_ref().map(|wanted| wanted.path.as_str())
    }

    pub(super) fn next(&mut self) -> Result<Option<Wanted>, TreeError> {
        let next = self.next.take();
        self.advance()?;
        Ok(next)
    }

    /// Takes the next path; apps that share a directory say the same of it.
    fn advance(&mut self) -> Result<(), TreeError> {
        let Some(Line { key, app, json }) = self.after.take() else {
            return Ok(());
        };
        let mut owner = Some(app);
        while let Some(line) = self.lines.next()? {
            if line.key != key {
                self.after = Some(line);
                break;
            }
            if line.json != json {
                return Err(TreeError::MadeTwice { path: key });
            }
            owner = None;
        }
        let owner = serde_json::Value::from(owner);
        let fields = json.strip_suffix('}').unwrap_or(&json);
        self.manifest.write(self.comma)?;
        self.manifest
            .write(&format!("\n    {fields},\"app\":{owner}}}"))?;
        self.comma = ",";
        let WantedJson { kind, mode, kept } = serde_json::from_str(&json)
            .unwrap_or_else(|error| unreachable!("a line of ours: {error}"));
        let mode = mode.and_then(|mode| u32::from_str_radix(&mode, 8).ok());
        self.next = Some(Wanted {
            path: key,
            kind,
            mode,
            kept,
        });
        Ok(())
    }

    /// Ends the manifest, and says where it stands.
    pub(super) fn finish(mut self) -> Result<PathBuf, TreeError> {
        self.manifest.write("\n  ]\n}\n")?;
        let ManifestFile { path, mut file } = self.manifest;
        file.flush()
            .map_err(|error| TreeError::io("write", &path, &error))?;
        Ok(path)
    }
}

impl ManifestFile {
    fn write(&mut self, text: &str) -> Result<(), TreeError> {
        self.file
            .write_all(text.as_bytes())
            .map_err(|error| TreeError::io("write", &self.path, &error))
    }
}
