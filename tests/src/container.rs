use std::collections::BTreeMap;

use camino::Utf8Path;
use wsgi_model::{
    AbsPath, Action, AppSpec, Artifact, Bundle, Check, CheckMoment, Command, LookupError, Lookups,
    Mode, Node, OnlyIf, Owner, Source, Word, load,
};
use wsgi_render::{Target, render};

use crate::manifest::{Entry, Kind};
use crate::{Machine, Output, Process, PythonPackages, wait_until};

const ACCOUNT: &str = include_str!("container_account.sh");
/// The directory of a run.
const RUN: &str = "/run/wsgi-tests-run";
const UNCHANGED_CONFFILE: &str = include_str!("unchanged_conffile.sh");

/// An app container on a [`Machine`]: the user, the files and the directories that a vars file
/// asks for, put there without `wsgi-apply`, so that a test of what was rendered depends on the
/// renderers alone.
#[derive(Debug)]
pub struct Container {
    machine: Machine,
    app: AppSpec,
    bundle: Bundle,
}

/// The files that a vars file names, and no keys.
#[derive(Debug, Default)]
struct LocalFiles(BTreeMap<String, Vec<u8>>);

impl Lookups for LocalFiles {
    fn file(&self, path: &Utf8Path) -> Result<Vec<u8>, LookupError> {
        let found = self.0.get(path.as_str()).cloned();
        found.ok_or_else(|| LookupError::new(format!("the test has no file `{path}`")))
    }

    fn operator_keys(&self) -> Result<Vec<String>, LookupError> {
        Ok(Vec::new())
    }
}

impl Container {
    /// The container that `vars` (YAML) describes, on a machine of its own.
    ///
    /// # Panics
    ///
    /// With every problem of the vars file, or when the machine cannot be made.
    #[track_caller]
    pub fn up(vars: &str) -> Self {
        Self::on(&Machine::up(), vars)
    }

    /// The container that `vars` describes, beside others on a machine.
    ///
    /// # Panics
    ///
    /// With every problem of the vars file, or when something cannot be put in place.
    #[track_caller]
    pub fn on(machine: &Machine, vars: &str) -> Self {
        Self::on_target(machine, vars, [], &Target::default())
    }

