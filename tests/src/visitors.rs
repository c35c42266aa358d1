use std::collections::BTreeMap;

use crate::{Machine, Process, wait_until};

const CLIENTS: &str = include_str!("visitors.py");

/// Eight clients of a site called `shop.test`, who ask a machine's nginx without end.
#[derive(Debug)]
pub struct Visitors {
    machine: Machine,
    clients: Process,
}

impl Visitors {
    /// Visitors who have begun to ask.
    #[track_caller]
    pub fn of(machine: &Machine) -> Self {
        machine.ok(["rm", "-f", "/tmp/stop"]);
        let clients = machine.spawn(["/usr/bin/python3", "-c", CLIENTS]);
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
