//! How running gunicorn is exchanged for another release, virtualenv and environment.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod ends;
mod gate;
mod kept;
mod load;

use wsgi_tests::{Container, Machine, Output, Process, PythonPackages, wait_until};

const VARS: &str = "wsgi_project_name: shop
wsgi_wsgi_path: web:app
wsgi_gunicorn_num_workers: 2
wsgi_server_names: [shop.example.org]
";
const RELEASE: &str = include_str!("release.py");
const SOCKET: &str = "/var/lib/shop/run/gunicorn.sock";
const START: &str = "/etc/wsgi/shop/gunicorn_start";

/// An app that runs, with releases and virtualenvs `one` and `two`; links lead to `one`.
struct Shop {
    container: Container,
    supervisor: Process,
}

impl Shop {
    #[track_caller]
    fn running(vars: &str) -> Self {
        Self::with_packages(vars, &PythonPackages::for_apps().unwrap())
    }

    #[track_caller]
    fn with_packages(vars: &str, packages: &PythonPackages) -> Self {
        let container = Container::up(vars);
        let machine = container.machine();
        machine.ok(["rm", "-r", "/var/lib/shop/venv"]);
        for name in ["one", "two"] {
            let virtualenv = format!("/var/lib/shop/venvs/{name}");
            machine.install_virtualenv(packages, &virtualenv, "shop");
            put(&container, name, RELEASE);
        }
        switch(&container, "one");
        let supervisor = container.start_supervisor();
        let shop = Self {
            container,
            supervisor,
        };
        wait_until("the first release answers", || shop.answer() == "one");
        shop
    }

    fn machine(&self) -> &Machine {
        self.container.machine()
    }

    /// Adds a release with a virtualenv, in which `web.py` has this text.
    fn put(&self, name: &str, web: &str) {
        self.machine()
            .ok(["ln", "-s", "one", &format!("/var/lib/shop/venvs/{name}")]);
        put(&self.container, name, web);
    }

    /// Makes both links lead to what has this name, as a deploy does.
    #[track_caller]
    fn switch(&self, name: &str) {
        switch(&self.container, name);
    }

    /// Asks for an exchange, as the app's user.
    #[track_caller]
    fn exchange(&self) -> Output {
        self.container.run([START, "--exchange"])
    }

    /// What the app says, asked as nginx would.
    #[track_caller]
    fn answer(&self) -> String {
        answer(&self.container)
    }

    /// What the program has printed.
    #[track_caller]
    fn printed(&self) -> String {
        self.container
            .run(["cat", "/var/log/shop/supervisor.log"])
            .text()
    }

    #[track_caller]
    fn control(&self, action: &[&str]) {
        self.machine()
            .ok(["supervisorctl"].iter().chain(action).copied());
    }

    /// The process that supervisor watches; `0` while there is none.
    #[track_caller]
    fn herder(&self) -> String {
        let pid = self.machine().run(["supervisorctl", "pid", "shop"]).text();
        pid.trim().to_owned()
    }

    /// Adds a release that starts when `/tmp/go` is there, and waits until it tries.
    #[track_caller]
    fn begin_exchange(&self, name: &str) {
        let starts = "/var/lib/shop/run/starts";
        let waits = format!(
            "import os, time
open('{starts}', 'w').close()
while not os.path.exists('/tmp/go'):
    time.sleep(0.05)
{RELEASE}"
        );
        self.put(name, &waits);
        self.switch(name);
        self.control(&["signal", "HUP", "shop"]);
        wait_until("the new release starts", || self.machine().exists(starts));
        assert_eq!(self.masters().len(), 2);
    }

    /// The masters of gunicorn.
    #[track_caller]
    fn masters(&self) -> Vec<String> {
        children(self.machine(), &self.herder())
    }

    /// The processes of the app's user.
    #[track_caller]
    fn processes(&self) -> String {
        let argv = ["pgrep", "--list-full", "--euid", "shop"];
        self.machine().run(argv).text()
    }

    /// Has the herder lose its patience after two seconds. It reads that at its next start.
    #[track_caller]
    fn impatient(&self) {
        let script = "sed -i 's/^\\(BOOT\\|STOP\\)_TIMEOUT = .*/\\1_TIMEOUT = 2/'";
        self.machine()
            .ok(["sh", "-c", &format!("{script} /etc/wsgi/shop/herder.py")]);
        self.control(&["restart", "shop"]);
        wait_until("the app answers", || self.answer() == "one");
    }
}

fn answer(container: &Container) -> String {
    let url = "http://shop.example.org/";
    let argv = ["curl", "--silent", "--unix-socket", SOCKET, url];
    container.machine().run_as("www-data", argv).text()
}

fn put(container: &Container, name: &str, web: &str) {
    let module = format!("NAME = '{name}'\n");
    container.put(
        &format!("/var/www/shop/releases/{name}"),
        [
            ("web.py", web),
            ("beside.py", &module),
            ("late.py", &module),
        ],
    );
}

fn switch(container: &Container, name: &str) {
    let script = r#"
        ln -s "/var/lib/shop/venvs/$1" /var/lib/shop/new && mv -T /var/lib/shop/new /var/lib/shop/venv &&
        ln -s "releases/$1" /var/www/shop/new && chown -h shop: /var/www/shop/new &&
        mv -T /var/www/shop/new /var/www/shop/current"#;
    container.machine().ok(["sh", "-c", script, "switch", name]);
}

#[track_caller]
fn children(machine: &Machine, parent: &str) -> Vec<String> {
    let pids = machine.run(["pgrep", "--parent", parent]).text();
    pids.lines().map(str::to_owned).collect()
}
