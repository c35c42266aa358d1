//! From a deployment to the program that does it.

use std::fmt;

use camino::Utf8Path;
use wsgi_model::{CommandLine, Sensitivity};

use super::tree::TreeError;
use super::{ASK, DEPLOY, SURVEY};
use super::{LockKind, ReleaseSite, Requirements, SourceTree, Survey};
use crate::posix::{Payload, argv, assigned, bare, call};

/// A release that is to take the place of the running one.
#[derive(Debug)]
#[non_exhaustive]
pub struct Deployment<'a> {
    /// Where.
    pub site: &'a ReleaseSite,
    /// What.
    pub source: &'a SourceTree,
    /// What was there when it was looked at.
    pub survey: &'a Survey,
    /// What is to be installed.
    pub requirements: Requirements,
    /// Its name.
    pub id: String,
    /// Who does it.
    pub operator: String,
    /// For how many seconds to wait while somebody else deploys.
    pub wait: u32,
    /// Whether all files are sent, those that the host has as well.
    pub full: bool,
    /// Whether the hooks run that run once for all hosts.
    pub leads: bool,
}

/// An earlier release that is to take the place of the running one.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rollback<'a> {
    /// Where.
    pub site: &'a ReleaseSite,
    /// What was there when it was looked at.
    pub survey: &'a Survey,
    /// The release.
    pub id: String,
    /// Its virtualenv.
    pub virtualenv: String,
    /// Of what it was made.
    pub revision: String,
    /// Who does it.
    pub operator: String,
    /// For how many seconds to wait while somebody else deploys.
    pub wait: u32,
}

/// A step of a deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeployStep {
    /// The files are put together.
    Assemble,
    /// What outlives releases is linked.
    Share,
    /// The release gets its name.
    Complete,
    /// The virtualenv is made, or found.
    Virtualenv,
    /// A command of `wsgi_deploy_build`, as it may be shown.
    Build(String),
    /// The app is imported.
    Check,
    /// The app is asked on a socket of its own.
    Probe,
    /// A command of `wsgi_deploy_release`, as it may be shown.
    Release(String),
    /// The links are switched.
    Switch,
    /// Gunicorn is exchanged.
    Exchange,
    /// The app is asked through nginx.
    Verify,
    /// A command of `wsgi_deploy_after`, as it may be shown.
    After(String),
}

impl fmt::Display for DeployStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assemble => f.write_str("put the files together"),
            Self::Share => f.write_str("link what outlives releases"),
            Self::Complete => f.write_str("complete the release"),
            Self::Virtualenv => f.write_str("make the virtualenv"),
            Self::Build(command) => write!(f, "build: {command}"),
            Self::Check => f.write_str("import the app"),
            Self::Probe => f.write_str("ask the new release"),
            Self::Release(command) => write!(f, "release: {command}"),
            Self::Switch => f.write_str("switch to it"),
            Self::Exchange => f.write_str("exchange gunicorn"),
            Self::Verify => f.write_str("ask it through nginx"),
            Self::After(command) => write!(f, "after: {command}"),
        }
    }
}

/// A program, its payload and its steps.
pub(super) struct Program {
    pub(super) script: String,
    pub(super) payload: Payload,
    pub(super) steps: Vec<DeployStep>,
}

/// The program that looks at the releases of an app.
pub(super) fn surveying(site: &ReleaseSite, mark: &str) -> String {
    [
        places(site),
        assigned("M", mark),
        bare(crate::posix::STATE),
        bare(SURVEY),
    ]
    .concat()
}

fn places(site: &ReleaseSite) -> String {
    [
        ("R", ""),
        ("A", ""),
        ("P", ""),
        ("X", ""),
        ("APP", site.app.as_str()),
        ("USER_", &site.user),
        ("GROUP_", &site.group),
        ("HOME_", site.home.as_str()),
        ("RELEASES", site.releases.as_str()),
        ("CURRENT", site.current.as_str()),
        ("VENV", site.virtualenv.as_str()),
        ("VENVS", site.virtualenvs.as_str()),
        ("START", site.start.as_str()),
        ("RUN", site.run_dir.as_str()),
    ]
    .iter()
    .map(|(name, value)| assigned(name, value))
    .collect()
}

struct Writer {
    calls: String,
    payload: Payload,
    steps: Vec<DeployStep>,
}

impl Writer {
    fn call(&mut self, words: &[&str]) {
        self.calls.push_str(&call(words.iter().copied()));
    }

