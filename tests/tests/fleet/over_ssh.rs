//! A person at a terminal, and one who goes away: over SSH.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use wsgi_tests::{SshServer, wait_until, wait_until_within};

use crate::desk::{Desk, VARS};

/// Machines that are reached over SSH under their names.
pub(crate) struct Office {
    pub(crate) desk: Desk,
    servers: Vec<SshServer>,
}

/// Far above what a step takes on a busy computer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A program, and what it shows.
pub(crate) struct Shown {
    child: Child,
    screen: Arc<Mutex<Vec<u8>>>,
}

impl Office {
    pub(crate) fn of(desk: Desk, names: &[&str]) -> Self {
        let mut servers = Vec::new();
        let (mut config, mut known) = (String::new(), String::new());
        for name in names {
            let server = SshServer::into_machine(desk.on(name));
            let (port, key) = (server.port(), server.user_key());
            write!(
                config,
                "Host {name}\nHostName 127.0.0.1\nPort {port}\nUser root\nIdentityFile {}\n",
                key.display()
            )
            .unwrap();
            writeln!(known, "[127.0.0.1]:{port} {}", server.host_key("ed25519")).unwrap();
            servers.push(server);
        }
        desk.write("home/.ssh/config", &config);
        desk.write("home/.ssh/known_hosts", &known);
        Self { desk, servers }
    }

    /// The servers of all connections end, and nothing else.
    pub(crate) fn kill_connections(&self) {
        self.servers.iter().for_each(SshServer::kill_connections);
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.desk.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .env("HOME", self.desk.path().join("home"))
            .env("USER", "root")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command
    }

    /// Runs a shell line in a terminal.
    fn in_terminal(&self, line: &str) -> Shown {
        let line = line.replace("wsgi-cli", env!("CARGO_BIN_EXE_tested-cli"));
        let mut script = self.command("script");
        Shown::new(script.args(["-qefc", &line, "/dev/null"]))
    }

    pub(crate) fn call(&self, args: &[&str]) -> Shown {
        let mut command = self.command("/bin/sh");
        let program = env!("CARGO_BIN_EXE_tested-cli");
        let line = ["-c", "exec \"$@\" 2>&1", "sh", program];
        Shown::new(command.args(line).args(args))
    }
}

impl Shown {
    fn new(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let screen = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = out.read(&mut piece) {
                shared.lock().unwrap().extend_from_slice(&piece[..length]);
            }
        });
        Self { child, screen }
    }

    pub(crate) fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        wait_until_within(PATIENCE, text, || self.screen().contains(text));
    }

    fn types(&mut self, keys: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(keys.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// Its exit status; none when a signal has ended it.
    pub(crate) fn ends(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let _ = writeln!(io::stderr(), "{}", self.screen());
        }
    }
}

