//! Directories that would destroy or expose each other.

use super::Findings;
use crate::{AbsPath, AppParts, Invalid, Layout, OwnedDir, Places};

/// The directory of an app below the storage directory, which may not be the system's.
pub(crate) fn app_storage(storage: &AbsPath, name: &str) -> Result<OwnedDir, Invalid> {
    OwnedDir::parse(&format!("{}{name}", storage.with_slash())).map_err(|why| {
        Invalid::new(why.reason().to_owned())
            .help("the app's pages and uploads go there; the default is `/mnt/`")
    })
}

pub(super) fn check(app: &AppParts, found: &mut Findings) {
    let layout = app.layout();
    let places = &app.places;
    if let Err(why) = app_storage(&places.storage, app.name.as_str()) {
        let help = why.remedy().unwrap_or_default().to_owned();
        found
            .error(
                "system-directory",
                "wsgi_storage_dir",
                why.reason().to_owned(),
                help,
            )
            .with("wsgi_project_name");
        return;
    }
    let current = layout.current();
    let mut owned: Vec<Place<'_>> = vec![
        ("wsgi_path", places.home.path()),
        ("wsgi_virtualenv", places.virtualenv.path()),
        ("wsgi_release_dir", places.releases.path()),
        ("wsgi_log_dir", places.logs.path()),
    ];
    let private = owned.clone();
    let static_dir = places
        .static_dir
        .as_ref()
        .map(|dir| ("wsgi_static_dir", dir.path()));
    let media_dir = places
        .media_dir
        .as_ref()
        .map(|dir| ("wsgi_media_dir", dir.path()));
    owned.extend(static_dir.into_iter().chain(media_dir));
    for (i, place) in owned.iter().enumerate() {
        let is_served = i >= private.len();
        if is_served && exposes(*place, &private, &current, &app.site.tls.key, found) {
            continue;
        }
        // What a release brings with it comes and goes with it.
        if place.0 == "wsgi_static_dir" && place.1.is_within(&current) {
            continue;
        }
        // One clash each: whoever mends that reads on.
        let clash = same(*place, &owned[..i])
            .or_else(|| of_the_container(*place, layout))
            .or_else(|| passes_away(*place, places, &current, &owned[..i]));
        if let Some(clash) = clash {
            found
                .error("overlap", place.0, clash.message, clash.help)
                .with(clash.other);
        }
    }
}

/// A variable and its directory.
type Place<'a> = (&'static str, &'a AbsPath);

struct Clash {
    other: &'static str,
    message: String,
    help: &'static str,
}

fn same((_, path): Place<'_>, earlier: &[Place<'_>]) -> Option<Clash> {
    let (other, _) = earlier.iter().find(|(_, taken)| *taken == path)?;
    Some(Clash {
        other,
        message: format!("`{path}` is {other} already"),
        help: "give each a directory of its own",
    })
}

/// The directories of the container itself, which are root's.
fn of_the_container((_, path): Place<'_>, layout: Layout<'_>) -> Option<Clash> {
    if *path == layout.storage() {
        return Some(Clash {
            other: "wsgi_storage_dir",
            message: format!("`{path}` holds the error pages, and is root's"),
            help: "choose a directory below it, or elsewhere",
        });
    }
    let ours = *path == layout.state_dir()
        || path.is_within(&layout.run_dir())
        || path.is_within(&layout.lock_dir());
    if ours {
        return Some(Clash {
            other: "wsgi_project_name",
            message: format!("`{path}` is the container's own, and root's"),
            help: "choose a directory elsewhere, such as the default",
        });
    }
    let files = [
        ("wsgi_storage_dir", layout.error_page()),
        ("wsgi_storage_dir", layout.maintenance_page()),
        ("wsgi_path", layout.maintenance_flag()),
        ("wsgi_path", layout.bashrc()),
        ("wsgi_path", layout.bash_profile()),
        ("wsgi_log_dir", layout.app_log()),
        ("wsgi_log_dir", layout.supervisor_log_link()),
    ];
    let (other, _) = files.into_iter().find(|(_, file)| path.is_within(file))?;
    Some(Clash {
        other,
        message: format!("`{path}` is, or lies below, a file of the container"),
        help: "choose another directory",
    })
}

/// What is inside of these goes away: a release at the next switch, a virtualenv when it is made anew.
fn passes_away(
    (variable, path): Place<'_>,
    places: &Places,
    current: &AbsPath,
    earlier: &[Place<'_>],
) -> Option<Clash> {
    let passing = [
        (
            "wsgi_path",
            current,
            "the running release, which the next one replaces",
        ),
        (
            "wsgi_release_dir",
            places.releases.path(),
            "the releases, of which old ones are deleted",
        ),
        (
            "wsgi_virtualenv",
            places.virtualenv.path(),
            "the virtualenv, which may be made anew",
        ),
    ];
    passing.into_iter().find_map(|(other, outer, what)| {
        // That the outer one clashes itself is said of it, and that two are the same of the second.
        let said = other != "wsgi_path"
            && (path == outer
                || earlier
                    .iter()
                    .any(|(name, dir)| *name != other && *dir == outer));
        if variable == other || said || !path.is_within(outer) {
            return None;
        }
        let message = if path == outer {
            format!("`{path}` is {what}")
        } else {
            format!("`{path}` lies in {what}")
        };
        Some(Clash {
            other,
            message,
            help: "choose a directory outside of it",
        })
    })
}

/// What nginx hands out to everybody must hold nothing else.
fn exposes(
    (variable, dir): Place<'_>,
    private: &[Place<'_>],
    current: &AbsPath,
    key: &AbsPath,
    found: &mut Findings,
) -> bool {
    let what = |other: &str| match other {
        "wsgi_path" => "the app's home",
        "wsgi_release_dir" => "the releases",
        "wsgi_virtualenv" => "the virtualenv",
        _ => "the logs",
    };
    let all = private
        .iter()
        .map(|(other, path)| (*other, *path, what(other)));
    let more = [
        ("wsgi_path", current, "the app's code"),
        ("wsgi_ssl_key_file", key, "the private key"),
    ];
    let Some((other, path, what)) = all.chain(more).find(|(_, path, _)| path.is_within(dir)) else {
        return false;
    };
    let message = format!("nginx would hand out {what}, `{path}`, to everybody");
    let help = "name the directory of the files that everybody may have, and nothing above it";
    found.error("exposed", variable, message, help).with(other);
    true
}