    fn step(&mut self, step: DeployStep, words: &[&str]) {
        let number = self.steps.len().to_string();
        self.steps.push(step);
        let words = ["step", &number].into_iter().chain(words.iter().copied());
        self.calls.push_str(&call(words));
    }

    fn hooks(
        &mut self,
        site: &ReleaseSite,
        (release, virtualenv): (&str, &str),
        commands: &[CommandLine],
        step: fn(String) -> DeployStep,
    ) {
        let seconds = site.deploy.timeout.to_string();
        for command in commands {
            let blob = self.payload.push(command.as_str().as_bytes().to_vec());
            let shown = match command.sensitivity() {
                Sensitivity::Public => command.as_str(),
                Sensitivity::Secret => command.shown(),
            };
            let words = ["hook", release, virtualenv, &seconds, &blob];
            self.step(step(shown.to_owned()), &words);
        }
    }

    /// From the gate to the switch and what follows.
    fn go_over(
        &mut self,
        site: &ReleaseSite,
        release: &str,
        virtualenv: &str,
        leads: Option<bool>,
    ) {
        let deploy = &site.deploy;
        let both = (release, virtualenv);
        self.step(DeployStep::Check, &["check", release, virtualenv]);
        self.step(DeployStep::Probe, &["probe", release, virtualenv]);
        if leads == Some(true) {
            self.hooks(site, both, &deploy.release, DeployStep::Release);
        }
        self.step(DeployStep::Switch, &["go_over", release, virtualenv]);
        self.step(DeployStep::Exchange, &["exchange"]);
        if site.front.is_some() {
            self.step(DeployStep::Verify, &["verify"]);
        }
        if leads.is_some() {
            self.hooks(site, both, &deploy.after, DeployStep::After);
        }
    }
}

impl<'a> Deployment<'a> {
    /// A deployment of one host, by nobody in particular.
    pub const fn new(
        site: &'a ReleaseSite,
        source: &'a SourceTree,
        survey: &'a Survey,
        requirements: Requirements,
        id: String,
    ) -> Self {
        Self {
            site,
            source,
            survey,
            requirements,
            id,
            operator: String::new(),
            wait: 0,
            full: false,
            leads: true,
        }
    }

    /// The steps that it has.
    pub fn steps(&self) -> Vec<DeployStep> {
        let mut writer = self.writer(
            String::new(),
            String::new(),
            String::new(),
            Payload::default(),
        );
        std::mem::take(&mut writer.steps)
    }

    fn writer(&self, copied: String, archive: String, index: String, payload: Payload) -> Writer {
        let site = self.site;
        let mut writer = Writer {
            calls: String::new(),
            payload,
            steps: Vec::new(),
        };
        let base = if self.full {
            None
        } else {
            self.survey.base.as_deref()
        };
        let base = base.unwrap_or_default();
        writer.step(
            DeployStep::Assemble,
            &["assemble", base, &copied, &archive, &index],
        );
        if !site.deploy.shared_paths.is_empty() {
            let mut words = vec!["shared"];
            words.extend(site.deploy.shared_paths.iter().map(|path| path.as_str()));
            writer.step(DeployStep::Share, &words);
        }
        writer.step(DeployStep::Complete, &["complete"]);
        let kind = self.requirements.kind;
        let mut words = vec![
            "virtualenv_of",
            self.requirements.key.as_str(),
            kind.word(),
            if kind == LockKind::Requirements {
                kind.file()
            } else {
                "-"
            },
        ];
        words.extend(site.packages.iter().map(String::as_str));
        writer.step(DeployStep::Virtualenv, &words);
        let release = format!("{}/{}", site.releases, self.id);
        let virtualenv = format!("{}/{}", site.virtualenvs, self.requirements.key);
        let build = &site.deploy.build;
        writer.hooks(site, (&release, &virtualenv), build, DeployStep::Build);
        writer.go_over(site, &release, &virtualenv, Some(self.leads));
        let keep = site.deploy.keep_releases.to_string();
        writer.call(&["deployed", "deploy", &keep]);
        writer
    }

