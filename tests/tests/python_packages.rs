//! Python packages reach a machine without its having a network.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use wsgi_tests::{Machine, PythonPackages, wait_until};

#[test]
fn gunicorn_serves_an_app_from_a_virtualenv_at_any_path() {
    let packages = PythonPackages::for_apps().unwrap();
    let machine = Machine::up();
    machine.ok(["useradd", "--create-home", "shop"]);
    let venv = "/var/lib/shop/venv";
    machine.install_virtualenv(&packages, venv, "shop");

    let python = format!("{venv}/bin/python");
    let prefix = machine.run_as(
        "shop",
        [python.as_str(), "-c", "import sys; print(sys.prefix)"],
    );
    assert_eq!(prefix.text().trim(), venv);
    let leftover = packages.virtualenv();
    machine
        .run(["grep", "-rIlF", leftover.to_str().unwrap(), venv])
        .expect_failure();

    machine.write(
        "/home/shop/app.py",
        "import flask, django\napp = flask.Flask(__name__)\n\
         app.add_url_rule('/', view_func=lambda: 'sold out')\n",
        0o644,
    );
    let gunicorn = machine
        .command([
            format!("{venv}/bin/gunicorn").as_str(),
            "--bind=127.0.0.1:8000",
            "app:app",
        ])
        .user("shop")
        .directory("/home/shop")
        .spawn();
    wait_until("gunicorn listens", || {
        gunicorn.stderr().contains("Listening")
    });
    assert_eq!(machine.get("http://shop.example:8000/").text(), "sold out");
}

#[test]
fn pip_installs_what_is_offered_and_nothing_else() {
    let packages = PythonPackages::for_apps().unwrap();
    let machine = Machine::up();
    machine.offer_wheels(&packages);
    machine.ok(["python3", "-m", "venv", "/srv/venv"]);
    machine.ok(["/srv/venv/bin/pip", "install", "--quiet", "gunicorn"]);
    machine.ok(["/srv/venv/bin/gunicorn", "--version"]);
    machine
        .run(["/srv/venv/bin/pip", "install", "requests"])
        .expect_failure();
}

#[test]
fn the_judges_run_on_a_machine() {
    let tools = PythonPackages::tools().unwrap();
    let machine = Machine::builder().packages(&tools).start().unwrap();
    machine.ok([tools.program("gixy").as_str(), "--version"]);
    machine.ok([tools.program("sslyze").as_str(), "--help"]);
}
