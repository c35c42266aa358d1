//! Directories that would destroy or expose each other.

use super::Findings;
use crate::{AbsPath, AppParts, OwnedDir};

pub(super) fn check(app: &AppParts, found: &mut Findings) {
    let layout = app.layout();
    let places = &app.places;
    if let Err(why) = OwnedDir::parse(layout.storage().as_str()) {
        found.error(
            "system-directory",
            "wsgi_storage_dir",
            &["wsgi_project_name"],
            why.reason().to_owned(),
            "the default is `/mnt/`",
        );
        return;
    }
    let home = places.home.path();
    let current = layout.current();
    let mut owned: Vec<(&'static str, &AbsPath)> = vec![
        ("wsgi_path", home),
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
    let storage = layout.storage();

    let mut clash = |variable: &'static str, other: &'static str, message: String, help: &str| {
        found.error("overlap", variable, &[other], message, help);
    };
    for (i, (variable, path)) in owned.iter().enumerate() {
        for (other, taken) in &owned[..i] {
            if path == taken {
                clash(
                    variable,
                    other,
                    format!("`{path}` is {other} already"),
                    "give each a directory of its own",
                );
            }
        }
        // The directories of the container itself, which are root's.
        for ours in [
            layout.state_dir(),
            layout.run_dir(),
            layout.lock_dir(),
            layout
                .supervisor_log()
                .parent()
                .unwrap_or(layout.state_dir()),
        ] {
            if **path == ours
                || path.is_within(&layout.run_dir())
                || path.is_within(&layout.lock_dir())
            {
                clash(
                    variable,
                    "wsgi_project_name",
                    format!("`{path}` is the container's own, and root's"),
                    "choose a directory below it, or elsewhere",
                );
                break;
            }
        }
        if **path == storage {
            clash(
                variable,
                "wsgi_storage_dir",
                format!("`{path}` holds the error pages, and is root's"),
                "choose a directory below it, or elsewhere",
            );
        }
    }
    // What is inside of these goes away: a release at the next switch, a virtualenv when it is made anew.
    let passing: [(&'static str, &AbsPath, &str); 3] = [
        (
            "wsgi_path",
            &current,
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
    for (other, outer, what) in passing {
        for (variable, inner) in &owned {
            if *variable != other && inner.is_within(outer) && *inner != outer {
                found.error(
                    "overlap",
                    *variable,
                    &[other],
                    format!("`{inner}` lies in {what}"),
                    "choose a directory outside of it",
                );
            } else if *variable != other && *inner == outer && outer == &current {
                found.error(
                    "overlap",
                    *variable,
                    &[other],
                    format!("`{inner}` is {what}"),
                    "choose another directory",
                );
            }
        }
    }
    served(app, &current, found);
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
                found.error(
                    "exposed",
                    variable,
                    &[other],
                    format!("nginx would hand out {what}, `{path}`, to everybody"),
                    "name the directory of the files that everybody may have, and nothing above it",
                );
                break;
            }
        }
    }
    if let (Some(own), Some(media)) = (&places.static_dir, &places.media_dir) {
        if own == media {
            found.warning(
                "overlap",
                "wsgi_media_dir",
                &["wsgi_static_dir"],
                format!("`{media}` is wsgi_static_dir too, so uploads are served as static files"),
                "give uploads a directory of their own",
            );
        }
    }
}
