//! Loads a vars file and prints the environment that its app gets, with the secrets hidden.
//!
//! `cargo run -p wsgi-model --example print_environment -- app.yml`

use std::error::Error;

use camino::Utf8Path;
use wsgi_model::{LookupError, Lookups, Source, load};

/// Reads files relative to the working directory. The operator's own keys are of no interest here.
struct Files;

impl Lookups for Files {
    fn file(&self, path: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        std::fs::read(path).map_err(|error| LookupError::new(error.to_string()))
    }

    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        Ok(Vec::new())
    }
}

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args()
        .nth(1)
        .ok_or("usage: print_environment VARS_FILE")?;
    let bytes = std::fs::read(&name)?;
    match load(
        &Source {
            name: &name,
            bytes: &bytes,
        },
        &Files,
    ) {
        Ok(loaded) => {
            for variable in loaded.app.environment() {
                println!("{}={:?}", variable.name, variable.value);
            }
        }
        Err(rejected) => {
            for problem in &rejected.problems {
                let place = problem
                    .place
                    .map_or(String::new(), |place| format!("{place}: "));
                println!("{name}: {place}{}: {}", problem.variable, problem.message);
            }
        }
    }
    Ok(())
}
