//! A person at a terminal, who is asked for the password of a vault.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Output, Stdio};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use wsgi_tests::wait_until;

use crate::called::{BLOG, Desk};

/// What the vault holds.
const SECRET: &str = "s3cr3t";
const PASSWORD: &str = "hunter2";

/// A terminal with a program in it, and the hands of a person.
struct Terminal {
    /// The end of the person.
    person: File,
    /// The end of the program, kept to look at its settings.
    screen: File,
    program: Child,
    seen: String,
}

impl Terminal {
    /// Starts a program whose terminal is this one, and nothing else of it.
    fn with(program: &Command) -> Self {
        let person: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let flags = fcntl_getfl(&person).unwrap();
        fcntl_setfl(&person, flags | OFlags::NONBLOCK).unwrap();
        let screen = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap());
        let screen = screen.unwrap();
        // The terminal that is its stdin becomes that of its session (setsid(1)).
        let mut session = Command::new("setsid");
        session
            .arg("--ctty")
            .arg(program.get_program())
            .args(program.get_args());
        session
            .current_dir(program.get_current_dir().unwrap())
            .env_clear();
        session.envs(
            program
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        let program = session
            .stdin(screen.try_clone().unwrap())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            person: File::from(person),
            screen,
            program,
            seen: String::new(),
        }
    }

    fn echoes(&self) -> bool {
        let modes = tcgetattr(&self.screen).unwrap().local_modes;
        modes.contains(LocalModes::ECHO)
    }

    /// Waits until the program asks, and for what.
    fn is_asked(&mut self, prompt: &str) {
        wait_until("the program asks", || {
            self.look();
            self.seen.ends_with(prompt) && !self.echoes()
        });
    }

    /// Takes in what is on the screen.
    fn look(&mut self) -> &str {
        let mut bytes = [0; 1024];
        // Without anything new it would block.
        while let Ok(count @ 1..) = self.person.read(&mut bytes) {
            self.seen += std::str::from_utf8(&bytes[..count]).unwrap();
        }
        &self.seen
    }

    fn types(&mut self, text: &str) {
        self.person.write_all(text.as_bytes()).unwrap();
    }

    fn signal(&self, name: &str) {
        let id = self.program.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// What the program printed elsewhere, and what was on the screen.
    fn end(mut self) -> (Output, String) {
        let echoes = |terminal: &Self| terminal.echoes();
        let status = self.program.wait().unwrap();
        assert!(echoes(&self), "the terminal is left silent");
        self.look();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        self.program
            .stdout
            .take()
            .unwrap()
            .read_to_end(&mut stdout)
            .unwrap();
        self.program
            .stderr
            .take()
            .unwrap()
            .read_to_end(&mut stderr)
            .unwrap();
        (
            Output {
                status,
                stdout,
                stderr,
            },
            self.seen,
        )
    }
}

/// A desk with an app whose token is in a vault, of an id if there is one.
fn vaulted(header: &str) -> Desk {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/vault");
    let vault = fs::read_to_string(format!("{fixtures}/v1_simple.vault")).unwrap();
    let vault = vault.replace("$ANSIBLE_VAULT;1.1;AES256", header);
    let indented = vault.trim_end().replace('\n', "\n    ");
    let desk = Desk::new();
    let text = format!("{BLOG}wsgi_env_vars:\n  token: !vault |\n    {indented}\n");
    desk.write("blog.yml", &text);
    desk
}

#[test]
fn a_password_is_asked_for_at_the_terminal_and_not_shown() {
    let desk = vaulted("$ANSIBLE_VAULT;1.1;AES256");
    let mut terminal =
        Terminal::with(&desk.command(&["env", "blog.yml", "--ask-vault-pass", "--show-secrets"]));
    terminal.is_asked("Vault password: ");
    terminal.types(&format!("{PASSWORD}\n"));
    let (output, screen) = terminal.end();
    let (out, err) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(out.contains(&format!("TOKEN={SECRET}\n")), "{out}{err}");
    assert_eq!(screen, "Vault password: \r\n");
    assert!(!err.contains(PASSWORD), "{err}");
}

#[test]
fn each_prompt_names_its_vault_id_and_a_wrong_password_is_told() {
    let desk = vaulted("$ANSIBLE_VAULT;1.2;AES256;prod");
    let mut terminal = Terminal::with(&desk.command(&[
        "check",
        "blog.yml",
        "--vault-id",
        "prod@prompt",
        "--vault-id",
        "dev@prompt",
    ]));
    terminal.is_asked("Vault password (prod): ");
    terminal.types("wrong-1\n");
    terminal.is_asked("Vault password (dev): ");
    terminal.types("wrong-2\n");
    let (output, screen) = terminal.end();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{err}");
    assert!(
        err.contains("no password opens the vault of id `prod`; tried: `prod`, `dev`"),
        "{err}"
    );
    assert!(!(err + &screen).contains("wrong-"), "{screen}");
}

#[test]
fn an_empty_answer_is_no_password() {
    let desk = vaulted("$ANSIBLE_VAULT;1.1;AES256");
    let mut terminal = Terminal::with(&desk.command(&["check", "blog.yml", "-J"]));
    terminal.is_asked("Vault password: ");
    terminal.types("\n");
    let (output, _) = terminal.end();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("the vault password is empty"), "{err}");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn nobody_is_asked_where_there_is_no_vault() {
    let desk = Desk::new();
    let terminal = Terminal::with(&desk.command(&["check", "blog.yml", "-J"]));
    let (output, screen) = terminal.end();
    assert_eq!((output.status.code(), screen.as_str()), (Some(0), ""));
}

#[test]
fn a_signal_at_the_prompt_ends_the_program_and_the_terminal_is_as_it_was() {
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let desk = vaulted("$ANSIBLE_VAULT;1.1;AES256");
        let mut terminal = Terminal::with(&desk.command(&["env", "blog.yml", "-J"]));
        terminal.is_asked("Vault password: ");
        terminal.types("half a pass");
        terminal.signal(name);
        let (output, screen) = terminal.end();
        // For a shell that is 130, 143, 129.
        assert_eq!(output.status.signal(), Some(number), "{name}");
        assert_eq!(screen, "Vault password: \r\n", "{name}");
        assert_eq!(output.stdout, b"", "{name}");
    }
}

#[test]
fn control_and_c_at_the_prompt_end_the_program_as_well() {
    let desk = vaulted("$ANSIBLE_VAULT;1.1;AES256");
    let mut terminal = Terminal::with(&desk.command(&["env", "blog.yml", "-J"]));
    terminal.is_asked("Vault password: ");
    terminal.types("half a pass\u{3}");
    let (output, _) = terminal.end();
    assert_eq!(output.status.signal(), Some(2));
}
