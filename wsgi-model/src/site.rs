//! The nginx site.

use crate::name::shown;
use crate::text::checked_text;
use crate::tls::Tls;
use crate::{AbsPath, Contents, Invalid, Port, Seconds};

checked_text! {
    /// One name in nginx's `server_name`: a host name, a wildcard (`*.example.org`, `.example.org`,
    /// `www.example.*`), an IP address or `_`, in lower case.
    ServerName, |text| {
        let refuse = |reason: String, help: &'static str| Err(Invalid::new(reason).help(help));
        let name = shown(text);
        if text.is_empty() {
            return refuse("a server name is empty".to_owned(), "leave the list empty to answer every name");
        }
        if text.contains("://") {
            return url(text);
        }
        if text.starts_with('~') {
            return refuse(format!("`{name}` is a regular expression"), "write the names, or a wildcard such as `*.example.org`");
        }
        if text.contains('$') {
            return refuse(format!("`{name}` has a variable in it"), "write the names; nginx compares them as they are");
        }
        if text.chars().any(char::is_whitespace) {
            return refuse(format!("`{name}` has white space in it"), "one name per list item");
        }
        if text.chars().any(|c| c.is_ascii_uppercase()) {
            return refuse(format!("`{name}` has capital letters"), "write it in lower case, as nginx compares names");
        }
        if !text.is_ascii() {
            return refuse(format!("`{name}` is not ASCII, and browsers never send it so"), "write it in punycode: `idn NAME` prints it (`bücher.de` is `xn--bcher-kva.de`)");
        }
        if text == "_" || text.parse::<std::net::Ipv4Addr>().is_ok() {
            return Ok(());
        }
        if text.parse::<std::net::Ipv6Addr>().is_ok() {
            return Err(Invalid::new(format!("`{name}` is an IPv6 address without its brackets"))
                .help(format!("browsers ask for it in brackets: write '[{name}]'")));
        }
        if let Some(address) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            if address.parse::<std::net::Ipv6Addr>().is_ok() {
                return Ok(());
            }
        }
        if text.contains(':') {
            let host = shown(text.split(':').next().unwrap_or_default());
            return Err(Invalid::new(format!("`{name}` has a port in it"))
                .help(format!("write `{host}`; the port is wsgi_nginx_http_port")));
        }
        if text.contains('/') {
            let host = shown(text.split('/').next().unwrap_or_default());
            return Err(Invalid::new(format!("`{name}` has a path in it")).help(format!("write `{host}`")));
        }
        if text == "*" {
            return refuse("nginx takes no `*` by itself".to_owned(), "leave the list empty to answer every name");
        }
        if text.contains('*') {
            let rest = text.strip_prefix("*.").or_else(|| text.strip_suffix(".*"));
            if rest.is_none_or(|r| r.contains('*') || r.is_empty()) {
                return refuse(format!("nginx takes no `*` in the middle of a name or beside letters, as in `{name}`"), "a wildcard is a whole first or last part: `*.example.org`, `www.example.*`");
            }
        }
        let labels = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')).unwrap_or(text);
        let labels = labels.strip_suffix(".*").unwrap_or(labels);
        let label_ok = |l: &str| !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-')
            && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if text.len() > 253 || !labels.split('.').all(label_ok) {
            return refuse(format!("`{name}` is not a host name"), "letters, digits, `-` and `.`, as in `shop.example.org`");
        }
        Ok(())
    }
}

/// The refusal of a URL in place of a host's name.
fn url(text: &str) -> Result<(), Invalid> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
    let example = if ServerName::parse(host).is_ok() {
        host
    } else {
        "shop.example.org"
    };
    // Without what is before the host: it may be a password.
    Err(Invalid::new("a URL is no server name")
        .help(format!("write the host's name only: `{example}`")))
}

checked_text! {
    /// The name server that nginx asks: an IP address, with a port if wanted (`10.0.0.2:53`,
    /// `[2001:db8::1]`).
    Resolver, |text| {
        let host_ok = text.parse::<std::net::Ipv4Addr>().is_ok()
            || text.parse::<std::net::SocketAddr>().is_ok()
            || text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).is_some_and(|t| t.parse::<std::net::Ipv6Addr>().is_ok());
        if host_ok { Ok(()) } else {
            let help = if text.parse::<std::net::Ipv6Addr>().is_ok() { "nginx wants an IPv6 address in brackets" }
                else { "one IP address, such as `10.0.0.2`; nginx would look up a name only once, when it starts" };
            Err(Invalid::new(format!("`{}` is not the address of a name server", shown(text))).help(help))
        }
    }
}

/// A local file of nginx directives that is installed and included in the server block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NginxInclude {
    /// Where it is on the operator's machine, as written in the vars file.
    pub source: String,
    /// The name that it gets on the server.
    pub file_name: IncludeName,
    /// What is in it.
    pub contents: Contents,
}

checked_text! {
    /// The name of an installed include: letters, digits and `. _ -`, not starting with a dot.
    IncludeName, |text| {
        let ok = !text.is_empty() && text.len() <= 128 && !text.starts_with('.') && !text.ends_with('~')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        if ok { Ok(()) } else {
            Err(Invalid::new(format!("`{}` cannot be the name of an nginx include", shown(text)))
                .help("letters, digits and `. _ -`, not starting with a dot; rename the file"))
        }
    }
}

impl IncludeName {
    /// A name in place of the one that was refused at `index`.
    pub(crate) fn stand_in(index: usize) -> Self {
        Self(format!("refused-{index}"))
    }
}

/// How long nginx waits for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SiteTimeouts {
    /// An idle connection of a client.
    pub keepalive: Seconds,
    /// The app's answer, between two reads.
    pub proxy_read: Seconds,
    /// The app taking the request, between two writes.
    pub proxy_send: Seconds,
    /// The app's socket.
    pub proxy_connect: Seconds,
    /// The client taking the answer, between two writes.
    pub send: Seconds,
    /// The name server.
    pub resolver: Seconds,
}

/// The site: names, ports, files, timeouts, TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Site {
    /// The names that it answers; none means every name that no other site has.
    pub server_names: Vec<ServerName>,
    /// The port of plain HTTP.
    pub http_port: Port,
    /// The name server for stapling.
    pub resolver: Option<Resolver>,
    /// Where requests are logged.
    pub access_log: AbsPath,
    /// Where errors are logged.
    pub error_log: AbsPath,
    /// Further directives.
    pub includes: Vec<NginxInclude>,
    /// How long it waits.
    pub timeouts: SiteTimeouts,
    /// Certificates and what goes with them; looked at when [`ssl`](Tls::ssl) is on.
    pub tls: Tls,
}
