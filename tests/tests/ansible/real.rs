//! The real ansible-core, asked once for all cases.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use wsgi_tests::PythonPackages;

use super::Case;

/// The environment of both.
pub(crate) const ENVIRONMENT: &[(&str, &str)] =
    &[("HOME", "/home/operator"), ("GREETING", "hello, you")];
/// Opens the vaults of the fixtures.
pub(crate) const PASSWORD: &str = "pw";

/// What a case gives.
#[derive(Debug)]
#[expect(dead_code, reason = "read by `Debug`")]
pub(crate) enum Outcome {
    /// The inputs cannot be read.
    Refused(String),
    /// Each variable with its typed value, or the message of its refusal.
    Variables(Vec<(String, Result<Value, String>)>),
}

pub(crate) struct Request<'a> {
    /// What relative files are seen from.
    pub(crate) directory: PathBuf,
    pub(crate) cases: &'a [Case],
}

impl Request<'_> {
    pub(crate) fn answers(&self) -> Vec<Outcome> {
        let tools = PythonPackages::tools().unwrap();
        let driver = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ansible/driver.py");
        let mut python = Command::new(tools.program("python"))
            .arg(driver)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .envs(ENVIRONMENT.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let cases: Vec<Value> = self
            .cases
            .iter()
            .map(|case| json!({"files": case.files, "extra": case.extra}))
            .collect();
        let request = json!({
            "directory": self.directory,
            "secrets": [{"id": "default", "password": PASSWORD}],
            "cases": cases,
        });
        let mut stdin = python.stdin.take().unwrap();
        let writer = std::thread::spawn(move || stdin.write_all(request.to_string().as_bytes()));
        let output = python.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let answers: Vec<Value> = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {said}"));
        answers.iter().map(outcome).collect()
    }
}

fn outcome(answer: &Value) -> Outcome {
    if let Some(refused) = answer["refused"].as_str() {
        return Outcome::Refused(refused.to_owned());
    }
    let variables = answer["variables"].as_object().unwrap();
    let value = |answer: &Value| match answer["error"].as_str() {
        Some(error) => Err(error.to_owned()),
        None => Ok(answer["value"].clone()),
    };
    Outcome::Variables(
        variables
            .iter()
            .map(|(name, answer)| (name.clone(), value(answer)))
            .collect(),
    )
}
