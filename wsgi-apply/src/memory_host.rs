//! A host kept in memory.

mod observe;
mod perform;

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use wsgi_model::{AbsPath, AppName, Mode, Owner};

use crate::{
    AppFacts, Attributes, Digest, Facts, Host, HostError, Observed, PerformOptions, Plan, Probe,
    Progress, Report, System, TlsFile, TlsRole, User,
};

/// A host kept in memory: files with their owners and modes, packages, users, services, and what
/// wsgi-cli notes of each app.
///
/// It is for trying out what is built on [`Host`] and for its tests; and it is the complete example
/// of a backend of one's own that runs no programs.
///
/// ```
/// use wsgi_apply::{Desired, Host as _, MemoryHost, PerformOptions, Plan, PlanOptions, Probe};
/// # use wsgi_model::{AppName, AppParts, AppSpec, Artifact, Bundle, Contents, Mode, Needs, Owner, WsgiTarget};
/// # let app = AppSpec::new(AppParts::new(AppName::parse("shop")?, WsgiTarget::parse("shop.wsgi")?))?;
/// # let page = Artifact::file("/etc/wsgi/shop/env".parse()?, Contents::public("a"), Mode::new(0o640), Owner::root());
/// # let bundle = Bundle::new(app.name.clone(), Needs::of(&app), vec![page])?;
/// let desired = Desired::new(vec![bundle])?;
/// let mut host = MemoryHost::debian("web1");
///
/// let facts = host.observe(&Probe::of(&desired))?;
/// let plan = Plan::new(&desired, &facts, PlanOptions::default());
/// assert!(plan.obstacles.is_empty() && !plan.is_empty());
/// host.perform(&plan, &PerformOptions::default(), &mut |_| {})?;
///
/// let facts = host.observe(&Probe::of(&desired))?;
/// assert!(Plan::new(&desired, &facts, PlanOptions::default()).is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct MemoryHost {
    label: String,
    system: System,
    /// Files have their hash and their contents.
    nodes: BTreeMap<AbsPath, Observed>,
    packages: BTreeMap<String, String>,
    users: BTreeMap<String, User>,
    groups: BTreeMap<String, u32>,
    crontabs: BTreeMap<String, String>,
    apps: BTreeMap<AppName, AppFacts>,
    pristine: BTreeSet<AbsPath>,
    tls: BTreeMap<(TlsRole, AbsPath), TlsFile>,
    ran: Vec<String>,
    now: String,
    lock: Option<String>,
    trouble: Option<Trouble>,
    refusal: Option<Refusal>,
}

/// What goes wrong when a plan is performed.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    step: usize,
    ending: Ending,
}

/// How performing ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// The step fails.
    Fails,
    /// The program is killed on the host.
    Killed,
    /// The connection is lost.
    Lost,
}

/// A program that fails each check that it makes.
#[derive(Clone, Debug)]
struct Refusal {
    program: String,
    said: String,
}

impl MemoryHost {
    /// A host with nothing but `/`.
    pub fn new(label: impl Into<String>) -> Self {
        let root = Attributes {
            mode: Mode::new(0o755),
            uid: 0,
            user: "root".to_owned(),
            group: "root".to_owned(),
        };
        Self {
            label: label.into(),
            system: System::default(),
            nodes: BTreeMap::from([(literal("/"), Observed::Directory(root))]),
            packages: BTreeMap::new(),
            users: BTreeMap::new(),
            groups: BTreeMap::from([("root".to_owned(), 0)]),
            crontabs: BTreeMap::new(),
            apps: BTreeMap::new(),
            pristine: BTreeSet::new(),
            tls: BTreeMap::new(),
            ran: Vec::new(),
            now: "2000-01-01T00:00:00Z".to_owned(),
            lock: None,
            trouble: None,
            refusal: None,
        }
    }

    /// A fresh Debian 12 with nginx.
    pub fn debian(label: impl Into<String>) -> Self {
        const NGINX: &str = "nginx version: nginx/1.22.1\n\
             built with OpenSSL 3.0.8 7 Feb 2023 (running with OpenSSL 3.0.15 3 Sep 2024)\n";
        const DIRECTORIES: &[&str] = &[
            "/etc",
            "/etc/cron.d",
            "/etc/init.d",
            "/etc/logrotate.d",
            "/etc/nginx",
            "/etc/nginx/sites-available",
            "/etc/nginx/sites-enabled",
            "/etc/sudoers.d",
            "/home",
            "/var",
            "/var/lib",
            "/var/log",
            "/var/log/nginx",
            "/var/www",
        ];
        let mut host = Self::new(label);
        for directory in DIRECTORIES {
            host.put_directory(literal(directory), Mode::new(0o755), &Owner::root());
        }
        host.system = System {
            id: "debian".to_owned(),
            version: "12".to_owned(),
            systemd: true,
            nginx: Some(NGINX.to_owned()),
            ..System::default()
        };
        for service in ["nginx", "cron"] {
            host.system.running.insert(service.to_owned());
            host.system.enabled.insert(service.to_owned());
        }
        for (name, version) in [
            ("cron", "3.0pl1-162"),
            ("python3", "3.11.2-1+b1"),
            ("sudo", "1.9.13p3-1+deb12u1"),
        ] {
            host.packages.insert(name.to_owned(), version.to_owned());
        }
        host.groups.insert("www-data".to_owned(), 33);
        let stock = literal("/etc/nginx/sites-available/default");
        host.put_file(
            stock.clone(),
            "server { listen 80 default_server; }\n",
            Mode::new(0o644),
            &Owner::root(),
        );
        host.put_symlink(
            literal("/etc/nginx/sites-enabled/default"),
            stock.as_str(),
            &Owner::root(),
        );
        host.pristine.insert(stock);
        host
    }

