//! A throw-away host for a person or a script, for as long as its standard input is open.

use std::fs;
use std::io::{self, BufRead, Write, stdin, stdout};
use std::process::ExitCode;
use std::time::Duration;

use wsgi_tests::{Init, Suite, TargetHost, TargetHostBuilder};

const USAGE: &str = "\
usage: tests/target-host [--suite bookworm|trixie|jammy|noble] [--init systemd|tiny]
                         [--with PACKAGE,...] [--rtt MILLISECONDS]

Makes a host and says `up ADDRESS SSH_CONFIG` when it answers. That file has the
aliases root, deploy (sudo without a password), operator (sudo with one) and
nobodyatall (no sudo): `ssh -F SSH_CONFIG deploy`. Then it reads lines:

  reset              back to the first state, with the same address and keys
  rtt MILLISECONDS   how much longer each round trip takes

and answers each with `ok`. At the end of its input the host is gone. Needs root.
";

fn main() -> ExitCode {
    let Some(builder) = parse(std::env::args().skip(1)) else {
        let _ = io::stderr().write_all(USAGE.as_bytes());
        return ExitCode::from(2);
    };
    match serve(&builder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "target-host: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<TargetHostBuilder> {
    let mut builder = TargetHost::builder();
    while let Some(option) = words.next() {
        let value = words.next()?;
        builder = match option.as_str() {
            "--suite" => {
                let known = [Suite::Bookworm, Suite::Trixie, Suite::Jammy, Suite::Noble];
                builder.suite(known.into_iter().find(|suite| suite.name() == value)?)
            }
            "--init" => builder.init(match value.as_str() {
                "systemd" => Init::Systemd,
                "tiny" => Init::Tiny,
                _ => return None,
            }),
            "--with" => builder.packages(value.split(',')),
            "--rtt" => builder.rtt(milliseconds(&value)?),
            _ => return None,
        };
    }
    Some(builder)
}

fn milliseconds(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_millis)
}

fn serve(builder: &TargetHostBuilder) -> io::Result<()> {
    let mut host = builder.start().map_err(io::Error::other)?;
    let users = ["root", "deploy", "operator", "nobodyatall"];
    let config = host.key().with_file_name("ssh_config");
    let blocks = users.map(|user| host.ssh_config(user, user));
    fs::write(&config, blocks.concat())?;
    let say = |line: &str| writeln!(stdout(), "{line}").and_then(|()| stdout().flush());
    say(&format!("up {} {}", host.address(), config.display()))?;
    for line in stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        match (words.next(), words.next().and_then(milliseconds)) {
            (Some("reset"), _) => host.reset(),
            (Some("rtt"), Some(rtt)) => host.set_rtt(rtt),
            _ => {
                say("there are: reset, rtt MILLISECONDS")?;
                continue;
            }
        }
        say("ok")?;
    }
    Ok(())
}
