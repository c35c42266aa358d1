//! What a client gets when the app fails, is down, or is closed for maintenance.

use wsgi_tests::WebHost;

const SHOP: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_server_names: [shop.example.org]
wsgi_storage_dir: /srv
wsgi_proxy_read_timeout: 1
wsgi_nginx_include_paths: [nginx/legacy.conf]
";

const STATIC: &str = "/var/www/shop/current/static";
const FLAG: &str = "/var/www/shop/maintenance.html";

#[test]
fn maintenance_closes_the_whole_site_without_a_reload() {
    let host = WebHost::with(&[SHOP]).up();
    let machine = &host.machine;
    machine.write(&format!("{STATIC}/a.css"), "a{}", 0o644);
    let paths = [
        "/",
        "/static/a.css",
        "/media/b",
        "/legacy",
        "/maintenance.html",
        "/%2e/x?y=z",
    ];
    assert_eq!(host.get("/legacy").text(), "include legacy");

    machine.write(FLAG, "", 0o644);
    for path in paths {
        for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"] {
            let answer = host.ask(&["-X", method, "-d", "a=b"], path);
            assert_eq!(answer.status, 503, "{method} {path}");
            assert_eq!(answer.header("retry-after"), Some("300"), "{method} {path}");
            assert!(answer.text().contains("back soon"), "{method} {path}");
        }
        assert_eq!(host.ask(&["--head"], path).status, 503, "{path}");
    }
    // Neither a cached copy nor a part of the page is taken for the site.
    let answer = host.ask(
        &["-H", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"],
        "/",
    );
    assert_eq!(answer.status, 503);
    assert_eq!(host.ask(&["-H", "Range: bytes=0-9"], "/").status, 503);

    machine.ok(["rm", FLAG]);
    assert_eq!(host.get("/static/a.css").status, 200);
    assert_eq!(host.get("/").json()["path"], "/");
}

#[test]
fn certificate_authorities_reach_their_challenges_during_maintenance() {
    let host = WebHost::with(&[SHOP]).up();
    let challenge = "/.well-known/acme-challenge";
    host.machine
        .write(&format!("/srv/shop{challenge}/on-disk"), "token", 0o644);
    for flag in [false, true] {
        if flag {
            host.machine.write(FLAG, "", 0o644);
        }
        let answer = host.get(&format!("{challenge}/on-disk"));
        assert_eq!((answer.status, answer.text().as_str()), (200, "token"));
        assert_eq!(answer.header("content-type"), Some("text/plain"));
        let path = format!("{challenge}/of-the-app");
        assert_eq!(host.get(&path).json()["path"], path);
    }
    // Not a way around the closed door.
    let path = format!("{challenge}/../../secret");
    assert_eq!(host.ask(&["--path-as-is"], &path).status, 503);
}

#[test]
fn the_pages_have_no_address_of_their_own() {
    let host = WebHost::with(&[SHOP]).up();
    for path in [
        "/500.html",
        "/maintenance.html",
        "/shop/500.html",
        "/media/../500.html",
    ] {
        let answer = host.ask(&["--path-as-is"], path);
        assert!(!answer.text().contains("<!doctype"), "{path}");
    }
    for page in ["500", "502", "503", "504"] {
        assert_eq!(host.get(&format!("/.wsgi/{page}.html")).status, 404);
    }
}

#[test]
fn a_failure_shows_the_page_with_its_own_status_and_nothing_of_the_app() {
    let host = WebHost::with(&[SHOP]).up();
    for (path, status) in [
        ("/status/500", 500),
        ("/status/502", 502),
        ("/status/504", 504),
        ("/dies", 502),
        ("/slow", 504),
    ] {
        for method in ["GET", "POST"] {
            let answer = host.ask(&["-X", method], path);
            assert_eq!(answer.status, status, "{method} {path}");
            assert!(
                answer.text().contains("Something went wrong"),
                "{method} {path}"
            );
            assert_eq!(
                answer.header("content-type"),
                Some("text/html"),
                "{method} {path}"
            );
            assert!(!answer.text().contains("inside"), "{method} {path}");
            assert_eq!(answer.header("x-inside"), None, "{method} {path}");
        }
    }
}

#[test]
fn what_an_app_says_on_purpose_passes_as_it_is() {
    let host = WebHost::with(&[SHOP]).up();
    for status in [400, 401, 403, 404, 413, 418, 422, 429, 501, 503] {
        let answer = host.get(&format!("/status/{status}"));
        assert_eq!(answer.status, status);
        assert!(answer.text().contains("the inside of the app"), "{status}");
        assert_eq!(answer.header("retry-after"), Some("7"), "{status}");
    }
}

#[test]
fn an_app_that_is_down_shows_the_page() {
    let host = WebHost::with(&[SHOP]).nginx_up();
    // In the second case the app stands in for a file.
    for path in ["/", "/.well-known/acme-challenge/x"] {
        let answer = host.get(path);
        assert_eq!(answer.status, 502);
        assert!(answer.text().contains("Something went wrong"), "{path}");
    }
}

#[test]
fn a_page_that_is_missing_is_no_404() {
    let host = WebHost::with(&[SHOP]).up();
    let machine = &host.machine;
    machine.ok(["rm", "/srv/shop/500.html", "/srv/shop/maintenance.html"]);
    for method in ["GET", "POST"] {
        for status in [500, 502, 504] {
            let answer = host.ask(&["-X", method], &format!("/status/{status}"));
            assert_eq!(answer.status, status, "{method}");
            assert!(!answer.text().contains("inside"), "{method} {status}");
        }
    }
    machine.write(FLAG, "", 0o644);
    for method in ["GET", "POST"] {
        let answer = host.ask(&["-X", method], "/");
        assert_eq!(answer.status, 503, "{method}");
        assert_eq!(answer.header("retry-after"), Some("300"), "{method}");
    }
}
