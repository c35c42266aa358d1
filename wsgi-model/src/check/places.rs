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
    owned.extend(
        places
            .media_dir
            .as_ref()
            .map(|dir| ("wsgi_media_dir", dir.path())),
    );
    for (i, place) in owned.iter().enumerate() {
        // One clash each: whoever mends that reads on.
        let clash = same(*place, &owned[..i])
            .or_else(|| of_the_container(*place, &layout))
            .or_else(|| passes_away(*place, places, &current, &owned[..i]));
        if let Some(Clash {
            other,
            message,
            help,
        }) = clash
        {
            let finding = found.error("overlap", place.0, message, help);
            finding.with(other);
        }
    }
    served(app, &current, found);
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
fn of_the_container((_, path): Place<'_>, layout: &Layout<'_>) -> Option<Clash> {
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
    ours.then(|| Clash {
        other: "wsgi_project_name",
        message: format!("`{path}` is the container's own, and root's"),
        help: "choose a directory elsewhere, such as the default",
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
fn served(app: &AppParts, current: &AbsPath, found: &mut Findings) {
    let places = &app.places;
    let private: [(&'static str, &AbsPath, &str); 6] = [
        ("wsgi_path", places.home.path(), "the app's home"),
        ("wsgi_path", current, "the app's code"),
        ("wsgi_release_dir", places.releases.path(), "the releases"),
        (
            "wsgi_virtualenv",
            places.virtualenv.path(),
            "the virtualenv",
        ),
        ("wsgi_log_dir", places.logs.path(), "the logs"),
        ("wsgi_ssl_key_file", &app.site.tls.key, "the private key"),
    ];
    let dirs = [
        ("wsgi_static_dir", &places.static_dir),
        ("wsgi_media_dir", &places.media_dir),
    ];
    for (variable, dir) in dirs {
        let Some(dir) = dir else { continue };
        for (other, path, what) in &private {
            // The media directory as a whole was compared with the others already.
            let same = variable == "wsgi_media_dir" && *path == dir.path();
            if path.is_within(dir) && !same {
                let message = format!("nginx would hand out {what}, `{path}`, to everybody");
                let help =
                    "name the directory of the files that everybody may have, and nothing above it";
                found.error("exposed", variable, message, help).with(*other);
                break;
            }
        }
    }
    if let (Some(own), Some(media)) = (&places.static_dir, &places.media_dir) {
        if own == media {
            let message =
                format!("`{media}` is wsgi_static_dir too, so uploads are served as static files");
            let help = "give uploads a directory of their own";
            found
                .warning("overlap", "wsgi_media_dir", message, help)
                .with("wsgi_static_dir");
        }
    }
}
