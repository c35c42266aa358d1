//! How a server's name is written so that nginx matches it, whatever its length.

use std::net::Ipv6Addr;

use wsgi_model::ServerName;

/// The longest key of nginx's tables of names: an entry has 16 bytes besides, and a bucket has one
/// line of the processor's cache, 64 bytes.
///
/// With a longer one nginx does not start as soon as there are two servers, unless
/// `server_names_hash_bucket_size` is raised. That may be said once per host: not by each app, and
/// not by any where the operator has said it. A regular expression is in no table.
const LONGEST_KEY: usize = 46;

/// `name` as a parameter of `server_name`.
///
/// One that is too long for nginx's tables becomes a regular expression. It matches the same names,
/// but only where no wildcard of another site does.
pub(super) fn server_name(name: &ServerName) -> String {
    let name = name.as_str();
    let address = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    if let Some(address) = address.and_then(|n| n.parse::<Ipv6Addr>().ok()) {
        // As clients shorten it; nginx compares letters.
        return format!("[{address}]");
    }
    if fits(name) {
        return name.to_owned();
    }
    let (start, rest) = match (name.strip_prefix("*."), name.strip_prefix('.')) {
        (Some(rest), _) => (r".+\.", rest),
        (None, Some(rest)) => (r"(.+\.)?", rest),
        (None, None) => ("", name),
    };
    let (rest, end) = match rest.strip_suffix(".*") {
        Some(rest) => (rest, r"\..+"),
        None => (rest, ""),
    };
    // `\z`: a `$` would be taken for a variable.
    format!(r"~^{start}{}{end}\z", rest.replace('.', r"\."))
}

/// Whether nginx's tables take the name: as a whole, or with a wildcard label by label.
fn fits(name: &str) -> bool {
    if name.starts_with(['*', '.']) || name.ends_with('*') {
        name.split('.').all(|label| label.len() <= LONGEST_KEY)
    } else {
        name.len() <= LONGEST_KEY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nginxs_tables_cannot_hold_becomes_an_expression() {
        let label = "a".repeat(47);
        let fits = "a".repeat(46);
        for (name, written) in [
            ("shop.example.org".to_owned(), "shop.example.org".to_owned()),
            ("_".to_owned(), "_".to_owned()),
            ("[2001:db8:0::1]".to_owned(), "[2001:db8::1]".to_owned()),
            ("192.0.2.1".to_owned(), "192.0.2.1".to_owned()),
            (fits.clone(), fits.clone()),
            (format!("*.{fits}.{fits}"), format!("*.{fits}.{fits}")),
            (format!("{label}.org"), format!(r"~^{label}\.org\z")),
            (format!("*.{label}.org"), format!(r"~^.+\.{label}\.org\z")),
            (format!(".{label}.org"), format!(r"~^(.+\.)?{label}\.org\z")),
            (format!("www.{label}.*"), format!(r"~^www\.{label}\..+\z")),
        ] {
            let name = ServerName::parse(&name).expect("a name");
            assert_eq!(server_name(&name), written);
        }
    }
}
