//! A browser shows the pages on a phone and on a desktop, by day and by night.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use serde::Deserialize;
use wsgi_render::Dialect;
use wsgi_tests::{Machine, WebHost};

const MEASURE: &str = include_str!("../src/measure_page.js");

/// A contact with the longest word that a line may have to break.
const VARS: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_storage_dir: /srv
wsgi_support_email: a_contact_with_one_endless_word_as_its_name+shop@customer.example.org
";

const SIZES: [(u16, u16); 2] = [(360, 740), (1280, 800)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Light,
    Dark,
}

/// What `measure_page.js` tells.
#[derive(Debug, Deserialize)]
struct Measured {
    width: u16,
    scroll_width: u16,
    main: [f64; 3],
    dark: bool,
    ground: String,
    contrasts: Vec<f64>,
    link_heights: Vec<u16>,
    links: Vec<String>,
    landmarks: u8,
    headings: u8,
    language: String,
    standards_mode: bool,
    resources: u16,
    animations: u16,
    text: String,
}

/// What a browser prints after it has loaded a page.
fn browse(machine: &Machine, size: (u16, u16), scheme: Scheme, more: &[&str]) -> Vec<u8> {
    let window = format!("--window-size={},{}", size.0, size.1);
    let scheme = match scheme {
        Scheme::Dark => "--blink-settings=preferredColorScheme=0",
        Scheme::Light => "--blink-settings=preferredColorScheme=1",
    };
    let mut argv = vec![
        "chromium",
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
    ];
    argv.extend([
        "--user-data-dir=/tmp/browser",
        "--hide-scrollbars",
        &window,
        scheme,
    ]);
    argv.extend(more);
    machine.ok(argv).stdout
}

fn measure(machine: &Machine, page: &str, size: (u16, u16), scheme: Scheme) -> Measured {
    let text = machine.text(&format!("/srv/shop/{page}"));
    let script = format!("<script>{MEASURE}</script></body>");
    let measured = text.replace("</body>", &script);
    // In a frame, as a window is never narrower than 500 pixels. It takes the preferred colours from
    // the document around it.
    let frame = format!(
        "<!doctype html><meta name=color-scheme content='light dark'>
         <iframe style='border: 0' width={} height={} srcdoc='{}'></iframe>",
        size.0,
        size.1,
        Dialect::Html.quote(&measured).unwrap()
    );
    machine.write("/tmp/page.html", frame, 0o644);
    let shown = browse(
        machine,
        size,
        scheme,
        &["--dump-dom", "file:///tmp/page.html"],
    );
    let shown = String::from_utf8(shown).unwrap();
    let (_, rest) = shown.split_once("<output id=\"measured\">").unwrap();
    let (encoded, _) = rest.split_once("</output>").unwrap();
    let decoded =
        "import base64,sys,urllib.parse as u; print(u.unquote(base64.b64decode(sys.argv[1])))";
    let json = machine
        .ok(["/usr/bin/python3", "-c", decoded, encoded])
        .stdout;
    serde_json::from_slice(&json).unwrap()
}

#[test]
fn the_pages_are_readable_on_every_screen() {
    let host = WebHost::with(&[VARS]);
    for (page, words) in [
        ("500.html", "Something went wrong"),
        ("maintenance.html", "We’ll be back soon"),
    ] {
        for size in SIZES {
            for scheme in [Scheme::Light, Scheme::Dark] {
                let seen = measure(&host.machine, page, size, scheme);
                let what = format!("{page} {size:?} {scheme:?}: {seen:#?}");
                assert_eq!(seen.width, size.0, "{what}");
                assert_eq!(seen.scroll_width, size.0, "{what}");
                let [left, right, height] = seen.main;
                assert!(
                    left > 8.0 && right < f64::from(size.0) - 8.0 && height > 200.0,
                    "{what}"
                );
                assert!((left - (f64::from(size.0) - right)).abs() < 1.0, "{what}");
                // 4.5 is what WCAG 2.2 asks of text at level AA, 24 pixels of what is touched.
                assert!(seen.contrasts.len() >= 4, "{what}");
                assert!(seen.contrasts.iter().all(|&ratio| ratio >= 4.5), "{what}");
                assert!(
                    seen.link_heights.iter().all(|&height| height >= 24),
                    "{what}"
                );
                assert_eq!((seen.landmarks, seen.headings), (1, 1), "{what}");
                assert_eq!(seen.language, "en", "{what}");
                assert!(seen.standards_mode, "{what}");
                assert_eq!((seen.resources, seen.animations), (0, 0), "{what}");
                assert!(seen.text.contains(words), "{what}");
                let contact =
                    "a_contact_with_one_endless_word_as_its_name+shop@customer.example.org";
                assert!(seen.text.contains(contact), "{what}");
                assert!(seen.links.contains(&format!("mailto:{contact}")), "{what}");
            }
        }
    }
}

#[test]
fn the_pages_follow_the_colours_that_a_person_prefers() {
    let host = WebHost::with(&[VARS]);
    for page in ["500.html", "maintenance.html"] {
        let [light, dark] = [Scheme::Light, Scheme::Dark].map(|scheme| {
            let file = format!("--screenshot=/tmp/{scheme:?}.png");
            let url = format!("file:///srv/shop/{page}");
            browse(&host.machine, SIZES[0], scheme, &[&file, &url]);
            let seen = measure(&host.machine, page, SIZES[0], scheme);
            assert_eq!(seen.dark, scheme == Scheme::Dark);
            let picture = host.machine.read(&format!("/tmp/{scheme:?}.png"));
            // An empty page of this size has 3 KB.
            assert!(picture.len() > 20_000, "{} bytes", picture.len());
            (seen.ground, picture)
        });
        assert_ne!(light.0, dark.0);
        assert!(light.1 != dark.1);
    }
}
