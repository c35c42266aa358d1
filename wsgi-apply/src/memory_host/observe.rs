//! Answers a probe.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use wsgi_model::AbsPath;

use super::MemoryHost;
use crate::plan::role;
use crate::{Answered, Digest, Facts, Look, Observed, Probe};

impl MemoryHost {
    pub(super) fn facts(&self, probe: &Probe) -> Facts {
        let mut facts = Facts {
            system: self.system.clone(),
            state: Some(self.state()),
            ..Facts::default()
        };
        for app in probe.apps.keys() {
            if let Some(known) = self.apps.get(app) {
                facts.apps.insert(app.clone(), known.clone());
            }
        }
        for path in self.asked(probe) {
            if let Some(node) = self.nodes.get(&path) {
                let look = probe.paths.get(&path).copied().unwrap_or(Look::Attributes);
                if is_marked(node, look) {
                    facts.marked.insert(path.clone());
                }
                facts.nodes.insert(path, seen(node, look));
            }
        }
        for (app, known) in &self.apps {
            if !probe.apps.contains_key(app) {
                for path in known.manifest.paths.keys() {
                    facts
                        .claims
                        .entry(path.clone())
                        .or_default()
                        .insert(app.clone());
                }
            }
        }
        for (link, file) in &probe.conffiles {
            if self.nodes.contains_key(link) && self.pristine.contains(file) {
                facts.pristine.insert(file.clone());
            }
        }
        let packages = self.packages.iter();
        facts.packages.extend(
            packages
                .filter(|(name, _)| probe.packages.contains(*name))
                .map(|(name, version)| (name.clone(), version.clone())),
        );
        let has_mark = |text: &String| text.lines().any(|line| line.starts_with(role::CRON_MARK));
        let crontabs = self.crontabs.iter();
        let crontabs =
            crontabs.filter(|(user, text)| probe.crontabs.contains(*user) && has_mark(text));
        facts.crontabs = crontabs
            .map(|(user, text)| (user.clone(), text.clone()))
            .collect();
        for app in probe.health.keys() {
            let programs = self.system.programs.as_ref();
            let program = programs.and_then(|programs| programs.get(app.as_str()));
            let answered = match program {
                Some(program) if program.state == "RUNNING" => Answered::Status(200),
                _ => Answered::Nothing("Connection refused".to_owned()),
            };
            facts.answers.insert(app.clone(), answered);
        }
        facts.tls.extend(
            probe
                .tls
                .iter()
                .filter_map(|wanted| Some((wanted.clone(), self.tls.get(wanted)?.clone()))),
        );
        for app in probe.apps.values() {
            let (user, group) = (app.user.as_str(), app.group.as_str());
            if let Some(found) = self.users.get(user) {
                facts.users.insert(user.to_owned(), found.clone());
            }
            for group in [group, "www-data"] {
                if let Some(&gid) = self.groups.get(group) {
                    facts.groups.insert(group.to_owned(), gid);
                }
            }
        }
        facts
    }

    /// What is looked at: what is asked for, what we made for the apps, and what is above both.
    fn asked(&self, probe: &Probe) -> BTreeSet<AbsPath> {
        let mut asked: BTreeSet<AbsPath> = probe.paths.keys().cloned().collect();
        for app in probe.apps.keys().filter_map(|app| self.apps.get(app)) {
            let manifests = std::iter::once(&app.manifest).chain(&app.intent);
            asked.extend(manifests.flat_map(|manifest| manifest.paths.keys().cloned()));
        }
        for path in asked.clone() {
            asked.extend(std::iter::successors(path.parent(), AbsPath::parent));
        }
        asked
    }

    /// A hash of everything that stands anywhere: more than was asked for, which a host of this size
    /// can afford.
    pub(super) fn state(&self) -> Digest {
        let mut text = String::new();
        for (path, node) in &self.nodes {
            let _ = writeln!(text, "{path}\0{:?}", seen(node, Look::Attributes));
        }
        for (name, app) in &self.apps {
            let _ = writeln!(text, "{name}\0{}", app.manifest.to_text());
        }
        Digest::of(text.as_bytes())
    }
}

/// Whether a file holds all lines that are asked for; with none, whether it is empty.
fn is_marked(node: &Observed, look: Look) -> bool {
    let (
        Look::Marked(lines),
        Observed::File {
            contents: Some(contents),
            ..
        },
    ) = (look, node)
    else {
        return false;
    };
    let text = String::from_utf8_lossy(contents);
    let found = |line: &&str| text.lines().any(|other| other == *line);
    if lines.is_empty() {
        text.is_empty()
    } else {
        lines.iter().all(found)
    }
}

/// What a look shows of a node: contents only where they are asked for.
fn seen(node: &Observed, look: Look) -> Observed {
    let mut node = node.clone();
    if let Observed::File {
        digest, contents, ..
    } = &mut node
    {
        let shown = match look {
            Look::Contents => true,
            Look::ContentsUnless(known) => *digest != Some(known),
            Look::Attributes | Look::Hash | Look::Marked(_) => false,
        };
        let fits = |contents: &Vec<u8>| contents.len() <= Probe::LARGEST;
        *contents = contents.take().filter(|all| shown && fits(all));
    }
    node
}
