//! `show`: every variable with its value and where it came from.

use std::fmt::Write as _;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use unicode_width::UnicodeWidthStr;
use wsgi_model::{Exposure, Loaded, Origin, Resolved};

use crate::args::Show;
use crate::error::CommandError;
use crate::examination::{Call, FileJson, Neighbours, Reader, examine};
use crate::output::{Console, visible};

/// Values that are wider push the rest of their line to the right.
const WIDEST: usize = 64;

#[derive(serde::Serialize)]
struct Document {
    apps: Vec<AppJson>,
    files: Vec<FileJson>,
}

#[derive(serde::Serialize)]
struct AppJson {
    app: String,
    file: String,
    variables: Variables,
}

/// In the order of the reference.
struct Variables(Vec<(&'static str, Variable)>);

#[derive(serde::Serialize)]
struct Variable {
    value: Resolved,
    /// `file`, `extra`, `shared` or `default`.
    from: &'static str,
    /// Where that is not the app's vars file.
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
}

impl Serialize for Variables {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, variable) in &self.0 {
            map.serialize_entry(name, variable)?;
        }
        map.end()
    }
}

pub(super) fn show(args: &Show, console: &mut Console<'_>) -> Result<u8, CommandError> {
    let reader = Reader::of_json(args.json);
    let call = Call::new(&args.vars, Neighbours::Unrelated, reader);
    let mut apps = Vec::new();
    let mut first = true;
    let examined = examine(
        console,
        &call,
        |_| Ok(()),
        |console, accepted| {
            let (file, loaded) = (accepted.file, &accepted.loaded);
            if reader == Reader::Program {
                apps.push(AppJson::new(file, loaded));
                return Ok(());
            }
            let between = if std::mem::take(&mut first) {
                ""
            } else {
                "---\n"
            };
            Ok(console.print(format_args!("{between}{}", annotated(&file, loaded)))?)
        },
    )?;
    let status = examined.status();
    if reader == Reader::Program {
        let files = examined.files;
        console.print_json(&Document { apps, files })?;
    }
    Ok(status)
}

impl AppJson {
    fn new(file: String, loaded: &Loaded) -> Self {
        let values = loaded.app.variables(Exposure::Masked).into_iter();
        let variables = values
            .zip(loaded.origins())
            .map(|((definition, value), (_, origin))| {
                let (from, place, other) = match origin {
                    Origin::File(place) => ("file", Some(*place), None),
                    Origin::CommandLine => ("extra", None, None),
                    Origin::ExtraFile(file, place) => ("extra", Some(*place), Some(file)),
                    Origin::Shared(file, place) => ("shared", Some(*place), Some(file)),
                    _ => ("default", None, None),
                };
                let line = place.map(|place| place.line);
                let column = place.map(|place| place.column);
                (
                    definition.name,
                    Variable {
                        value,
                        from,
                        file: other.map(ToString::to_string),
                        line,
                        column,
                    },
                )
            });
        Self {
            app: loaded.app.name.to_string(),
            file,
            variables: Variables(variables.collect()),
        }
    }
}

/// The variables as a vars file, each with a comment that says where it came from.
fn annotated(file: &str, loaded: &Loaded) -> String {
    let yaml = loaded.app.to_yaml(Exposure::Masked);
    let file = visible(file);
    let is_first = |line: &str| line.starts_with("wsgi_");
    let widths = yaml
        .lines()
        .filter(|l| is_first(l))
        .map(UnicodeWidthStr::width);
    let column = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let mut origins = loaded.origins().iter();
    let mut text = String::with_capacity(2 * yaml.len());
    for line in yaml.lines() {
        text.push_str(line);
        if let Some((_, origin)) = is_first(line).then(|| origins.next()).flatten() {
            let gap = column.saturating_sub(line.width()) + 2;
            let _ = write!(text, "{:gap$}# ", "");
            let _ = match origin {
                Origin::File(place) => write!(text, "{file}:{}", place.line),
                Origin::CommandLine => write!(text, "-e"),
                Origin::ExtraFile(file, place) | Origin::Shared(file, place) => {
                    write!(text, "{}:{}", visible(file), place.line)
                }
                _ => write!(text, "default"),
            };
        }
        text.push('\n');
    }
    text
}
