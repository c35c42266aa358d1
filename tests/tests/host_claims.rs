//! What a host of ten thousand apps costs to check; alone in its process, whose memory it looks at.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;

use wsgi_model::{AppName, AppParts, AppSpec, HostClaims, ServerName, WsgiTarget};

const APPS: u64 = 10_000;

fn app(number: u64) -> AppSpec {
    let name = AppName::parse(&format!("app{number}")).unwrap();
    let mut parts = AppParts::new(name, WsgiTarget::parse("app.wsgi").unwrap());
    let names = ["", "www."].map(|www| format!("{www}app{number}.example.org"));
    parts.site.server_names = names.map(|name| ServerName::parse(&name).unwrap()).into();
    AppSpec::new(parts).unwrap()
}

/// In bytes (proc(5)).
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<u64>().unwrap() << 10
}

#[test]
fn the_claims_of_an_app_take_half_a_kilobyte() {
    // What the first apps leave behind is there for the others.
    let mut warm = HostClaims::new();
    for number in 0..100 {
        assert_eq!(warm.admit(&app(number)), []);
    }
    let before = resident();
    let mut host = HostClaims::new();
    for number in 0..APPS {
        assert_eq!(host.admit(&app(number)), []);
    }
    let each = resident().saturating_sub(before) / APPS;
    assert!(each < 512, "{each} bytes");
    assert_eq!(host.admit(&app(APPS - 1)).len(), 1);
}
