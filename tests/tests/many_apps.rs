//! A host with a hundred apps.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;

use wsgi_model::{NoLookups, Node, Source, load};
use wsgi_render::{Target, render};
use wsgi_tests::{Authority, Entry, KeyKind, Kind, Machine};

/// The certificate of all apps.
const TLS: &str = "wsgi_ssl: yes
wsgi_ssl_crt_file: /etc/ssl/certs/shop.crt
wsgi_ssl_key_file: /etc/ssl/private/shop.key
";

/// Puts what an app has below `/etc/nginx` in place.
fn install(machine: &Machine, vars: &str) {
    let source = Source {
        name: "vars.yml",
        bytes: vars.as_bytes(),
    };
    let app = load(&source, &NoLookups).unwrap().app;
    let bundle = render(&app, &Target::default()).unwrap();
    let (tree, mut entries) = (tempfile::tempdir().unwrap(), Vec::new());
    for artifact in bundle.artifacts() {
        let path = artifact.path.as_str();
        let (kind, target) = match &artifact.node {
            _ if !path.starts_with("/etc/nginx/") => continue,
            Node::File { contents, .. } => {
                let file = tree.path().join(&path[1..]);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, contents.expose()).unwrap();
                (Kind::File, None)
            }
            Node::Symlink { target, .. } => (Kind::Symlink, Some(target.to_string())),
            _ => continue,
        };
        entries.push(Entry {
            path: path.to_owned(),
            kind,
            mode: None,
            owner: None,
            group: None,
            target,
        });
    }
    machine.install_tree(tree.path(), &entries);
}

#[test]
fn nginx_has_room_for_the_variables_of_a_hundred_apps() {
    let machine = Machine::up();
    machine.ok(["rm", "/etc/nginx/sites-enabled/default"]);
    Authority::new(&machine, KeyKind::Ecdsa).certify("shop", &["shop.example.org"]);
    for number in 0..100_u32 {
        // As long as a name may be.
        let name = format!("{:_<31}", format!("shop{number}"));
        let tls = if number % 3 > 0 { TLS } else { "" };
        // Two years, or as each likes it.
        let hsts = match number % 10 {
            1 => format!("wsgi_ssl_hsts_max_age: {}\n", 86400 * number),
            _ => String::new(),
        };
        // Names as people give them come in no order, which fills a table badly.
        let word = number * 7919 % 100_003;
        let server_name = format!("app{word:x}.customers.example.org");
        install(
            &machine,
            &format!(
                "wsgi_project_name: {name}\nwsgi_wsgi_path: a.wsgi\nwsgi_server_names: [{server_name}, www.{server_name}]\n{tls}{hsts}"
            ),
        );
    }
    let warnings = || {
        let said = machine.ok(["nginx", "-t"]).errors();
        let warned = said.lines().filter(|line| line.contains("[warn]"));
        warned.map(str::to_owned).collect::<Vec<_>>()
    };
    // Of the table of names it does, whatever sites they are of: it is the host's to enlarge.
    for warning in warnings() {
        assert!(warning.contains("server_names_hash"), "{warning}");
    }
    let enlarged = "server_names_hash_max_size 2048;\nserver_names_hash_bucket_size 128;\n";
    machine.write("/etc/nginx/conf.d/names.conf", enlarged, 0o644);
    assert_eq!(warnings(), [""; 0]);
}