    /// The system: what runs, and what it says of itself.
    pub fn system_mut(&mut self) -> &mut System {
        &mut self.system
    }

    /// Says what a file is to nginx, which contents alone do not tell here.
    pub fn put_tls(&mut self, role: TlsRole, path: AbsPath, file: TlsFile) {
        self.tls.insert((role, path), file);
    }

    /// What stands at a path.
    pub fn at(&self, path: &AbsPath) -> &Observed {
        self.nodes.get(path).unwrap_or(&Observed::Absent)
    }

    /// Puts a file somewhere, as somebody else would.
    pub fn put_file(
        &mut self,
        path: AbsPath,
        contents: impl Into<Vec<u8>>,
        mode: Mode,
        owner: &Owner,
    ) {
        let contents = contents.into();
        let node = Observed::File {
            attributes: self.attributes(mode, owner),
            links: 1,
            digest: Some(Digest::of(&contents)),
            contents: Some(contents),
        };
        self.put(path, node);
    }

    /// Puts a directory somewhere.
    pub fn put_directory(&mut self, path: AbsPath, mode: Mode, owner: &Owner) {
        let node = Observed::Directory(self.attributes(mode, owner));
        self.put(path, node);
    }

    /// Puts a symbolic link somewhere.
    pub fn put_symlink(&mut self, path: AbsPath, target: impl Into<Utf8PathBuf>, owner: &Owner) {
        let node = Observed::Symlink {
            attributes: self.attributes(Mode::new(0o777), owner),
            target: target.into(),
        };
        self.put(path, node);
    }

    /// Takes away what stands at a path, and everything below it.
    pub fn remove(&mut self, path: &AbsPath) {
        self.nodes.retain(|other, _| !other.is_within(path));
    }

    /// Adds a user, and its group where there is none of that name.
    pub fn add_user(&mut self, name: &str, user: User) {
        let gid = user.gid;
        self.groups.entry(name.to_owned()).or_insert(gid);
        self.users.insert(name.to_owned(), user);
    }

    /// The names of the actions that have run, in their order.
    pub fn actions(&self) -> &[String] {
        &self.ran
    }

    /// Gives a user a crontab(1).
    pub fn put_crontab(&mut self, user: &str, text: impl Into<String>) {
        self.crontabs.insert(user.to_owned(), text.into());
    }

    /// A user's crontab(1).
    pub fn crontab(&self, user: &str) -> Option<&str> {
        self.crontabs.get(user).map(String::as_str)
    }

    /// Sets the host's clock, which stands still: UTC, such as `2000-01-01T00:00:00Z`.
    pub fn set_clock(&mut self, now: impl Into<String>) {
        self.now = now.into();
    }

    /// Somebody is at work on the host.
    pub fn lock(&mut self, owner: impl Into<String>) {
        self.lock = Some(owner.into());
    }

    /// The next plan fails at this step; what comes after it is not done.
    pub fn fail_at(&mut self, step: usize) {
        self.trouble = Some(Trouble {
            step,
            ending: Ending::Fails,
        });
    }

    /// The program that performs the next plan is killed before this step.
    pub fn end_at(&mut self, step: usize) {
        self.trouble = Some(Trouble {
            step,
            ending: Ending::Killed,
        });
    }

    /// The connection is lost before this step of the next plan, and the program ends.
    pub fn lose_at(&mut self, step: usize) {
        self.trouble = Some(Trouble {
            step,
            ending: Ending::Lost,
        });
    }

    /// A program refuses whatever it is asked to check.
    pub fn refuse(&mut self, program: impl Into<String>, said: impl Into<String>) {
        self.refusal = Some(Refusal {
            program: program.into(),
            said: said.into(),
        });
    }

    /// Puts a node somewhere. What is missing above it is made, by whoever owns what is there.
    fn put(&mut self, path: AbsPath, node: Observed) {
        let above = std::iter::successors(path.parent(), AbsPath::parent);
        let missing: Vec<AbsPath> = above
            .take_while(|above| !self.nodes.contains_key(above))
            .collect();
        let existing = missing.last().and_then(AbsPath::parent);
        let owner = existing.and_then(|path| self.at(&path).attributes().map(Attributes::owner));
        for directory in missing {
            let owner = owner.clone().unwrap_or(Owner::root());
            let attributes = self.attributes(Mode::new(0o755), &owner);
            self.nodes
                .insert(directory, Observed::Directory(attributes));
        }
        self.nodes.insert(path, node);
    }

    fn attributes(&self, mode: Mode, owner: &Owner) -> Attributes {
        let uid = self
            .users
            .get(owner.user.as_ref())
            .map_or(0, |user| user.uid);
        Attributes {
            mode,
            uid,
            user: owner.user.to_string(),
            group: owner.group.to_string(),
        }
    }
}

impl Host for MemoryHost {
    fn label(&self) -> &str {
        &self.label
    }

    fn observe(&mut self, probe: &Probe) -> Result<Facts, HostError> {
        Ok(self.facts(probe))
    }

    fn perform(
        &mut self,
        plan: &Plan,
        options: &PerformOptions,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Report, HostError> {
        self.carry_out(plan, options, progress)
    }
}

fn literal(path: &str) -> AbsPath {
    AbsPath::parse(path).expect("what is written here is a path")
}
