//! Connections that end.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};

use wsgi_apply::{Chunk, Outcome, Script, Shell, ShellError, Status};
use wsgi_tests::{Machine, MachineShell, wait_until};

use crate::subject::{Age, Subject, vars};

/// A connection that ends after so many bytes of input, or with so many missing: the program sees the end
/// of its stdin.
struct CutShell {
    shell: MachineShell,
    after: Arc<AtomicIsize>,
}

impl Shell for CutShell {
    fn label(&self) -> &'static str {
        "a machine far away"
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        let mut all = Vec::new();
        stdin.read_to_end(&mut all).map_err(ShellError::Input)?;
        let after = self.after.load(Relaxed);
        all.truncate(match usize::try_from(after) {
            Ok(after) => all.len().min(after),
            Err(_) => all.len().saturating_sub(after.unsigned_abs()),
        });
        self.shell.exec(script, &mut all.as_slice(), output)
    }
}

/// A connection of which nothing is read any more, as soon as the program has all its input.
struct DeafShell {
    machine: Machine,
    shell: MachineShell,
}

impl Shell for DeafShell {
    fn label(&self) -> &'static str {
        "a machine far away"
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        let mut all = Vec::new();
        stdin.read_to_end(&mut all).map_err(ShellError::Input)?;
        if all.is_empty() {
            // It looks at the host.
            return self.shell.exec(script, stdin, output);
        }
        // head ends after the first byte, and with it the pipe.
        let piped = "/bin/sh -c \"$1\" 2>&1 | head -c 1 >/dev/null";
        let argv = ["/bin/sh", "-c", piped, "sh", script.as_str()];
        self.machine.command(argv).stdin(all).run();
        Err(ShellError::Lost(std::io::ErrorKind::ConnectionReset.into()))
    }
}

#[test]
fn what_did_not_arrive_whole_is_not_begun() {
    let served = Subject::serving();
    let machine = served.machine.clone();
    let before = served.files();
    let owed = "ls /var/lib/wsgi/shop";
    let state = machine.sh(owed).text();
    let (shell, bytes) = (MachineShell::root(&machine), Arc::new(AtomicIsize::new(0)));
    let cut = Arc::clone(&bytes);
    let mut subject = Subject::on(&machine, CutShell { shell, after: cut });
    for after in [0, 1, 700, 10_000, 33_000, 40_000, 60_000, 110_000, -600, -1] {
        bytes.store(isize::MAX, Relaxed);
        let plan = subject.plan(&vars(Age::New));
        bytes.store(after, Relaxed);
        let performed = subject.perform(plan);
        assert!(
            performed.result.is_err(),
            "{after}: {}",
            performed.complaint()
        );
        assert_eq!(subject.files(), before, "{after}");
        assert_eq!(machine.sh(owed).text(), state, "{after}");
        subject.is_unlocked();
    }
    bytes.store(isize::MAX, Relaxed);
    subject.apply(&vars(Age::New));
    subject.is_whole(&vars(Age::New));
}

#[test]
fn what_was_begun_is_done_when_nobody_listens_any_more() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    let shell = DeafShell {
        machine: machine.clone(),
        shell: MachineShell::root(&machine),
    };
    let mut deaf = Subject::on(&machine, shell);
    let plan = deaf.plan(&vars(Age::New));
    assert!(deaf.perform(plan).result.is_err());
    wait_until("it is done", || subject.runs(Age::New));
    subject.is_unlocked();
    subject.is_whole(&vars(Age::New));
    let log = machine.text("/var/lib/wsgi/.host/log");
    assert!(log.ends_with("end\tdone\n"), "{log}");
}

#[test]
fn who_is_told_to_end_ends_after_the_step_with_all_as_it_was_or_shall_be() {
    let mut subject = Subject::serving();
    let machine = subject.machine.clone();
    let plan = subject.plan(&vars(Age::New));
    // When the first file of nginx's is in its place and not yet proved.
    let end = "#!/bin/sh\n/usr/bin/mv \"$@\" || exit\ncase $* in *sites-available*)
        for p in /proc/[0-9]*; do
            [ $p != /proc/$$ ] || continue
            ls -l $p/fd 2>/dev/null | grep -q ' 9 -> /var/lib/wsgi/.host/lock' && kill -TERM ${p#/proc/}
        done ;; esac\nexit 0\n";
    machine.write("/usr/local/sbin/mv", end, 0o755);
    let performed = subject.perform(plan);
    machine.ok(["rm", "/usr/local/sbin/mv"]);
    let report = performed.result.unwrap();
    assert_eq!(report.outcome, Outcome::Ended);
    assert_eq!(report.put_back, ["/etc/nginx/sites-available/shop"]);
    assert!(
        report.owed.contains(&"reload nginx".to_owned()),
        "{:?}",
        report.owed
    );
    assert!(subject.serves());
    subject.is_unlocked();
    subject.apply(&vars(Age::New));
    subject.is_whole(&vars(Age::New));
    assert!(subject.runs(Age::New));
}
