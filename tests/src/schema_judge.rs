use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::PythonPackages;
use crate::machine_error::{MachineError, give_up};

/// What an editor would say of each vars file by the JSON Schema; its reader of YAML is `PyYAML`.
///
/// # Panics
///
/// When the schema is none, or `jsonschema` can be neither found nor fetched.
#[track_caller]
pub fn judge_by_schema(files: &[PathBuf]) -> BTreeMap<PathBuf, Vec<String>> {
    let tools = match PythonPackages::tools() {
        Ok(tools) => tools,
        Err(error) => give_up(&error),
    };
    let failed = |reason: String| -> ! { give_up(&MachineError::Python { reason }) };
    let schema = tempfile::NamedTempFile::new().unwrap_or_else(|e| failed(e.to_string()));
    serde_json::to_writer(&schema, &wsgi_model::schema()).unwrap_or_else(|e| failed(e.to_string()));
    let output = Command::new(tools.program("python"))
        .arg("-I")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/judge_by_schema.py"))
        .arg(schema.path())
        .args(files)
        .output()
        .unwrap_or_else(|e| failed(e.to_string()));
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| failed(String::from_utf8_lossy(&output.stderr).into_owned()))
}
