//! From a deployment to the program that does it.

use wsgi_model::{CommandLine, Sensitivity};

use super::{
    ASK, ASSEMBLE, DEPLOY, DeployStep, FETCH, GATE, MOVE, OUTPUT, ReleaseSite, Repository, SURVEY,
    Survey,
};
use crate::posix::{PERFORM, Payload, STATE, argv, assigned, bare, call};

/// A program, and what it reads from stdin.
pub(super) struct Program {
    pub(super) script: String,
    pub(super) payload: Payload,
    /// Whether the last byte is for when it has its turn.
    pub(super) waits: bool,
}

/// The program that looks at the releases of an app.
pub(super) fn surveying(site: &ReleaseSite, mark: &str) -> String {
    let shared = site.deploy.shared_paths.iter();
    let shared: String = shared.flat_map(|path| [path.as_str(), "\n"]).collect();
    [
        places(site),
        assigned("M", mark),
        assigned("SHARED", &shared),
        bare(STATE),
        bare(SURVEY),
    ]
    .concat()
}

/// The program that prints what the deploy of a release has printed.
pub(super) fn recalling(site: &ReleaseSite, release: &str, mark: &str) -> String {
    [
        places(site),
        assigned("M", mark),
        assigned("ID", release),
        bare(STATE),
        bare(OUTPUT),
    ]
    .concat()
}

/// The program that fetches a revision.
pub(super) fn fetching(site: &ReleaseSite, repository: &Repository, mark: &str) -> String {
    [
        places(site),
        assigned("M", mark),
        assigned("URL", &repository.url),
        assigned("REVISION", &repository.revision),
        bare(STATE),
        bare(FETCH),
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
        ("MAINTENANCE", site.maintenance_flag.as_str()),
        ("COPY", site.repository.as_str()),
        ("APP_LOG", site.app_log.as_str()),
        ("PROGRAM_LOG", site.program_log.as_str()),
    ]
    .iter()
    .map(|(name, value)| assigned(name, value))
    .collect()
}

/// The calls of a program, as they are written.
pub(super) struct Writer {
    calls: String,
    payload: Payload,
    pub(super) steps: Vec<DeployStep>,
    company: Company,
}

/// Whether other hosts get the release as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Company {
    /// It goes through at once.
    Alone,
    /// It waits for them before and after the switch.
    Others,
}

impl Writer {
    pub(super) const fn new(payload: Payload, company: Company) -> Self {
        Self {
            calls: String::new(),
            payload,
            steps: Vec::new(),
            company,
        }
    }

    pub(super) fn call(&mut self, words: &[&str]) {
        self.calls.push_str(&call(words.iter().copied()));
    }

    pub(super) fn step(&mut self, step: DeployStep, words: &[&str]) {
        let number = self.steps.len().to_string();
        self.steps.push(step);
        let words = ["step", &number].into_iter().chain(words.iter().copied());
        self.calls.push_str(&call(words));
    }

    pub(super) fn hooks(
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
            let is_script = command.as_str().trim_end().contains('\n');
            let kind = if is_script { "script" } else { "line" };
            let words = ["hook", release, virtualenv, &seconds, &blob, kind];
            self.step(step(first_line(shown)), &words);
        }
    }

    /// Waits for the other hosts.
    fn stands(&mut self, standing: &str) {
        if self.company == Company::Others {
            self.call(&["stands", standing]);
        }
    }

    /// From the gate to the switch and what follows.
    pub(super) fn go_over(
        &mut self,
        site: &ReleaseSite,
        release: &str,
        virtualenv: &str,
        leads: Option<bool>,
    ) {
        let deploy = &site.deploy;
        let both = (release, virtualenv);
        self.step(DeployStep::Check, &["check", release, virtualenv]);
        self.step(DeployStep::Probe, &["probe"]);
        self.stands("prepared");
        if leads == Some(true) && !deploy.release.is_empty() {
            self.hooks(site, both, &deploy.release, DeployStep::Release);
            self.stands("released");
        }
        self.step(DeployStep::Switch, &["go_over", release, virtualenv]);
        self.step(DeployStep::Exchange, &["exchange"]);
        if site.front.is_some() {
            self.step(DeployStep::Verify, &["verify"]);
        }
        if leads.is_some() {
            self.hooks(site, both, &deploy.after, DeployStep::After);
        }
        self.stands("switched");
    }
}

/// What names a script of several lines.
fn first_line(text: &str) -> String {
    match text.trim().split_once('\n') {
        Some((first, _)) => format!("{} …", first.trim_end()),
        None => text.trim_end().to_owned(),
    }
}

pub(super) fn program(
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
    let steps = writer.steps.iter().map(|step| {
        let name = step.to_string();
        name.replace(char::is_control, " ")
    });
    let steps = steps.collect::<Vec<_>>().join("\n");
    let values = [
        ("M", mark),
        ("E", ""),
        ("ID", id),
        ("KEY", key),
        ("REVISION", revision),
        ("OPERATOR", &operator),
        ("STEPS", &steps),
        ("ASK", ASK),
        ("MOVE", MOVE),
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
    // What is said to the program follows its files, and `arrived` closes stdin.
    let hears = match writer.company {
        Company::Alone => "",
        Company::Others => "exec 7<&0\n",
    };
    let Writer {
        calls,
        mut payload,
        company,
        ..
    } = writer;
    let waits = wait > 0 && company == Company::Alone;
    if waits {
        // There is something to be held back until it has its turn.
        payload.push(b"\n".to_vec());
    }
    let script = [
        places(site),
        values,
        bare(STATE),
        bare(PERFORM),
        bare(DEPLOY),
        bare(ASSEMBLE),
        bare(GATE),
        restart.to_owned(),
        payload.arrival(),
        format!("main() {{\n{hears}arrive\n"),
        call(["still", survey.current.as_deref().unwrap_or_default()]),
        calls,
        "}\n".to_owned(),
        call(["alone", &operator, &wait.to_string()]),
        // What is printed is kept on the host, and goes on when nobody listens any more.
        "main | (trap '' INT TERM; exec tee -p -- \"$N/output~\" 9>&-)\n".to_owned(),
        "mv -T -- \"$N/output~\" \"$N/output\"\n".to_owned(),
    ]
    .concat();
    Program {
        script,
        payload,
        waits,
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

#[cfg(test)]
mod tests {
    use super::first_line;

    #[test]
    fn a_script_is_named_by_its_first_line() {
        assert_eq!(
            first_line("python manage.py migrate\n"),
            "python manage.py migrate"
        );
        assert_eq!(first_line("\nset -u\r\ncd web\n"), "set -u …");
    }
}
