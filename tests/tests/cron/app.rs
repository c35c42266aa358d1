//! An app with cron tasks on a scratch machine.

use wsgi_model::{
    AppName, AppParts, AppSpec, Bundle, CommandLine, CronTask, NoLookups, Node, Source, TaskName,
    TaskUser, WsgiTarget, load,
};
use wsgi_render::{Target, render};
use wsgi_tests::{Container, Machine, MachineCommand, Output};

/// The app `shop`, installed on a machine of its own.
pub(crate) struct App {
    pub(crate) container: Container,
    pub(crate) machine: Machine,
    pub(crate) bundle: Bundle,
}

/// One line of a crontab in `cron.d`.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) schedule: String,
    pub(crate) user: String,
    pub(crate) command: String,
}

/// A task of the app's user, to be given what else it needs.
pub(crate) fn task(name: &str, command: &str) -> CronTask {
    CronTask::new(
        TaskName::parse(name).unwrap(),
        CommandLine::parse(command).unwrap(),
    )
}

/// A task whose command holds something from a vault.
pub(crate) fn secret(mut task: CronTask) -> CronTask {
    task.command = task.command.into_secret();
    task
}

/// A task of another user.
pub(crate) fn task_of(user: &str, name: &str, command: &str) -> CronTask {
    let mut task = task(name, command);
    task.user = Some(TaskUser::parse(user).unwrap());
    task
}

pub(crate) fn spec(tasks: Vec<CronTask>) -> AppSpec {
    let name = AppName::parse("shop").unwrap();
    let mut parts = AppParts::new(name, WsgiTarget::parse("shop.wsgi").unwrap());
    parts.cron_tasks = tasks;
    AppSpec::new(parts).unwrap()
}

pub(crate) fn load_spec(yaml: &str) -> AppSpec {
    let source = Source {
        name: "shop.yml",
        bytes: yaml.as_bytes(),
    };
    match load(&source, &NoLookups) {
        Ok(loaded) => loaded.app,
        Err(rejected) => panic!("{rejected:?}"),
    }
}

pub(crate) fn rendered(app: &AppSpec) -> Bundle {
    render(app, &Target::default()).unwrap()
}

/// The text of a rendered file.
pub(crate) fn text(bundle: &Bundle, path: &str) -> String {
    let artifact = bundle.artifact(path).unwrap_or_else(|| panic!("no {path}"));
    match &artifact.node {
        Node::File { contents, .. } => String::from_utf8(contents.expose().to_vec()).unwrap(),
        other => panic!("{path} is {other:?}"),
    }
}

/// The lines of the app's crontab, taken apart as cron does it.
pub(crate) fn lines(bundle: &Bundle) -> Vec<Line> {
    let text = text(bundle, "/etc/cron.d/shop");
    let tasks = text
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    tasks
        .map(|line| {
            let words: Vec<&str> = line.splitn(7, ' ').collect();
            let [schedule @ .., user, command] = words.as_slice() else {
                panic!("{line}");
            };
            assert_eq!(schedule.len(), 5, "{line}");
            Line {
                schedule: schedule.join(" "),
                user: (*user).to_owned(),
                command: (*command).to_owned(),
            }
        })
        .collect()
}

impl App {
    pub(crate) fn of_yaml(yaml: &str) -> Self {
        Self::of(load_spec(yaml))
    }

    pub(crate) fn with_tasks(tasks: Vec<CronTask>) -> Self {
        Self::of(spec(tasks))
    }

    fn of(app: AppSpec) -> Self {
        let machine = Machine::up();
        let container = Container::of(&machine, app, &Target::default());
        machine.ok(["mkdir", "/srv/logs"]);
        Self {
            bundle: container.bundle().clone(),
            machine,
            container,
        }
    }

    /// The command of a crontab line as cron would start it, without waiting for the minute.
    pub(crate) fn line(&self, index: usize) -> MachineCommand<'_> {
        let Line { user, command, .. } = lines(&self.bundle).swap_remove(index);
        let account = self.machine.ok(["getent", "passwd", &user]).text();
        let home = account.trim_end().split(':').nth(5).unwrap().to_owned();
        let variables = [
            format!("HOME={home}"),
            format!("LOGNAME={user}"),
            "SHELL=/bin/sh".to_owned(),
            "PATH=/usr/bin:/bin".to_owned(),
        ];
        let mut argv = vec!["env".to_owned(), "--ignore-environment".to_owned()];
        argv.extend(variables);
        argv.extend(["/bin/sh".to_owned(), "-c".to_owned(), command]);
        self.machine.command(argv).user(&user).directory(&home)
    }

    /// Runs a task as cron would.
    #[track_caller]
    pub(crate) fn run(&self, index: usize) -> Output {
        self.line(index).run()
    }

    /// Runs a task as cron would and gives what it printed for cron to mail.
    #[track_caller]
    pub(crate) fn prints(&self, index: usize) -> String {
        let output = self.run(index);
        assert_eq!(output.errors(), "", "{output}");
        output.expect_success().text()
    }
}
