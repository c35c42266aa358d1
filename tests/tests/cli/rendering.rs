//! `render`: the tree, its manifest, and what happens to what was there.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use serde_json::Value;

use crate::called::{BLOG, CONFLICT, DONE, Desk, REFUSED, SHOP, Tree, USAGE, touched};

fn manifest(desk: &Desk) -> Value {
    serde_json::from_str(&desk.read("out/manifest.json")).unwrap()
}

#[test]
fn the_tree_is_what_its_manifest_says() {
    let desk = Desk::new();
    desk.render(&["shop.yml", "blog.yml"]);
    let tree = desk.tree("out");
    let manifest = manifest(&desk);
    assert_eq!(manifest["version"], 1);
    assert_eq!(manifest["apps"], serde_json::json!(["blog", "shop"]));
    let mut named = vec![];
    for artifact in manifest["artifacts"].as_array().unwrap() {
        let path = artifact["path"].as_str().unwrap();
        named.push(path);
        let found = tree.get(std::path::Path::new(&path[1..]));
        let mode = artifact["mode"].as_str().unwrap_or_default();
        match artifact["kind"].as_str().unwrap() {
            "absent" => assert_eq!(found, None, "{path}"),
            "directory" => assert_eq!(*found.unwrap(), format!("directory {mode}"), "{path}"),
            "symlink" => assert_eq!(
                *found.unwrap(),
                format!("link to {}", artifact["target"].as_str().unwrap()),
                "{path}"
            ),
            "file" => assert!(
                found.unwrap().starts_with(&format!("file {mode} ")),
                "{path}"
            ),
            kind => panic!("{path}: {kind}"),
        }
        assert_eq!(
            artifact["sensitive"].as_bool(),
            Some(path.ends_with("/env") || path.contains("/cron/")),
            "{path}"
        );
    }
    assert!(named.is_sorted() && named.len() > 50);
    let files = tree
        .iter()
        .filter(|(_, text)| !text.starts_with("directory"))
        .count();
    let listed = manifest["artifacts"].as_array().unwrap().iter();
    let listed = listed
        .filter(|a| matches!(a["kind"].as_str(), Some("file" | "symlink")))
        .count();
    assert_eq!(files, listed + 1, "and the manifest itself");
    // What apps share belongs to none of them.
    let shared = |path: &str| {
        manifest["artifacts"]
            .as_array()
            .unwrap()
            .iter()
            .find(|a| a["path"] == path)
            .unwrap()["app"]
            .clone()
    };
    assert_eq!(shared("/etc/nginx/wsgi"), Value::Null);
    assert_eq!(shared("/etc/wsgi/shop"), "shop");
    let needs = &manifest["needs"][1];
    assert_eq!(
        (needs["app"].as_str(), needs["group"].as_str()),
        (Some("shop"), Some("shop"))
    );
    assert_eq!(needs["virtualenv"]["path"], "/var/lib/shop/venv");
    // It tells digests of secrets.
    assert!(tree[std::path::Path::new("manifest.json")].starts_with("file 0600 "));
}

#[test]
fn keys_are_named_as_ssh_keygen_names_them() {
    let desk = Desk::new();
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(desk.path("key"))
        .status();
    assert!(
        made.expect("ssh-keygen is missing: install openssh-client")
            .success()
    );
    desk.write(
        "keyed.yml",
        &SHOP.replace("wsgi_ssh: no", "wsgi_ssh_key: key.pub"),
    );
    desk.render(&["keyed.yml"]);
    let listed = std::process::Command::new("ssh-keygen")
        .arg("-lf")
        .arg(desk.path("key.pub"))
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let key = manifest(&desk)["needs"][0]["user"]["authorized_keys"][0]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(Some(key.as_str()), listed.split(' ').nth(1));
    // Without any, it is the operator's own.
    fs::create_dir_all(desk.path("home/.ssh")).unwrap();
    fs::copy(desk.path("key.pub"), desk.path("home/.ssh/id_ed25519.pub")).unwrap();
    desk.write("home/.ssh/id_rsa.pub", "not looked at");
    desk.write("keyed.yml", &SHOP.replace("wsgi_ssh: no\n", ""));
    desk.render(&["keyed.yml"]);
    assert_eq!(
        manifest(&desk)["needs"][0]["user"]["authorized_keys"][0],
        key
    );
}

