//! What the Ansible role left on a host: its files and jobs are known again, and make place.
//!
//! The role is `wsgi_app_container`. Its files have no common first line, so each is known by lines of
//! its template that stand in it all together; what somebody has made by hand lacks one of them.

use std::collections::BTreeSet;

use wsgi_model::{AbsPath, Action, AppName, Bundle, Check, CheckMoment, Command, TaskNeeds};

use super::{After, Change, Draft, PathChange, Step};
use crate::{Attributes, Desired, Observed};

pub(super) const BECAUSE: &str = "the Ansible role made it";

/// What every app of the role with TLS includes: one file for all of them.
const SNIPPET: &str = "/etc/nginx/snippets/ssl.conf";

/// What Ansible's module cron writes above a job of the role's, before the name of the task.
pub(crate) const CRON_MARK: &str = "#Ansible: App cron task ";

/// A public key whose private half is in everybody's hands (hashicorp/vagrant, `keys/`), by a part
/// that no other key has. The role let it in wherever there was a `/home/vagrant`.
const VAGRANT_KEY: &str =
    "AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzI";

/// The lines that must all stand in the file at a path; `{}` is the app's name.
fn marks(path: &AbsPath) -> &'static [&'static str] {
    let name = path.file_name().unwrap_or_default();
    let directory = path.as_str().strip_suffix(name).unwrap_or_default();
    match (directory, name) {
        ("/etc/nginx/sites-available/", _) => &[
            "upstream {}_wsgi_server {",
            "# if this file is found, show maintenance message",
            "proxy_pass http://{}_wsgi_server;",
        ],
        ("/etc/nginx/snippets/", "ssl.conf") => &[
            "listen 443 ssl",
            "# certs sent to the client in SERVER HELLO are concatenated in ssl_certificate",
            "ssl_session_cache shared:SSL:50m;",
            "add_header Strict-Transport-Security max-age=15768000;",
        ],
        // supervisor knows no such key: nobody but the role ever wrote it.
        ("/etc/supervisor/conf.d/", _) => &["[program:{}]", "bin/gunicorn_start", "stdout_errfile"],
        ("/etc/logrotate.d/", _) => &["prerotate", "USR1", "bin/{}.pid"],
        (_, "500.html" | "maintenance.html") => &[
            "article { display: block; text-align: left; width: 650px; margin: 0 auto; }",
            "Sorry for the inconvenience but",
            "<p>&mdash; The Team</p>",
        ],
        _ => &[],
    }
}

/// What the file at a path is asked for on the host, since its contents are secret or a log. Whole
/// lines; with none of them, it must be empty.
pub(crate) fn lines_to_find(path: &AbsPath) -> Option<&'static [&'static str]> {
    let is_in_bin = path
        .parent()
        .is_some_and(|directory| directory.file_name() == Some("bin"));
    match path.file_name()? {
        "postactivate" if is_in_bin => Some(&[
            "# Environmental variables",
            "export PIP_USE_MIRRORS=True",
            "# Additional project specific env vars",
        ]),
        "gunicorn_start" if is_in_bin => Some(&[
            "# Set additional environment variables.",
            "RUNDIR=$(dirname $SOCKFILE)",
            "# (do not use --daemon).",
        ]),
        // The role made it and nothing ever wrote to it.
        "supervisor.log" => Some(&[]),
        _ => None,
    }
}

/// Paths where the role may have left something that the app does not want any more.
pub(crate) fn leftovers(app: &AppName) -> impl Iterator<Item = AbsPath> {
    let of_app = ["/etc/sudoers.d/", "/etc/nginx/sites-available/"];
    let of_app = of_app.map(|directory| [directory, app.as_str()].concat());
    let all = of_app.into_iter().chain([SNIPPET.to_owned()]);
    all.filter_map(|path| AbsPath::parse(&path).ok())
}

/// The link that enables a site of the role's.
pub(crate) fn enabled(app: &AppName) -> Option<AbsPath> {
    AbsPath::parse(&format!("/etc/nginx/sites-enabled/{app}")).ok()
}

/// Whether `text`, at `path`, was written from a template of the role's, for an app with a user.
fn wrote(path: &AbsPath, app: &AppName, user: &str, text: &str) -> bool {
    if path.as_str().starts_with("/etc/sudoers.d/") {
        // A right more, or one less, is somebody's decision.
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let ours = [
            format!("# User rules for {user}"),
            format!("{user} ALL=(ALL) NOPASSWD:ALL"),
        ];
        return lines.eq(ours.iter().map(String::as_str));
    }
    if path.file_name() == Some(".bash_profile") {
        return without_profile(text).is_some();
    }
    let marks = marks(path);
    !marks.is_empty()
        && marks
            .iter()
            .all(|mark| text.contains(&mark.replace("{}", app.as_str())))
}

