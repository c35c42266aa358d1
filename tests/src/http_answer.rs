/// What a server on a machine answered.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// All bytes after the head.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// Takes an answer apart, as it came or from `curl --include`; `None` when that is no HTTP.
    pub fn parse(mut bytes: &[u8]) -> Option<Self> {
        loop {
            let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            bytes = &bytes[end + 4..];
            let mut lines = head.lines();
            let status = lines.next()?.split(' ').nth(1)?.parse::<u16>().ok()?;
            // `100 Continue` and the like stand before the answer itself.
            if status < 200 {
                continue;
            }
            let headers = lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
                .collect();
            return Some(Self {
                status,
                headers,
                body: bytes.to_vec(),
            });
        }
    }

    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// With the body, when it is none or the status is not 200.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) if self.status == 200 => value,
            _ => panic!("{} {}", self.status, self.text()),
        }
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::HttpAnswer;

    #[test]
    fn the_final_answer_counts() {
        let answer = HttpAnswer::parse(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/2 404 \r\nX-Kind: a: b\r\n\r\nno\r\n\r\nsuch",
        )
        .expect("an answer");
        assert_eq!(answer.status, 404);
        assert_eq!(answer.header("x-kind"), Some("a: b"));
        assert_eq!(answer.text(), "no\r\n\r\nsuch");
    }
}
