//! Every kind of answer, word for word.

use std::collections::BTreeSet;
use std::fs;

use wsgi_apply::{MemoryHost, Observed, TlsFile, TlsRole, User};
use wsgi_model::{AbsPath, Mode, Owner};
use wsgi_tests::fixtures;

use crate::scene::{SHOP, Scene};

fn path(text: &str) -> AbsPath {
    AbsPath::parse(text).unwrap()
}

/// The name of a golden file, and what is played.
type Case = (&'static str, fn() -> Scene);

const CASES: &[Case] = &[
    ("fresh", fresh),
    ("changed", changed),
    ("in-the-way", in_the_way),
    ("adopted", adopted),
    ("edited", edited),
    ("failed", failed),
    ("put-back", put_back),
    ("refused", refused),
    ("ended", ended),
    ("lost", lost),
    ("locked", locked),
    ("kept-plan", kept_plan),
    ("several", several),
    ("removed", removed),
    ("purged", purged),
    ("status", status),
    ("status-tls", status_tls),
    ("control-characters", control_characters),
    ("usage", usage),
];

#[test]
fn every_kind_of_answer_is_as_it_was() {
    let accepts = std::env::var_os("ACCEPT").is_some();
    let directory = fixtures().join("hosts");
    let mut wrong = Vec::new();
    for (name, play) in CASES {
        let file = directory.join(format!("{name}.txt"));
        let scene = play();
        let now = scene.transcript();
        assert!(!now.contains("canary"), "{name} shows a secret:\n{now}");
        if accepts {
            fs::create_dir_all(&directory).unwrap();
            fs::write(&file, now).unwrap();
        } else if fs::read_to_string(&file).ok().as_deref() != Some(now) {
            wrong.push(format!("{}: now it is\n{now}", file.display()));
        }
    }
    let known: BTreeSet<String> = CASES
        .iter()
        .map(|(name, _)| format!("{name}.txt"))
        .collect();
    for entry in fs::read_dir(&directory).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if !known.contains(&name) {
            wrong.push(format!("{name} is of no case"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn fresh() -> Scene {
    let mut scene = Scene::new();
    scene.call("plan shop.yml --host web1");
    scene.call("plan shop.yml --host web1 --exit-code -q");
    scene.call("apply shop.yml --host web1 --yes");
    scene.call("apply shop.yml --host web1 --yes");
    scene.call("plan shop.yml --host web1 --exit-code");
    scene
}

fn changed() -> Scene {
    let mut scene = Scene::applied();
    let vars = SHOP
        .replace(
            "shop.example.org]",
            "shop.example.org, www.shop.example.org]",
        )
        .replace("canary-1", "canary-2")
        .replace("minute: '30'", "minute: '45'");
    scene.write("shop.yml", &vars);
    scene.on("web1", |host| {
        host.put_directory(path("/etc/wsgi/shop"), Mode::new(0o755), &Owner::root());
    });
    scene.call("plan shop.yml --host web1");
    scene.call("plan shop.yml --host web1 --color always");
    scene.call("plan shop.yml --host web1 --json");
    scene.call("apply shop.yml --host web1 --yes -v");
    scene.call("apply shop.yml --host web1 --yes --json");
    scene.tell("The cron task leaves the vars file.");
    let (vars, _) = SHOP.split_once("wsgi_cron_tasks").unwrap();
    scene.write("shop.yml", vars);
    scene.call("apply shop.yml --host web1 --yes");
    scene
}

/// Somebody's cron tasks, and somebody's user.
fn obstructed() -> Scene {
    let scene = Scene::new();
    scene.on("web1", |host| {
        let tasks = path("/etc/cron.d/shop");
        host.put_file(tasks, "# Anna's\n", Mode::new(0o644), &Owner::root());
        host.add_user("shop", User::new(1001, 1001, "/home/anna", "/bin/bash"));
    });
    scene
}

fn in_the_way() -> Scene {
    let mut scene = obstructed();
    scene.call("plan shop.yml --host web1");
    scene.call("apply shop.yml --host web1 --yes -q");
    let mut bare = MemoryHost::debian("bare");
    bare.system_mut().nginx = None;
    scene.add(bare);
    let mut broken = MemoryHost::debian("broken");
    let said = "nginx: [emerg] unknown directive \"sever\" in /etc/nginx/sites-enabled/blog:1\n";
    broken.system_mut().nginx_refusal = Some(said.to_owned());
    scene.add(broken);
    scene.call("apply shop.yml --host bare --yes -q");
    scene.call("apply shop.yml --host broken --yes -q");
    scene
}

/// A file of ours that somebody edited.
fn edited() -> Scene {
    let mut scene = Scene::applied();
    scene.on("web1", |host| {
        let tasks = path("/etc/cron.d/shop");
        host.put_file(tasks, "# none\n", Mode::new(0o644), &Owner::root());
    });
    scene.call("plan shop.yml --host web1 --exit-code");
    scene.call("apply shop.yml --host web1 --yes --json");
    scene.call("apply shop.yml --host web1 --yes --adopt");
    scene
}

fn adopted() -> Scene {
    let mut scene = obstructed();
    scene.call("apply shop.yml --host web1 --adopt --yes");
    scene.call("plan shop.yml --host web1");
    scene
}

fn failed() -> Scene {
    let mut scene = Scene::applied();
    scene.write("shop.yml", &SHOP.replace("[shop.", "[www.shop."));
    scene.on("web1", |host| host.fail_at(1));
    scene.call("apply shop.yml --host web1 --yes");
    scene.on("web1", |host| host.fail_at(0));
    scene.call("apply shop.yml --host web1 --yes --json -q");
    scene.call("apply shop.yml --host web1 --yes");
    scene
}

/// nginx refuses the name of a site, which it reads by a link.
fn refused_name() -> Scene {
    let scene = Scene::applied();
    let site = path("/etc/nginx/sites-available/shop");
    let line = scene.on("web1", |host| {
        let Observed::File { contents, .. } = host.at(&site) else {
            panic!("there is no site");
        };
        let text = String::from_utf8(contents.clone().unwrap()).unwrap();
        let names = text.lines().position(|line| line.contains("server_name "));
        names.unwrap() + 1
    });
    scene.write("shop.yml", &SHOP.replace("[shop.", "[www.shop."));
    scene.on("web1", |host| {
        let said = format!(
            "nginx: [emerg] host not found in \"www.shop.example.org\" in \
             /etc/nginx/sites-enabled/shop:{line}"
        );
        host.refuse("/usr/sbin/nginx", said);
    });
    scene
}

fn put_back() -> Scene {
    let mut scene = refused_name();
    scene.call("apply shop.yml --host web1 --yes");
    scene.call("plan shop.yml --host web1");
    scene
}

#[test]
fn a_program_reads_which_variable_is_in_the_line_that_nginx_refuses() {
    let mut scene = refused_name();
    let answer = scene.call("apply shop.yml --host web1 --yes --json");
    let document: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    let line = &document["hosts"][0]["report"]["failures"][0]["lines"][0];
    assert_eq!(line["path"], "/etc/nginx/sites-available/shop");
    assert_eq!(line["text"], "server_name www.shop.example.org;");
    assert_eq!(line["source"], "nginx/site.hbs");
    let place = serde_json::json!({
        "name": "wsgi_server_names", "file": "shop.yml", "line": 5, "column": 20,
    });
    assert_eq!(line["variables"], serde_json::json!([place]));

    // A file of the operator's is named by a variable.
    scene.write("limits.conf", "nonsense on;\n");
    let vars = format!("{SHOP}wsgi_nginx_include_paths: [limits.conf]\n");
    scene.write("shop.yml", &vars);
    scene.on("web1", |host| {
        let include = "/etc/nginx/wsgi/shop/include/limits.conf:1";
        let said = format!("nginx: [emerg] unknown directive \"nonsense\" in {include}");
        host.refuse("/usr/sbin/nginx", said);
    });
    let answer = scene.call("apply shop.yml --host web1 --yes");
    let said = "  line: /etc/nginx/wsgi/shop/include/limits.conf:1: nonsense on; \
                (from limits.conf (wsgi_nginx_include_paths))\n  \
                variable: wsgi_nginx_include_paths (shop.yml:9:27)\n";
    assert!(answer.err.contains(said), "{}", answer.err);
}

/// By a program of somebody else's, which keeps supervisor from loading all of them.
fn refused() -> Scene {
    let mut scene = Scene::applied();
    scene.write("shop.yml", &format!("{SHOP}wsgi_gunicorn_timeout: 90\n"));
    scene.on("web1", |host| {
        let said = "Error: Invalid user name nobodyknows in section 'program:blog' \
                    (file: '/etc/supervisor/conf.d/blog.conf')";
        host.refuse("/usr/bin/python3", said);
    });
    scene.call("apply shop.yml --host web1 --yes -q");
    let answer = scene.call("apply shop.yml --host web1 --yes --json");
    let document: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    let report = &document["hosts"][0]["report"];
    assert_eq!(report["outcome"], "refused");
    assert!(report["said"][0].as_str().unwrap().contains("blog.conf"));
    scene
}

fn ended() -> Scene {
    let mut scene = Scene::new();
    scene.on("web1", |host| host.end_at(12));
    scene.call("apply shop.yml --host web1 --yes -q");
    scene.call("apply shop.yml --host web1 --yes -q");
    scene.call("plan shop.yml --host web1");
    scene
}

fn lost() -> Scene {
    let mut scene = Scene::new();
    scene.on("web1", |host| host.lose_at(3));
    scene.call("apply shop.yml --host web1 --yes -q");
    scene
}

fn locked() -> Scene {
    let mut scene = Scene::new();
    scene.on("web1", |host| {
        host.lock("ada@laptop since 2025-11-22 15:04");
    });
    scene.call("apply shop.yml --host web1 --yes");
    scene
}

fn kept_plan() -> Scene {
    let mut scene = Scene::new();
    scene.call("plan shop.yml --host web1 --out a.plan -q");
    assert!(!scene.read("a.plan").contains("canary"));
    scene.call("apply shop.yml --host web1 --plan b.plan");
    scene.add(MemoryHost::debian("web2"));
    scene.call("apply shop.yml --host web2 --plan a.plan");
    scene.tell("The vars file changes.");
    scene.write("shop.yml", &SHOP.replace("canary-1", "canary-2"));
    scene.call("apply shop.yml --host web1 --plan a.plan");
    scene.tell("It is as it was, but the host changes.");
    scene.write("shop.yml", SHOP);
    let motd = path("/etc/motd");
    scene.on("web1", |host| {
        host.put_file(motd.clone(), "Hello\n", Mode::new(0o644), &Owner::root());
    });
    scene.call("apply shop.yml --host web1 --plan a.plan");
    scene.tell("Both are as they were.");
    scene.on("web1", |host| host.remove(&motd));
    scene.call("apply shop.yml --host web1 --plan a.plan -q");
    scene.call("plan shop.yml --host web1");
    scene.write("c.plan", "{}");
    scene.call("apply shop.yml --host web1 --plan c.plan");
    scene
}

fn several() -> Scene {
    let mut scene = Scene::applied();
    for name in ["web2", "web3", "web4"] {
        scene.add(MemoryHost::debian(name));
        scene.call(&format!("apply shop.yml --host {name} --yes -q"));
    }
    scene.write("shop.yml", &SHOP.replace("[shop.", "[www.shop."));
    scene.call("apply shop.yml --host web1 --yes -q");
    scene.on("web2", |host| host.fail_at(1));
    scene.on("web3", |host| {
        host.lock("ada@laptop since 2025-11-22 15:04");
    });
    let line = "apply shop.yml --host web1 --host web2 --host web3 --host web4 --yes --serial 1";
    scene.call(&format!("{line} --max-fail 1"));
    scene.call(line);
    scene.call("apply shop.yml --host web1 --host web2 --yes --json");
    scene
}

fn removed() -> Scene {
    let mut scene = Scene::applied();
    scene.on("web1", |host| {
        let upload = path("/mnt/shop/media/a.jpg");
        host.put_file(upload, "a", Mode::new(0o644), &Owner::new("shop", "shop"));
    });
    scene.call("remove shop.yml --host web1 --yes");
    scene.on("web1", |host| {
        assert_ne!(*host.at(&path("/mnt/shop/media/a.jpg")), Observed::Absent);
        let program = host.system_mut().programs.as_ref().unwrap().get("shop");
        assert_eq!(program, None, "it was stopped");
    });
    scene.call("remove shop.yml --host web1 --yes");
    scene.tell("It comes back, and finds its data.");
    scene.call("apply shop.yml --host web1 --yes -q");
    scene.call("plan shop.yml --host web1");
    scene
}

fn purged() -> Scene {
    let mut scene = Scene::applied();
    scene.call("remove shop.yml --host web1 --purge --yes");
    scene.call("remove shop.yml --host web1 --purge --yes");
    scene
}

fn status() -> Scene {
    let mut scene = Scene::new();
    scene.call("status shop.yml --host web1");
    scene.call("apply shop.yml --host web1 --yes -q");
    scene.call("status shop.yml --host web1");
    scene.tell("A release is there, and somebody edits a file.");
    scene.on("web1", |host| {
        let owner = Owner::new("shop", "shop");
        host.put_symlink(path("/var/www/shop/current"), "releases/20251122", &owner);
        let site = path("/etc/nginx/sites-available/shop");
        host.put_file(
            site,
            "server { listen 81; }\n",
            Mode::new(0o644),
            &Owner::root(),
        );
        let programs = host.system_mut().programs.as_mut().unwrap();
        "FATAL".clone_into(&mut programs.get_mut("shop").unwrap().state);
    });
    scene.call("status shop.yml --host web1");
    scene.call("status shop.yml --host web1 --json");
    scene.tell("Visitors get the maintenance page.");
    scene.on("web1", |host| {
        let owner = Owner::new("shop", "shop");
        let flag = path("/var/www/shop/maintenance.html");
        host.put_file(flag, "", Mode::new(0o644), &owner);
    });
    scene.call("status shop.yml --host web1");
    scene
}

fn status_tls() -> Scene {
    let mut scene = Scene::new();
    scene.write("shop.yml", &format!("{SHOP}wsgi_ssl: yes\n"));
    let certified = |host: &mut MemoryHost, days: i64| {
        let certificate = TlsFile::Certificate {
            begins: -1,
            ends: days * 24 * 60 * 60,
            until: "Nov  2 16:10:00 2026 GMT".to_owned(),
            public_key: "a key".to_owned(),
        };
        let file = path("/etc/ssl/certs/shop.crt");
        host.put_tls(TlsRole::Certificate, file, certificate);
    };
    scene.on("web1", |host| certified(host, 90));
    scene.call("apply shop.yml --host web1 --yes -q");
    scene.on("web1", |host| {
        let owner = Owner::new("shop", "shop");
        host.put_symlink(path("/var/www/shop/current"), "releases/20251122", &owner);
    });
    scene.call("status shop.yml --host web1");
    scene.on("web1", |host| certified(host, 20));
    scene.call("status shop.yml --host web1");
    scene.call("status shop.yml --host web1 --json");
    scene.on("web1", |host| certified(host, -1));
    scene.call("status shop.yml --host web1");
    scene.tell("There is no openssl.");
    scene.on("web1", |host| {
        let file = path("/etc/ssl/certs/shop.crt");
        host.put_tls(TlsRole::Certificate, file, TlsFile::Unknown);
    });
    scene.call("status shop.yml --host web1");
    scene.tell("Another status is what counts as healthy.");
    scene.on("web1", |host| certified(host, 90));
    let vars = format!("{SHOP}wsgi_ssl: yes\nwsgi_health_status: 204\n");
    scene.write("shop.yml", &vars);
    scene.call("status shop.yml --host web1");
    scene
}

fn control_characters() -> Scene {
    let mut scene = Scene::applied();
    scene.on("web1", |host| {
        let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\u{202e}gnp\n\tmore\n";
        let tasks = path("/etc/cron.d/shop");
        host.put_file(tasks, hostile, Mode::new(0o644), &Owner::root());
        let link = path("/etc/nginx/sites-enabled/shop");
        host.put_symlink(link, "/etc/\u{1b}[31mred", &Owner::root());
    });
    let answer = scene.call("plan shop.yml --host web1 --adopt");
    assert!(!answer.out.contains('\u{1b}') && !answer.err.contains('\u{1b}'));
    scene
}

fn usage() -> Scene {
    let mut scene = Scene::new();
    scene.call("plan shop.yml");
    scene.call("plan shop.yml --host web1 --local");
    scene.call("plan shop.yml --host web1 --host web1");
    scene.call("plan shop.yml --host web1:http");
    scene.call("plan shop.yml --root /nowhere");
    scene.call("plan shop.yml --root /");
    scene.call("plan shop.yml --root . -i key");
    scene.write("shop.yml", "wsgi_project_name: shop\n");
    scene.call("plan shop.yml --host web1 --json");
    scene
}

#[test]
fn a_document_is_alone_on_stdout() {
    let mut scene = Scene::new();
    scene.on("web1", |host| host.fail_at(30));
    for line in [
        "plan shop.yml --host web1 --json",
        "apply shop.yml --host web1 --yes --json",
        "status shop.yml --host web1 --json",
        "remove shop.yml --host web1 --yes --json",
    ] {
        let answer = scene.call(line);
        let document: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
        assert_eq!(document["hosts"][0]["host"], "web1", "{line}");
    }
}

#[test]
fn only_its_owner_can_read_a_kept_plan() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut scene = Scene::new();
    scene.write("a.plan", "older");
    fs::set_permissions(scene.path("a.plan"), fs::Permissions::from_mode(0o644)).unwrap();
    scene.call("plan shop.yml --host web1 --out a.plan");
    let mode = fs::metadata(scene.path("a.plan"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let kept: wsgi_apply::SavedPlan = serde_json::from_str(&scene.read("a.plan")).unwrap();
    assert_eq!(kept.hosts[0].host, "web1");
    let actions = kept.hosts[0]
        .steps
        .iter()
        .filter(|step| step.kind == "action");
    assert!(actions.count() > 0);
}
