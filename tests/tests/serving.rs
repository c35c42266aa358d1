//! What a client gets through Debian's nginx, and what the app gets from a client.

use serde_json::Value;
use wsgi_tests::{Machine, WebHost};

const SHOP: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_server_names: [shop.example.org]
";

const STATIC: &str = "/var/www/shop/current/static";

/// An exchange whose bytes no decent client sends.
fn raw(machine: &Machine, request: &str) -> String {
    let script = "exec 3<>/dev/tcp/127.0.0.1/80; cat >&3; cat <&3";
    let mut command = machine.command(["bash", "-c", script]);
    command = command.stdin(request);
    command.ok().text()
}

#[test]
fn the_app_answers_whatever_nginx_has_no_directory_for() {
    let host = WebHost::with(&[SHOP]).up();
    for path in [
        "/",
        "/index.html",
        "/a%20b/c?d=e%2Ff&g=1",
        "/50x.html",
        "/static",
        "/media",
    ] {
        assert_eq!(host.get(path).json()["path"], path);
    }
    let put = host.ask(&["-X", "PUT", "-d", "x=1"], "/thing").json();
    assert_eq!(put["method"], "PUT");
    assert_eq!(put["length"], 3);
}

#[test]
fn a_client_cannot_forge_what_the_app_trusts() {
    let host = WebHost::with(&[SHOP]).up();
    let forged = [
        "Forwarded: for=6.6.6.6;proto=https",
        "Front-End-Https: on",
        "Proxy: http://6.6.6.6",
        "X-Forwarded-For: 6.6.6.6",
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Port: 6666",
        "X-Forwarded-Prefix: /evil",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Protocol: ssl",
        "X-Forwarded-Scheme: https",
        "X-Forwarded-Server: evil.example",
        "X-Forwarded-Ssl: on",
        "X-Real-IP: 6.6.6.6",
        "X-Scheme: https",
        "X-Script-Name: /evil",
        "X-Url-Scheme: https",
        "SCRIPT_NAME: /evil",
        "X_Forwarded_For: 6.6.6.6",
    ];
    let mut arguments = vec!["-H", "X-Own: stays"];
    for header in &forged {
        arguments.extend(["-H", header]);
    }
    let headers = host.ask(&arguments, "/").json()["headers"].take();
    let expected = serde_json::json!({
        "accept": "*/*",
        "connection": "close",
        "host": "shop.example.org",
        "user-agent": headers["user-agent"],
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-host": "shop.example.org",
        "x-forwarded-proto": "http",
        "x-own": "stays",
        "x-real-ip": "127.0.0.1",
    });
    assert_eq!(headers, expected);
}

#[test]
fn the_app_is_called_by_the_name_and_port_that_the_client_knows() {
    let host = WebHost::with(&[&format!("{SHOP}wsgi_nginx_http_port: 8080\n")]).up();
    let seen = |host_header: &str| {
        let header = format!("Host: {host_header}");
        let answer = host
            .machine
            .http(["-H", &header, "http://shop.example.org:8080/"]);
        answer.json()["headers"]["host"].take()
    };
    assert_eq!(seen("shop.example.org:8080"), "shop.example.org:8080");
    // Something before nginx forwards another port.
    assert_eq!(seen("shop.example.org"), "shop.example.org");
    assert_eq!(seen("SHOP.example.org:9000"), "shop.example.org:9000");
}

