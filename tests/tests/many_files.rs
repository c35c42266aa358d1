//! An app of a thousand files: what each of them takes on the host.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fmt::Write as _;
use std::io::Read;

use wsgi_apply::{
    Chunk, Host as _, Outcome, PerformOptions, PlanOptions, PosixHost, PosixOptions, Probe, Script,
    Shell, ShellError, Status,
};
use wsgi_render::Target;
use wsgi_tests::{Applier, Machine, MachineShell, PythonPackages, desired, touched};

/// An app with so many cron tasks, each of which is a file of its own.
fn vars(tasks: usize) -> String {
    let mut vars = "
wsgi_project_name: shop
wsgi_wsgi_path: shop:app
wsgi_server_names: [shop.test]
wsgi_support_email: help@shop.test
wsgi_ssh_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@test
wsgi_cron_tasks:
"
    .to_owned();
    for task in 0..tasks {
        let minute = task % 60;
        writeln!(
            vars,
            "  - {{name: Task {task}, command: 'true', frequency: {{minute: '{minute}'}}}}"
        )
        .unwrap();
    }
    vars
}

/// Counts the processes that a program starts, itself not among them.
struct CountingShell(MachineShell);

impl Shell for CountingShell {
    fn label(&self) -> &'static str {
        "a machine that is counted"
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        let counted = format!(
            "S=$(cat <<'END-OF-IT'\n{}\nEND-OF-IT\n)\n\
             exec strace -f -qq -c -U calls,name -o /run/count -e trace=clone,clone3,fork,vfork /bin/sh -c \"$S\"",
            script.as_str()
        );
        self.0.exec(&Script::new(counted), stdin, output)
    }
}

/// An app of so many tasks is applied. Says how many steps and processes that took.
fn applied(machine: &Machine, tasks: usize) -> (usize, usize) {
    let vars = vars(tasks);
    let plan = Applier::new(machine).plan(&[&vars], PlanOptions::default());
    let shell = CountingShell(MachineShell::root(machine));
    let mut host = PosixHost::new(shell, PosixOptions::default());
    let wanted = desired(&[&vars], &Target::default());
    host.observe(&Probe::of(&wanted)).unwrap();
    let report = host.perform(&plan, &PerformOptions::default(), &mut |_| {});
    let report = report.unwrap();
    assert_eq!(report.outcome, Outcome::Done);
    assert_eq!(report.done.len(), plan.steps.len());
    let again = Applier::new(machine).plan(&[&vars], PlanOptions::default());
    assert_eq!(touched(&again), [""; 0]);
    let count = machine.text("/run/count");
    let total = count.lines().find(|line| line.ends_with("total"));
    let total = total.and_then(|line| line.split_whitespace().next());
    (plan.steps.len(), total.unwrap().parse().unwrap())
}

#[test]
fn a_further_file_takes_no_process_but_its_own_check() {
    let machine = Machine::up();
    machine.offer_wheels(&PythonPackages::for_apps().unwrap());
    Applier::new(&machine).apply(&[&vars(1)]);

    // A wrapper of a cron task is read by bash(1) before it takes its place. The rest, some 200
    // processes, does not depend on how many there are.
    let (steps, processes) = applied(&machine, 401);
    assert_eq!(steps, 401);
    assert!(processes > 400, "they are not counted: {processes}");
    assert!(processes < 2 * steps, "{processes} for {steps} steps");

    let (steps, processes) = applied(&machine, 1);
    assert_eq!(steps, 401);
    assert!(processes < steps, "{processes} for {steps} steps");
}
