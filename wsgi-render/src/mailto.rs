//! The address of a link that writes an email.

use std::fmt::Write;

use wsgi_model::EmailAddress;

use crate::template::{Field, Value};

/// `mailto:` and an address, as a URI (RFC 6068).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mailto(String);

impl Mailto {
    /// The link that writes to `address`.
    ///
    /// Everything is percent-encoded that is not a letter of RFC 3986's unreserved set: `?` would
    /// start the subject, `%` an escape, and letters beyond ASCII are no part of a URI.
    pub(crate) fn new(address: &EmailAddress) -> Self {
        let (local, domain) = address
            .as_str()
            .rsplit_once('@')
            .unwrap_or((address.as_str(), ""));
        let mut uri = String::from("mailto:");
        encode(local, &mut uri);
        uri.push('@');
        encode(domain, &mut uri);
        Self(uri)
    }
}

impl Field for Mailto {
    fn value(&self) -> Value<'_> {
        self.0.value()
    }
}

fn encode(text: &str, uri: &mut String) {
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+') {
            uri.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_writes_to_the_address_and_does_nothing_else() {
        for (address, uri) in [
            ("help@example.org", "mailto:help@example.org"),
            ("a+b.c_d@x.org", "mailto:a+b.c_d@x.org"),
            ("a?cc=all&x@x.org", "mailto:a%3Fcc%3Dall%26x@x.org"),
            ("50%@x.org", "mailto:50%25@x.org"),
            ("o'neil#1/2@x.org", "mailto:o%27neil%231%2F2@x.org"),
            ("käse@bücher.de", "mailto:k%C3%A4se@b%C3%BCcher.de"),
        ] {
            let address = EmailAddress::parse(address).expect("an address");
            assert_eq!(Mailto::new(&address).0, uri);
        }
    }
}
