use super::agent::AgentKeys;
use super::candidates::{Candidate, Candidates, describe};
use super::{ANSWER, Attempt, Outcome, has_hung_up};
use crate::ssh::connect_error::ConnectError;
use crate::ssh::host_key::HostKey;
use crate::ssh::interaction::{Interaction, Question};
use crate::ssh::key_file::KeyFile;
use crate::ssh::key_problem::KeyProblem;
use crate::ssh::transport::{Failure, code, code_of};
use crate::ssh::tried::Tried;

/// How often a passphrase is asked for.
const PASSPHRASES: u32 = 3;

impl Attempt<'_> {
    /// Tries one key after the other.
    pub(super) fn keys(
        &mut self,
        candidates: Candidates,
        interaction: &mut dyn Interaction,
    ) -> Result<Outcome, ConnectError> {
        let Candidates { agent, keys } = candidates;
        for key in keys {
            let outcome = match (key, &agent) {
                (Candidate::Agent(number), Some(agent)) => self.agent_key(agent, number)?,
                (Candidate::Agent(_), None) => Outcome::Out,
                (Candidate::File(file), _) => self.key_file(&file, interaction)?,
            };
            if !matches!(outcome, Outcome::Out) {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Out)
    }

    fn agent_key(&mut self, agent: &AgentKeys, number: usize) -> Result<Outcome, ConnectError> {
        let (key, public) = agent.key(number);
        let user = &self.settings.user;
        let result = self
            .transport
            .wait_for(ANSWER, |_| agent.agent().userauth(user, key));
        let what = format!("the agent's key {}", describe(public, key.comment()));
        match result {
            Ok(()) => Ok(Outcome::In),
            Err(Failure::Library(error)) if is_ours(&error) => {
                self.tried.push(Tried::new(what, "the agent did not sign"));
                Ok(Outcome::Out)
            }
            Err(failure) => self.key_failed(&what, failure),
        }
    }

    fn key_file(
        &mut self,
        file: &KeyFile,
        interaction: &mut dyn Interaction,
    ) -> Result<Outcome, ConnectError> {
        let what = format!("the key {}", file.path().display());
        let mut say = |problem: &KeyProblem| {
            self.tried
                .push(Tried::new(what.clone(), problem.to_string()));
        };
        let (private, is_encrypted) = match file.private() {
            Ok(private) => private,
            Err(problem) => {
                say(&problem);
                return Ok(Outcome::Out);
            }
        };
        let public = file.public().map(HostKey::line);
        // Whether the server takes the key can be asked without its private half, so nobody is
        // asked for a passphrase in vain.
        let mut passphrase = None;
        let mut wrong = 0;
        if is_encrypted && public.is_none() {
            if let Some(answer) = ask(file, wrong, interaction) {
                passphrase = Some(answer);
            } else {
                say(&KeyProblem::NoPassphrase);
                return Ok(Outcome::Out);
            }
        }
        loop {
            let user = &self.settings.user;
            let result = self.transport.wait_for(ANSWER, |session| {
                let passphrase = passphrase.as_ref().map(|answer| answer.as_str());
                session.userauth_pubkey_memory(user, public.as_deref(), private, passphrase)
            });
            match result {
                Ok(()) => return Ok(Outcome::In),
                Err(Failure::Library(error)) if is_ours(&error) => {}
                Err(failure) => return self.key_failed(&what, failure),
            }
            let problem = if is_encrypted {
                wrong += u32::from(passphrase.is_some());
                match (wrong < PASSPHRASES).then(|| ask(file, wrong, interaction)) {
                    Some(Some(answer)) => {
                        passphrase = Some(answer);
                        continue;
                    }
                    Some(None) if passphrase.is_none() => KeyProblem::NoPassphrase,
                    _ => KeyProblem::WrongPassphrase,
                }
            } else {
                KeyProblem::NotAKey
            };
            self.tried.push(Tried::new(what, problem.to_string()));
            return Ok(Outcome::Out);
        }
    }

    fn key_failed(&mut self, what: &str, failure: Failure) -> Result<Outcome, ConnectError> {
        match failure {
            // The server took the key when it was asked, and wants more than it after it was
            // proved: a password or a code, too (`AuthenticationMethods`).
            Failure::Library(error)
                if code_of(&error) == code::PUBLICKEY_UNVERIFIED && !has_hung_up(&error) =>
            {
                self.tried
                    .push(Tried::new(what, "not enough for this server"));
                Ok(Outcome::Out)
            }
            failure => self.failed(what, failure),
        }
    }
}

/// Whether a key failed on our side: it could not be read or decrypted, or the agent did not sign.
///
/// libssh2 has one code for that and for a refusal of the server after the signature; only its text
/// tells. What a wrong passphrase gives is as good as arbitrary: "Unable to extract public key from
/// private key file: Unsupported private key file format" is one of them.
fn is_ours(error: &ssh2::Error) -> bool {
    match code_of(error) {
        _ if has_hung_up(error) => false,
        code::AUTHENTICATION_FAILED => false,
        code::PUBLICKEY_UNVERIFIED => error.message().starts_with("Callback"),
        _ => true,
    }
}

fn ask(
    file: &KeyFile,
    wrong: u32,
    interaction: &mut dyn Interaction,
) -> Option<zeroize::Zeroizing<String>> {
    interaction.ask(&Question::Passphrase {
        key: file.path().to_owned(),
        wrong,
    })
}
