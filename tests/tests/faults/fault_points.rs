//! Makes the n-th program that a plan's performance calls fail, or its end.

use std::io::Read;

use wsgi_apply::{Chunk, Script, Shell, ShellError, Status};
use wsgi_tests::{Machine, MachineShell};

/// What the scripts call by name. `sh` is not among them: what it runs is.
const PROGRAMS: &str = "awk cat chmod chown cmp cp cut date dpkg-query env find flock getent grep head id ln \
    ls md5sum mkdir mv rm rmdir sed setpriv setsid sha256sum sort stat sync tail tar tee \
    timeout touch tr uniq wc xargs";

/// Stands before each program; `/run/faults/fault` says which call shall fail, and how.
const STAND_IN: &str = r#"#!/bin/sh
real=/usr/bin/${0##*/}
# Other commands of the test, and programs in a session of their own, are none of it.
read -r _ _ _ _ group session _ </proc/self/stat
read -r number how where </run/faults/fault
[ "$session" = "$where" ] || exec $real "$@"
exec 8>>/run/faults/lock
/usr/bin/flock 8
read -r n </run/faults/count
n=$((n + 1))
echo $n >/run/faults/count
printf '%s %s\n' "$n ${0##*/}" "$*" >>/run/faults/calls
exec 8>&-
[ "$n" = "$number" ] || exec $real "$@"
case $how in
fail)
    echo "no ${0##*/} today" >&2
    exit 1
    ;;
after) $real "$@" ;;
esac
kill -9 "-$group"
kill -9 $$
"#;

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The program fails and has done nothing.
    Fails,
    /// Everything is killed before the program runs.
    KilledBefore,
    /// Everything is killed after the program ran.
    KilledAfter,
}

/// A machine's root shell in which one call can go wrong.
pub(crate) struct FaultyShell {
    machine: Machine,
    shell: MachineShell,
}

impl FaultyShell {
    pub(crate) fn on(machine: &Machine) -> Self {
        machine.write("/run/faults/stand-in", STAND_IN, 0o755);
        let script = "cd /run/faults; touch lock calls; echo 0 >count; echo 0 >fault; chmod 777 . ; chmod 666 *
            chmod 755 stand-in; mkdir /usr/local/off; for p; do ln -s /run/faults/stand-in /usr/local/off/$p; done; rmdir /usr/local/sbin";
        let argv = ["sh", "-c", script, "sh"]
            .into_iter()
            .chain(PROGRAMS.split_whitespace());
        machine.ok(argv);
        Self {
            machine: machine.clone(),
            shell: MachineShell::root(machine),
        }
    }
}

/// Has the n-th call go wrong from now on, counted from 1; 0 is none.
pub(crate) fn set(machine: &Machine, number: usize, fault: Fault) {
    let how = match fault {
        Fault::Fails => "fail",
        Fault::KilledBefore => "before",
        Fault::KilledAfter => "after",
    };
    let script = format!(
        "echo {number} {how} >/run/faults/fault
        [ ! -d /usr/local/off ] || mv /usr/local/off /usr/local/sbin"
    );
    machine.sh(&script).expect_success();
}

/// Has no call go wrong from now on, and says which were made since it was set: number, program
/// and arguments.
pub(crate) fn clear(machine: &Machine) -> Vec<String> {
    let script =
        "[ -d /usr/local/off ] || mv /usr/local/sbin /usr/local/off; cat /run/faults/calls";
    let calls = machine.ok(["/bin/sh", "-c", script]).text();
    let is_first = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
    calls.lines().filter(is_first).map(str::to_owned).collect()
}

impl Shell for FaultyShell {
    fn label(&self) -> &'static str {
        "a faulty machine"
    }

    fn exec(
        &mut self,
        script: &Script,
        stdin: &mut dyn Read,
        output: &mut dyn FnMut(Chunk<'_>),
    ) -> Result<Status, ShellError> {
        let noted = format!(
            "read -r _ _ _ _ _ session _ </proc/self/stat; cd /run/faults; echo 0 >count; : >calls
            read -r number how _ <fault; echo $number $how $session >fault; cd /\n{}",
            script.as_str()
        );
        let status = self.shell.exec(&Script::new(noted), stdin, output);
        // What was killed may still be ending.
        let _ = self.machine.run(["true"]);
        status
    }
}
