//! Performs a plan, step by step.

use std::collections::BTreeMap;

use wsgi_model::{AbsPath, Action, AppName, CheckMoment, Mode, Owner, Stage};

use super::{Ending, MemoryHost};
use crate::facts::normalised;
use crate::{
    After, Attributes, Change, Failure, HostError, Manifest, Observed, Outcome, PathChange,
    PerformOptions, Plan, Program, Progress, Report, ShellError, Step, User,
};

/// The first id of an ordinary user.
const FIRST_ID: u32 = 1000;

impl MemoryHost {
    pub(super) fn carry_out(
        &mut self,
        plan: &Plan,
        _options: &PerformOptions,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Report, HostError> {
        let mut report = Report::default();
        if let Some(owner) = self.lock.clone() {
            progress(Progress::Waiting { owner: &owner });
            report.outcome = Outcome::Locked { owner };
            return Ok(report);
        }
        if plan.state.is_some_and(|state| state != self.state()) {
            report.outcome = Outcome::Drifted;
            return Ok(report);
        }
        if let Some(said) = self.refusal_of_others(plan) {
            report.outcome = Outcome::Refused { said };
            return Ok(report);
        }
        self.note_intents(plan);
        let trouble = self.trouble.take();
        for (index, step) in plan.steps.iter().enumerate() {
            let trouble = trouble.filter(|trouble| trouble.step == index);
            match trouble.map(|trouble| trouble.ending) {
                Some(Ending::Killed) => {
                    report.outcome = Outcome::Ended;
                    break;
                }
                Some(Ending::Lost) => return Err(lost()),
                _ => progress(Progress::Begun(index)),
            }
            let done = match trouble {
                Some(_) => Err(vec!["told to fail".to_owned()]),
                None => self.step(plan, step, &mut report, progress),
            };
            let done = done.and_then(|()| self.in_place(plan, index, &mut report));
            if let Err(said) = done {
                report.outcome = Outcome::Failed(vec![Failure { step: index, said }]);
                break;
            }
            report.done.push(index);
            progress(Progress::Done(index));
        }
        let owed = self.apps.values().flat_map(|app| app.owed.iter().cloned());
        report.owed = owed.collect();
        if report.outcome == Outcome::Done {
            for (app, record) in plan.records() {
                let known = self.apps.entry(app.clone()).or_default();
                known.manifest = Manifest::clone(&record.manifest);
                known.intent = None;
                known.applied = (known.manifest != Manifest::default()).then(|| self.now.clone());
                if let Some(path) = &record.manifest.needs.virtualenv {
                    let path = AbsPath::parse(path).ok();
                    let is_there = path.is_some_and(|path| self.nodes.contains_key(&path));
                    known.virtualenv = known.virtualenv.take().filter(|_| is_there);
                } else {
                    known.virtualenv = None;
                }
            }
            self.apps
                .retain(|_, app| *app != crate::AppFacts::default());
        }
        Ok(report)
    }

    /// Before anything is changed, the host knows what will be ours and which actions are owed: a run
    /// that is cut short leaves nothing that nobody knows of.
    fn note_intents(&mut self, plan: &Plan) {
        for (app, record) in plan.records() {
            let known = self.apps.entry(app.clone()).or_default();
            known.intent = Some(Manifest::clone(&record.intent));
        }
        for step in &plan.steps {
            if let Change::Action { action, .. } = &step.change {
                let known = self.apps.entry(step.app.clone()).or_default();
                known.owed.insert(action.name.to_string());
            }
        }
    }

    fn step(
        &mut self,
        plan: &Plan,
        step: &Step,
        report: &mut Report,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), Vec<String>> {
        match &step.change {
            Change::Packages { names, .. } => {
                for name in names {
                    progress(Progress::Output(&format!("Setting up {name} (1.0) ...")));
                    self.packages.insert(name.clone(), "1.0".to_owned());
                    if ["supervisor", "cron"].contains(&name.as_str()) {
                        self.serve(name);
                    }
                }
            }
            Change::Group { name } => {
                let gid = self.free_id();
                self.groups.insert(name.clone(), gid);
            }
            Change::User {
                name,
                group,
                home,
                shell,
            } => {
                let gid = self.group_id(group)?;
                let user = User::new(self.free_id(), gid, home.as_str(), shell.as_str());
                self.users.insert(name.clone(), user);
            }
            Change::AlterUser {
                name,
                shell,
                home,
                group,
            } => {
                let gid = group
                    .as_ref()
                    .map(|group| self.group_id(group))
                    .transpose()?;
                let unknown = || vec![format!("user '{name}' does not exist")];
                let user = self.users.get_mut(name).ok_or_else(unknown)?;
                user.gid = gid.unwrap_or(user.gid);
                if let Some(shell) = shell {
                    user.shell.clone_from(shell);
                }
                if let Some(home) = home {
                    user.home = home.to_string();
                }
            }
            Change::Path(change) => self.path(&step.app, change, report)?,
            Change::Virtualenv {
                path,
                install,
                user,
                ..
            } => {
                let owner = Owner::new(user.clone(), user.clone());
                if !self.nodes.contains_key(path) {
                    self.put_directory(path.clone(), Mode::new(0o755), &owner);
                }
                let app = self.apps.entry(step.app.clone()).or_default();
                let installed = app.virtualenv.get_or_insert_with(BTreeMap::new);
                for wanted in install {
                    progress(Progress::Output(&format!("Collecting {wanted}")));
                    let (name, version) = wanted.split_once("==").unwrap_or((wanted, "1.0"));
                    installed.insert(normalised(name), version.to_owned());
                }
            }
            Change::Tree { path } => self.remove(path),
            Change::RemoveUser { name } => _ = self.users.remove(name),
            Change::RemoveGroup { name } => _ = self.groups.remove(name),
            Change::Service { name } => self.serve(name),
            Change::Crontab { user, after, .. } => {
                self.crontabs.insert(user.clone(), after.clone());
            }
            Change::Action { action, .. } => {
                self.action(action, plan);
                if let Some(known) = self.apps.get_mut(&step.app) {
                    known.owed.remove(action.name.as_ref());
                }
            }
            Change::Record => {}
        }
        Ok(())
    }

    fn path(
        &mut self,
        app: &AppName,
        change: &PathChange,
        report: &mut Report,
    ) -> Result<(), Vec<String>> {
        self.check(change, CheckMoment::Staged)?;
        let path = &change.path;
        if change.backup {
            let kept = format!("/var/lib/wsgi/{app}/backups{path}");
            let to = AbsPath::parse(&kept).map_err(|why| vec![why.to_string()])?;
            self.put(to, self.at(path).clone());
            report.backups.push(kept);
        }
        match &change.after {
            After::Absent => {
                let is_below = |other: &AbsPath| other != path && other.is_within(path);
                // A directory with something in it stays.
                if !self.nodes.keys().any(is_below) {
                    self.nodes.remove(path);
                }
            }
            After::Directory { mode, owner } => {
                self.put_directory(path.clone(), *mode, owner);
            }
            After::File {
                contents,
                mode,
                owner,
            } => {
                self.put_file(path.clone(), contents.expose(), *mode, owner);
            }
            After::Attributes { mode, owner } => {
                let new = self.attributes(*mode, owner);
                if let Some(node) = self.nodes.get_mut(path) {
                    change_attributes(node, new);
                }
            }
            After::Symlink { target, owner } => {
                self.put_symlink(path.clone(), target.clone(), owner);
            }
        }
        Ok(())
    }

    /// What a program says that refuses what is there already, unless it is what the plan mends.
    fn refusal_of_others(&self, plan: &Plan) -> Option<Vec<String>> {
        let (check, mended) = plan.presupposition()?;
        let refusal = self.refusal.as_ref()?;
        let is_ours = mended
            .iter()
            .any(|path| refusal.said.contains(path.as_str()));
        (check.program == refusal.program && !is_ours).then(|| vec![refusal.said.clone()])
    }

    /// A step fails when a program refuses what it checks at this moment.
    fn check(&self, change: &PathChange, moment: CheckMoment) -> Result<(), Vec<String>> {
        let Some(refusal) = &self.refusal else {
            return Ok(());
        };
        let mut checks = change.checks.iter().filter(|check| check.moment == moment);
        if checks.any(|check| check.command.program == refusal.program) {
            return Err(vec![refusal.said.clone()]);
        }
        Ok(())
    }

    /// After the last of the files that are checked together, all of them go back when they are
    /// refused.
    fn in_place(
        &mut self,
        plan: &Plan,
        index: usize,
        report: &mut Report,
    ) -> Result<(), Vec<String>> {
        let refused = |step: &Step| match &step.change {
            Change::Path(change) => self.check(change, CheckMoment::InPlace).err(),
            _ => None,
        };
        let Some(said) = refused(&plan.steps[index]) else {
            return Ok(());
        };
        if plan.steps[index + 1..]
            .iter()
            .any(|step| refused(step).is_some())
        {
            return Ok(());
        }
        let group = plan.steps[..=index]
            .iter()
            .filter(|step| refused(step).is_some());
        let group: Vec<&PathChange> = group
            .filter_map(|step| match &step.change {
                Change::Path(change) => Some(change),
                _ => None,
            })
            .collect();
        for change in group.iter().rev() {
            match &change.before {
                Observed::Absent => _ = self.nodes.remove(&change.path),
                before => _ = self.nodes.insert(change.path.clone(), before.clone()),
            }
            report.put_back.push(change.path.to_string());
        }
        Err(said)
    }

    fn action(&mut self, action: &Action, plan: &Plan) {
        self.ran.push(action.name.to_string());
        let apps: Vec<&AppName> = plan.records().map(|(app, _)| app).collect();
        for app in apps
            .into_iter()
            .filter(|app| action.name.ends_with(app.as_str()))
        {
            let program = AbsPath::parse(&format!("/etc/supervisor/conf.d/{app}.conf"));
            let is_defined = program.is_ok_and(|path| self.nodes.contains_key(&path));
            let programs = self.system.programs.get_or_insert_with(BTreeMap::new);
            match (action.stage, is_defined) {
                (Stage::Reread | Stage::Restart | Stage::Exchange, true) => {
                    programs.insert(app.to_string(), Program::new("RUNNING", 4242, 0));
                }
                (Stage::Reread, false) => _ = programs.remove(app.as_str()),
                _ => {}
            }
        }
    }

    fn serve(&mut self, service: &str) {
        self.system.running.insert(service.to_owned());
        self.system.enabled.insert(service.to_owned());
        if service == "supervisor" {
            self.system.programs.get_or_insert_with(BTreeMap::new);
        }
    }

    fn group_id(&self, name: &str) -> Result<u32, Vec<String>> {
        let gid = self.groups.get(name).copied();
        gid.ok_or_else(|| vec![format!("group '{name}' does not exist")])
    }

    fn free_id(&self) -> u32 {
        let users = self.users.values().map(|user| user.uid);
        let last = users.chain(self.groups.values().copied()).max();
        last.map_or(FIRST_ID, |last| FIRST_ID.max(last + 1))
    }
}

fn change_attributes(node: &mut Observed, new: Attributes) {
    match node {
        Observed::Directory(attributes)
        | Observed::File { attributes, .. }
        | Observed::Symlink { attributes, .. }
        | Observed::Other(_, attributes) => *attributes = new,
        Observed::Absent => {}
    }
}

fn lost() -> HostError {
    let reason = std::io::Error::other("told to be lost");
    HostError::Shell(ShellError::Lost(reason))
}
