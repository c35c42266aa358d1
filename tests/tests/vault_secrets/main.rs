//! What comes from a vault is shown nowhere, however it got where it is.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod derived;
mod values;

use std::fs;
use std::path::Path;

use wsgi_model::ansible::vault::{VaultId, VaultPassword, VaultSecrets};
use wsgi_model::ansible::{Inputs, load};
use wsgi_model::{Loaded, NoLookups, Problem, Rejected, Source};

/// What the vault of the fixture holds.
const CANARY: &str = "c4n4ry";

fn passwords() -> VaultSecrets {
    let mut secrets = VaultSecrets::default();
    secrets.push(VaultId::default(), VaultPassword::of_file(b"pw").unwrap());
    secrets
}

/// The vars file of an app that has `more`, after the vault in `canary` (a text) and `number`.
fn file(more: &str) -> String {
    let vaults =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/ansible/canary/vaults.yml");
    let vaults = fs::read_to_string(vaults).unwrap();
    format!("{vaults}wsgi_project_name: shop\nwsgi_wsgi_path: shop.wsgi\n{more}")
}

fn loaded(more: &str) -> Result<Loaded, Rejected> {
    let text = file(more);
    let source = Source {
        name: "shop.yml",
        bytes: text.as_bytes(),
    };
    load(&Inputs::of_file(source), &NoLookups, &passwords())
}

fn said(problems: &[Problem]) -> String {
    let lines = problems
        .iter()
        .map(|p| format!("{} {} {:?} {:?}", p.variable, p.message, p.help, p.related));
    lines.collect::<Vec<_>>().join("\n")
}
