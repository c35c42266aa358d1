//! Throw-away hosts that are reached over the network, as the product's targets are.

mod builder;
mod image;
mod link;
mod network;
mod network_namespace;
mod package_proxy;
mod run_directory;
mod switch;
mod user;

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

pub use builder::{Init, TargetHostBuilder};
use image::Image;
pub use image::Suite;
use link::Link;
use network::Network;
use network_namespace::step;
use run_directory::failed;
pub use user::Sudo;

use crate::machine_error::{MachineError, give_up};
use crate::wait::comes_true;
use crate::{Machine, Output};

const KEEP: &str = include_str!("target_host/keep.sh");
const BOOT: &str = include_str!("target_host/boot.sh");

/// How long a host may take to answer; far above what a busy computer needs.
const BOOT_TIME: Duration = Duration::from_secs(60);

/// A throw-away Debian host with an address, sshd and an init, installed from the mirrors.
///
/// Its files begin as those of a minimal installation, whatever the test computer has. Its users are
/// root, `deploy` who may use sudo without a password, `operator` who needs
/// [it](Self::PASSWORD), and `nobodyatall` who may not; [one key](Self::key) opens all.
/// It reaches the package mirrors through a proxy, and nothing else but the hosts of the same test
/// process.
///
/// The first host of a release takes as long as its packages, some half a minute; later ones take a
/// second or two. All of a host is gone when it is dropped, or when the test's process ends in any
/// way.
#[derive(Debug)]
pub struct TargetHost {
    machine: Machine,
    settings: TargetHostBuilder,
    image: Image,
    number: u8,
    files: PathBuf,
    host_key: String,
    link: Link,
    network: Arc<Network>,
}

impl TargetHost {
    /// The password of all users but root, for sudo and for SSH.
    pub const PASSWORD: &str = image::PASSWORD;

    /// Makes a Debian 12 with systemd and no more packages than it needs.
    ///
    /// # Panics
    ///
    /// With the reason, when the test computer cannot.
    #[track_caller]
    pub fn up() -> Self {
        Self::builder().up()
    }

    /// Begins a host with another release, init, packages or distance.
    pub fn builder() -> TargetHostBuilder {
        TargetHostBuilder::default()
    }

    fn start(settings: &TargetHostBuilder) -> Result<Self, MachineError> {
        Machine::need_root()?;
        let image = Image::prepare(settings.suite, &settings.packages)?;
        let network = Network::current()?;
        network.proxy.allow(image.package_hosts()?);
        let number = network.take_number()?;
        // From here on the link gives the number back.
        let link = Link::new(Arc::clone(&network), number, settings.rtt)?;
        let files = network.files.host(number)?;
        let host_key = make_keys(&files, network.address(number))?;
        let machine = boot(settings, &image, &network, number, &link, &files, None)?;
        let host = Self {
            machine,
            settings: settings.clone(),
            image,
            number,
            files,
            host_key,
            link,
            network,
        };
        host.wait()?;
        Ok(host)
    }

    /// Ends all that runs on it and begins anew with its first files: the address and the keys stay.
    ///
    /// # Panics
    ///
    /// With the reason, when it does not come up again.
    #[track_caller]
    pub fn reset(&mut self) {
        self.machine.end();
        self.boot_again(None);
    }

    /// Takes its power away and starts it again: its files stay, and what no disk holds is lost,
    /// such as what is in `/run`.
    ///
    /// # Panics
    ///
    /// With the reason, when it does not come up again.
    #[track_caller]
    pub fn power_cycle(&mut self) {
        // As long as this is open, the mounts are there, and with them what was written.
        let path = format!("/proc/{}/ns/mnt", self.machine.init());
        let mounts = match fs::File::open(&path) {
            Ok(mounts) => mounts,
            Err(error) => give_up(&failed(Path::new(&path), &error)),
        };
        self.machine.end();
        self.boot_again(Some(&mounts));
    }

    #[track_caller]
    fn boot_again(&mut self, mounts: Option<&fs::File>) {
        let booted = boot(
            &self.settings,
            &self.image,
            &self.network,
            self.number,
            &self.link,
            &self.files,
            mounts,
        );
        let waited = booted.and_then(|machine| {
            self.machine = machine;
            self.wait()
        });
        if let Err(error) = waited {
            give_up(&error);
        }
    }

