//! A desk with vars files, and hosts in memory that `--host` names.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use wsgi_apply::{
    Facts, Host, HostError, MemoryHost, PerformOptions, Plan, Probe, Progress, Report,
};
use wsgi_cli::Machines;
use wsgi_tests::Answer;

/// An app with a site, an environment and a cron task, and nothing to warn about.
pub(crate) const SHOP: &str = "\
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_support_email: help@shop.example.org
wsgi_ssh: no
wsgi_server_names: [shop.example.org]
wsgi_env_vars: {secret_key: canary-1}
wsgi_cron_tasks:
- {name: Clean up, command: python current/manage.py clearsessions, frequency: {minute: '30', hour: '4'}}
";

/// A host that outlives a call.
#[derive(Clone)]
pub(crate) struct Shared(pub(crate) Arc<Mutex<MemoryHost>>);

impl Host for Shared {
    fn label(&self) -> &'static str {
        "a host in memory"
    }

    fn observe(&mut self, probe: &Probe) -> Result<Facts, HostError> {
        self.0.lock().unwrap().observe(probe)
    }

    fn perform(
        &mut self,
        plan: &Plan,
        options: &PerformOptions,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Report, HostError> {
        self.0.lock().unwrap().perform(plan, options, progress)
    }
}

/// Vars files, hosts, and what was typed and answered.
pub(crate) struct Scene {
    directory: TempDir,
    hosts: BTreeMap<String, Shared>,
    transcript: String,
}

impl Machines for Scene {
    fn machine(&self, name: &str) -> Option<Box<dyn Host + Send>> {
        let host = self.hosts.get(name)?;
        Some(Box::new(host.clone()))
    }
}

impl Scene {
    /// A desk with `shop.yml`, and a fresh Debian `web1`.
    pub(crate) fn new() -> Self {
        let mut scene = Self {
            directory: tempfile::tempdir().unwrap(),
            hosts: BTreeMap::new(),
            transcript: String::new(),
        };
        scene.write("shop.yml", SHOP);
        scene.add(MemoryHost::debian("web1"));
        scene
    }

    /// A host on which the app was applied.
    pub(crate) fn applied() -> Self {
        let mut scene = Self::new();
        let answer = scene.call("apply shop.yml --host web1 --yes");
        assert_eq!(answer.status, 0, "{}", answer.err);
        scene.transcript.clear();
        scene
    }

    pub(crate) fn add(&mut self, host: MemoryHost) {
        let name = host.label().to_owned();
        self.hosts.insert(name, Shared(Arc::new(Mutex::new(host))));
    }

    /// Does something to a host behind the back of the command line.
    pub(crate) fn on<T>(&self, name: &str, what: impl FnOnce(&mut MemoryHost) -> T) -> T {
        what(&mut self.hosts[name].0.lock().unwrap())
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.directory.path().join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(name)).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.directory
            .path()
            .join(name)
            .to_string_lossy()
            .into_owned()
    }

    /// Says in the transcript what happens.
    pub(crate) fn tell(&mut self, what: &str) {
        writeln!(self.transcript, "# {what}\n").unwrap();
    }

    /// Calls the command line; files are named as from the desk.
    pub(crate) fn call(&mut self, line: &str) -> Answer {
        let desk = self.path("");
        let mut args = vec!["wsgi-cli".to_owned()];
        args.extend(line.split(' ').map(|word| {
            let extension = word.rsplit_once('.').map(|(_, extension)| extension);
            let is_file = matches!(extension, Some("yml" | "plan"));
            if is_file {
                self.path(word)
            } else {
                word.to_owned()
            }
        }));
        let answer = Answer::of(self, args, &desk);
        let shown = steady(&answer.shown);
        writeln!(
            self.transcript,
            "$ wsgi-cli {line}\n{shown}(exit status {})\n",
            answer.status
        )
        .unwrap();
        answer
    }

    /// Everything that was typed and answered.
    pub(crate) fn transcript(&self) -> &str {
        &self.transcript
    }
}

/// A text in which nothing changes when a template gets another line of comment.
fn steady(text: &str) -> String {
    let line = |line: &str| {
        if let Some((before, _)) = line.split_once("@@ -") {
            let colour = line.rfind("@@").map_or("", |end| &line[end + 2..]);
            let is_json = line.contains("\"diff\"");
            return if is_json {
                line.to_owned()
            } else {
                format!("{before}@@ -… +… @@{colour}")
            };
        }
        if let Some((before, after)) = line.split_once("/nginx/sites-enabled/shop:")
            && after.parse::<u32>().is_ok()
        {
            return format!("{before}/nginx/sites-enabled/shop:…");
        }
        if let Some((before, after)) = line.split_once("/nginx/sites-available/shop:")
            && let Some((_, after)) = after.split_once(": ")
        {
            return format!("{before}/nginx/sites-available/shop:…: {after}");
        }
        if let Some((before, digest)) = line.split_once("\"sha256\": \"")
            && digest.len() >= 64
        {
            return format!("{before}\"sha256\": \"…{}", &digest[64..]);
        }
        let counted = line
            .strip_suffix(" lines")
            .and_then(|rest| rest.rsplit_once(", "));
        match counted {
            Some((before, number)) if number.parse::<u32>().is_ok() => format!("{before}, … lines"),
            _ => line.to_owned(),
        }
    };
    text.split_inclusive('\n')
        .map(|all| match all.strip_suffix('\n') {
            Some(rest) => line(rest) + "\n",
            None => line(all),
        })
        .collect()
}
