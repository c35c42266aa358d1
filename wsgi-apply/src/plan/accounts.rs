//! The user and the group of an app.

use wsgi_model::Bundle;

use super::{Change, Draft, Obstacle};

/// Below it are the system's users, login.defs(5) `UID_MIN`.
const FIRST_PERSON: u32 = 1000;

impl Draft<'_> {
    pub(super) fn accounts(&mut self, bundle: &Bundle) {
        let facts = self.facts;
        let app = &bundle.app;
        let wanted = &bundle.needs.user;
        let (name, group) = (wanted.name.as_str(), wanted.group.as_str());
        let made = self.ours.get(app).map(|ours| ours.needs.clone());
        let made = made.unwrap_or_default();
        if !facts.groups.contains_key(group) {
            let name = group.to_owned();
            self.push(app, Change::Group { name });
        }
        let Some(user) = facts.users.get(name) else {
            return self.push(
                app,
                Change::User {
                    name: name.to_owned(),
                    group: group.to_owned(),
                    home: wanted.home.clone(),
                    shell: wanted.shell.to_owned(),
                },
            );
        };
        let is_ours = made.user.as_deref() == Some(name);
        let refuse = |difference: String, adoptable| Obstacle::User {
            name: name.to_owned(),
            difference,
            adoptable,
        };
        if user.uid < FIRST_PERSON && !is_ours {
            let difference = format!("a system account with the id {}", user.uid);
            return self.obstacle(refuse(difference, false));
        }
        let may_change = is_ours || self.options.adopt;
        let home =
            (user.home.trim_end_matches('/') != wanted.home.as_str()).then(|| wanted.home.clone());
        if home.is_some() && !may_change {
            let difference = format!("with the home {}", user.home);
            return self.obstacle(refuse(difference, true));
        }
        let gid = facts.groups.get(group);
        let other_group = (gid != Some(&user.gid)).then(|| group.to_owned());
        if other_group.is_some() && !may_change {
            let difference = format!("in another group than {group}");
            return self.obstacle(refuse(difference, true));
        }
        // The home is the app's: so was the user.
        let shell = (user.shell != wanted.shell).then(|| wanted.shell.to_owned());
        if home.is_some() || shell.is_some() || other_group.is_some() {
            let name = name.to_owned();
            let change = Change::AlterUser {
                name,
                shell,
                home,
                group: other_group,
            };
            self.push(app, change);
        }
    }
}
