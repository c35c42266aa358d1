use std::collections::BTreeSet;
use std::time::Duration;

use super::TargetHost;
use super::image::Suite;
use crate::machine_error::{MachineError, give_up};

/// What is process 1 of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Init {
    /// As on every Debian that was not told otherwise.
    Systemd,
    /// One that starts the services of `/etc/rc2.d` and then waits, as in a container.
    Tiny,
}

/// A host to be made.
#[derive(Debug, Clone)]
#[must_use]
pub struct TargetHostBuilder {
    pub(super) suite: Suite,
    pub(super) init: Init,
    pub(super) packages: BTreeSet<String>,
    pub(super) rtt: Duration,
}

impl Default for TargetHostBuilder {
    fn default() -> Self {
        Self {
            suite: Suite::Bookworm,
            init: Init::Systemd,
            packages: BTreeSet::new(),
            rtt: Duration::ZERO,
        }
    }
}

impl TargetHostBuilder {
    /// Sets the release; Debian 12 by default.
    pub fn suite(mut self, suite: Suite) -> Self {
        self.suite = suite;
        self
    }

    /// Sets what is process 1; systemd by default.
    pub fn init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// Adds Debian packages to those that every host has.
    ///
    /// Hosts with the same packages share an image on disk, of a few hundred megabytes.
    pub fn packages<P: Into<String>>(mut self, packages: impl IntoIterator<Item = P>) -> Self {
        self.packages.extend(packages.into_iter().map(Into::into));
        self
    }

    /// Adds what an app needs, so that no test waits until it is installed, and they share an image.
    pub fn ready_for_apps(self) -> Self {
        self.packages([
            "nginx",
            "supervisor",
            "cron",
            "logrotate",
            "python3-venv",
            "curl",
        ])
    }

    /// Adds this much to each round trip between the host and everybody else.
    pub fn rtt(mut self, rtt: Duration) -> Self {
        self.rtt = rtt;
        self
    }

    /// Makes the host.
    ///
    /// # Errors
    ///
    /// When the test computer cannot: without root, with programs missing, without a mirror in reach.
    pub fn start(&self) -> Result<TargetHost, MachineError> {
        TargetHost::start(self)
    }

    /// Makes the host, in a test that cannot go on without.
    ///
    /// # Panics
    ///
    /// With the reason, when the test computer cannot.
    #[track_caller]
    pub fn up(&self) -> TargetHost {
        match self.start() {
            Ok(host) => host,
            Err(error) => give_up(&error),
        }
    }
}