#[test]
fn the_umask_changes_nothing() {
    let desk = Desk::new();
    desk.render(&["shop.yml"]);
    for umask in ["000", "077", "027"] {
        let program = desk.command(&[]).get_program().to_owned();
        let run = format!("umask {umask}; exec \"$0\" render shop.yml --out masked{umask} -q");
        let done = std::process::Command::new("sh")
            .args(["-c", &run])
            .arg(program)
            .current_dir(desk.path(""))
            .env_clear()
            .status();
        assert!(done.unwrap().success());
        let mut masked = desk.tree(&format!("masked{umask}"));
        let mut plain = desk.tree("out");
        // DIR itself is an ordinary directory.
        masked.pop_first();
        plain.pop_first();
        assert_eq!(masked, plain, "{umask}");
    }
}

#[test]
fn a_second_run_touches_nothing() {
    let desk = Desk::new();
    desk.render(&["shop.yml", "blog.yml"]);
    let before = touched(&desk.path("out"));
    assert!(
        desk.render(&["blog.yml", "shop.yml"])
            .ends_with(", nothing changed\n")
    );
    assert_eq!(touched(&desk.path("out")), before);
}

#[test]
fn only_what_changed_is_replaced_and_what_is_not_rendered_goes() {
    let desk = Desk::new();
    desk.render(&["shop.yml", "blog.yml"]);
    let before = touched(&desk.path("out"));
    desk.write("shop.yml", &SHOP.replace("www.shop", "web.shop"));
    desk.render(&["shop.yml", "blog.yml"]);
    let after = touched(&desk.path("out"));
    let changed: Vec<_> = after
        .iter()
        .filter(|(path, seen)| before.get(*path).map(|b| b.0) != Some(seen.0))
        .map(|(path, _)| {
            path.strip_prefix(desk.path("out"))
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(changed, ["etc/nginx/sites-available/shop", "manifest.json"]);
    desk.render(&["shop.yml"]);
    let left = desk.tree("out");
    assert!(
        !left
            .keys()
            .any(|path| path.to_str().unwrap().contains("blog"))
    );
    // As if it had never been.
    fs::rename(desk.path("out"), desk.path("other")).unwrap();
    desk.render(&["shop.yml"]);
    assert_eq!(left, desk.tree("out"));
}

#[test]
fn a_strangers_directory_is_left_alone() {
    let desk = Desk::new();
    fs::create_dir(desk.path("out")).unwrap();
    for (name, text) in [
        ("README", "mine"),
        ("manifest.json", "{\"version\": 1, \"artifacts\": []}"),
    ] {
        desk.write(&format!("out/{name}"), text);
        let before = desk.tree("out");
        let called = desk.call(&["render", "shop.yml", "--out", "out"]);
        assert_eq!(called.status(), CONFLICT);
        assert!(
            called
                .err()
                .contains("out is not empty, and was not written by"),
            "{}",
            called.err()
        );
        assert_eq!(desk.tree("out"), before);
        fs::remove_file(desk.path(&format!("out/{name}"))).unwrap();
    }
    for (out, status) in [
        ("/", USAGE),
        ("/../", USAGE),
        ("shop.yml", CONFLICT),
        ("none/link", CONFLICT),
    ] {
        fs::create_dir_all(desk.path("none")).unwrap();
        let _ = symlink("nowhere", desk.path("none/link"));
        assert_eq!(
            desk.call(&["render", "shop.yml", "--out", out]).status(),
            status,
            "{out}"
        );
    }
}

#[test]
fn files_of_others_in_our_tree_stay() {
    let desk = Desk::new();
    desk.render(&["shop.yml", "blog.yml"]);
    desk.write("out/README", "mine");
    desk.write("out/etc/nginx/sites-available/mine", "mine");
    desk.write("out/etc/wsgi/blog/mine", "mine");
    desk.write("shop.yml", &SHOP.replace("www.shop", "web.shop"));
    desk.render(&["shop.yml"]);
    for kept in [
        "out/README",
        "out/etc/nginx/sites-available/mine",
        "out/etc/wsgi/blog/mine",
    ] {
        assert_eq!(desk.read(kept), "mine");
    }
    // Where ours would go, theirs stays too.
    desk.write("out/etc/nginx/sites-available/blog", "mine");
    symlink("/nowhere", desk.path("out/etc/sudoers.d/blog")).unwrap();
    refused_as_it_was(
        &desk,
        &[
            "out/etc/nginx/sites-available/blog is not ours",
            "out/etc/sudoers.d/blog is not ours",
        ],
    );
}

#[track_caller]
fn refused_as_it_was(desk: &Desk, messages: &[&str]) {
    let before = desk.tree("out");
    let called = desk.call(&["render", "shop.yml", "blog.yml", "--out", "out"]);
    assert_eq!(
        (called.status(), called.out()),
        (CONFLICT, String::new()),
        "{}",
        called.err()
    );
    for message in messages {
        assert!(
            called
                .err()
                .contains(&format!("error: {message}\n  help: ")),
            "{}",
            called.err()
        );
    }
    assert_eq!(desk.tree("out"), before);
}

#[test]
fn what_somebody_edited_is_neither_replaced_nor_removed() {
    let desk = Desk::new();
    desk.render(&["shop.yml", "blog.yml"]);
    let site = desk.read("out/etc/nginx/sites-available/shop");
    desk.write(
        "out/etc/nginx/sites-available/shop",
        &format!("{site}# mine\n"),
    );
    fs::remove_file(desk.path("out/etc/nginx/sites-enabled/blog")).unwrap();
    symlink("/elsewhere", desk.path("out/etc/nginx/sites-enabled/blog")).unwrap();
    refused_as_it_was(
        &desk,
        &[
            "out/etc/nginx/sites-available/shop was edited after it had been rendered",
            "out/etc/nginx/sites-enabled/blog was edited after it had been rendered",
        ],
    );
    let called = desk.call(&["render", "shop.yml", "--out", "out", "--json"]);
    let errors = called.json()["errors"].clone();
    assert_eq!(
        (called.status(), errors.as_array().unwrap().len()),
        (CONFLICT, 3),
        "{errors}"
    );
    assert!(
        errors[0]["help"].as_str().unwrap().contains("render again"),
        "{errors}"
    );
    // Also when it is not rendered any more.
    let before = desk.tree("out");
    assert_eq!(
        desk.call(&["render", "shop.yml", "--out", "out"]).status(),
        CONFLICT
    );
    assert_eq!(desk.tree("out"), before);
    // The remedy: what was removed is made again.
    fs::remove_file(desk.path("out/etc/nginx/sites-available/shop")).unwrap();
    fs::remove_file(desk.path("out/etc/nginx/sites-enabled/blog")).unwrap();
    desk.render(&["shop.yml", "blog.yml"]);
    assert_eq!(desk.read("out/etc/nginx/sites-available/shop"), site);
}

#[test]
fn what_others_write_is_made_once_and_kept() {
    const LOG: &str = "out/var/log/supervisor/shop.log";
    let desk = Desk::new();
    desk.render(&["shop.yml", "blog.yml"]);
    assert_eq!(desk.read(LOG), "");
    let listed = manifest(&desk)["artifacts"].as_array().unwrap().clone();
    let kept = listed.iter().filter(|artifact| artifact["kept"] == true);
    let kept: Vec<_> = kept.map(|artifact| artifact["path"].as_str()).collect();
    assert!(kept.contains(&Some(&LOG[3..])), "{kept:?}");

    desk.write(LOG, "sold a pear\n");
    fs::set_permissions(desk.path(LOG), fs::Permissions::from_mode(0o644)).unwrap();
    let before = fs::metadata(desk.path(LOG)).unwrap().ino();
    let said = desk.render(&["shop.yml", "blog.yml"]);
    assert!(said.ends_with(", 1 changed\n"), "{said}");
    let after = fs::metadata(desk.path(LOG)).unwrap();
    assert_eq!((after.ino(), after.mode() & 0o777), (before, 0o640));
    assert_eq!(desk.read(LOG), "sold a pear\n");
    // What they wrote outlives the app in the tree, and is no obstacle when it comes back.
    desk.render(&["blog.yml"]);
    assert_eq!(desk.read(LOG), "sold a pear\n");
    desk.render(&["shop.yml", "blog.yml"]);
    assert_eq!(desk.read(LOG), "sold a pear\n");
    // One in which nobody has written goes.
    desk.render(&["shop.yml"]);
    assert!(!desk.path("out/var/log/supervisor/blog.log").exists());
}

#[test]
fn permissions_are_put_right() {
    let desk = Desk::new();
    desk.render(&["shop.yml"]);
    let before = desk.tree("out");
    for (path, mode) in [
        ("out/etc/wsgi/shop/env", 0o666),
        ("out/etc/wsgi/shop", 0o777),
    ] {
        fs::set_permissions(desk.path(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    let called = desk.call(&["render", "shop.yml", "--out", "out", "-v"]);
    assert!(called.out().ends_with(", 2 changed\n"), "{}", called.out());
    let said = "changed /etc/wsgi/shop\nchanged /etc/wsgi/shop/env\n";
    assert_eq!(called.err(), said);
    assert_eq!(desk.tree("out"), before);
}

#[test]
fn no_link_leads_out_of_the_tree() {
    let desk = Desk::new();
    desk.render(&["shop.yml"]);
    fs::rename(desk.path("out/etc/nginx"), desk.path("nginx")).unwrap();
    symlink(desk.path("nginx"), desk.path("out/etc/nginx")).unwrap();
    let outside = desk.tree("nginx");
    desk.write("shop.yml", &SHOP.replace("www.shop", "web.shop"));
    refused_as_it_was(&desk, &["out/etc/nginx stands where a directory should be"]);
    assert_eq!(desk.tree("nginx"), outside);
    // A manifest that somebody edited names nothing outside either.
    fs::remove_file(desk.path("out/etc/nginx")).unwrap();
    fs::rename(desk.path("nginx"), desk.path("out/etc/nginx")).unwrap();
    desk.write("victim", "mine");
    let manifest = desk.read("out/manifest.json");
    let line = "    {\"path\":\"/../victim\",\"kind\":\"file\",\"sha256\":null,\"target\":null},\n";
    desk.write(
        "out/manifest.json",
        &manifest.replacen(
            "\"artifacts\": [\n",
            &format!("\"artifacts\": [\n{line}"),
            1,
        ),
    );
    let called = desk.call(&["render", "blog.yml", "--out", "out"]);
    assert_eq!(called.status(), CONFLICT, "{}", called.err());
    assert!(
        called.err().contains("`/../victim` is no path of a tree"),
        "{}",
        called.err()
    );
    assert_eq!(desk.read("victim"), "mine");
}

#[test]
fn a_link_to_the_directory_is_followed_and_stays() {
    let desk = Desk::new();
    fs::create_dir(desk.path("real")).unwrap();
    symlink("real", desk.path("out")).unwrap();
    desk.render(&["shop.yml"]);
    assert!(desk.path("real/manifest.json").exists());
    assert_eq!(
        fs::read_link(desk.path("out")).unwrap().to_str(),
        Some("real")
    );
    // Also from within.
    let here = desk
        .command(&["render", "../shop.yml", "--out", "."])
        .current_dir(desk.path("real"))
        .output();
    let said = String::from_utf8(here.unwrap().stdout).unwrap();
    assert!(said.starts_with(".: 1 app, "), "{said}");
    assert!(said.ends_with(" paths, nothing changed\n"), "{said}");
}

#[test]
fn nothing_is_written_unless_every_app_is_accepted() {
    let desk = Desk::new();
    desk.write("bad.yml", "wsgi_project_name: bad\nwsgi_ssl: maybe\n");
    desk.write(
        "thief.yml",
        &BLOG.replace("blog.example.org", "shop.example.org"),
    );
    for second in ["bad.yml", "thief.yml", "none.yml"] {
        for order in [["shop.yml", second], [second, "shop.yml"]] {
            let called = desk.call(&["render", order[0], order[1], "--out", "a/b/out"]);
            assert_eq!(called.status(), REFUSED, "{second}");
            assert!(!desk.path("a").exists(), "{second}");
        }
    }
    let called = desk.call(&["render", "shop.yml", "bad.yml", "--out", "out", "--json"]);
    assert_eq!(called.status(), REFUSED);
    assert_eq!(called.json()["changes"], Value::Null);
    assert_eq!(called.json()["files"][1]["accepted"], false);
    let called = desk.call(&["render", "shop.yml", "--out", "a/b/out", "--json"]);
    assert_eq!(
        (
            called.status(),
            called.json()["changes"]["removed"].as_u64()
        ),
        (DONE, Some(0))
    );
    assert!(desk.path("a/b/out/etc").exists());
}

#[test]
fn the_target_decides_the_syntax_and_no_path() {
    let desk = Desk::new();
    desk.write("shop.yml", &format!("{SHOP}wsgi_ssl: yes\n"));
    desk.render(&["shop.yml"]);
    let called = desk.call(&[
        "render",
        "shop.yml",
        "--out",
        "new",
        "--nginx",
        "1.26.3",
        "--openssl",
        "3.5",
        "--init",
        "sysv",
    ]);
    assert_eq!(called.status(), DONE, "{}", called.err());
    let (old, new) = (desk.tree("out"), desk.tree("new"));
    assert!(old.keys().eq(new.keys()));
    let tls = |tree: &Tree| tree[std::path::Path::new("etc/nginx/wsgi/shop/tls.conf")].clone();
    let site = |tree: &Tree| tree[std::path::Path::new("etc/nginx/sites-available/shop")].clone();
    assert!(
        !(tls(&old) + &site(&old)).contains("http2 on;"),
        "{}",
        tls(&old)
    );
    assert!(
        (tls(&new) + &site(&new)).contains("http2 on;"),
        "{}",
        tls(&new)
    );
}