    /// The container that `vars` describes, with the local files that it names, rendered for a
    /// target.
    ///
    /// # Panics
    ///
    /// With every problem of the vars file, or when something cannot be put in place.
    #[track_caller]
    pub fn on_target<'file>(
        machine: &Machine,
        vars: &str,
        files: impl IntoIterator<Item = (&'file str, &'file str)>,
        target: &Target,
    ) -> Self {
        let files = files
            .into_iter()
            .map(|(path, text)| (path.to_owned(), text.as_bytes().to_owned()))
            .collect();
        Self::of(machine, app(vars, &LocalFiles(files)), target)
    }

    /// The container of an app that a test has built without a vars file.
    ///
    /// # Panics
    ///
    /// When something cannot be rendered or put in place.
    #[track_caller]
    pub fn of(machine: &Machine, app: AppSpec, target: &Target) -> Self {
        let bundle = match render(&app, target) {
            Ok(bundle) => bundle,
            Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
        };
        let container = Self {
            machine: machine.clone(),
            app,
            bundle,
        };
        container.make_user();
        container.install();
        container
    }

    /// The machine that it is on.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The app as loaded.
    pub fn app(&self) -> &AppSpec {
        &self.app
    }

    /// All that was rendered.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Runs a command as the app's user, in its home.
    ///
    /// # Panics
    ///
    /// When it could not be run at all or hangs, but not when it fails.
    #[track_caller]
    pub fn run<'word>(&self, argv: impl IntoIterator<Item = &'word str>) -> Output {
        self.machine
            .command(argv)
            .user(self.app.user().as_str())
            .directory(self.app.places.home.as_str())
            .run()
    }

    /// Makes the app's virtualenv, with gunicorn, Flask and Django in it.
    ///
    /// # Panics
    ///
    /// When the packages can be neither found nor fetched.
    #[track_caller]
    #[must_use]
    pub fn with_virtualenv(self) -> Self {
        let packages = match PythonPackages::for_apps() {
            Ok(packages) => packages,
            Err(error) => crate::machine_error::give_up(&error),
        };
        let path = self.app.places.virtualenv.as_str();
        let user = self.app.user().as_str();
        self.machine.install_virtualenv(&packages, path, user);
        // That gave the user all that the links in it lead to.
        self.install();
        self
    }

    /// Puts a project at `{path}current`, as the README's `scp -r project NAME@host:current` does.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn put_current<'file>(&self, files: impl IntoIterator<Item = (&'file str, &'file str)>) {
        self.put(self.app.layout().current().as_str(), files);
    }

    /// Puts a project at a path, owned by the app's user.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn put<'file>(
        &self,
        directory: &str,
        files: impl IntoIterator<Item = (&'file str, &'file str)>,
    ) {
        self.machine.ok(["mkdir", "-p", "--", directory]);
        for (name, text) in files {
            self.machine
                .write(&format!("{directory}/{name}"), text, 0o644);
        }
        let owner = format!("{}:{}", self.app.user(), self.app.group());
        self.machine.ok(["chown", "-R", "--", &owner, directory]);
    }

    /// Starts Debian's supervisor, with the container's program.
    ///
    /// # Panics
    ///
    /// When it does not answer.
    #[track_caller]
    pub fn start_supervisor(&self) -> Process {
        let process = self.machine.spawn([
            "supervisord",
            "--nodaemon",
            "--configuration=/etc/supervisor/supervisord.conf",
        ]);
        wait_until("supervisor answers", || {
            self.machine.run(["supervisorctl", "pid"]).success()
        });
        process
    }

    /// What supervisor says of the program, such as `RUNNING   pid 81, uptime 0:00:02`.
    #[track_caller]
    pub fn program_status(&self) -> String {
        let name = self.app.name.as_str();
        let said = self.machine.run(["supervisorctl", "status", name]).text();
        let status = said.strip_prefix(name).unwrap_or(&said);
        status.trim().to_owned()
    }

    /// Makes all checks of all artifacts: those of staged files on a copy elsewhere, which has the
    /// same owner and mode.
    ///
    /// # Panics
    ///
    /// With what the first check said that fails.
    #[track_caller]
    pub fn check_everything(&self) {
        const STAGED: &str = "/run/wsgi-tests-staged";
        for artifact in self.bundle.artifacts() {
            for check in &artifact.checks {
                if check.moment == CheckMoment::Staged {
                    self.machine
                        .ok(["cp", "--preserve", "--", artifact.path.as_str(), STAGED]);
                }
                self.check(check, STAGED).expect_success();
            }
        }
    }

    /// Makes one check, of a staged file that lies at a path.
    ///
    /// # Panics
    ///
    /// When its program is missing, but not when it fails.
    #[track_caller]
    pub fn check(&self, check: &Check, staged: &str) -> Output {
        self.machine.run(argv(&check.command, staged))
    }

    /// Runs the commands of one owed action, up to the first that fails, and returns the last; with
    /// a directory of the run that later calls share.
    ///
    /// # Panics
    ///
    /// When no artifact owes the action.
    #[track_caller]
    pub fn pay(&self, action: &str) -> Output {
        self.machine.ok(["mkdir", "-p", RUN]);
        let mut last = None;
        for command in &*self.owed(action).commands {
            let run = self.machine.command(argv(command, ""));
            let output = run.env("WSGI_RUN", RUN).run();
            let failed = !output.success();
            last = Some(output);
            if failed {
                break;
            }
        }
        last.unwrap_or_else(|| panic!("`{action}` does nothing"))
    }

    /// The words of the commands of one owed action.
    ///
    /// # Panics
    ///
    /// When no artifact owes the action.
    #[track_caller]
    pub fn commands(&self, action: &str) -> Vec<Vec<&str>> {
        let commands = self.owed(action).commands.iter();
        commands.map(|command| argv(command, "")).collect()
    }

    #[track_caller]
    fn owed(&self, action: &str) -> &Action {
        let artifacts = self.bundle.artifacts().iter();
        let owed = artifacts
            .flat_map(|artifact| &artifact.notify)
            .find(|owed| owed.name == action);
        owed.unwrap_or_else(|| panic!("nothing owes `{action}`"))
    }

    /// Begins another run, as a new directory of it for [`pay`](Self::pay).
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn begin_another_run(&self) {
        self.machine.ok(["rm", "-rf", RUN]);
    }

    /// Has the machine do what all artifacts owe, in the order of their stages, each once.
    ///
    /// # Panics
    ///
    /// With what the first command said that fails.
    #[track_caller]
    pub fn pay_what_is_owed(&self) {
        let mut actions: Vec<_> = self
            .bundle
            .artifacts()
            .iter()
            .flat_map(|artifact| &artifact.notify)
            .collect();
        actions.sort_by(|a, b| (a.stage, &a.name).cmp(&(b.stage, &b.name)));
        actions.dedup_by(|a, b| a.name == b.name);
        for command in actions.iter().flat_map(|action| &*action.commands) {
            self.machine.ok(argv(command, ""));
        }
    }

    fn make_user(&self) {
        let user = &self.bundle.needs.user;
        let keys: Vec<_> = user
            .authorized_keys
            .iter()
            .map(ToString::to_string)
            .collect();
        self.machine.ok([
            "sh",
            "-c",
            ACCOUNT,
            "account",
            user.name.as_str(),
            user.group.as_str(),
            user.home.as_str(),
            user.shell,
            &keys.join("\n"),
        ]);
    }

    fn install(&self) {
        let tree = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        let mut entries = Vec::new();
        for artifact in self.bundle.artifacts() {
            match &artifact.node {
                Node::Block {
                    contents,
                    mode,
                    owner,
                } => self.install_block(&artifact.path, contents.expose(), *mode, owner),
                Node::KeptFile { mode, owner } => {
                    self.install_kept(&artifact.path, *mode, owner);
                }
                Node::Absent {
                    only_if: Some(only_if),
                } if !self.holds(&artifact.path, only_if) => {}
                _ => entries.push(entry(artifact)),
            }
            if let Node::File { contents, .. } = &artifact.node {
                let file = tree
                    .path()
                    .join(artifact.path.as_str().trim_start_matches('/'));
                let directory = file.parent().unwrap_or(tree.path());
                std::fs::create_dir_all(directory)
                    .and_then(|()| std::fs::write(&file, contents.expose()))
                    .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            }
        }
        self.machine.install_tree(tree.path(), &entries);
    }

    /// Makes a file where there is none, and gives it its owner and mode.
    fn install_kept(&self, path: &AbsPath, mode: Mode, owner: &Owner) {
        let script = r#"mkdir -p -- "$(dirname -- "$1")"
            [ -e "$1" ] || install --mode=0600 /dev/null "$1"
            chown -- "$3" "$1" && chmod -- "$2" "$1""#;
        let mode = mode.to_string();
        let owner = format!("{}:{}", owner.user, owner.group);
        let argv = ["sh", "-c", script, "kept", path.as_str(), &mode, &owner];
        self.machine.ok(argv);
    }

    /// Puts a block at the top of a file, in place of an older one with the same markers.
    fn install_block(&self, path: &AbsPath, block: &[u8], mode: Mode, owner: &Owner) {
        let block = String::from_utf8_lossy(block);
        let path = path.as_str();
        let old = self.machine.exists(path).then(|| self.machine.text(path));
        let rest = without_block(old.as_deref().unwrap_or_default(), &block);
        let script = r#"[ -e "$1" ] || install --mode="$2" --owner="$3" --group="$4" /dev/null "$1"
            cat >"$1""#;
        let mode = mode.to_string();
        self.machine
            .command([
                "sh",
                "-c",
                script,
                "block",
                path,
                &mode,
                &owner.user,
                &owner.group,
            ])
            .stdin(format!("{block}{rest}"))
            .ok();
    }

    fn holds(&self, path: &AbsPath, only_if: &OnlyIf) -> bool {
        match only_if {
            OnlyIf::LinkToPristineConffile { target } => self
                .machine
                .run([
                    "sh",
                    "-c",
                    UNCHANGED_CONFFILE,
                    "unchanged",
                    path.as_str(),
                    target.as_str(),
                ])
                .success(),
            other => panic!("the harness knows no condition {other:?}"),
        }
    }
}

