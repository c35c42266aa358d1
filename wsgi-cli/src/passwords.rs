//! Vault passwords: from files, from programs, from a person.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use wsgi_model::ansible::vault::{VaultId, VaultPassword, VaultPasswords, VaultSecrets};
use wsgi_model::{Invalid, LookupError};

use crate::args::VarsFiles;
use crate::terminal::{Echo, Terminal};
use crate::vars_file::bounded;

/// The largest password file.
const MAX_BYTES: u64 = 64 << 10;

/// Where a password comes from.
#[derive(Debug)]
enum Origin {
    /// A file that holds it, or a program that prints it.
    File(PathBuf),
    /// A person at the terminal.
    Prompt,
}

/// The passwords of a call. None is asked for before a vault is met.
#[derive(Debug)]
pub(crate) struct Passwords {
    origins: Vec<(VaultId, Origin)>,
    found: OnceLock<Result<VaultSecrets, LookupError>>,
}

impl Passwords {
    /// As Ansible orders them: ids (the environment's first), files (the environment's where none is
    /// given), a person.
    pub(crate) fn of(args: &VarsFiles) -> Self {
        let mut origins = Vec::new();
        let listed = std::env::var("ANSIBLE_VAULT_IDENTITY_LIST").unwrap_or_default();
        let listed = listed.split(',').map(str::trim).filter(|id| !id.is_empty());
        for given in listed.chain(args.vault_id.iter().map(String::as_str)) {
            let (label, source) = given.split_once('@').unwrap_or(("", given));
            let id = if label.is_empty() {
                VaultId::default()
            } else {
                VaultId::new(label)
            };
            let origin = match source {
                "prompt" | "prompt_ask_vault_pass" => Origin::Prompt,
                path => Origin::File(PathBuf::from(path)),
            };
            origins.push((id, origin));
        }
        let mut files: Vec<PathBuf> = args.vault_password_file.clone();
        if files.is_empty() {
            let named = std::env::var_os("ANSIBLE_VAULT_PASSWORD_FILE");
            files.extend(named.filter(|path| !path.is_empty()).map(PathBuf::from));
        }
        let of_files = files
            .into_iter()
            .map(|path| (VaultId::default(), Origin::File(path)));
        origins.extend(of_files);
        if args.ask_vault_pass {
            origins.push((VaultId::default(), Origin::Prompt));
        }
        Self {
            origins,
            found: OnceLock::new(),
        }
    }

    fn find(&self) -> Result<VaultSecrets, LookupError> {
        let mut secrets = VaultSecrets::default();
        for (id, origin) in &self.origins {
            let password = match origin {
                Origin::File(path) => of_file(path, id),
                Origin::Prompt => of_person(id),
            };
            secrets.push(id.clone(), password?);
        }
        Ok(secrets)
    }
}

impl VaultPasswords for Passwords {
    fn secrets(&self) -> Result<&VaultSecrets, LookupError> {
        let found = self.found.get_or_init(|| self.find());
        found.as_ref().map_err(Clone::clone)
    }
}

fn of_file(path: &Path, id: &VaultId) -> Result<VaultPassword, LookupError> {
    let path = &at_home(path);
    let name = path.display();
    let failed = |reason: &dyn std::fmt::Display| {
        let why = format!("the vault password cannot be read from {name}: {reason}");
        LookupError::new(why)
            .help("it is a file with the password in its one line, or a program that prints it")
    };
    let about = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => failed(&"there is no such file"),
        _ => failed(&error),
    })?;
    if about.is_file() && about.permissions().mode() & 0o111 != 0 {
        let printed = run(path, id).map_err(|error| failed(&error))?;
        return VaultPassword::of_output(&printed).map_err(|error| failed(&error));
    }
    // A pipe will do: `--vault-password-file <(pass show vault)`.
    let bytes = File::open(path).and_then(|file| bounded(file, MAX_BYTES));
    let bytes = bytes.map_err(|error| failed(&error))?;
    let bytes = bytes.ok_or_else(|| failed(&"it is too large for a password"))?;
    VaultPassword::of_file(&bytes).map_err(|error| failed(&error))
}

/// What the program prints. One whose name ends in `-client` is told the vault id, as by Ansible.
fn run(path: &Path, id: &VaultId) -> io::Result<Vec<u8>> {
    let path = if path.components().count() == 1 {
        &Path::new(".").join(path)
    } else {
        path
    };
    let mut command = Command::new(path);
    let is_client = path
        .file_stem()
        .and_then(OsStr::to_str)
        .is_some_and(|name| name.ends_with("-client"));
    if is_client {
        command.arg("--vault-id").arg(id.as_str());
    }
    // It may ask at the terminal, and stdin may be a vars file.
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(io::Error::other(format!(
            "the program ended with {}",
            output.status
        )))
    }
}

fn at_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_owned(),
    }
}

fn of_person(id: &VaultId) -> Result<VaultPassword, LookupError> {
    let failed = |error: io::Error| {
        LookupError::new(format!("the vault password cannot be asked for: {error}"))
            .help("without a terminal, give it with `--vault-password-file FILE`")
    };
    let mut terminal = Terminal::open().map_err(failed)?;
    let of = if *id == VaultId::default() {
        String::new()
    } else {
        format!(" ({})", id.as_str())
    };
    let prompt = format!("Vault password{of}: ");
    let line = terminal.ask(&prompt, Echo::Unseen).map_err(failed)?;
    let password = VaultPassword::of_file(line.as_bytes());
    password.map_err(|why: Invalid| LookupError::new(why.to_string()).help("run it again"))
}
