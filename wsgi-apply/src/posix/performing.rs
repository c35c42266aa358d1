//! From a plan to the program that performs it.

mod calls;
mod set;

use std::collections::BTreeMap;
use std::io::Read;

use wsgi_model::{AppName, Command, Word};

use super::payload::Payload;
use super::words::call;
use super::{PERFORM, STATE, assigned, bare, scope};
use crate::{Actor, Change, Digest, Kind, Manifest, PerformOptions, Plan, Probe};

/// The program that performs a plan, and what follows it.
pub(crate) struct Performance {
    /// The program.
    script: String,
    payload: Payload,
}

impl Performance {
    /// The program for a plan; `probe` is what it was made of.
    pub(crate) fn new(
        plan: &Plan,
        probe: &Probe,
        prefix: &str,
        mark: &str,
        options: &PerformOptions,
    ) -> Self {
        let begin = [
            scope(probe, prefix),
            assigned("M", mark),
            assigned(
                "E",
                &plan.state.map_or(String::new(), |state| state.to_string()),
            ),
            bare(STATE),
            bare(PERFORM),
            "main() {\narrive\nunchanged\n".to_owned(),
        ];
        let mut writer = Writer {
            prefix,
            // Of many files they are long: nobody else has a copy.
            calls: begin.concat(),
            payload: Payload::default(),
            intents: BTreeMap::new(),
            slugs: BTreeMap::new(),
            directories: 0,
        };
        writer.soundness(plan);
        writer.intents(plan);
        writer.steps(plan);
        writer.records(plan);
        let Writer {
            calls: mut script,
            payload,
            ..
        } = writer;
        let wait = options.wait.to_string();
        let operator: String = options
            .operator
            .chars()
            .filter(|c| !c.is_control())
            .collect();
        for piece in [
            "performed\n}\n",
            &payload.arrival(),
            &call(["lock", &operator, &wait]),
            // What is printed is kept on the host, and goes on when nobody listens any more.
            "main | (trap '' INT TERM; exec tee -p -- \"$H/log~\" 9>&-)\n",
            "mv -T -- \"$H/log~\" \"$H/log\"\n",
        ] {
            script.push_str(piece);
        }
        Self { script, payload }
    }

    /// The program, and what it reads from stdin.
    pub(crate) fn into_parts(self) -> (String, impl Read) {
        (self.script, self.payload.into_reader())
    }
}

struct Writer<'a> {
    prefix: &'a str,
    calls: String,
    payload: Payload,
    /// In which blob each app's intent is.
    intents: BTreeMap<AppName, String>,
    /// The file name of each owed action.
    slugs: BTreeMap<String, String>,
    /// How many directories of the stage there are.
    directories: usize,
}

