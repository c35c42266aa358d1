use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::network_namespace::NetworkNamespace;
use super::package_proxy::PackageProxy;
use super::run_directory::RunDirectory;
use super::switch::Switch;
use crate::machine_error::MachineError;

/// The one that hosts of this process are in, as long as there are any.
static CURRENT: Mutex<Weak<Network>> = Mutex::new(Weak::new());

/// What the hosts of one test process share: a switch, the way to the package mirrors, and a place
/// for files.
#[derive(Debug)]
pub(super) struct Network {
    /// Hosts that are there.
    taken: Mutex<BTreeSet<u8>>,
    pub(super) files: RunDirectory,
    // Before the switch, which takes its address away.
    pub(super) proxy: PackageProxy,
    switch: Switch,
}

impl Network {
    /// The network of this process.
    pub(super) fn current() -> Result<Arc<Self>, MachineError> {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(network) = current.upgrade() {
            return Ok(network);
        }
        let network = Arc::new(Self::new()?);
        *current = Arc::downgrade(&network);
        Ok(network)
    }

    fn new() -> Result<Self, MachineError> {
        let files = RunDirectory::new()?;
        let switch = Switch::new()?;
        let proxy = PackageProxy::start(switch.address(1))?;
        Ok(Self {
            taken: Mutex::default(),
            files,
            proxy,
            switch,
        })
    }

    /// Takes a number that no other host of this network has.
    pub(super) fn take_number(&self) -> Result<u8, MachineError> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let free = (11..=254).find(|number| !taken.contains(number));
        let free = free.ok_or_else(|| MachineError::Setup {
            stderr: "244 hosts are up already".to_owned(),
        })?;
        taken.insert(free);
        Ok(free)
    }

    /// Gives a number back.
    pub(super) fn give_number(&self, number: u8) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.remove(&number);
    }

    /// The address of the host with a number.
    pub(super) fn address(&self, number: u8) -> Ipv4Addr {
        self.switch.address(number)
    }

    /// Where the hosts' links end.
    pub(super) fn switch(&self) -> &NetworkNamespace {
        self.switch.namespace()
    }
}
