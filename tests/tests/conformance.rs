//! The suite for backends of one's own, on those of this project and on some that break a promise.

use std::io::{self, Read};
use std::thread;

use wsgi_apply::{
    Chunk, Facts, Host, HostError, LocalShell, MemoryHost, PerformOptions, Plan, PlanOptions,
    PosixHost, PosixOptions, Probe, Progress, Report, Script, Shell, ShellError, Status, Terminal,
    conformance,
};
use wsgi_tests::{Machine, MachineShell};

#[test]
fn this_machine_and_a_host_in_memory_keep_every_promise() {
    assert_eq!(conformance::shell(&mut LocalShell::new()), []);
    assert_eq!(conformance::shell(&mut LocalShell::in_foreground()), []);
    assert_eq!(conformance::conversation(&mut LocalShell::new()), []);
    let mut host = MemoryHost::debian("web1");
    assert_eq!(conformance::host(&mut host, PlanOptions::default()), []);
}

#[test]
fn a_directory_and_a_real_system_keep_every_promise() -> Result<(), std::io::Error> {
    let root = tempfile::tempdir()?;
    let mut options = PosixOptions::default();
    options.prefix = root.path().to_str().and_then(|path| path.parse().ok());
    let mut directory = PosixHost::new(LocalShell::new(), options);
    let mut noted = PlanOptions::default();
    noted.owners_noted = true;
    assert_eq!(conformance::host(&mut directory, noted), []);

    let shell = MachineShell::root(&Machine::up());
    let mut machine = PosixHost::new(shell, PosixOptions::default());
    assert_eq!(conformance::host(&mut machine, PlanOptions::default()), []);
    Ok(())
}

/// A shell that says of every program that it has succeeded.
struct AllIsWell(LocalShell);

impl Shell for AllIsWell {
    fn label(&self) -> &'static str {
        "all is well"
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        self.0.exec(script, stdin, output)?;
        Ok(Status::Exited(0))
    }
}

#[test]
fn a_shell_that_hides_failures_is_found_out() {
    let unkept = conformance::shell(&mut AllIsWell(LocalShell::new()));
    let promises: Vec<_> = unkept.iter().map(|unkept| unkept.promise).collect();
    assert_eq!(
        promises,
        [
            "input, both outputs and the exit status are those of the program",
            "a program that a signal ends has not succeeded",
            "a program that does not read its input ends all the same",
        ]
    );
}

/// A shell that reads all of its input before anything else, and has no terminals though it says so.
struct ReadsFirst(LocalShell);

impl Shell for ReadsFirst {
    fn label(&self) -> &'static str {
        "reads first"
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        let (mut input, mut piece) = (Vec::new(), [0; 64]);
        loop {
            match stdin.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => input.extend_from_slice(&piece[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::yield_now(),
                Err(error) => return Err(ShellError::Input(error)),
            }
        }
        self.0.exec(script, &mut input.as_slice(), output)
    }

    fn in_terminal(
        &mut self,
        script: &Script,
        terminal: &mut dyn Terminal,
    ) -> Result<Status, ShellError> {
        self.0.exec(script, &mut io::empty(), &mut |chunk| {
            let (Chunk::Out(bytes) | Chunk::Err(bytes)) = chunk;
            let _ = terminal.show(bytes);
        })
    }
}

/// One that takes an input which has nothing yet for one that cannot be read.
struct Hasty(ReadsFirst);

impl Shell for Hasty {
    fn label(&self) -> &'static str {
        "hasty"
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        let mut input = Vec::new();
        stdin.read_to_end(&mut input).map_err(ShellError::Input)?;
        self.0.exec(script, &mut input.as_slice(), output)
    }
}

#[test]
fn a_shell_with_which_nobody_can_speak_is_found_out() {
    let mut reads_first = ReadsFirst(LocalShell::new());
    assert_eq!(conformance::conversation(&mut reads_first).len(), 2);
    assert_eq!(conformance::terminal(&mut reads_first).len(), 3);
    let mut hasty = Hasty(reads_first);
    assert_eq!(conformance::conversation(&mut hasty).len(), 2);
    let unkept = conformance::terminal(&mut hasty);
    assert_eq!(unkept.len(), 3);
    assert!(
        unkept[0].found.contains("no program can be started"),
        "{unkept:?}"
    );
}

/// A host that performs whatever it is given, however it has changed since.
struct Blind(MemoryHost);

impl Host for Blind {
    fn label(&self) -> &str {
        self.0.label()
    }

    fn observe(&mut self, probe: &Probe) -> Result<Facts, HostError> {
        self.0.observe(probe)
    }

    fn perform(
        &mut self,
        plan: &Plan,
        options: &PerformOptions,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Report, HostError> {
        let mut plan = plan.clone();
        plan.state = None;
        self.0.perform(&plan, options, progress)
    }
}

#[test]
fn a_host_that_does_not_heed_drift_is_found_out() {
    let mut host = Blind(MemoryHost::debian("web1"));
    let unkept = conformance::host(&mut host, PlanOptions::default());
    assert_eq!(
        unkept[0].promise,
        "a plan is not performed on a host that has changed since"
    );
}
