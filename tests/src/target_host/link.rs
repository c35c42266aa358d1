use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::network::Network;
use super::network_namespace::NetworkNamespace;
use crate::machine_error::MachineError;

const DELAY: &str = include_str!("delay.py");

/// The network of one host, and its link to the switch.
#[derive(Debug)]
pub(super) struct Link {
    network: Arc<Network>,
    host: NetworkNamespace,
    number: u8,
    delay: Option<Child>,
}

impl Link {
    pub(super) fn new(
        network: Arc<Network>,
        number: u8,
        rtt: Duration,
    ) -> Result<Self, MachineError> {
        let mut link = Self {
            host: NetworkNamespace::new()?,
            network,
            number,
            delay: None,
        };
        link.plug_in(rtt)?;
        Ok(link)
    }

    /// The namespace that the host's processes are to be in.
    pub(super) fn namespace(&self) -> &NetworkNamespace {
        &self.host
    }

    /// Makes each round trip take longer. Connections outlast the change: addresses stay.
    pub(super) fn set_rtt(&mut self, rtt: Duration) -> Result<(), MachineError> {
        self.unplug();
        self.plug_in(rtt)
    }

    fn plug_in(&mut self, rtt: Duration) -> Result<(), MachineError> {
        let port = self.port();
        let host = self.host.pid().to_string();
        if rtt.is_zero() {
            let script = r#"ip link add name "$1" type veth peer name eth0 netns "$2""#;
            self.network
                .switch()
                .sh("the link of a host", script, &[&port, &host])?;
        } else {
            // tc's netem would be shorter, but kernels of virtual machines often come without.
            let far = format!("{port}-far");
            self.delay = Some(self.start_delay(&port, &far, rtt / 2)?);
            let script = r#"ip link set "$1" netns "$2" name eth0"#;
            self.network
                .switch()
                .sh("the link of a host", script, &[&far, &host])?;
        }
        let script = r#"ip link set "$1" master switch up"#;
        self.network
            .switch()
            .sh("the link of a host", script, &[&port])?;
        // A fixed address, so that nobody waits for an old entry of his ARP table to expire.
        let script = r#"
            ip link set eth0 address "$1"
            ip addr add "$2/24" dev eth0
            ip link set eth0 up"#;
        let hardware = format!("02:77:73:67:69:{:02x}", self.number);
        let address = self.network.address(self.number).to_string();
        self.host
            .sh("the link of a host", script, &[&hardware, &address])
    }

    fn start_delay(&self, port: &str, far: &str, one_way: Duration) -> Result<Child, MachineError> {
        let mut child = self
            .network
            .switch()
            .command("/usr/bin/python3")
            .args(["-c", DELAY, port, far, &one_way.as_secs_f64().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .process_group(0)
            .spawn()
            .map_err(|source| MachineError::spawn("nsenter", source))?;
        let mut said = String::new();
        if let Some(stdout) = child.stdout.take() {
            // A failed read shows as a missing word below.
            let _ = BufReader::new(stdout).read_line(&mut said);
        }
        if said == "ready\n" {
            return Ok(child);
        }
        let _ = child.wait();
        Err(MachineError::Setup {
            stderr: "no TAP devices for the delay: it needs python3 and /dev/net/tun".to_owned(),
        })
    }

    fn unplug(&mut self) {
        if let Some(mut delay) = self.delay.take() {
            drop(delay.stdin.take());
            let _ = delay.wait();
        } else {
            // Nothing to do when it is not there.
            let script = r#"ip link delete "$1""#;
            let _ = self
                .network
                .switch()
                .sh("the link of a host", script, &[&self.port()]);
        }
    }

    fn port(&self) -> String {
        format!("host-{}", self.number)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // The kernel takes its time with a namespace's links, and the next host may want the name.
        self.unplug();
        self.network.give_number(self.number);
    }
}
