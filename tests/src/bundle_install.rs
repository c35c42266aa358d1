use std::fs;

use wsgi_model::{Bundle, Node, Owner};

use crate::Machine;
use crate::manifest::{Entry, Kind};

impl Machine {
    /// Makes the user of a bundle with its home, then puts each artifact in place.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn install_bundle(&self, bundle: &Bundle) {
        let user = &bundle.needs.user;
        let script = r#"
            set -eu
            getent group "$2" >/dev/null || groupadd -- "$2"
            getent passwd "$1" >/dev/null ||
                useradd --gid "$2" --home-dir "$3" --no-create-home --shell "$4" -- "$1"
            mkdir -p -- "$3"
            chown -- "$1:$2" "$3""#;
        let argv = ["sh", "-c", script, "install_bundle", user.name.as_str()];
        let rest = [user.group.as_str(), user.home.as_str(), user.shell];
        self.ok(argv.iter().chain(&rest));

        let staged = match tempfile::tempdir() {
            Ok(staged) => staged,
            Err(error) => panic!("no temporary directory: {error}"),
        };
        let mut entries = Vec::new();
        for artifact in bundle.artifacts() {
            let path = artifact.path.as_str();
            if let Node::File { contents, .. } = &artifact.node {
                let file = staged.path().join(&path[1..]);
                let written = file
                    .parent()
                    .map_or(Ok(()), fs::create_dir_all)
                    .and_then(|()| fs::write(&file, contents.expose()));
                assert!(written.is_ok(), "staging {path} failed: {written:?}");
            }
            entries.push(entry(path, &artifact.node));
        }
        self.install_tree(staged.path(), &entries);
    }
}

fn entry(path: &str, node: &Node) -> Entry {
    let make = |kind, owner: Option<&Owner>| Entry {
        path: path.to_owned(),
        kind,
        mode: None,
        owner: owner.map(|owner| owner.user.clone()),
        group: owner.map(|owner| owner.group.clone()),
        target: None,
    };
    match node {
        Node::Directory { mode, owner } => Entry {
            mode: Some(mode.to_string()),
            ..make(Kind::Directory, Some(owner))
        },
        Node::File { mode, owner, .. } => Entry {
            mode: Some(mode.to_string()),
            ..make(Kind::File, Some(owner))
        },
        Node::Symlink { target, owner } => Entry {
            target: Some(target.to_string()),
            ..make(Kind::Symlink, Some(owner))
        },
        Node::Absent { .. } => make(Kind::Absent, None),
        other => panic!("{path}: this harness cannot install {other:?}"),
    }
}
