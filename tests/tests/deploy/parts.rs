//! What a project installs of itself.

use wsgi_apply::deploy::DeployOutcome;

use crate::shop::{Shop, VARS};

/// Installed from a directory of the project, without anything that has to be fetched.
const BACKEND: &str = r#"
import zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "part-1-py3-none-any.whl"
    with zipfile.ZipFile(directory + "/" + name, "w") as wheel:
        wheel.write("part.py")
        wheel.writestr("part-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: part\nVersion: 1\n")
        wheel.writestr("part-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("part-1.dist-info/RECORD", "")
    return name
"#;

#[test]
fn what_a_project_installs_of_itself_is_of_the_release_that_serves() {
    let mut shop = Shop::applied(VARS);
    shop.put(
        "libs/part/pyproject.toml",
        "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
    );
    shop.put("libs/part/backend.py", BACKEND);
    let mut releases = Vec::new();
    for name in ["one", "two"] {
        shop.name(name);
        shop.put("requirements.txt", "-r deps/web\n");
        shop.put("deps/web", "flask\n./libs/part\n");
        shop.put("libs/part/part.py", &format!("NAME = '{name}'\n"));
        let (report, said) = shop.deploy();
        assert_eq!(report.outcome, DeployOutcome::Serves, "{said}");
        assert_eq!(installed(&shop), name);
        releases.extend(shop.survey().current);
    }
    shop.rolls_back(releases.first().map(String::as_str));
    assert_eq!(installed(&shop), "one");
}

/// What the virtualenv that serves has of it.
fn installed(shop: &Shop) -> String {
    let python = "/var/lib/shop/venv/bin/python";
    let argv = [python, "-I", "-c", "import part; print(part.NAME)"];
    shop.machine.run(argv).text().trim().to_owned()
}
