//! TLS of the rendered site, as clients of Debian's nginx meet it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use wsgi_tests::{Authority, HttpAnswer, KeyKind, Machine, PythonPackages, WebHost, wait_until};

const SHOP: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_server_names: [shop.example.org]
wsgi_storage_dir: /srv
wsgi_ssl: yes
";

const BLOG: &str = "
wsgi_project_name: blog
wsgi_wsgi_path: blog.wsgi
wsgi_server_names: [blog.example.org]
wsgi_ssl: yes
";

const HSTS: &str = "strict-transport-security";

/// A machine with certificates for both apps.
fn certified(machine: Machine, key: KeyKind) -> Machine {
    let authority = Authority::new(&machine, key);
    authority.certify("shop", &["shop.example.org"]);
    authority.certify("blog", &["blog.example.org"]);
    machine
}

fn host(vars: &[&str]) -> WebHost {
    WebHost::on(certified(Machine::up(), KeyKind::Ecdsa), vars)
}

/// Asks with the authority's certificate and no other trusted.
fn ask(host: &WebHost, arguments: &[&str]) -> HttpAnswer {
    let mut all = vec!["--cacert", Authority::CERTIFICATE];
    all.extend(arguments);
    host.machine.http(all)
}

/// The exit status of `curl`: 35 when the handshake failed, 60 when the certificate is another's.
fn curl(host: &WebHost, arguments: &[&str]) -> Option<i32> {
    let mut all = vec!["curl", "-sS", "--connect-to", "::127.0.0.1:"];
    all.extend(["--cacert", Authority::CERTIFICATE]);
    all.extend(arguments);
    host.machine.run(all).code()
}

