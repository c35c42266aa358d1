//! `env`: the environment of the apps.

use std::collections::HashSet;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use wsgi_model::{AppSpec, EnvName, EnvVar};
use wsgi_render::Dialect;

use crate::args::Env;
use crate::error::CommandError;
use crate::examination::{Call, FileJson, Neighbours, Reader, examine};
use crate::output::Console;

const MASK: &str = "********";

#[derive(serde::Serialize)]
struct Document {
    apps: Vec<AppJson>,
    files: Vec<FileJson>,
}

#[derive(serde::Serialize)]
struct AppJson {
    app: String,
    file: String,
    environment: Environment,
}

/// Variables as they are printed.
struct Environment(Vec<(EnvName, String)>);

impl Serialize for Environment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name.as_str(), value)?;
        }
        map.end()
    }
}

pub(super) fn env(args: &Env, console: &mut Console<'_>) -> Result<u8, CommandError> {
    let reader = Reader::of_json(args.json);
    let call = Call::new(&args.vars, Neighbours::Unrelated, reader);
    let several = args.vars.paths.len() > 1;
    let mut apps = Vec::new();
    let examined = examine(
        console,
        &call,
        |_| Ok(()),
        |console, accepted| {
            let app = &accepted.loaded.app;
            let environment = environment(app, args.show_secrets);
            if reader == Reader::Program {
                let (app, file) = (app.name.to_string(), accepted.file);
                apps.push(AppJson {
                    app,
                    file,
                    environment,
                });
                return Ok(());
            }
            if several {
                console.print(format_args!("# {}\n", app.name))?;
            }
            for (name, value) in environment.0 {
                // A mask is for eyes; quoted it would look like a value.
                let masked = value == MASK && !args.show_secrets;
                let quoted = Dialect::Shell
                    .quote(&value)
                    .map_err(CommandError::unquotable)?;
                let shown = if masked { MASK } else { &quoted };
                console.print(format_args!("{name}={shown}\n"))?;
            }
            Ok(())
        },
    )?;
    let status = examined.status();
    if reader == Reader::Program {
        let files = examined.files;
        console.print_json(&Document { apps, files })?;
    }
    Ok(status)
}

fn environment(app: &AppSpec, show_secrets: bool) -> Environment {
    let public = if show_secrets {
        HashSet::new()
    } else {
        app.public_environment()
    };
    let shown = |var: EnvVar| {
        let open = show_secrets || public.contains(&var.name);
        let value = if open { var.value.expose() } else { MASK };
        let value = value.to_owned();
        (var.name, value)
    };
    Environment(app.environment().into_iter().map(shown).collect())
}