    /// The inside of the host, without SSH: commands as root or another user, files, daemons.
    ///
    /// After a [reset](Self::reset) it is another one.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Runs a command on it as root, without SSH.
    ///
    /// # Panics
    ///
    /// When it could not be run at all or hangs, but not when it fails.
    #[track_caller]
    pub fn exec<I, A>(&self, argv: I) -> Output
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        self.machine.run(argv)
    }

    /// Its address, which the test computer and other hosts of this process reach.
    pub fn address(&self) -> Ipv4Addr {
        self.network.address(self.number)
    }

    /// The file with the private key that opens each of its users; the public one is beside it.
    pub fn key(&self) -> PathBuf {
        self.files.join("id_ed25519")
    }

    /// What its sshd shows: type and key, as in a `known_hosts`.
    pub fn host_key(&self) -> &str {
        &self.host_key
    }

    /// A `known_hosts` with this host alone.
    pub fn known_hosts(&self) -> PathBuf {
        self.files.join("known_hosts")
    }

    /// A call of `ssh` as one of its users; the command to run on it may be added.
    pub fn ssh(&self, user: &str) -> Command {
        let mut ssh = Command::new("ssh");
        ssh.args(["-F", "none"]);
        for (name, value) in self.ssh_options(user) {
            ssh.args(["-o", &format!("{name}={value}")]);
        }
        ssh.args(["-o", "BatchMode=yes", "-o", "ConnectTimeout=20"])
            .arg(self.address().to_string());
        ssh
    }

    /// The block of an `ssh_config` that gives one of its users an alias.
    pub fn ssh_config(&self, alias: &str, user: &str) -> String {
        let mut block = format!("Host {alias}\n  HostName {}\n", self.address());
        for (name, value) in self.ssh_options(user) {
            block.extend(["  ", name, " ", &value, "\n"]);
        }
        block
    }

    fn ssh_options(&self, user: &str) -> [(&'static str, String); 6] {
        [
            ("User", user.to_owned()),
            ("IdentityFile", self.key().display().to_string()),
            ("IdentitiesOnly", "yes".to_owned()),
            (
                "UserKnownHostsFile",
                self.known_hosts().display().to_string(),
            ),
            ("GlobalKnownHostsFile", "/dev/null".to_owned()),
            ("StrictHostKeyChecking", "yes".to_owned()),
        ]
    }

    /// Makes each round trip between it and everybody else take this much longer than none;
    /// connections outlast the change.
    ///
    /// # Panics
    ///
    /// With the reason, when the test computer cannot.
    #[track_caller]
    pub fn set_rtt(&mut self, rtt: Duration) {
        self.settings.rtt = rtt;
        if let Err(error) = self.link.set_rtt(rtt) {
            give_up(&error);
        }
    }

    /// Waits until sshd answers and all services have been started.
    fn wait(&self) -> Result<(), MachineError> {
        let mut answered = false;
        let up = comes_true(BOOT_TIME, || {
            if !self.machine.is_up() {
                return true;
            }
            answered = answered || self.answers();
            answered && self.has_booted()
        });
        if up && self.machine.is_up() {
            return Ok(());
        }
        let said = match self.settings.init {
            Init::Systemd => self.machine.sh("systemctl --failed; journalctl -b -n 50"),
            Init::Tiny => self.machine.sh("ps axf; ls -l /etc/rc2.d"),
        };
        Err(MachineError::Setup {
            stderr: format!("it did not boot: {said}"),
        })
    }

    fn answers(&self) -> bool {
        let address = (self.address(), 22).into();
        let mut banner = [0; 4];
        TcpStream::connect_timeout(&address, Duration::from_secs(2))
            .and_then(|mut stream| {
                stream.set_read_timeout(Some(Duration::from_secs(5)))?;
                stream.read_exact(&mut banner)
            })
            .is_ok_and(|()| &banner == b"SSH-")
    }

    fn has_booted(&self) -> bool {
        match self.settings.init {
            Init::Systemd => {
                let state = self.exec(["systemctl", "is-system-running", "--wait"]);
                matches!(state.text().trim(), "running" | "degraded")
            }
            Init::Tiny => self.machine.exists("/run/booted"),
        }
    }
}

impl Drop for TargetHost {
    fn drop(&mut self) {
        self.machine.end();
        self.network.files.remove_host(self.number);
    }
}

/// Makes the key of a host, the one that opens it, and its `known_hosts`.
fn make_keys(files: &Path, address: Ipv4Addr) -> Result<String, MachineError> {
    for name in ["id_ed25519", "ssh_host_ed25519_key"] {
        let mut keygen = Command::new("ssh-keygen");
        keygen
            .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
            .arg(files.join(name));
        step("a key for SSH", keygen)?;
    }
    let public = files.join("ssh_host_ed25519_key.pub");
    let text = fs::read_to_string(&public).map_err(|error| failed(&public, &error))?;
    let words: Vec<_> = text.split_whitespace().take(2).collect();
    let host_key = words.join(" ");
    let known_hosts = files.join("known_hosts");
    fs::write(&known_hosts, format!("{address} {host_key}\n"))
        .map_err(|error| failed(&known_hosts, &error))?;
    Ok(host_key)
}

fn boot(
    settings: &TargetHostBuilder,
    image: &Image,
    network: &Network,
    number: u8,
    link: &Link,
    files: &Path,
    mounts: Option<&fs::File>,
) -> Result<Machine, MachineError> {
    let mut keeper = link.namespace().command("bash");
    keeper
        .args(["-c", KEEP, "keep", BOOT])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LANG", "C.UTF-8")
        .env("CGROUP", network.files.cgroup(number))
        .env("IMAGE", image.directory())
        .env("HOST_NAME", format!("host-{number}"))
        .env("ADDRESS", network.address(number).to_string())
        .env(
            "INIT",
            match settings.init {
                Init::Systemd => "systemd",
                Init::Tiny => "tiny",
            },
        )
        .env("KEY", files.join("id_ed25519"))
        .env("HOST_KEY", files.join("ssh_host_ed25519_key"))
        .env("PROXY", network.proxy.url())
        // Not a terminal's Ctrl-C ends it, but the end of the test.
        .process_group(0);
    if let Some(mounts) = mounts {
        let ours = std::process::id();
        keeper.env("AGAIN", format!("/proc/{ours}/fd/{}", mounts.as_raw_fd()));
    }
    Machine::held_by(keeper)
}