/// A profile without the lines of the role's that call the virtualenv, which our block does.
pub(super) fn without_profile(text: &str) -> Option<String> {
    const FIRST: &str = "# If the user has a virtual env, source activate and postactivate";
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let begin = lines.iter().position(|line| line.trim_end() == FIRST)?;
    let section = lines.get(begin + 1..begin + 5)?;
    let is_the_roles = section[0].starts_with("if [ -d ")
        && section[1].trim_end().ends_with("bin/activate")
        && section[2].trim_end().ends_with("bin/postactivate")
        && section[3].trim_end() == "fi";
    is_the_roles.then(|| [&lines[..begin], &lines[begin + 5..]].concat().concat())
}

/// A crontab without the jobs whose task `goes`, and the names of the role's that stay.
fn without_jobs(text: &str, goes: impl Fn(&str) -> bool) -> (String, Vec<String>) {
    let mut after = String::with_capacity(text.len());
    let mut stay = Vec::new();
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        match line.trim_end().strip_prefix(CRON_MARK) {
            Some(name) if goes(name.trim()) => {
                // The job is the next line, unless somebody has taken it away.
                lines.next_if(|line| !line.starts_with("#Ansible: "));
                continue;
            }
            Some(name) => stay.push(name.trim().to_owned()),
            None => {}
        }
        after.push_str(line);
    }
    if after.trim().is_empty() {
        after.clear();
    }
    (after, stay)
}

