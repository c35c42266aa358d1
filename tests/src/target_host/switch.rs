use std::net::Ipv4Addr;
use std::process::{self, Command};

use super::network_namespace::{NetworkNamespace, step};
use crate::machine_error::MachineError;

/// Where the links of all hosts meet, in a namespace of its own, and one link from there to the test
/// computer.
///
/// That link's name is all that it has on the test computer. The kernel gives a name to one of two
/// who ask at once, and takes it back when the process that asked is gone.
#[derive(Debug)]
pub(super) struct Switch {
    namespace: NetworkNamespace,
    /// The third part of all addresses.
    number: u8,
}

impl Switch {
    pub(super) fn new() -> Result<Self, MachineError> {
        let namespace = NetworkNamespace::new()?;
        let number = plug_in(&namespace)?;
        Ok(Self { namespace, number })
    }

    pub(super) fn namespace(&self) -> &NetworkNamespace {
        &self.namespace
    }

    /// An address on it; the test computer's is that of number 1.
    pub(super) fn address(&self, number: u8) -> Ipv4Addr {
        address(self.number, number)
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        // The kernel takes its time with a namespace's links.
        let script = "ip link delete uplink";
        let _ = self.namespace.sh("unlinking hosts", script, &[]);
    }
}

fn address(network: u8, host: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 203, network, host)
}

/// Links a switch with the test computer, and says with which number.
fn plug_in(switch: &NetworkNamespace) -> Result<u8, MachineError> {
    let mut show = Command::new("ip");
    show.args(["-4", "route", "show", "table", "all"]);
    let routes = step("asking for routes", show)?;
    let mut refused = None;
    for number in 0..=u8::MAX {
        if is_routed(&routes, number) {
            continue;
        }
        let link = format!("wsgi-tests-{number}");
        let script = r#"
            ip link add name uplink type veth peer name "$1" netns "$2"
            ip link add name switch type bridge
            ip link set uplink master switch up
            ip link set switch up"#;
        if let Err(error) = switch.sh(
            "a network for hosts",
            script,
            &[&link, &process::id().to_string()],
        ) {
            // The name is another's.
            refused = Some(error);
            continue;
        }
        let mut set = Command::new("sh");
        set.args([
            "-euc",
            r#"ip addr add "$2/24" dev "$1"; ip link set "$1" up"#,
        ])
        .args(["sh", &link, &address(number, 1).to_string()]);
        step("an address for the network of hosts", set)?;
        return Ok(number);
    }
    Err(refused.unwrap_or_else(|| MachineError::Setup {
        stderr: "this computer has routes to all of 10.203.0.0/16".to_owned(),
    }))
}

/// Whether the test computer reaches something else at a network's addresses, beside its default
/// route.
fn is_routed(routes: &str, number: u8) -> bool {
    let [a, b, c, _] = address(number, 0).octets();
    let ours = u32::from_be_bytes([a, b, c, 0]);
    routes.lines().any(|route| {
        let types = ["local", "broadcast", "unreachable", "blackhole", "prohibit"];
        let target = route
            .split_whitespace()
            .find(|word| !types.contains(word))
            .unwrap_or_default();
        let (base, length) = target.split_once('/').unwrap_or((target, "32"));
        let (Ok(base), Ok(length)) = (base.parse::<Ipv4Addr>(), length.parse::<u32>()) else {
            return false;
        };
        let mask = u32::MAX
            .checked_shl(32 - length.min(24))
            .unwrap_or_default();
        u32::from(base) & mask == ours & mask
    })
}

#[cfg(test)]
mod tests {
    use super::is_routed;

    #[test]
    fn networks_that_the_computer_reaches_otherwise_are_left_alone() {
        let routes = "default via 192.0.2.1 dev eth0\n\
            10.203.3.0/24 dev wsgi-tests-3 proto kernel scope link src 10.203.3.1\n\
            10.203.8.0/22 dev vpn0\n\
            local 10.203.20.7 dev eth1 table local proto kernel scope host\n\
            unreachable 10.203.128.0/17\n\
            172.17.0.0/16 dev docker0\n";
        let free: Vec<u8> = (0..=u8::MAX).filter(|n| !is_routed(routes, *n)).collect();
        let taken = [3, 8, 9, 10, 11, 20];
        let expected: Vec<u8> = (0..128).filter(|n| !taken.contains(n)).collect();
        assert_eq!(free, expected);
    }

    #[test]
    fn a_route_to_all_of_ten_leaves_no_network() {
        assert!((0..=u8::MAX).all(|n| is_routed("10.0.0.0/8 dev vpn0\n", n)));
    }
}
