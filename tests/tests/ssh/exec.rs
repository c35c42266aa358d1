use std::io::{self, Read};

use wsgi_apply::{Chunk, LocalShell, Script, Shell, ShellError, Status};
use wsgi_tests::SshServer;

use crate::client::{Client, output, run};

/// Runs a test on each shell: over SSH, and on this machine.
fn on_each(test: impl Fn(&mut dyn Shell)) {
    test(&mut LocalShell::new());
    let server = SshServer::up();
    test(&mut Client::of(&server).connect());
}

#[test]
fn one_connection_runs_many_programs() {
    let server = SshServer::up();
    let mut shell = Client::of(&server).connect();
    for number in 0..20 {
        assert_eq!(
            output(&mut shell, &format!("echo {number}")),
            format!("{number}\n")
        );
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn input_output_and_status_are_those_of_the_program() {
    on_each(|shell| {
        let ran = run(shell, "cat; echo error >&2; exit 7", b"in\0put\n");
        assert_eq!(
            (ran.status, ran.out.as_str(), ran.err.as_str()),
            (Status::Exited(7), "in\0put\n", "error\n")
        );
        // Without input, it ends at once.
        assert_eq!(run(shell, "cat", b"").status, Status::Exited(0));
    });
}

#[test]
fn a_program_killed_by_a_signal_is_no_success() {
    on_each(|shell| {
        for (signal, name) in [("KILL", "KILL"), ("TERM", "TERM"), ("SEGV", "SEGV")] {
            let ran = run(shell, &format!("echo before; kill -{signal} $$"), b"");
            assert_eq!(
                (ran.status, ran.out.as_str()),
                (Status::Killed(name.to_owned()), "before\n")
            );
        }
        assert_eq!(run(shell, "exit 255", b"").status, Status::Exited(255));
    });
}

/// Bytes without an end or with one far away, made as they are read.
struct Zeros(u64);

impl Read for Zeros {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer
            .len()
            .min(usize::try_from(self.0).unwrap_or(usize::MAX));
        buffer[..count].fill(0);
        self.0 -= count as u64;
        Ok(count)
    }
}

/// What a program prints, counted.
fn count(shell: &mut dyn Shell, script: &str, stdin: &mut dyn Read) -> (Status, usize, usize) {
    let (mut out, mut err) = (0, 0);
    let script = Script::new(script.to_owned());
    let status = shell.exec(&script, stdin, &mut |chunk| match chunk {
        Chunk::Out(bytes) => out += bytes.len(),
        Chunk::Err(bytes) => err += bytes.len(),
    });
    (status.unwrap(), out, err)
}

#[test]
fn all_three_streams_are_served_at_the_same_time() {
    on_each(|shell| {
        let script = "head -c 5000000 /dev/zero >&2 & cat; wait";
        let counted = count(shell, script, &mut Zeros(5_000_000));
        assert_eq!(counted, (Status::Exited(0), 5_000_000, 5_000_000));
        // One after the other, in the order that a reader of stdout alone would wait in for ever.
        let script =
            "head -c 5000000 /dev/zero >&2; head -c 5000000 /dev/zero; cat >/dev/null; echo x";
        let counted = count(shell, script, &mut Zeros(5_000_000));
        assert_eq!(counted, (Status::Exited(0), 5_000_002, 5_000_000));
    });
}

#[test]
fn a_program_that_never_reads_its_input_ends_all_the_same() {
    on_each(|shell| {
        let counted = count(shell, "echo done", &mut Zeros(u64::MAX));
        assert_eq!(counted, (Status::Exited(0), 5, 0));
        let counted = count(shell, "head -c 100000; exit 3", &mut Zeros(u64::MAX));
        assert_eq!(counted, (Status::Exited(3), 100_000, 0));
        // And the connection is as good as before.
        assert_eq!(output(shell, "echo next"), "next\n");
    });
}

#[test]
fn a_program_may_close_its_output_and_still_take_its_input() {
    on_each(|shell| {
        let got = tempfile::NamedTempFile::new().unwrap();
        let script = format!("exec >&- 2>&-; wc -c <&0 >{}", got.path().display());
        let counted = count(shell, &script, &mut Zeros(5_000_000));
        assert_eq!(counted, (Status::Exited(0), 0, 0));
        assert_eq!(
            std::fs::read_to_string(got.path()).unwrap().trim(),
            "5000000"
        );
    });
}

#[test]
fn much_output_passes_in_little_memory() {
    let server = SshServer::up();
    let mut shell = Client::of(&server).connect();
    let before = peak_memory();
    let counted = count(&mut shell, "head -c 100000000 /dev/zero", &mut io::empty());
    assert_eq!(counted, (Status::Exited(0), 100_000_000, 0));
    let grown = peak_memory() - before;
    assert!(grown < 16 << 10, "{grown} KiB");
}

/// The most memory that this process has had, in KiB. Other tests of it run at the same time.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("no more"))
    }
}

#[test]
fn input_that_cannot_be_read_is_told_after_the_program_has_ended() {
    on_each(|shell| {
        let mut input = b"first".chain(Broken);
        let mut out = Vec::new();
        let script = Script::new("cat; echo; echo ended".to_owned());
        let result = shell.exec(&script, &mut input, &mut |chunk| {
            if let Chunk::Out(bytes) = chunk {
                out.extend_from_slice(bytes);
            }
        });
        assert!(matches!(result, Err(ShellError::Input(_))), "{result:?}");
        assert_eq!(out, b"first\nended\n");
        assert_eq!(output(shell, "echo next"), "next\n");
    });
}

#[test]
fn the_longest_program_is_run() {
    on_each(|shell| {
        let mut script = "printf '%s' '".to_owned();
        let text = "it is long \u{e9}\n".repeat(Script::MAX);
        let mut end = Script::MAX - script.len() - 1;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        script = script + &text[..end] + "'";
        assert_eq!(output(shell, &script), text[..end]);
    });
}