pub(crate) fn a_person_uses_a_shell_and_programs_that_ask(office: &Office) {
    let mut shell = office.in_terminal(
        "stty cols 101 rows 31; tty >tty; wsgi-cli shell shop.yml --host web1; echo status $?; stty -a",
    );
    shell.shows("$ ");
    shell.types(
        "echo \"<$(id -un) $(stty size) $PWD $CURRENT_RELEASE $TERM $(command -v python)>\"\r",
    );
    shell.shows("<shop 31 101 /var/www/shop/releases/");
    shell.shows(" xterm /var/lib/shop/venvs/");
    // The window gets another size.
    let tty = fs::read_to_string(office.desk.path().join("tty")).unwrap();
    let resized = Command::new("stty")
        .args(["-F", tty.trim(), "cols", "77", "rows", "22"])
        .status();
    assert!(resized.unwrap().success());
    wait_until("the size arrives", || {
        shell.types("stty size\r");
        shell.screen().contains("22 77")
    });
    // Ctrl-C is the program's.
    shell.types("sleep 600; echo \"<$?>\"\r");
    wait_until("it sleeps", || {
        office.desk.on("web1").run(["pgrep", "sleep"]).success()
    });
    shell.types("\u{3}");
    wait_until("it ends", || {
        !office.desk.on("web1").run(["pgrep", "sleep"]).success()
    });
    shell.types("exit 7\r");
    shell.shows("status 7");
    assert_eq!(shell.ends(), Some(0));
    let after = shell.screen();
    let after = after.rsplit_once("status 7").unwrap().1;
    assert!(
        after.contains(" echo ") && after.contains(" icanon"),
        "{after}"
    );

    // A program that asks; its status is the command's.
    let ask = "wsgi-cli run shop.yml --host web1 -- python -c 'import sys; sys.exit(int(input(\"how? \")))'";
    let mut asked = office.in_terminal(ask);
    asked.shows("how? ");
    asked.types("5\r");
    assert_eq!(asked.ends(), Some(5), "{}", asked.screen());

    // Who is not root is asked by sudo.
    let machine = office.desk.on("web1");
    let account = "useradd -m -s /bin/bash ada && echo ada:quite-secret | chpasswd && echo 'ada ALL=(ALL) ALL' >/etc/sudoers.d/ada";
    machine.sh(account).expect_success();
    let mut asked = office.in_terminal("wsgi-cli run shop.yml --host ada@web1 -- id -un");
    asked.shows("password for ada");
    asked.types("quite-secret\r");
    assert_eq!(asked.ends(), Some(0), "{}", asked.screen());
    let screen = asked.screen();
    assert!(
        screen.contains("shop") && !screen.contains("quite-secret"),
        "{screen}"
    );

    // On this machine it is not the person's own terminal.
    machine.write("/root/shop.yml", VARS, 0o644);
    let call = "tty; /opt/wsgi-cli/tested-cli shell /root/shop.yml --local; echo \"status $?\"";
    let typed = "echo \"<$(id -un) $(tty) $PWD>\"\nexit 7\n";
    let line = ["script", "-qefc", call, "/dev/null"];
    let said = machine
        .command(line)
        .env("SHELL", "/bin/sh")
        .stdin(typed)
        .ok()
        .text();
    assert!(
        said.contains("/var/www/shop/releases/") && said.contains("status 7"),
        "{said}"
    );
    let terminals: Vec<&str> = said.matches("/dev/pts/0").collect();
    assert!(said.contains("<shop /dev/pts/1 "), "{said}");
    assert_eq!(terminals.len(), 1, "{said}");

    // Where there is no terminal, input and output are passed on as they come.
    let args = [
        "run",
        "shop.yml",
        "--host",
        "web1",
        "--",
        "sh",
        "-c",
        "test -t 0 || cat",
    ];
    let mut piped = office.call(&args);
    piped.types("first\n");
    piped.shows("first");
    piped.types("second\n");
    piped.shows("second");
    drop(piped.child.stdin.take());
    assert_eq!(piped.ends(), Some(0));
    let mut none = office.call(&["shell", "shop.yml", "--host", "web1"]);
    assert_eq!(none.ends(), Some(2));
    none.shows("a shell is used in a terminal");
}

/// Where `one` serves.
pub(crate) fn hosts_that_nobody_tells_to_go_on_go_back(office: &mut Office) {
    let line = "deploy shop.yml --host web1 --host web2 --from project";
    office.desk.name("two");
    let args: Vec<&str> = line.split(' ').collect();
    for signal in ["INT", "KILL"] {
        office.desk.on("web2").write("/etc/slow-after", "", 0o644);
        let mut operator = office.call(&args);
        operator.shows("web1: switched");
        operator.shows("web2: [ 9/10]");
        assert_eq!(office.desk.answer("web1"), "two");
        operator.signal(signal);
        if signal == "INT" {
            operator.shows("no host switches any more");
        }
        wait_until("the first goes back", || {
            office.desk.answer("web1") == "one"
        });
        office.desk.on("web2").ok(["rm", "/etc/slow-after"]);
        wait_until("the second goes back", || {
            office.desk.answer("web2") == "one"
        });
        let status = operator.ends();
        assert_eq!(
            status,
            (signal == "INT").then_some(130),
            "{}",
            operator.screen()
        );
        office.desk.all_are_unlocked();
    }
    if cfg!(feature = "long") {
        hosts_whose_operator_is_silent_go_back(office, &args);
    }
    let answer = office.desk.call(line);
    assert_eq!(answer.status, 0, "{}", answer.err);
    for name in ["web1", "web2"] {
        assert_eq!(office.desk.answer(name), "two");
    }
}

/// Their connections stand, and nothing comes for a minute: as when a laptop sleeps.
fn hosts_whose_operator_is_silent_go_back(office: &Office, args: &[&str]) {
    office.desk.on("web2").write("/etc/slow-after", "", 0o644);
    let mut operator = office.call(args);
    operator.shows("web1: switched");
    operator.shows("web2: [ 9/10]");
    operator.signal("STOP");
    office.desk.on("web2").ok(["rm", "/etc/slow-after"]);
    wait_until("both serve it", || {
        ["web1", "web2"].map(|name| office.desk.answer(name)) == ["two", "two"]
    });
    for name in ["web1", "web2"] {
        wait_until_within(2 * PATIENCE, "it goes back", || {
            office.desk.answer(name) == "one"
        });
    }
    office.desk.all_are_unlocked();
    operator.signal("CONT");
    assert_eq!(operator.ends(), Some(6), "{}", operator.screen());
    // Which of both is heard of first is open, and with that the reason.
    wait_until("both are told of", || {
        operator.screen().matches(" serves again").count() == 2
    });
}