impl Draft<'_> {
    /// Whether what stands at a path is the role's.
    pub(super) fn is_the_roles(&self, app: &AppName, path: &AbsPath, before: &Observed) -> bool {
        let user = self.users.get(app).map_or(app.as_str(), String::as_str);
        match before {
            Observed::File {
                contents: Some(text),
                ..
            } => wrote(path, app, user, &String::from_utf8_lossy(text)),
            Observed::File { .. } => self.facts.marked.contains(path),
            _ => false,
        }
    }

    /// The role's jobs in crontabs of users make place for those in cron.d.
    pub(super) fn crontabs(&mut self, desired: &Desired) {
        let mut tasks: Vec<(&Bundle, &TaskNeeds)> = Vec::new();
        for bundle in desired.bundles() {
            tasks.extend(bundle.needs.tasks.iter().map(|task| (bundle, task)));
        }
        let facts = self.facts;
        for (user, before) in &facts.crontabs {
            // The user of one app alone: all that the role put there is this app's, also what left
            // the vars file long ago.
            let own = desired.bundles().iter().find(|bundle| {
                bundle.needs.user.name.as_str() == user && bundle.app.as_str() == user
            });
            let find = |name: &str| {
                let mut tasks = tasks.iter();
                tasks.find(|(_, task)| task.user == *user && task.name.as_str() == name)
            };
            let goes = |name: &str| own.is_some() || find(name).is_some();
            let (after, stay) = without_jobs(before, goes);
            for name in stay {
                self.remarks.push(format!(
                    "the crontab of {user} has the Ansible role's task `{name}`, which is in none \
                     of these vars files: it runs on"
                ));
            }
            if after == *before {
                continue;
            }
            let mut names = before.lines().filter_map(|l| l.strip_prefix(CRON_MARK));
            let app = names.find_map(|name| find(name.trim()).map(|(bundle, _)| *bundle));
            let Some(bundle) = own.or(app) else { continue };
            self.steps.push(Step {
                app: bundle.app.clone(),
                change: Change::Crontab {
                    user: user.clone(),
                    before: before.clone(),
                    after,
                },
                because: Some(BECAUSE),
            });
        }
    }

    /// What the role left that no app wants: a right, a site, the settings of TLS for all sites.
    pub(super) fn leftovers(&mut self, desired: &Desired) {
        let wanted = desired.artifacts();
        let mut gone = BTreeSet::new();
        for bundle in desired.bundles() {
            for path in leftovers(&bundle.app) {
                let is_taken = wanted.contains_key(&path) || self.facts.claims.contains_key(&path);
                let before = self.facts.at(&path).clone();
                if is_taken || !self.is_the_roles(&bundle.app, &path, &before) {
                    continue;
                }
                if path.as_str() == SNIPPET && !self.is_snippet_unused(desired) {
                    self.remarks.push(format!(
                        "{path} of the Ansible role stays: other sites include it"
                    ));
                    continue;
                }
                if !gone.insert(path.clone()) {
                    continue;
                }
                if path.as_str().starts_with("/etc/nginx/sites-available/") {
                    let link = enabled(&bundle.app).filter(|link| !wanted.contains_key(link));
                    if let Some(link) = link {
                        let before = self.facts.at(&link).clone();
                        if matches!(&before, Observed::Symlink { target, .. } if target.as_str() == path.as_str())
                        {
                            self.leave(&bundle.app, link, before);
                        }
                    }
                }
                self.leave(&bundle.app, path, before);
            }
        }
    }

    fn leave(&mut self, app: &AppName, path: AbsPath, before: Observed) {
        let is_nginx = path.as_str().starts_with("/etc/nginx/");
        let owner = before.attributes().map(Attributes::owner);
        let Some(actor) = self.actor(&path, owner.as_ref()) else {
            return;
        };
        let mut checks = Vec::new();
        if is_nginx {
            checks.push(Check {
                moment: CheckMoment::InPlace,
                command: Command::test_nginx(),
            });
            let reload = Action::reload_nginx();
            self.owe(app, &reload.name);
            self.actions.insert(reload.name.to_string(), reload);
        }
        self.steps.push(Step {
            app: app.clone(),
            change: Change::Path(PathChange {
                path,
                actor,
                backup: matches!(before, Observed::File { .. }),
                before,
                after: After::Absent,
                checks,
            }),
            because: Some(BECAUSE),
        });
    }

    /// Whether only sites that this plan replaces or removes include the snippet.
    fn is_snippet_unused(&self, desired: &Desired) -> bool {
        let ours: BTreeSet<AbsPath> = desired
            .bundles()
            .iter()
            .filter_map(|bundle| enabled(&bundle.app))
            .collect();
        let includes = |lines: &Vec<String>| {
            let mut lines = lines.iter();
            lines.any(|line| line.starts_with("include") && line.contains("snippets/ssl.conf"))
        };
        let mut files = self.facts.directives.iter();
        !files.any(|(file, lines)| !ours.contains(file) && includes(lines))
    }

    /// A key that everybody has the other half of.
    pub(super) fn remark_on_keys(&mut self, path: &AbsPath, text: &str) {
        if text.contains(VAGRANT_KEY) {
            self.remarks.push(format!(
                "{path} lets in everybody: it has Vagrant's insecure public key"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_of_the_role_go_with_their_line_and_others_stay() {
        let text = "MAILTO=ops@example.org\n\
             #Ansible: App cron task Tidy up\n\
             5 * * * * /bin/bash -c \"source ~/.bash_profile && tidy\"\n\
             #Ansible: backup\n\
             0 1 * * * /usr/local/bin/backup\n\
             #Ansible: App cron task Report\n\
             6 * * * * report\n";
        let (after, stay) = without_jobs(text, |name| name == "Tidy up");
        let rest = text
            .lines()
            .filter(|line| !line.to_lowercase().contains("tidy"));
        let rest: String = rest.flat_map(|line| [line, "\n"]).collect();
        assert_eq!(after, rest);
        assert_eq!(stay, ["Report"]);
        let (after, _) = without_jobs("#Ansible: App cron task a\n* * * * * a\n\n", |_| true);
        assert_eq!(after, "");
        // Its job is gone already: the next entry keeps its own.
        let (after, _) = without_jobs(
            "#Ansible: App cron task a\n#Ansible: b\n1 1 1 1 1 b\n",
            |_| true,
        );
        assert_eq!(after, "#Ansible: b\n1 1 1 1 1 b\n");
    }

    #[test]
    fn a_profile_keeps_what_does_not_call_the_virtualenv() {
        let section = "# If the user has a virtual env, source activate and postactivate\n\
             if [ -d /var/lib/shop/venv/ ]; then\n    . /var/lib/shop/venv/bin/activate\n    \
             . /var/lib/shop/venv/bin/postactivate\nfi\n";
        let text = format!("alias l='ls -1'\n{section}export EDITOR=vi\n");
        assert_eq!(
            without_profile(&text).as_deref(),
            Some("alias l='ls -1'\nexport EDITOR=vi\n")
        );
        let edited = text.replace("fi\n", "    cd current\nfi\n");
        assert_eq!(without_profile(&edited), None);
    }
}
