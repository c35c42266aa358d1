use std::collections::BTreeMap;

use crate::{Machine, Process, wait_until};

const CLIENTS: &str = include_str!("visitors.py");

/// Eight clients of a site, who ask a machine's nginx without end.
#[derive(Debug)]
pub struct Visitors {
    machine: Machine,
    clients: Process,
}

impl Visitors {
    /// Visitors of a site of this name, who have begun to ask. They read what they get, and leave
    /// the processor to others meanwhile.
    #[track_caller]
    pub fn of(machine: &Machine, name: &str) -> Self {
        Self::with_pause(machine, name, "0.03")
    }

    /// Visitors who ask again at once.
    #[track_caller]
    pub fn in_a_hurry(machine: &Machine, name: &str) -> Self {
        Self::with_pause(machine, name, "0")
    }

    #[track_caller]
    fn with_pause(machine: &Machine, name: &str, seconds: &str) -> Self {
        machine.ok(["rm", "-f", "/tmp/stop"]);
        let argv = ["/usr/bin/python3", "-c", CLIENTS, name, seconds];
        let clients = machine.spawn(argv);
        wait_until("requests come in", || clients.stdout().contains("asking"));
        Self {
            machine: machine.clone(),
            clients,
        }
    }

    /// Sends them away, and says how often each answer came.
    ///
    /// # Panics
    ///
    /// When one of their requests has failed.
    #[track_caller]
    pub fn leave(self) -> BTreeMap<String, u32> {
        self.machine.ok(["touch", "/tmp/stop"]);
        wait_until("the visitors leave", || {
            self.clients.stdout().contains("done")
        });
        assert_eq!(self.clients.stderr(), "", "all requests succeed");
        let said = self.clients.stdout();
        let answers = said
            .lines()
            .filter_map(|line| line.strip_prefix("answered "))
            .filter_map(|rest| rest.split_once(' '))
            .map(|(count, body)| (body.to_owned(), count.parse().expect("a number")));
        answers.collect()
    }
}
