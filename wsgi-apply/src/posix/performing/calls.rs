//! The longer calls of a program that performs a plan.

use wsgi_model::AbsPath;

use super::{Writer, argv};
use crate::{Change, Digest, Plan};

impl Writer<'_> {
    pub(super) fn soundness(&mut self, plan: &Plan) {
        let Some((check, mended)) = plan.presupposition() else {
            return;
        };
        if !self.prefix.is_empty() {
            return;
        }
        let mended: Vec<&str> = mended.into_iter().map(AbsPath::as_str).collect();
        let words = argv(check, "");
        let words = words.iter().map(String::as_str);
        self.call(["sound", &mended.join("\n")].into_iter().chain(words));
    }

    pub(super) fn alter_user(&mut self, step: &str, change: &Change) {
        let Change::AlterUser {
            name,
            shell,
            home,
            group,
        } = change
        else {
            return;
        };
        let home = home.as_ref().map(ToString::to_string);
        let options = [
            ("--shell", shell.as_ref()),
            ("--home", home.as_ref()),
            ("--gid", group.as_ref()),
        ];
        let mut words = vec!["step", step, "run", "usermod"];
        for (option, value) in options {
            if let Some(value) = value {
                words.extend([option, value]);
            }
        }
        words.extend(["--", name]);
        self.call(words);
    }

    pub(super) fn crontab(&mut self, step: &str, user: &str, before: &str, after: &str) {
        let blob = self.payload.push(after.as_bytes().to_vec());
        let digest = Digest::of(before.as_bytes()).to_string();
        let file = format!("/var/spool/cron/crontabs/{user}");
        self.call(["backup", step, "root", &file]);
        self.call(["step", step, "crontab_of", user, &blob, &digest]);
    }

    /// What was made for an app goes.
    pub(super) fn departure(&mut self, step: &str, change: &Change) {
        match change {
            Change::Tree { path } => {
                let path = self.at(path);
                self.call(["step", step, "tree", &path]);
            }
            Change::RemoveUser { name } => {
                self.call(["step", step, "user_gone", name]);
            }
            Change::RemoveGroup { name } => self.call(["step", step, "group_gone", name]),
            _ => {}
        }
    }
}