/// Loads a vars file that is legal.
#[track_caller]
fn app(vars: &str, lookups: &dyn Lookups) -> AppSpec {
    let source = Source {
        name: "vars.yml",
        bytes: vars.as_bytes(),
    };
    match load(&source, lookups) {
        Ok(loaded) => loaded.app,
        Err(rejected) => panic!("{:#?}", rejected.problems),
    }
}

/// `text` without the lines from the block's first to its last.
fn without_block(text: &str, block: &str) -> String {
    let (first, last) = (block.lines().next(), block.lines().last());
    let mut inside = false;
    let mut rest = String::new();
    for line in text.split_inclusive('\n') {
        let bare = Some(line.trim_end_matches('\n'));
        inside |= bare == first;
        if !inside {
            rest.push_str(line);
        }
        inside &= bare != last;
    }
    rest
}

fn argv<'a>(command: &'a Command, staged: &'a str) -> Vec<&'a str> {
    let words = command.args.iter().map(|word| match word {
        Word::Literal(text) => text.as_ref(),
        Word::StagedFile => staged,
        other => panic!("the harness knows no word {other:?}"),
    });
    std::iter::once(command.program.as_ref())
        .chain(words)
        .collect()
}

/// An artifact as a tree's manifest has it.
fn entry(artifact: &Artifact) -> Entry {
    let (kind, mode, owner, target) = match &artifact.node {
        Node::Absent { .. } => (Kind::Absent, None, None, None),
        Node::Directory { mode, owner } => (Kind::Directory, Some(mode), Some(owner), None),
        Node::File { mode, owner, .. } => (Kind::File, Some(mode), Some(owner), None),
        Node::Symlink { target, owner } => (Kind::Symlink, None, Some(owner), Some(target)),
        other => panic!("a tree cannot hold {other:?}"),
    };
    Entry {
        path: artifact.path.to_string(),
        kind,
        mode: mode.map(ToString::to_string),
        owner: owner.map(|o| o.user.to_string()),
        group: owner.map(|o| o.group.to_string()),
        target: target.map(ToString::to_string),
    }
}

#[cfg(test)]
mod tests {
    use super::without_block;

    #[test]
    fn a_block_is_taken_out_and_the_rest_stays() {
        let block = "# >>>\nnew\n# <<<\n";
        let rest = "mine\n# <<<\nmore";
        assert_eq!(
            without_block(&format!("# >>>\nold\n# <<<\n{rest}"), block),
            rest
        );
        assert_eq!(without_block(rest, block), rest);
    }
}
