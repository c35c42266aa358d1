use wsgi_render::Target;

use crate::{Container, HttpAnswer, Machine, Process, wait_until};

const ECHO_APP: &str = include_str!("echo_app.py");
const ECHO_APP_PATH: &str = "/usr/local/lib/echo_app.py";

/// What vars files may include.
const FILES: [(&str, &str); 2] = [
    (
        "nginx/legacy.conf",
        "location = /legacy { return 200 \"include legacy\"; }\n",
    ),
    (
        "nginx/uploads.conf",
        "add_header X-Frame-Options DENY always;\nlocation ~ [.]php$ { return 418; }\n",
    ),
];

/// A machine with Debian's nginx in front of some apps.
#[derive(Debug)]
pub struct WebHost {
    /// The machine.
    pub machine: Machine,
    /// The apps.
    pub apps: Vec<Container>,
    nginx: Option<Process>,
    upstreams: Vec<Process>,
}

impl WebHost {
    /// A machine with the containers that these vars files describe; nothing runs yet.
    ///
    /// # Panics
    ///
    /// When a vars file is refused, or the machine does not come up.
    #[track_caller]
    pub fn with(vars: &[&str]) -> Self {
        Self::on(Machine::up(), vars)
    }

    /// As [`with`](Self::with), on a machine that is there.
    ///
    /// # Panics
    ///
    /// When a vars file is refused.
    #[track_caller]
    pub fn on(machine: Machine, vars: &[&str]) -> Self {
        let apps = vars
            .iter()
            .map(|text| Container::on_target(&machine, text, FILES, &Target::default()))
            .collect();
        Self {
            machine,
            apps,
            nginx: None,
            upstreams: Vec::new(),
        }
    }

    /// Starts a stand-in for each app, which tells what arrived, as the app's user.
    ///
    /// # Panics
    ///
    /// When one does not come up.
    #[must_use]
    #[track_caller]
    pub fn apps_up(mut self) -> Self {
        self.machine.write(ECHO_APP_PATH, ECHO_APP, 0o644);
        for app in self.apps.iter().map(Container::app) {
            let socket = app.layout().socket();
            let upstream = self
                .machine
                .command(["/usr/bin/python3", ECHO_APP_PATH, socket.as_str()])
                .user(app.user().as_str())
                .spawn();
            // It opens the socket's mode once it listens.
            let listens = format!("[ \"$(stat -c %a '{socket}')\" = 666 ]");
            wait_until("the app listens", || self.machine.sh(&listens).success());
            self.upstreams.push(upstream);
        }
        self
    }

    /// Starts nginx, once its configuration is accepted without a warning.
    ///
    /// # Panics
    ///
    /// With nginx's own words, when it is not.
    #[must_use]
    #[track_caller]
    pub fn nginx_up(mut self) -> Self {
        let test = self.machine.ok(["nginx", "-t", "-q"]);
        assert_eq!(test.errors(), "", "{test}");
        let nginx = self.machine.spawn(["nginx", "-g", "daemon off;"]);
        // It writes this file once it listens everywhere.
        wait_until("nginx listens", || {
            self.machine.sh("[ -s /run/nginx.pid ]").success()
        });
        self.nginx = Some(nginx);
        self
    }

    /// Starts both.
    ///
    /// # Panics
    ///
    /// When one of them does not come up.
    #[must_use]
    #[track_caller]
    pub fn up(self) -> Self {
        self.apps_up().nginx_up()
    }

    /// Asks the first app by its first name over plain HTTP.
    ///
    /// # Panics
    ///
    /// When nothing answers.
    #[track_caller]
    pub fn get(&self, path: &str) -> HttpAnswer {
        self.ask(&[], path)
    }

    /// Asks the first app by its first name over plain HTTP, with further arguments of `curl`.
    ///
    /// # Panics
    ///
    /// When nothing answers.
    #[track_caller]
    pub fn ask(&self, arguments: &[&str], path: &str) -> HttpAnswer {
        let names = self.apps.first().map(|app| &app.app().site.server_names);
        let name = names.and_then(|names| names.first());
        let name = name.map_or("localhost", |name| name.as_str());
        let url = format!("http://{name}{path}");
        let url = std::iter::once(url.as_str());
        self.machine.http(arguments.iter().copied().chain(url))
    }

    /// Takes an app away: nobody answers at its socket any more.
    ///
    /// # Panics
    ///
    /// When there is no such app.
    #[track_caller]
    pub fn stop_app(&mut self, index: usize) {
        self.upstreams[index].stop();
    }
}
