//! What of a task others can see.

use wsgi_model::Sensitivity;

use crate::app::{App, lines, load_spec, rendered};

const YAML: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_cron_tasks:
  - {name: of shop, command: 'true', environment: {TOKEN: canary}}
  - {name: of root, command: 'true', user: root, environment: {TOKEN: canary}}
  - {name: of www, command: 'true', user: www-data, environment: {TOKEN: canary}}
  - {name: plain, command: 'true'}
";

#[test]
fn a_wrapper_is_read_by_who_runs_it_alone() {
    let app = App::of_yaml(YAML);
    app.machine.ok(["useradd", "stranger"]);
    for (index, readers) in [&["root", "shop"][..], &["root"], &["root"]]
        .iter()
        .enumerate()
    {
        let path = &lines(&app.bundle)[index].command;
        for user in ["root", "shop", "www-data", "stranger"] {
            let read = app.machine.run_as(user, ["cat", path]);
            assert_eq!(read.success(), readers.contains(&user), "{user} {path}");
            let write = app
                .machine
                .run_as(user, ["sh", "-c", &format!(": >>{path}")]);
            assert_eq!(write.success(), user == "root", "{user} {path}");
        }
    }
    let crontab = app.machine.text("/etc/cron.d/shop");
    assert!(!crontab.contains("canary"), "{crontab}");
}

#[test]
fn a_tasks_variables_make_its_wrapper_a_secret() {
    let bundle = rendered(&load_spec(YAML));
    let of = |name| {
        bundle
            .artifact(&format!("/etc/wsgi/shop/cron/{name}"))
            .unwrap()
            .sensitivity()
    };
    assert_eq!(
        ["of-shop", "of-root", "of-www"].map(of),
        [Sensitivity::Secret; 3]
    );
    assert_eq!(of("plain"), Sensitivity::Public);
    assert!(!format!("{bundle:?}").contains("canary"));
}