impl Writer<'_> {
    fn call<'b>(&mut self, words: impl IntoIterator<Item = &'b str>) {
        self.calls.push_str(&call(words));
    }

    fn at(&self, path: &wsgi_model::AbsPath) -> String {
        [self.prefix, path.as_str()].concat()
    }

    fn intents(&mut self, plan: &Plan) {
        for (app, record) in &plan.records {
            let blob = self.payload.push(record.intent.to_text().into_bytes());
            self.call(["intend", app.as_str(), &blob]);
            self.intents.insert(app.clone(), blob);
        }
        for step in &plan.steps {
            if let Change::Action { action, .. } = &step.change {
                let blob = self.payload.push(action.name.as_bytes().to_vec());
                let slug = Digest::of(action.name.as_bytes()).to_string();
                self.call(["owe", step.app.as_str(), &blob, &slug]);
                self.slugs.insert(action.name.to_string(), slug);
            }
        }
    }

    fn records(&mut self, plan: &Plan) {
        for (app, record) in &plan.records {
            if *record.manifest == Manifest::default() {
                let paths = &record.intent.paths;
                let is_kept = |path| paths.get(path).is_some_and(|e| e.kind == Kind::Kept);
                let logs = plan.steps.iter().filter_map(|step| match &step.change {
                    // Nobody but root can put a link in its place.
                    Change::Path(change) if change.actor == Actor::Root => Some(&change.path),
                    _ => None,
                });
                let logs = logs.filter(|path| is_kept(path)).map(|path| self.at(path));
                let logs: Vec<String> = logs.collect();
                let words = ["forgotten", app.as_str()].into_iter();
                self.call(words.chain(logs.iter().map(String::as_str)));
                continue;
            }
            // Of an app that was not there, both say the same.
            let blob = match self.intents.get(app) {
                Some(blob) if record.intent == record.manifest => blob.clone(),
                _ => self.payload.push(record.manifest.to_text().into_bytes()),
            };
            self.call(["recorded", app.as_str(), &blob]);
        }
    }

    fn steps(&mut self, plan: &Plan) {
        let mut steps = plan.steps.iter().enumerate().peekable();
        while let Some((index, step)) = steps.next() {
            let Change::Path(change) = &step.change else {
                self.other(index, step.app.as_str(), &step.change);
                continue;
            };
            let mut set = vec![(index, change)];
            while let Some((index, next)) = steps.next_if(|(_, next)| {
                matches!(&next.change, Change::Path(next)
                    if next.set() == change.set() && next.is_directory() == change.is_directory())
            }) {
                if let Change::Path(next) = &next.change {
                    set.push((index, next));
                }
            }
            self.set(&set);
        }
    }

    fn other(&mut self, index: usize, app: &str, change: &Change) {
        let step = index.to_string();
        match change {
            Change::Packages {
                update_lists,
                names,
            } => {
                let update = if *update_lists { "1" } else { "" };
                let names = names.iter().map(String::as_str);
                self.call(["step", &step, "packages", update].into_iter().chain(names));
            }
            Change::Group { name } => self.call(["step", &step, "run", "groupadd", "--", name]),
            Change::User {
                name,
                group,
                home,
                shell,
            } => self.call([
                "step",
                &step,
                "run",
                "useradd",
                "--no-create-home",
                "--home-dir",
                home.as_str(),
                "--shell",
                shell,
                "--gid",
                group,
                // No password opens it; but unlike `!` it is not locked, which sshd heeds.
                "--password",
                "*",
                "--",
                name,
            ]),
            Change::AlterUser { .. } => self.alter_user(&step, change),
            Change::Virtualenv {
                path,
                create,
                install,
                user,
                home,
            } => {
                let create = if *create { "1" } else { "" };
                let words = [
                    "step",
                    &step,
                    "virtualenv",
                    user,
                    home.as_str(),
                    create,
                    path.as_str(),
                ];
                self.call(words.into_iter().chain(install.iter().map(String::as_str)));
            }
            Change::Tree { .. } | Change::RemoveUser { .. } | Change::RemoveGroup { .. } => {
                self.departure(&step, change);
            }
            Change::Service { name } => {
                self.call(["step", &step, "service", name]);
                // Other services, and files, do not wait for this one.
                self.calls.push_str("next\n");
                return;
            }
            Change::Crontab {
                user,
                before,
                after,
            } => {
                self.crontab(&step, user, before, after);
            }
            Change::Action { action, .. } => {
                let slug = self.slugs.get(action.name.as_ref()).cloned();
                self.call(["action", &step, app, &slug.unwrap_or_default()]);
                for command in action.commands.iter() {
                    let words = argv(command, "");
                    self.call(["runs"].into_iter().chain(words.iter().map(String::as_str)));
                }
                self.calls.push_str("acted\n");
                return;
            }
            Change::Record | Change::Path(_) => {
                self.call(["step", &step, "true"]);
            }
        }
        self.calls.push_str("essential\n");
    }
}

/// The words of a command.
pub(crate) fn argv(command: &Command, staged: &str) -> Vec<String> {
    let program = command.program.to_string();
    let words = command.args.iter().map(|word| match word {
        Word::Literal(text) => text.to_string(),
        _ => staged.to_owned(),
    });
    std::iter::once(program).chain(words).collect()
}
