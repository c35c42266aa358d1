use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, getuid, kill_process_group};
use tempfile::TempDir;

use crate::Machine;
use crate::program::remedy;
use crate::ssh_key;

/// The path that sshd wants to be called by: it starts itself again for each connection.
const SSHD: &str = "/usr/sbin/sshd";

/// An SSH server of OpenSSH on this computer, with host keys, users' keys and settings of its own.
///
/// The user who runs the test can log in, with the key at [`user_key`](Self::user_key). Each
/// connection is served by an sshd process that is started for it, as inetd would; they end when
/// this is dropped.
#[derive(Debug)]
pub struct SshServer {
    files: TempDir,
    port: u16,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    over: AtomicBool,
    connections: AtomicUsize,
    running: Mutex<Vec<Child>>,
}

impl SshServer {
    /// Starts a server with host keys of two kinds.
    ///
    /// # Panics
    ///
    /// With the reason, when that cannot be.
    #[track_caller]
    pub fn up() -> Self {
        Self::with(&["ed25519", "ecdsa"], "")
    }

    /// Starts a server with host keys of these kinds and more lines for its `sshd_config`.
    ///
    /// # Panics
    ///
    /// With the reason, when that cannot be.
    #[track_caller]
    pub fn with(kinds: &[&str], settings: &str) -> Self {
        Self::or_panic(Self::start(kinds, settings, None))
    }

    /// Starts a server for a scratch machine: who logs in, as root, is there.
    ///
    /// # Panics
    ///
    /// With the reason, when that cannot be.
    #[track_caller]
    pub fn into_machine(machine: &Machine) -> Self {
        machine.ok(["mkdir", "-p", "/run/sshd"]);
        let server = Self::or_panic(Self::start(&["ed25519"], "", Some(machine.init())));
        let files = server.files.path();
        machine.copy_in(files, &files.to_string_lossy());
        server
    }

    #[track_caller]
    fn or_panic(started: io::Result<Self>) -> Self {
        match started {
            Ok(server) => server,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                panic!("{error}; {}; {}", remedy("sshd"), remedy("ssh-keygen"))
            }
            Err(error) => panic!("no SSH server: {error}"),
        }
    }

    fn start(kinds: &[&str], settings: &str, machine: Option<u32>) -> io::Result<Self> {
        let files = tempfile::tempdir()?;
        if getuid().is_root() {
            // Debian's service makes it, sshd does not start without it.
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o755)
                .create("/run/sshd")?;
        }
        let directory = files.path();
        for kind in kinds {
            ssh_key::make(&directory.join(format!("host_{kind}")), kind, "")?;
        }
        ssh_key::make(&directory.join("user"), "ed25519", "")?;
        fs::copy(
            directory.join("user.pub"),
            directory.join("authorized_keys"),
        )?;
        // bash on Debian reads a person's .bashrc for sshd, unless it is not the first of its kind.
        let mut config = format!(
            "AuthorizedKeysFile {}/authorized_keys\nPidFile none\nStrictModes no\nUsePAM no\n\
             PermitRootLogin yes\nUseDNS no\nLogLevel VERBOSE\nSetEnv SHLVL=1\n",
            directory.display()
        );
        // Of an option that is there twice, sshd takes the first.
        config.insert_str(0, settings);
        config.insert(settings.len(), '\n');
        for kind in kinds {
            let key = directory.join(format!("host_{kind}"));
            config.extend(["HostKey ", &key.display().to_string(), "\n"]);
        }
        fs::write(directory.join("sshd_config"), config)?;

        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::<Shared>::default();
        let listening = thread::spawn({
            let shared = Arc::clone(&shared);
            let directory = directory.to_owned();
            move || listen(&listener, &shared, &directory, machine)
        });
        Ok(Self {
            files,
            port,
            shared,
            listening: Some(listening),
        })
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The files of the server.
    pub fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// The private key that opens it; the public one is beside it.
    pub fn user_key(&self) -> PathBuf {
        self.path("user")
    }

    /// Its key of a kind, as it stands in `known_hosts`: type and key.
    ///
    /// # Panics
    ///
    /// When it has none of that kind.
    #[track_caller]
    pub fn host_key(&self, kind: &str) -> String {
        ssh_key::public(&self.path(&format!("host_{kind}")))
    }

    /// Lets in who has this key, too.
    ///
    /// # Panics
    ///
    /// When its file cannot be written.
    #[track_caller]
    pub fn authorize(&self, private: &Path) {
        let file = self.path("authorized_keys");
        let keys = fs::read_to_string(&file)
            .and_then(|keys| fs::write(&file, format!("{keys}{}\n", ssh_key::public(private))));
        if let Err(error) = keys {
            panic!("{}: {error}", file.display());
        }
    }

    /// How many connections came so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// What its processes logged so far.
    pub fn log(&self) -> String {
        fs::read(self.path("log"))
            .map(|log| String::from_utf8_lossy(&log).into_owned())
            .unwrap_or_default()
    }

    /// Kills the processes that serve the connections, not the programs that these run.
    pub fn kill_connections(&self) {
        self.shared.signal(Signal::KILL);
    }

    /// Halts the processes that serve the connections: the network still answers, they do not.
    pub fn halt_connections(&self) {
        self.shared.signal(Signal::STOP);
    }
}

impl Shared {
    fn running(&self) -> MutexGuard<'_, Vec<Child>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn signal(&self, signal: Signal) {
        for child in self.running().iter_mut() {
            // While it was not waited for, its number is nobody else's.
            if let Ok(None) = child.try_wait() {
                // What has ended meanwhile needs no signal.
                let _ = kill_process_group(Pid::from_child(child), signal);
            }
        }
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Wakes the thread that listens.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
        self.shared.signal(Signal::KILL);
        for child in self.shared.running().iter_mut() {
            let _ = child.wait();
        }
        if thread::panicking() {
            let _ = writeln!(io::stderr(), "the log of sshd:\n{}", self.log());
        }
    }
}

fn listen(listener: &TcpListener, shared: &Shared, directory: &Path, machine: Option<u32>) {
    while let Ok((socket, _)) = listener.accept() {
        if shared.over.load(Ordering::SeqCst) {
            return;
        }
        shared.connections.fetch_add(1, Ordering::SeqCst);
        // Without one, the client sees that the connection ends at once.
        if let Ok(child) = serve(socket, directory, machine) {
            shared.running().push(child);
        }
    }
}

fn serve(socket: TcpStream, directory: &Path, machine: Option<u32>) -> io::Result<Child> {
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(directory.join("log"))?;
    // What an sshd says is small, and its clients should not wait for it.
    socket.set_nodelay(true)?;
    let mut command = match machine {
        Some(init) => {
            let mut command = Command::new("nsenter");
            let all = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"];
            let target = format!("--target={init}");
            command.arg(target).args(all).args(["--", SSHD]);
            command
        }
        None => Command::new(SSHD),
    };
    command
        .args(["-i", "-e", "-f"])
        .arg(directory.join("sshd_config"))
        .stdin(OwnedFd::from(socket.try_clone()?))
        .stdout(OwnedFd::from(socket))
        .stderr(log)
        .process_group(0)
        .spawn()
}
