//! Environment variables.

use crate::{EnvName, Invalid, Secret};

/// One variable of a process's environment. Its value is a secret, whatever it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVar {
    /// The name, such as `SHOP_DB_MAIN_PASSWORD`.
    pub name: EnvName,
    /// The value, byte for byte what the process gets.
    pub value: EnvValue,
}

/// What an environment variable is set to: any text without a NUL byte, at most 128,000 bytes.
///
/// Linux refuses to start a program when one `NAME=value` is longer than 131,072 bytes
/// (`MAX_ARG_STRLEN`, execve(2)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvValue(Secret<String>);

impl EnvValue {
    /// The longest value in bytes.
    pub const MAX_BYTES: usize = 128_000;

    /// Checks `text`.
    ///
    /// # Errors
    /// [`Invalid`] when it has a NUL byte or is too long. The text is not quoted.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.contains('\0') {
            return Err(Invalid::new("the value has a NUL byte in it")
                .help("no process can get such a variable"));
        }
        if text.len() > Self::MAX_BYTES {
            return Err(Invalid::new(format!("the value is {} bytes long", text.len()))
                .help("Linux starts no program with a variable above 128 KiB; put it in a file and name the file"));
        }
        Ok(Self(Secret::new(text.to_owned())))
    }

    /// Gives the value to code that really needs it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl EnvValue {
    /// A value that this crate made and knows to be legal.
    pub(crate) fn of_text(text: String) -> Self {
        debug_assert!(!text.contains('\0'));
        Self(Secret::new(text))
    }
}