    pub(super) fn program(&self, mark: &str, supervisor: &str) -> Result<Program, TreeError> {
        let tree = &self.source.tree;
        let known = |path: &Utf8Path, digest: &str| {
            !self.full
                && self.survey.base.is_some()
                && self
                    .survey
                    .index
                    .get(path.as_str())
                    .is_some_and(|half| digest.starts_with(half))
        };
        let mut copied = Vec::new();
        let mut unknown = std::collections::BTreeSet::new();
        for (path, digest) in tree.files() {
            if known(path, &digest.to_string()) {
                copied.extend_from_slice(path.as_str().as_bytes());
                copied.push(0);
            } else {
                unknown.insert(path.to_owned());
            }
        }
        let failed = |error| TreeError::Read(tree.root.clone(), error);
        let archive = tempfile::tempfile().map_err(failed)?;
        let archive = tree.archive(archive, |path| unknown.contains(path))?;
        let mut payload = Payload::default();
        let copied = payload.push(copied);
        let archive = payload.push_file(archive).map_err(failed)?;
        let index = payload.push(tree.index().into_bytes());
        let writer = self.writer(copied, archive, index, payload);
        Ok(program(
            self.site,
            (&self.id, &self.requirements.key, &self.source.revision),
            (&self.operator, self.wait),
            self.survey,
            mark,
            supervisor,
            writer,
        ))
    }
}

impl Rollback<'_> {
    fn writer(&self) -> Writer {
        let site = self.site;
        let mut writer = Writer {
            calls: String::new(),
            payload: Payload::default(),
            steps: Vec::new(),
        };
        let release = format!("{}/{}", site.releases, self.id);
        let virtualenv = format!("{}/{}", site.virtualenvs, self.virtualenv);
        writer.go_over(site, &release, &virtualenv, None);
        writer.call(&["deployed", "rollback", ""]);
        writer
    }

    /// The steps that it has.
    pub fn steps(&self) -> Vec<DeployStep> {
        self.writer().steps
    }

    pub(super) fn program(&self, mark: &str, supervisor: &str) -> Program {
        program(
            self.site,
            (&self.id, &self.virtualenv, &self.revision),
            (&self.operator, self.wait),
            self.survey,
            mark,
            supervisor,
            self.writer(),
        )
    }
}

fn program(
    site: &ReleaseSite,
    (id, key, revision): (&str, &str, &str),
    (operator, wait): (&str, u32),
    survey: &Survey,
    mark: &str,
    restart: &str,
    writer: Writer,
) -> Program {
    let deploy = &site.deploy;
    let status = deploy.health_status.range();
    let (port, scheme) = match site.front {
        Some((port, true)) => (port.to_string(), "https"),
        Some((port, false)) => (port.to_string(), "http"),
        None => (String::new(), "http"),
    };
    let operator: String = operator.chars().filter(|c| !c.is_control()).collect();
    let values = [
        ("M", mark),
        ("E", ""),
        ("ID", id),
        ("KEY", key),
        ("REVISION", revision),
        ("OPERATOR", &operator),
        ("ASK", ASK),
        ("UV", if survey.has_uv { "1" } else { "" }),
        ("HOST", &site.server_name),
        ("HEALTH", deploy.health_path.as_str()),
        ("LOW", &status.start().to_string()),
        ("HIGH", &status.end().to_string()),
        ("WAIT", &deploy.health_timeout.to_string()),
        ("PORT", &port),
        ("SCHEME", scheme),
    ];
    let values: String = values.iter().map(|(n, v)| assigned(n, v)).collect();
    let Writer {
        calls,
        payload,
        steps,
    } = writer;
    let script = [
        places(site),
        values,
        bare(crate::posix::STATE),
        bare(crate::posix::PERFORM),
        bare(DEPLOY),
        restart.to_owned(),
        "main() {\n".to_owned(),
        call(["alone", &operator, &wait.to_string()]),
        payload.arrival(),
        call(["still", survey.current.as_deref().unwrap_or_default()]),
        calls,
        "}\nmkdir -p -- \"$N\" && main 2>&1 | tee -p -- \"$N/output.$$\"\n".to_owned(),
        "mv -T -- \"$N/output.$$\" \"$N/output\"\n".to_owned(),
    ]
    .concat();
    Program {
        script,
        payload,
        steps,
    }
}

/// The function that starts the program when it does not run.
pub(super) fn restarting(site: &ReleaseSite) -> String {
    let commands = site
        .restart
        .iter()
        .flat_map(|action| action.commands.iter());
    let lines: Vec<String> = commands
        .map(|command| {
            let words = argv(command, "");
            let words = ["run"].into_iter().chain(words.iter().map(String::as_str));
            call(words).trim_end().to_owned()
        })
        .collect();
    let body = if lines.is_empty() {
        "return 1".to_owned()
    } else {
        lines.join(" && ")
    };
    format!("start_program() {{\n{body}\n}}\n")
}
