//! `render`: every file of the apps below a directory.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use wsgi_model::{Loaded, Problem};
use wsgi_render::{Init, Target};

use crate::args::{InitSystem, Render};
use crate::error::CommandError;
use crate::examination::{Call, Examined, FileJson, Neighbours, Reader, examine};
use crate::interruption::Interrupted;
use crate::output::{Console, Verbosity, visible};
use crate::preparation::bundle;
use crate::tree::{Change, Changes, OutTree, StagedApp};

#[derive(Serialize)]
struct Document {
    out: String,
    /// None when nothing was written.
    changes: Option<ChangesJson>,
    files: Vec<FileJson>,
}

#[derive(Serialize)]
struct ChangesJson {
    new: usize,
    changed: usize,
    removed: usize,
    unchanged: usize,
}

/// What a worker made of an app; none when it was not wanted any more, an error when the app is not
/// to blame.
type Made = Option<Result<StagedApp, CommandError>>;

pub(super) fn render(args: &Render, console: &mut Console<'_>) -> Result<u8, CommandError> {
    let call = Call::new(&args.vars, Neighbours::OneHost, Reader::of_json(args.json));
    let target = target(args);
    let tree = OutTree::new(&args.out)?;
    let failed = AtomicBool::new(false);
    let mut failure = None;
    let on_load = |loaded: &Loaded| {
        if call.is_refused() || failed.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let made = stage(&tree, &target, loaded)?;
        failed.fetch_or(made.is_err(), Ordering::Relaxed);
        Ok(Some(made))
    };
    let examined = examine(console, &call, on_load, |_, accepted| {
        // Nothing needs to be said of the other files.
        tree.check()?;
        let made: Made = accepted.made;
        let collected = made
            .transpose()
            .and_then(|app| Ok(app.map_or(Ok(()), |app| tree.collect(app))?));
        // Two apps of one name make the same paths: that they were refused says more.
        if let Err(error) = collected {
            failed.store(true, Ordering::Relaxed);
            failure.get_or_insert(error);
        }
        Ok(())
    });
    match (examined, failure) {
        (Ok(examined), None) if examined.refused == 0 => {
            let changes = tree.commit(&mut |change, path| {
                let what = match change {
                    Change::New => "new",
                    Change::Changed => "changed",
                    Change::Removed => "removed",
                };
                console.say(format_args!("{what} {path}"));
            })?;
            tell(args, console, call.reader, examined, changes)
        }
        (Ok(examined), failure) => {
            tree.discard();
            if let Some(failure) = failure.filter(|_| examined.refused == 0) {
                return Err(failure);
            }
            let status = examined.status();
            if call.reader == Reader::Program {
                let (out, files) = (args.out.to_string_lossy().into_owned(), examined.files);
                console.print_json(&Document {
                    out,
                    changes: None,
                    files,
                })?;
            }
            Ok(status)
        }
        (Err(error), _) => {
            tree.discard();
            Err(error)
        }
    }
}

fn target(args: &Render) -> Target {
    let mut target = Target::default();
    target.nginx = args.nginx;
    target.openssl = args.openssl;
    target.init = match args.init {
        InitSystem::Systemd => Init::Systemd,
        InitSystem::Sysv => Init::SysV,
    };
    target
}

fn stage(
    tree: &OutTree,
    target: &Target,
    loaded: &Loaded,
) -> Result<Result<StagedApp, CommandError>, Vec<Problem>> {
    let bundle = bundle(loaded, target)?;
    Ok(bundle.and_then(|bundle| Ok(tree.stage(&bundle)?)))
}

/// Says what was done.
fn tell(
    args: &Render,
    console: &mut Console<'_>,
    reader: Reader,
    examined: Examined,
    changes: Changes,
) -> Result<u8, CommandError> {
    let out = args.out.to_string_lossy();
    let status = examined.status();
    let Changes {
        made,
        changed,
        removed,
        unchanged,
        resumed,
        interrupted,
        ..
    } = changes;
    let status = interrupted.map_or(status, Interrupted::status);
    if reader == Reader::Program {
        let changes = ChangesJson {
            new: made,
            changed,
            removed,
            unchanged,
        };
        let (out, files) = (out.into_owned(), examined.files);
        console.print_json(&Document {
            out,
            changes: Some(changes),
            files,
        })?;
        return Ok(status);
    }
    let out = visible(&out);
    if let Some(interrupted) = interrupted {
        console.complain(&format!(
            "{interrupted}, when all of {out} had been written\n"
        ));
    }
    if console.verbosity == Verbosity::Quiet {
        return Ok(status);
    }
    if resumed {
        console.complain(&format!(
            "{out}: finished what an interrupted run had begun\n"
        ));
    }
    let apps = examined.accepted;
    let s = if apps == 1 { "" } else { "s" };
    console.print(format_args!(
        "{out}: {apps} app{s}, {} paths",
        made + changed + unchanged
    ))?;
    if changes.is_empty() {
        console.print(format_args!(", nothing changed\n"))?;
        return Ok(status);
    }
    for (count, what) in [(made, "new"), (changed, "changed"), (removed, "removed")] {
        if count > 0 {
            console.print(format_args!(", {count} {what}"))?;
        }
    }
    console.print(format_args!("\n"))?;
    Ok(status)
}
