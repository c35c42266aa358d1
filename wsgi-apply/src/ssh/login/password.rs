use ssh2::{KeyboardInteractivePrompt, Prompt};

use super::{ANSWER, Attempt, Outcome, has_hung_up};
use crate::ssh::config::Method;
use crate::ssh::connect_error::ConnectError;
use crate::ssh::greet::printable;
use crate::ssh::interaction::{Interaction, Question};
use crate::ssh::transport::{Failure, code, code_of};
use crate::ssh::tried::Tried;

impl Attempt<'_> {
    /// Lets a person answer, in the ways that the server takes.
    pub(super) fn password(
        &mut self,
        offered: &[String],
        interaction: &mut dyn Interaction,
    ) -> Result<Outcome, ConnectError> {
        let takes = |method: &str| offered.iter().any(|name| name == method);
        let login = &self.settings.login;
        if login.takes(Method::KeyboardInteractive) && takes("keyboard-interactive") {
            let outcome = self.challenges(interaction)?;
            if !matches!(outcome, Outcome::Out) {
                return Ok(outcome);
            }
        }
        if login.takes(Method::Password) && takes("password") {
            return self.passwords(interaction);
        }
        Ok(Outcome::Out)
    }

    fn challenges(&mut self, interaction: &mut dyn Interaction) -> Result<Outcome, ConnectError> {
        let settings = self.settings;
        for wrong in 0..settings.login.prompts {
            let mut person = Person {
                interaction: &mut *interaction,
                user: &settings.user,
                host: &settings.original,
                wrong,
                asked: 0,
                has_left: false,
            };
            let result = self.transport.wait_for(ANSWER, |session| {
                session.userauth_keyboard_interactive(&settings.user, &mut person)
            });
            let (asked, has_left) = (person.asked, person.has_left);
            match result {
                Ok(()) => return Ok(Outcome::In),
                // It offers the method, but has no question for this user.
                Err(Failure::Library(error)) if asked == 0 && !has_hung_up(&error) => {
                    break;
                }
                Err(failure) if !has_left => {
                    let outcome = self.failed("an answer to the server's question", failure)?;
                    if !matches!(outcome, Outcome::Out) {
                        return Ok(outcome);
                    }
                }
                Err(_) => {
                    let what = "a password or code";
                    self.tried.push(Tried::new(what, "nobody gave an answer"));
                    break;
                }
            }
        }
        Ok(Outcome::Out)
    }

    fn passwords(&mut self, interaction: &mut dyn Interaction) -> Result<Outcome, ConnectError> {
        let settings = self.settings;
        for wrong in 0..settings.login.prompts {
            let question = Question::Password {
                user: settings.user.clone(),
                host: settings.original.clone(),
                wrong,
            };
            let Some(password) = interaction.ask(&question) else {
                self.tried.push(Tried::new("a password", "nobody gave one"));
                break;
            };
            let result = self.transport.wait_for(ANSWER, |session| {
                session.userauth_password(&settings.user, &password)
            });
            match result {
                Ok(()) => return Ok(Outcome::In),
                Err(Failure::Library(error)) if code_of(&error) == code::PASSWORD_EXPIRED => {
                    self.tried.push(Tried::new("a password", "it has expired"));
                    break;
                }
                Err(failure) => {
                    let outcome = self.failed("a password", failure)?;
                    if !matches!(outcome, Outcome::Out) {
                        return Ok(outcome);
                    }
                }
            }
        }
        Ok(Outcome::Out)
    }
}

/// Answers what a server asks in its own words.
struct Person<'a> {
    interaction: &'a mut dyn Interaction,
    user: &'a str,
    host: &'a str,
    wrong: u32,
    /// The number of questions.
    asked: usize,
    /// Whether a question was left without an answer.
    has_left: bool,
}

impl KeyboardInteractivePrompt for Person<'_> {
    fn prompt(&mut self, _: &str, instructions: &str, prompts: &[Prompt<'_>]) -> Vec<String> {
        let mut answers = Vec::with_capacity(prompts.len());
        for prompt in prompts {
            self.asked += 1;
            let question = Question::Challenge {
                user: self.user.to_owned(),
                host: self.host.to_owned(),
                instructions: printable(instructions),
                text: printable(&prompt.text),
                echo: prompt.echo,
                wrong: self.wrong,
            };
            let Some(answer) = self.interaction.ask(&question) else {
                self.has_left = true;
                break;
            };
            // The interface of the library wants strings; it does not wipe them.
            answers.push(answer.to_string());
        }
        answers
    }
}
