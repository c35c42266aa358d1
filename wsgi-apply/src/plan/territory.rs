//! Who may act at a path without being led astray.

use std::collections::BTreeMap;

use wsgi_model::{AbsPath, Node, Owner};

use super::{Draft, Obstacle};
use crate::{Attributes, Desired, Facts, Observed};

/// Who makes a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Actor {
    /// root: nobody else can write in the directories above.
    Root,
    /// The user in whose directory it is, who could else put a link in root's way.
    User(String),
}

impl Actor {
    /// The user's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Root => "root",
            Self::User(name) => name,
        }
    }
}

/// The owner of each directory, as it is when the plan has made directories.
pub(super) fn owners(desired: &Desired, facts: &Facts) -> BTreeMap<AbsPath, Owner> {
    let mut owners = BTreeMap::new();
    for (path, node) in &facts.nodes {
        if let Observed::Directory(attributes) = node {
            owners.insert(path.clone(), holder(attributes));
        }
    }
    for bundle in desired.bundles() {
        for artifact in bundle.artifacts() {
            if let Node::Directory { owner, .. } = &artifact.node {
                owners.insert(artifact.path.clone(), owner.clone());
            }
        }
        let needs = &bundle.needs;
        let user = Owner::new(
            needs.user.name.as_str().to_owned(),
            needs.user.group.as_str().to_owned(),
        );
        owners.insert(needs.virtualenv.path.clone(), user.clone());
        owners.insert(needs.user.home.join(".ssh"), user);
    }
    owners
}

/// Groups whose members the distribution trusts with directories of root's: Ubuntu's `/var/log` is
/// syslog's to write.
const TRUSTED_GROUPS: &[&str] = &["root", "adm", "staff", "syslog", "mail"];

/// Who can put something else in the place of what is in a directory: its owner, everybody, or a
/// group.
fn holder(attributes: &Attributes) -> Owner {
    let (mode, group) = (attributes.mode.bits(), attributes.group.as_str());
    // `+` stands in no user's name.
    let user = if attributes.uid != 0 {
        attributes.user.clone()
    } else if mode & 0o002 != 0 {
        "+everybody".to_owned()
    } else if mode & 0o020 != 0 && !TRUSTED_GROUPS.contains(&group) {
        format!("+the group {group}")
    } else {
        attributes.user.clone()
    };
    Owner::new(user, attributes.group.clone())
}

impl Draft<'_> {
    /// Who makes a change at `path` that shall belong to `owner`; none where nobody safely can.
    pub(super) fn actor(&mut self, path: &AbsPath, owner: Option<&Owner>) -> Option<Actor> {
        let mut above = path.parent();
        let mut ancestors = Vec::new();
        while let Some(dir) = above {
            above = dir.parent();
            ancestors.push(dir);
        }
        let mut actor = Actor::Root;
        for dir in ancestors.into_iter().rev() {
            if let Some(obstacle) = self.is_no_directory(&dir, &actor) {
                self.obstacle(obstacle);
                return None;
            }
            if self.is_to_note_owners() {
                // Whoever does it does all of it.
                continue;
            }
            let Some(holder) = self.owners.get(&dir).map(|owner| owner.user.to_string()) else {
                // It will be made, root's.
                continue;
            };
            match &actor {
                Actor::Root if holder == "root" => {}
                Actor::User(user) if *user == holder => {}
                Actor::Root if owner.is_none_or(|owner| owner.user == holder) => {
                    actor = Actor::User(holder);
                }
                _ => {
                    let (path, holder) = (path.clone(), holder.replace('+', ""));
                    self.obstacle(Obstacle::Territory {
                        path,
                        directory: dir,
                        holder,
                    });
                    return None;
                }
            }
        }
        Some(actor)
    }

    /// A file is there that nobody could read who may.
    pub(super) fn unreadable(&mut self, path: &AbsPath, attributes: &Attributes) {
        let reader = match self.actor(path, None) {
            // Why is said.
            None => return,
            Some(Actor::Root) => attributes.user.clone(),
            Some(Actor::User(user)) => user,
        };
        let path = path.clone();
        self.obstacle(Obstacle::Unreadable { path, reader });
    }

    /// A link that root made, such as `/var/www` to another disk, is the administrator's wish.
    fn is_no_directory(&self, dir: &AbsPath, actor: &Actor) -> Option<Obstacle> {
        let node = self.facts.at(dir);
        let noun = node.noun();
        match node {
            Observed::Absent | Observed::Directory(_) => None,
            Observed::Symlink { attributes, .. }
                if attributes.uid == 0 && *actor == Actor::Root =>
            {
                None
            }
            // Below a link of its own, a user reaches no more than without it.
            Observed::Symlink { attributes, .. } if attributes.user == actor.name() => None,
            _ => Some(Obstacle::NoDirectory {
                path: dir.clone(),
                noun,
            }),
        }
    }
}