#[test]
fn the_host_header_cannot_differ_from_the_name_that_the_site_was_chosen_by() {
    let host = WebHost::with(&[SHOP]).up();
    let answer = raw(
        &host.machine,
        "GET http://shop.example.org/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    );
    assert!(answer.contains(r#""host": "shop.example.org""#), "{answer}");
    assert!(!answer.contains("evil"), "{answer}");
}

#[test]
fn static_files_come_from_their_directory_and_from_nowhere_else() {
    let host = WebHost::with(&[SHOP]).up();
    let machine = &host.machine;
    machine.write("/var/www/shop/releases/1/static/css/a.css", "a{}", 0o644);
    machine.ok(["ln", "-s", "releases/1", "/var/www/shop/current"]);
    machine.write("/var/www/shop/current/static-private/x", "secret", 0o644);
    machine.write("/var/www/shop/current/settings.py", "secret", 0o644);

    let answer = host.get("/static/css/a.css");
    assert_eq!((answer.status, answer.text().as_str()), (200, "a{}"));
    assert_eq!(answer.header("content-type"), Some("text/css"));
    assert_eq!(answer.header("cache-control"), Some("max-age=3600"));
    assert_eq!(host.ask(&["-X", "POST"], "/static/css/a.css").status, 405);

    // Whatever ports are forwarded on the way.
    let slash = host.get("/static/css");
    assert_eq!(
        (slash.status, slash.header("location")),
        (301, Some("/static/css/"))
    );

    let missing = host.get("/static/none.css");
    assert_eq!(missing.status, 404);
    assert_eq!(missing.header("cache-control"), None);
    assert!(!missing.text().contains("headers"), "the app was asked");
    for path in [
        "/static/-private/x",
        "/static../settings.py",
        "/static/..%2fsettings.py",
        "/static/%2e%2e/settings.py",
        "/static//../settings.py",
        "/static-private/x",
    ] {
        let answer = host.ask(&["--path-as-is"], path);
        assert!(!answer.text().contains("secret"), "{path}");
    }
    // Each of the two is changed without its address.
    for (path, age) in [
        ("app.3f9c01db57ea.css", "max-age=31536000"),
        ("main-0123456789abcdef0123.min.js", "max-age=31536000"),
        ("report-202601311200.pdf", "max-age=3600"),
        ("decade.css", "max-age=3600"),
    ] {
        machine.write(&format!("{STATIC}/{path}"), "x", 0o644);
        let answer = host.get(&format!("/static/{path}"));
        assert_eq!(answer.header("cache-control"), Some(age), "{path}");
    }
}

#[test]
fn uploads_are_what_their_names_say_and_includes_count_for_them() {
    let vars = format!("{SHOP}wsgi_nginx_include_paths: [nginx/uploads.conf]\n");
    let host = WebHost::with(&[&vars]).up();
    let machine = &host.machine;
    for file in ["/mnt/shop/media/cat.gif", "/mnt/shop/media/cat.php"] {
        machine.write(file, "<script>alert(1)</script>", 0o644);
    }
    machine.write(&format!("{STATIC}/app.css"), "a{}", 0o644);
    for (path, status, nosniff) in [
        ("/media/cat.gif", 200, Some("nosniff")),
        ("/media/none", 404, Some("nosniff")),
        ("/static/app.css", 200, None),
        // The app says for itself.
        ("/", 200, None),
        // An include refuses it.
        ("/media/cat.php", 418, None),
    ] {
        let answer = host.get(path);
        assert_eq!(answer.status, status, "{path}");
        let said = answer.header("x-content-type-options");
        assert_eq!(said, nosniff, "{path}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
    }
}

#[test]
fn an_app_cannot_publish_files_of_others_by_links() {
    let host = WebHost::with(&[SHOP]).up();
    let machine = &host.machine;
    let links = "set -e
        mkdir -p /mnt/shop/media/own
        echo mine >/mnt/shop/media/own/file
        ln -s own/file /mnt/shop/media/link
        ln -s /var/log/nginx /mnt/shop/media/logs
        ln -s /var/log/nginx/shop.access.log /mnt/shop/media/log
        chown -hR shop /mnt/shop/media";
    machine.sh(links).expect_success();
    assert_eq!(host.get("/media/link").text(), "mine\n");
    assert_eq!(
        host.get("/media/link").header("cache-control"),
        Some("max-age=3600")
    );
    assert_eq!(host.get("/media/log").status, 403);
    assert_eq!(host.get("/media/logs/shop.access.log").status, 403);
}

#[test]
fn a_release_cannot_have_a_directory_of_others_for_its_static_files() {
    let host = WebHost::with(&[SHOP]).up();
    let machine = &host.machine;
    let releases = "set -e
        cd /var/www/shop
        mkdir -p releases/1/static releases/2
        echo mine >releases/1/static/file
        ln -s /var/log/nginx releases/2/static
        ln -s releases/1 current
        chown -hR shop releases current";
    machine.sh(releases).expect_success();
    assert_eq!(host.get("/static/file").text(), "mine\n");
    let log = "/static/shop.access.log";
    assert_eq!(host.get(log).status, 404);
    assert!(machine.exists("/var/log/nginx/shop.access.log"));

    machine
        .sh("cd /var/www/shop && ln -sfn releases/2 current && chown -h shop current")
        .expect_success();
    assert_eq!(host.get(log).status, 403);
}

#[test]
fn a_directory_that_the_app_has_not_is_the_apps_to_answer() {
    let vars = format!("{SHOP}wsgi_static_dir: ''\nwsgi_media_dir: no\n");
    let host = WebHost::with(&[&vars]).up();
    for path in ["/static/a", "/media/a"] {
        assert_eq!(host.get(path).json()["path"], path);
    }
}

#[test]
fn large_bodies_reach_the_app_and_larger_ones_are_refused_at_once() {
    let host = WebHost::with(&[SHOP]).up();
    let machine = &host.machine;
    machine.ok(["truncate", "--size=40M", "/tmp/body"]);
    let answer = host.ask(&["-T", "/tmp/body"], "/upload");
    assert_eq!(answer.json()["length"], 40 << 20);
    let request =
        "POST / HTTP/1.1\r\nHost: shop.example.org\r\nConnection: close\r\nContent-Length: ";
    let refused = raw(machine, &format!("{request}{}\r\n\r\n", (4_u64 << 30) + 1));
    assert!(refused.starts_with("HTTP/1.1 413 "), "{refused}");
}

#[test]
fn text_is_compressed_for_clients_and_for_proxies() {
    let host = WebHost::with(&[SHOP]).up();
    let ask = |kind: &str, accept: &str| {
        let kind = format!("X-Kind: {kind}");
        let arguments = ["-H", &kind, "-H", accept, "-H", "Via: 1.1 proxy"];
        host.ask(&arguments, "/text")
    };
    for kind in [
        "text/html; charset=utf-8",
        "text/css",
        "text/plain",
        "application/json",
        "application/javascript",
        "image/svg+xml",
        "application/xml",
    ] {
        let answer = ask(kind, "Accept-Encoding: gzip");
        assert_eq!(answer.header("content-encoding"), Some("gzip"), "{kind}");
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"), "{kind}");
        assert!(answer.body.len() < 1000, "{kind}");
        let answer = ask(kind, "Accept-Encoding: identity");
        assert_eq!(answer.header("content-encoding"), None, "{kind}");
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"), "{kind}");
    }
    let answer = ask("image/png", "Accept-Encoding: gzip");
    assert_eq!(answer.header("content-encoding"), None);
}

#[test]
fn websockets_reach_the_app_and_no_other_upgrade_does() {
    const CLIENT: &str = r#"
import socket
s = socket.create_connection(("127.0.0.1", 80), timeout=20)
s.sendall(b"GET /websocket HTTP/1.1\r\nHost: shop.example.org\r\nUpgrade: WebSocket\r\n"
          b"Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
f = s.makefile("rb")
print(f.readline().decode().strip())
while (line := f.readline().strip()):
    print(line.decode())
s.sendall(bytes([0x81, 0x85, 1, 2, 3, 4]) + bytes(b ^ (i % 4 + 1) for i, b in enumerate(b"hello")))
print(f.read(7)[2:].decode())
"#;
    let host = WebHost::with(&[SHOP]).up();
    let said = host.machine.ok(["/usr/bin/python3", "-c", CLIENT]).text();
    assert!(said.starts_with("HTTP/1.1 101 "), "{said}");
    assert!(
        said.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        "{said}"
    );
    assert!(said.ends_with("\nhello\n"), "{said}");

    let h2c = [
        "-H",
        "Upgrade: h2c",
        "-H",
        "Connection: Upgrade, HTTP2-Settings",
    ];
    let headers = host.ask(&h2c, "/").json()["headers"].take();
    assert_eq!(headers["upgrade"], Value::Null);
    assert_eq!(headers["connection"], "close");
}

#[test]
fn the_site_answers_on_both_internet_protocols() {
    let host = WebHost::with(&[SHOP]).up();
    let answer = host.machine.ok([
        "curl",
        "-sS",
        "-6",
        "-H",
        "Host: shop.example.org",
        "http://[::1]/six",
    ]);
    assert!(answer.text().contains(r#""x-real-ip": "::1""#), "{answer}");
}

#[test]
fn the_version_of_nginx_is_nobodys_business() {
    let host = WebHost::with(&[SHOP]).up();
    for path in ["/", "/static/none", "/status/404"] {
        let answer = host.get(path);
        if let Some(server) = answer.header("server") {
            assert!(
                server == "nginx" || !server.starts_with("nginx"),
                "{server}"
            );
        }
        assert!(!answer.text().contains("nginx/"), "{path}");
    }
}

#[test]
fn requests_and_errors_are_logged_where_the_vars_file_says() {
    let vars = format!(
        "{SHOP}wsgi_nginx_access_log_file: /var/log/nginx/a b.log\nwsgi_nginx_error_log_file: /var/log/nginx/c.log\n"
    );
    let host = WebHost::with(&[&vars]).nginx_up();
    host.get("/seen");
    wsgi_tests::wait_until("the request is logged", || {
        host.machine
            .text("/var/log/nginx/a b.log")
            .contains("GET /seen")
    });
    assert!(
        host.machine
            .text("/var/log/nginx/c.log")
            .contains("gunicorn.sock")
    );
}
