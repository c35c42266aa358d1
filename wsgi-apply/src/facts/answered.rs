//! What an app answers at its socket.

/// What an app answers at its socket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answered {
    /// With this HTTP status.
    Status(u16),
    /// Nothing that is HTTP, and why, as the host's system says it.
    Nothing(String),
}

impl Answered {
    /// Reads what `posix/answered.py` prints: the first line of an answer, or a dash and why there
    /// is none.
    pub(crate) fn parse(said: &str) -> Self {
        if let Some(why) = said.strip_prefix("- ") {
            return Self::Nothing(why.to_owned());
        }
        let mut words = said.split_ascii_whitespace();
        let protocol = words.next().unwrap_or_default();
        let status = words.next().and_then(|word| word.parse().ok());
        match status {
            Some(status) if protocol.starts_with("HTTP/") => Self::Status(status),
            _ if said.is_empty() => Self::Nothing("it could not be asked".to_owned()),
            _ => Self::Nothing("what it answers is not HTTP".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_is_an_answer() {
        for (said, expected) in [
            ("HTTP/1.0 404 Not Found", Answered::Status(404)),
            ("HTTP/1.1 200", Answered::Status(200)),
            (
                "- Connection refused",
                Answered::Nothing("Connection refused".to_owned()),
            ),
            ("", Answered::Nothing("it could not be asked".to_owned())),
            (
                "SSH-2.0-OpenSSH 200",
                Answered::Nothing("what it answers is not HTTP".to_owned()),
            ),
        ] {
            assert_eq!(Answered::parse(said), expected, "{said}");
        }
    }
}
