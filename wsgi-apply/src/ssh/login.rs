//! Proves to a host who the user is.

mod agent;
mod candidates;
mod keys;
mod password;

use std::time::Duration;

use self::candidates::Candidates;
use super::config::{Method, Settings};
use super::connect_error::{ConnectError, Phase};
use super::interaction::{Interaction, NoInteraction};
use super::options::{Login, SshOptions};
use super::transport::{Failure, Limit, Transport, code, code_of};
use super::tried::Tried;

/// After this time OpenSSH's server hangs up (`LoginGraceTime`), so no answer comes later.
const ANSWER: Limit = Limit::Each(Duration::from_secs(120));

/// A login under way.
struct Attempt<'a> {
    transport: &'a Transport,
    settings: &'a Settings,
    tried: Vec<Tried>,
}

/// What became of one attempt.
enum Outcome {
    In,
    /// No, but there may be another way.
    Out,
    /// No, and the server has gone.
    HungUp,
}

/// Logs in, with as few questions to the server as can be: which methods it takes is asked only
/// when no key was the right one.
///
/// How many keys may be tried is up to the server (`MaxAuthTries`, six as a rule), which hangs up
/// then; so those that were named come first.
pub(super) fn log_in(
    transport: &Transport,
    settings: &Settings,
    options: &SshOptions,
    interaction: &mut dyn Interaction,
) -> Result<(), ConnectError> {
    let mut nobody = NoInteraction;
    let interaction = if settings.login.may_ask {
        interaction
    } else {
        &mut nobody
    };
    let mut attempt = Attempt {
        transport,
        settings,
        tried: Vec::new(),
    };
    let mut offered = Vec::new();
    let mut outcome = Outcome::Out;
    if settings.login.takes(Method::PublicKey) && options.login != Login::Password {
        let candidates = Candidates::collect(transport, settings, options, &mut attempt.tried)?;
        outcome = attempt.keys(candidates, interaction)?;
    }
    if matches!(outcome, Outcome::Out) {
        outcome = attempt.methods(&mut offered)?;
        if matches!(outcome, Outcome::Out) {
            outcome = attempt.password(&offered, interaction)?;
        }
    }
    match outcome {
        Outcome::In => Ok(()),
        Outcome::Out | Outcome::HungUp => Err(ConnectError::Authentication {
            user: settings.user.clone(),
            host: settings.original.clone(),
            tried: attempt.tried,
            offered,
        }),
    }
}

impl Attempt<'_> {
    /// Asks which methods the server takes, by the one that proves nothing.
    fn methods(&mut self, offered: &mut Vec<String>) -> Result<Outcome, ConnectError> {
        let user = &self.settings.user;
        let answer = self.transport.wait_for(ANSWER, |session| {
            let methods = session.auth_methods(user)?;
            Ok(methods.split(',').map(str::to_owned).collect::<Vec<_>>())
        });
        match answer {
            Ok(_) if self.transport.session().authenticated() => Ok(Outcome::In),
            Ok(methods) => {
                *offered = methods;
                Ok(Outcome::Out)
            }
            Err(failure) => self
                .failed("asking for the methods", failure)
                .map(|_| Outcome::HungUp),
        }
    }

    /// Notes what a call of libssh2 came to; says when the server has hung up, and fails where
    /// going on makes no sense.
    fn failed(&mut self, what: &str, failure: Failure) -> Result<Outcome, ConnectError> {
        let error = match failure {
            Failure::Library(error) => error,
            Failure::TimedOut => {
                return Err(ConnectError::TimedOut {
                    address: self.settings.address(),
                    limit: Duration::from_secs(120),
                    phase: Phase::Login,
                });
            }
            Failure::Waiting(error) => return Err(ConnectError::Local(error)),
        };
        let (came_to, outcome) = if has_hung_up(&error) {
            (Tried::HUNG_UP.to_owned(), Outcome::HungUp)
        } else if code_of(&error) == code::AUTHENTICATION_FAILED {
            ("refused".to_owned(), Outcome::Out)
        } else {
            (error.message().to_owned(), Outcome::Out)
        };
        self.tried.push(Tried::new(what, came_to));
        Ok(outcome)
    }
}

/// Whether the server ended the connection. libssh2 puts codes of its own over that of the socket;
/// then its text tells, which begins in the same way for each kind of login.
fn has_hung_up(error: &ssh2::Error) -> bool {
    let lost = [
        code::SOCKET_SEND,
        code::SOCKET_RECV,
        code::SOCKET_DISCONNECT,
    ];
    lost.contains(&code_of(error)) || error.message().starts_with("Waiting for")
}
