//! Debian's nginx takes the rendered files, whatever is in the vars file and whoever is beside them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fmt::Write;

use wsgi_render::Dialect;
use wsgi_tests::{Machine, PythonPackages, WebHost};

const SHOP: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_server_names: [shop.example.org, '*.shop.example.org']
";

const BLOG: &str = "
wsgi_project_name: blog
wsgi_wsgi_path: blog.wsgi
wsgi_server_names: [blog.example.org]
";

/// A site of somebody else's, on the same port, that needs its names looked up in a table.
const DECOY: &str = r#"
server {
    listen 80;
    server_name decoy.example.org *.example.net;
    location / { return 200 "decoy"; }
}
"#;

fn decoy(machine: &Machine, text: &str) {
    machine.write("/etc/nginx/sites-enabled/zz-decoy", text, 0o644);
}

fn asks(host: &WebHost, name: &str) -> String {
    host.machine.get(&format!("http://{name}/")).text()
}

#[test]
fn apps_and_other_peoples_sites_stand_side_by_side() {
    let host = WebHost::with(&[SHOP, BLOG]);
    decoy(&host.machine, DECOY);
    let mut host = host.up();
    for name in ["shop.example.org", "a.shop.example.org", "blog.example.org"] {
        assert!(
            asks(&host, name).contains(&format!(r#""host": "{name}""#)),
            "{name}"
        );
    }
    assert_eq!(asks(&host, "decoy.example.org"), "decoy");
    // Each has an upstream of its own.
    host.stop_app(0);
    assert_eq!(host.machine.get("http://shop.example.org/").status, 502);
    assert_eq!(host.machine.get("http://blog.example.org/").status, 200);
}

#[test]
fn one_apps_maintenance_is_not_the_others() {
    let host = WebHost::with(&[SHOP, BLOG]).up();
    host.machine
        .write("/var/www/shop/maintenance.html", "", 0o644);
    assert_eq!(host.machine.get("http://shop.example.org/").status, 503);
    assert_eq!(host.machine.get("http://blog.example.org/").status, 200);
}

#[test]
fn names_too_long_for_nginxs_tables_are_matched_all_the_same() {
    let label = "a-label-that-is-longer-than-forty-six-letters-as-some-are";
    let long = "preview-of-a-branch.with-a-rather-long-name.shop.example.org";
    let vars = format!(
        "
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_server_names: [shop.example.org, {long}, '*.{label}.org', '.{label}.com', 'www.{label}.*']
"
    );
    // The setting may be made once per host, so neither with nor without may matter.
    for nginx_conf in ["", "server_names_hash_bucket_size 128;"] {
        let host = WebHost::with(&[&vars]);
        host.machine
            .write("/etc/nginx/conf.d/own.conf", nginx_conf, 0o644);
        let stranger = DECOY.replace("listen 80", "listen 80 default_server");
        decoy(&host.machine, &stranger);
        let host = host.up();
        for name in [
            "shop.example.org",
            long,
            &long.to_uppercase(),
            &format!("a.b.{label}.org"),
            &format!("{label}.com"),
            &format!("a.b.{label}.com"),
            &format!("www.{label}.co.uk"),
        ] {
            assert!(asks(&host, name).contains("\"host\""), "{name}");
        }
        for name in [
            "other.example.org",
            &format!("x{long}"),
            &format!("{long}.net"),
            &long.replace('.', "-"),
            &format!("{label}.org"),
            &format!("x{label}.com"),
            &format!("{label}.co.uk"),
        ] {
            assert_eq!(asks(&host, name), "decoy", "{name}");
        }
    }
}

#[test]
fn an_app_without_names_answers_every_name() {
    let nameless = "wsgi_project_name: shop\nwsgi_wsgi_path: shop.wsgi\n";
    let host = WebHost::with(&[nameless, BLOG]);
    decoy(&host.machine, DECOY);
    let mut host = host.up();
    host.stop_app(1);
    for name in ["anything.example", "127.0.0.1", "[::1]", "localhost"] {
        assert!(asks(&host, name).contains("\"host\""), "{name}");
    }
    let old = host.machine.http(["--http1.0", "-H", "Host:", "http://x/"]);
    assert_eq!(old.status, 200);
    assert_eq!(asks(&host, "decoy.example.org"), "decoy");
    assert_eq!(host.machine.get("http://blog.example.org/").status, 502);
}

#[test]
fn a_second_site_for_every_name_is_an_error_and_no_silence() {
    let nameless = "wsgi_project_name: shop\nwsgi_wsgi_path: shop.wsgi\n";
    let host = WebHost::with(&[nameless]);
    decoy(
        &host.machine,
        &DECOY.replace("listen 80", "listen 80 default_server"),
    );
    let test = host.machine.run(["nginx", "-t", "-q"]).expect_failure();
    assert!(test.errors().contains("duplicate default server"), "{test}");
}

#[test]
fn an_address_is_a_name_as_clients_write_it() {
    let vars = SHOP.replace("shop.example.org,", "'[2001:DB8:0::1]', 192.0.2.1,");
    let host = WebHost::with(&[&vars]);
    decoy(
        &host.machine,
        &DECOY.replace("listen 80", "listen 80 default_server"),
    );
    let host = host.up();
    for name in ["[2001:db8::1]", "192.0.2.1"] {
        let header = format!("Host: {name}");
        let answer = host.machine.http(["-H", &header, "http://x/"]);
        assert!(answer.text().contains(name), "{name}: {}", answer.text());
    }
}

#[test]
fn awkward_directories_are_the_ones_that_are_served() {
    let host = WebHost::with(&["
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_path: /srv/my shop=1/+@~
wsgi_static_dir: '/srv/my shop/st ätic-1.0_~'
wsgi_storage_dir: /srv/st orage
"])
    .up();
    let machine = &host.machine;
    machine.write("/srv/my shop/st ätic-1.0_~/a b.txt", "static", 0o644);
    machine.write("/srv/st orage/shop/media/a.txt", "media", 0o644);
    assert_eq!(machine.get("http://x/static/a%20b.txt").text(), "static");
    assert_eq!(machine.get("http://x/media/a.txt").text(), "media");
    machine.write("/srv/my shop=1/+@~/maintenance.html", "", 0o644);
    let answer = machine.get("http://x/");
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("back soon"));
}

#[test]
fn nginx_reads_back_what_its_dialect_wrote() {
    let values = [
        "plain",
        "",
        " ",
        "a b",
        "a;b",
        "{",
        "}",
        "#",
        "a#b",
        "'",
        "\"",
        "it's \"so\"",
        "\\",
        "\\\\",
        "a\\",
        "\\n",
        "\\\"",
        "~^a\\.b\\z",
        "line\nline",
        "cr\r\n",
        "tab\t",
        "ä€🔑",
        "%s",
        "(a)",
        "*",
        "=",
        "@x",
        "!",
        "a,b:c",
        "\u{1}\u{7f}",
    ];
    let machine = Machine::up();
    let mut server = String::from("server { listen 80 default_server; default_type text/plain;\n");
    for (i, value) in values.iter().enumerate() {
        let quoted = Dialect::Nginx.quote(value).unwrap();
        writeln!(server, "location = /{i} {{ return 200 {quoted}; }}").unwrap();
    }
    server.push('}');
    machine.ok(["rm", "/etc/nginx/sites-enabled/default"]);
    decoy(&machine, &server);
    let _nginx = WebHost::on(machine.clone(), &[]).nginx_up();
    for (i, value) in values.iter().enumerate() {
        assert_eq!(machine.get(&format!("http://x/{i}")).text(), **value);
    }
    for refused in [
        "$host",
        "a$",
        "nul\0",
        &"x".repeat(5000),
        &"\"".repeat(2500),
    ] {
        assert!(Dialect::Nginx.quote(refused).is_err(), "{refused}");
    }
    let longest = "x".repeat(4000);
    let quoted = Dialect::Nginx.quote(&longest).unwrap();
    decoy(
        &machine,
        &format!("server {{ listen 80; return 200 {quoted}; }}"),
    );
    machine.ok(["nginx", "-t", "-q"]);
}

#[test]
fn gixy_finds_nothing() {
    let tools = PythonPackages::tools().unwrap();
    let tls = "wsgi_ssl: yes\nwsgi_force_ssl: yes\n";
    let everything = format!(
        "{tls}wsgi_nginx_include_paths: [nginx/legacy.conf]\nwsgi_ssl_diffie_hellman: yes\n"
    );
    for more in [
        "",
        "wsgi_ssl: yes\n",
        &everything,
        "wsgi_ssl: yes\nwsgi_ssl_profile: modern\n",
    ] {
        let machine = Machine::builder().packages(&tools).start().unwrap();
        let host = WebHost::on(machine, &[&format!("{SHOP}{more}"), BLOG]);
        let gixy = tools.program("gixy");
        let judged = host.machine.run([&gixy, "/etc/nginx/sites-enabled/shop"]);
        assert!(judged.text().contains("No issues found"), "{judged}");
    }
}