#[test]
fn both_schemes_serve_unless_one_is_forced() {
    let host = host(&[SHOP]).up();
    for scheme in ["http", "https"] {
        let answer = ask(&host, &[&format!("{scheme}://shop.example.org/")]);
        assert_eq!(answer.status, 200);
        let said = format!(r#""x-forwarded-proto": "{scheme}""#);
        assert!(answer.text().contains(&said), "{}", answer.text());
    }
}

#[test]
fn a_redirect_keeps_path_query_and_method_and_is_one() {
    let host = host(&[&format!("{SHOP}wsgi_force_ssl: yes\n")]).up();
    let machine = &host.machine;
    machine.ok(["truncate", "--size=5M", "/tmp/body"]);
    for path in [
        "/",
        "/p%20q/r;s?x=1&y=a%2Fb",
        "/static/a",
        "/?q=https://x/",
        "//two",
    ] {
        for more in [
            &["-X", "GET"][..],
            &["--head"],
            &["-d", "a=b"],
            &["--data-binary", "@/tmp/body"],
        ] {
            let url = format!("http://shop.example.org{path}");
            let mut arguments = more.to_vec();
            arguments.push(&url);
            let answer = ask(&host, &arguments);
            assert_eq!(answer.status, 308, "{more:?} {path}");
            let target = format!("https://shop.example.org{path}");
            assert_eq!(answer.header("location"), Some(target.as_str()));
            assert_eq!(answer.header(HSTS), None);
        }
    }
    // Through it, a body arrives.
    let answer = ask(&host, &["-L", "-d", "a=b", "http://shop.example.org/x?y=z"]);
    assert!(
        answer
            .text()
            .contains(r#""method": "POST", "path": "/x?y=z""#),
        "{}",
        answer.text()
    );
}

#[test]
fn challenges_of_a_certificate_authority_are_not_redirected() {
    let host = host(&[&format!("{SHOP}wsgi_force_ssl: yes\n")]).up();
    let machine = &host.machine;
    let challenge = "/.well-known/acme-challenge";
    machine.write(&format!("/srv/shop{challenge}/on-disk"), "token", 0o644);
    for closed in [false, true] {
        if closed {
            machine.write("/var/www/shop/maintenance.html", "", 0o644);
        }
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://shop.example.org{challenge}");
            let answer = ask(&host, &[&format!("{url}/on-disk")]);
            assert_eq!((answer.status, answer.text().as_str()), (200, "token"));
            let answer = ask(&host, &[&format!("{url}/of-the-app")]);
            assert!(answer.text().contains(r#""host": "shop.example.org""#));
            let around = format!("{url}/../../x");
            let answer = ask(&host, &["--path-as-is", &around]);
            let expected = match (scheme, closed) {
                ("http", _) => 308,
                (_, true) => 503,
                (_, false) => 200,
            };
            assert_eq!(answer.status, expected, "{around}");
        }
    }
}

#[test]
fn every_answer_over_tls_says_to_keep_to_tls_and_none_without() {
    let host = host(&[SHOP]).up();
    let machine = &host.machine;
    machine.write("/var/www/shop/current/static/a.css", "a{}", 0o644);
    let check = |path: &str, status: u16| {
        for (scheme, expected) in [("https", Some("max-age=63072000")), ("http", None)] {
            let answer = ask(&host, &[&format!("{scheme}://shop.example.org{path}")]);
            assert_eq!(answer.status, status, "{scheme} {path}");
            assert_eq!(answer.header(HSTS), expected, "{scheme} {path}");
            let all = answer.headers.iter().filter(|(name, _)| name == HSTS);
            assert!(all.count() < 2, "{path}");
        }
    };
    check("/", 200);
    check("/static/a.css", 200);
    check("/static/none", 404);
    check("/status/404", 404);
    check("/status/500", 500);
    check("/dies", 502);
    check("/.well-known/acme-challenge/x", 200);
    machine.write("/var/www/shop/maintenance.html", "", 0o644);
    check("/", 503);
    machine.ok(["rm", "/srv/shop/maintenance.html"]);
    check("/", 503);
}

#[test]
fn each_app_has_its_own_time_to_keep_to_tls() {
    let host = host(&[SHOP, &format!("{BLOG}wsgi_ssl_hsts_max_age: 3600\n")]).up();
    for (name, time) in [("shop", "63072000"), ("blog", "3600")] {
        let answer = ask(&host, &[&format!("https://{name}.example.org/")]);
        assert_eq!(answer.header(HSTS), Some(&*format!("max-age={time}")));
    }
}

#[test]
fn keeping_to_tls_can_be_switched_off() {
    let host = host(&[&format!("{SHOP}wsgi_ssl_hsts_max_age: 0\n")]).up();
    let answer = ask(&host, &["https://shop.example.org/"]);
    assert_eq!((answer.status, answer.header(HSTS)), (200, None));
    host.machine
        .write("/var/www/shop/maintenance.html", "", 0o644);
    let answer = ask(&host, &["https://shop.example.org/"]);
    assert_eq!((answer.status, answer.header(HSTS)), (503, None));
}

#[test]
fn http_2_and_both_versions_of_tls_are_spoken_and_older_ones_are_not() {
    let host = host(&[SHOP]).up();
    let url = "https://shop.example.org/";
    let spoken = |arguments: &[&str]| {
        let mut all = vec!["curl", "-sS", "-o", "/dev/null", "-w", "%{http_version}"];
        all.extend([
            "--connect-to",
            "::127.0.0.1:",
            "--cacert",
            Authority::CERTIFICATE,
        ]);
        all.extend(arguments);
        all.push(url);
        host.machine.ok(all).text()
    };
    assert_eq!(spoken(&["--tlsv1.3"]), "2");
    assert_eq!(spoken(&["--tls-max", "1.2"]), "2");
    assert_eq!(spoken(&["--http1.1"]), "1.1");
    // OpenSSL's own floor would hide what nginx offers.
    let old = [
        "--tlsv1.0",
        "--tls-max",
        "1.1",
        "--ciphers",
        "ALL:@SECLEVEL=0",
        url,
    ];
    assert_eq!(curl(&host, &old), Some(35));
    let answer = ask(&host, &["--http2", url]);
    assert!(
        answer.text().contains(r#""host": "shop.example.org""#),
        "{}",
        answer.text()
    );
}

#[test]
fn the_modern_profile_speaks_nothing_below_tls_1_3() {
    let host = host(&[&format!("{SHOP}wsgi_ssl_profile: modern\n")]).up();
    let url = "https://shop.example.org/";
    assert_eq!(curl(&host, &["--tlsv1.3", url]), Some(0));
    assert_eq!(curl(&host, &["--tls-max", "1.2", url]), Some(35));
}

#[test]
fn two_apps_have_two_certificates_and_a_third_partys_site_stays_a_third_partys() {
    let machine = Machine::up();
    let authority = Authority::new(&machine, KeyKind::Ecdsa);
    for app in ["shop", "blog", "decoy"] {
        authority.certify(app, &[&format!("{app}.example.org")]);
    }
    let decoy = "server { listen 443 ssl http2; server_name decoy.example.org;
        ssl_certificate /etc/ssl/certs/decoy.crt; ssl_certificate_key /etc/ssl/private/decoy.key;
        return 200 decoy; }";
    machine.write("/etc/nginx/sites-enabled/aa-decoy", decoy, 0o644);
    let host = WebHost::on(machine.clone(), &[SHOP, BLOG]);
    let host = host.up();
    for name in ["shop.example.org", "blog.example.org"] {
        let answer = ask(&host, &[&format!("https://{name}/")]);
        assert!(
            answer.text().contains(&format!(r#""host": "{name}""#)),
            "{name}"
        );
    }
    assert_eq!(ask(&host, &["https://decoy.example.org/"]).text(), "decoy");
    // The certificate of the first site, as nobody is the default server.
    assert_eq!(curl(&host, &["https://other.example.org/"]), Some(60));
}

#[test]
fn the_default_server_answers_for_names_that_no_site_has() {
    let shop = format!("{SHOP}wsgi_ssl_set_default_server: yes\n");
    let host = host(&[&shop, BLOG]).up();
    let answer = host.machine.get("https://other.example.org/");
    assert!(answer.text().contains(r#""host": "other.example.org""#));
    let subject = host.machine.sh(
        "openssl s_client -connect 127.0.0.1:443 -servername other.example.org </dev/null 2>&1",
    );
    assert!(subject.text().contains("subject=CN = shop"), "{subject}");
    // `blog` comes first in the alphabet, and over plain HTTP nobody else was named.
    let plain = host.machine.get("http://other.example.org/");
    assert_eq!(plain.status, 200);
}

#[test]
fn an_app_without_names_answers_every_name_over_tls_too() {
    let shop = SHOP.replace("[shop.example.org]", "[]");
    let host = host(&[&shop, BLOG]).up();
    let subject = host.machine.sh(
        "openssl s_client -connect 127.0.0.1:443 -servername other.example.org </dev/null 2>&1",
    );
    assert!(subject.text().contains("subject=CN = shop"), "{subject}");
}

#[test]
fn a_session_is_resumed() {
    let host = host(&[SHOP, BLOG]).up();
    let script = "cd /tmp && for use in -sess_out -sess_in; do
        printf 'GET / HTTP/1.0\\r\\nHost: shop.example.org\\r\\n\\r\\n' |
        openssl s_client -connect 127.0.0.1:443 -servername shop.example.org VERSION \\
            -ign_eof $use session 2>/dev/null | grep -E '^(New|Reused), '; done";
    for version in ["-tls1_2", "-tls1_3"] {
        let said = host.machine.sh(&script.replace("VERSION", version)).text();
        let firsts: Vec<_> = said.lines().map(|line| &line[..3]).collect();
        assert_eq!(firsts, ["New", "Reu"], "{version}: {said}");
    }
}

#[test]
fn the_state_of_the_certificate_is_stapled_when_asked_for() {
    let vars = format!(
        "{SHOP}wsgi_ssl_ocsp: yes\nwsgi_dns_resolver: 127.0.0.1\nwsgi_resolver_timeout: 7\n\
         wsgi_ssl_staple_crt_file: {}\n",
        Authority::CERTIFICATE
    );
    let host = host(&[&vars]);
    let _responder = Authority::answers_about(&host.machine, "shop");
    let host = host.up();
    wait_until("nginx has asked the authority", || {
        let handshake = "openssl s_client -connect 127.0.0.1:443 -servername shop.example.org \
             -status </dev/null 2>&1";
        let said = host.machine.sh(handshake).text();
        said.contains("Cert Status: good")
    });
    let text = host.machine.text("/etc/nginx/wsgi/shop/tls.conf");
    assert!(
        text.contains("resolver 127.0.0.1;\nresolver_timeout 7s;"),
        "{text}"
    );
}

#[test]
fn a_dhparam_file_is_taken_when_asked_for() {
    let host = host(&[&format!("{SHOP}wsgi_ssl_diffie_hellman: yes\n")]);
    // Missing, so it is read.
    let refused = host.machine.run(["nginx", "-t", "-q"]).expect_failure();
    assert!(
        refused.errors().contains("/etc/ssl/private/shop.pem"),
        "{refused}"
    );
    // A group of RFC 7919: finding one of one's own takes minutes.
    let group = "openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 \
         -out /etc/ssl/private/shop.pem";
    host.machine.sh(group).expect_success();
    let host = host.up();
    assert_eq!(ask(&host, &["https://shop.example.org/"]).status, 200);
}

#[test]
fn an_app_without_tls_has_nothing_of_it() {
    let host = WebHost::with(&[&SHOP.replace("wsgi_ssl: yes", "wsgi_force_ssl: no")]).up();
    assert!(!host.machine.exists("/etc/nginx/wsgi/shop/tls.conf"));
    let site = host.machine.text("/etc/nginx/sites-available/shop");
    for word in ["ssl", "443", "hsts", "Strict", "resolver", "308"] {
        assert!(!site.contains(word), "{word}");
    }
}

/// What Mozilla's guideline is checked with by others.
fn sslyze(profile: &str, key: KeyKind) {
    let tools = PythonPackages::tools().unwrap();
    let machine = Machine::builder().packages(&tools).start().unwrap();
    machine.write(
        "/etc/hosts",
        "127.0.0.1 localhost shop.example.org\n",
        0o644,
    );
    let vars = format!("{SHOP}wsgi_force_ssl: yes\nwsgi_ssl_profile: {profile}\n");
    // The other app comes first, so it is the default server of the address.
    let blog = format!("{BLOG}wsgi_ssl_profile: {profile}\n");
    let host = WebHost::on(certified(machine, key), &[&vars, &blog]).up();
    let judged = host.machine.ok([
        &tools.program("sslyze"),
        "--certinfo_ca_file",
        Authority::CERTIFICATE,
        "--mozilla_config",
        profile,
        "shop.example.org:443",
    ]);
    assert!(judged.text().contains("OK - Compliant"), "{judged}");
}

#[test]
fn the_intermediate_profile_is_mozillas_with_rsa() {
    sslyze("intermediate", KeyKind::Rsa);
}

#[test]
fn the_intermediate_profile_is_mozillas_with_ecdsa() {
    sslyze("intermediate", KeyKind::Ecdsa);
}

#[test]
fn the_modern_profile_is_mozillas() {
    sslyze("modern", KeyKind::Ecdsa);
}
