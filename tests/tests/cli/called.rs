//! Calls of the command line in a directory of their own.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

pub(crate) const DONE: i32 = 0;
pub(crate) const USAGE: i32 = 2;
pub(crate) const REFUSED: i32 = 3;
pub(crate) const PART_WAY: i32 = 6;
pub(crate) const CONFLICT: i32 = 7;

/// An app with something of everything; no word of it but its secrets has `canary` in it.
pub(crate) const SHOP: &str = "\
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_support_email: help@shop.example.org
wsgi_ssh: no
wsgi_server_names: [shop.example.org, www.shop.example.org]
wsgi_env_vars:
  secret_key: 'canary-1 k8#x$Q'
  token: canary-2
wsgi_databases:
- id: main
  name: shop_main
  password: \"canary-4\"
- {id: other, user: reader, password: canary-5, host: db.example.org}
wsgi_cron_tasks:
- name: Clean up
  command: python current/manage.py clearsessions
  frequency: {minute: 30, hour: 4}
  environment:
    password: canary-6
- {name: Report, command: ./report, environment: {PASSWORD: canary-7}, logfile: /var/log/shop/report.log}
";

pub(crate) const BLOG: &str = "\
wsgi_project_name: blog
wsgi_wsgi_path: blog.wsgi
wsgi_support_email: help@blog.example.org
wsgi_ssh: no
wsgi_server_names: [blog.example.org]
";

/// A directory with vars files in it.
pub(crate) struct Desk {
    directory: TempDir,
}

/// Every path below a directory with all that a run could change.
pub(crate) type Tree = BTreeMap<PathBuf, String>;

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        desk.write("shop.yml", SHOP);
        desk.write("blog.yml", BLOG);
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The command line, to be run here by an operator without keys.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tested-cli"));
        command
            .args(args)
            .current_dir(self.directory.path())
            .env_clear();
        command
            .env("HOME", self.path("home"))
            .env("PATH", "/usr/bin:/bin");
        command
    }

    pub(crate) fn call(&self, args: &[&str]) -> Called {
        Called(self.command(args).output().unwrap())
    }

    /// Renders, and expects success.
    pub(crate) fn render(&self, args: &[&str]) -> String {
        let args: Vec<_> = ["render", "--out", "out"]
            .iter()
            .chain(args)
            .copied()
            .collect();
        let called = self.call(&args);
        assert_eq!(called.status(), DONE, "{}", called.err());
        called.out()
    }

    pub(crate) fn tree(&self, name: &str) -> Tree {
        let mut tree = Tree::new();
        add(&mut tree, &self.path(name), Path::new(""));
        tree
    }
}

fn add(tree: &mut Tree, root: &Path, path: &Path) {
    let at = root.join(path);
    let Ok(found) = fs::symlink_metadata(&at) else {
        return;
    };
    let mode = found.permissions().mode() & 0o7777;
    let text = if found.is_symlink() {
        format!("link to {}", fs::read_link(&at).unwrap().display())
    } else if found.is_dir() {
        format!("directory {mode:04o}")
    } else {
        format!(
            "file {mode:04o} {:?}",
            String::from_utf8_lossy(&fs::read(&at).unwrap())
        )
    };
    tree.insert(path.to_owned(), text);
    if found.is_dir() {
        let mut names: Vec<_> = fs::read_dir(&at)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        names.sort();
        for name in names {
            add(tree, root, &path.join(name));
        }
    }
}

/// The inodes and times of every path: the same after a run that touched nothing.
pub(crate) fn touched(root: &Path) -> BTreeMap<PathBuf, (u64, i64, i64)> {
    let mut all = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let found = fs::symlink_metadata(&path).unwrap();
        if found.is_dir() {
            left.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
        all.insert(path, (found.ino(), found.mtime(), found.mtime_nsec()));
    }
    all
}

/// What came of a call.
pub(crate) struct Called(pub(crate) Output);

impl Called {
    #[track_caller]
    pub(crate) fn status(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// The one JSON document on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.err(), "");
        serde_json::from_slice(&self.0.stdout).unwrap()
    }
}
