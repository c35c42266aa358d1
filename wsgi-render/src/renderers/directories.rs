//! Directories, and links under the names that the role's users know.

use camino::Utf8PathBuf;
use wsgi_model::{AbsPath, AppSpec, Artifact, Mode, Owner};

use crate::{RenderError, Renderer, Target};

/// nginx's group on Debian.
const NGINX_GROUP: &str = "www-data";

/// What of an app's must be there before any file.
///
/// `/etc/wsgi` is no artifact: it is no app's own. `{path}current` is none either, so that
/// `scp -r project NAME@host:current` makes it, and neither is the virtualenv, which is made by
/// Python.
#[derive(Debug)]
pub(super) struct Directories;

impl Renderer for Directories {
    fn name(&self) -> &'static str {
        "directories"
    }

    fn render(&self, app: &AppSpec, _: &Target) -> Result<Vec<Artifact>, RenderError> {
        let layout = app.layout();
        let places = &app.places;
        let own = |path: AbsPath, mode| Artifact::directory(path, Mode::new(mode), app.owner());
        let root = |path: AbsPath| Artifact::directory(path, Mode::new(0o755), Owner::root());
        let link =
            |path: AbsPath, target: Utf8PathBuf| Artifact::symlink(path, target, app.owner());

        let mut artifacts = vec![
            Artifact::directory(layout.config_dir(), Mode::new(0o750), app.read_only_owner()),
            root(layout.state_dir()),
            // Others may not even enter: whoever reaches the socket speaks for nginx.
            Artifact::directory(
                layout.run_dir(),
                Mode::new(0o2710),
                Owner::new(app.user().as_str().to_owned(), NGINX_GROUP),
            ),
            root(layout.lock_dir()),
            // nginx passes through it to the static files; Debian 13 makes homes 0700.
            own(places.home.path().clone(), 0o711),
            own(places.logs.path().clone(), 0o750),
            root(layout.storage()),
            link(
                layout.supervisor_log_link(),
                layout.supervisor_log().as_path().to_owned(),
            ),
            link(
                layout.postactivate_link(),
                layout.env_file().as_path().to_owned(),
            ),
            link(
                layout.gunicorn_start_link(),
                layout.gunicorn_start().as_path().to_owned(),
            ),
        ];
        if let Some(path) = layout.release_link() {
            artifacts.push(own(places.releases.path().clone(), 0o755));
            artifacts.push(link(path, current_from_releases(app)));
        }
        // What lies in a release comes with it.
        let served = [&places.static_dir, &places.media_dir];
        for directory in served.into_iter().flatten() {
            if !directory.is_within(&layout.current()) {
                artifacts.push(own(directory.path().clone(), 0o755));
            }
        }
        Ok(artifacts)
    }
}

/// Where `current` is, as seen from the releases: relative where they stand in the home, so that
/// the home can be copied or mounted elsewhere.
fn current_from_releases(app: &AppSpec) -> Utf8PathBuf {
    let places = &app.places;
    if places.releases.parent().as_ref() == Some(places.home.path()) {
        "../current".into()
    } else {
        app.layout().current().as_path().to_owned()
    }
}
