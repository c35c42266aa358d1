//! Deploys, rollbacks and releases that do not serve, while requests come in.

use std::collections::BTreeSet;

use wsgi_tests::Suite;

use crate::site::Site;

const DEPLOYS: usize = if cfg!(feature = "long") { 10 } else { 3 };
const ROLLBACKS: usize = if cfg!(feature = "long") { 2 } else { 1 };

const SETTINGS: &str = "
wsgi_deploy_release: ['[ ! -e migrate ] || sh ./migrate']
wsgi_deploy_after: ['[ ! -e afterwards ] || sh ./afterwards']
";

#[test]
fn no_request_fails_over_deploys_rollbacks_and_releases_that_do_not_serve() {
    let site = Site::applied(Suite::Bookworm, SETTINGS);
    site.put("requirements.txt", "");
    site.deploys("release 0");
    let visitors = site.visitors();
    for number in 1..=DEPLOYS {
        site.deploys(&format!("release {number}"));
    }
    for number in 1..=ROLLBACKS {
        site.rolls_back();
        assert_eq!(site.answer(), format!("release {}", DEPLOYS - number));
    }
    let serves = format!("release {}", DEPLOYS - ROLLBACKS);
    for bad in &before_the_switch() {
        bad.is_refused(&site);
        assert_eq!(site.answer(), serves, "{}", bad.reasons[0]);
    }
    let answers = visitors.leave();
    // An answer of two releases would name both.
    let expected: BTreeSet<String> = (0..=DEPLOYS).map(|n| format!("release {n}")).collect();
    assert_eq!(answers.keys().cloned().collect::<BTreeSet<_>>(), expected);
    #[expect(
        clippy::print_stderr,
        reason = "the figures are of interest by themselves"
    )]
    {
        eprintln!("{DEPLOYS} deploys, {ROLLBACKS} rollbacks: {answers:?}");
    }

    // What fails only when it serves has served until then, whole as well.
    let visitors = site.visitors();
    for bad in &after_the_switch() {
        bad.is_refused(&site);
        assert_eq!(site.answer(), serves, "{}", bad.reasons[0]);
    }
    let answers = visitors.leave();
    let others: Vec<&String> = answers.keys().filter(|name| **name != serves).collect();
    assert!(others.iter().all(|name| *name == "bad"), "{answers:?}");
    site.deploys("the next");
}

/// A release that does not serve.
struct Bad {
    file: &'static str,
    contents: String,
    /// What is said about it.
    reasons: &'static [&'static str],
    /// Seconds until it is too late.
    timeout: u32,
    settings: &'static str,
}

impl Bad {
    const fn new(file: &'static str, contents: String, reasons: &'static [&'static str]) -> Self {
        Self {
            file,
            contents,
            reasons,
            timeout: 20,
            settings: "",
        }
    }

    #[track_caller]
    fn is_refused(&self, site: &Site) {
        site.name("bad");
        site.settings_and_timeout(&[SETTINGS, self.settings].concat(), self.timeout);
        let well = std::fs::read(site.file(self.file)).ok();
        site.put(self.file, &self.contents);
        let said = site.fails();
        for reason in self.reasons {
            assert!(said.contains(reason), "no {reason}: {said}");
        }
        match well {
            Some(well) => site.put(self.file, well),
            None => site.remove(self.file),
        }
    }
}

fn before_the_switch() -> Vec<Bad> {
    let ill = Site::app_with("return \"well\"", "return 1 / 0");
    let hangs = Site::app_with("return \"well\"", "time.sleep(600)");
    let dies = Site::app_with(
        "import time\n",
        "import time\n\nif os.fork():\n    os._exit(3)\ntime.sleep(1)\n",
    );
    let mut bad = vec![
        Bad::new(
            "web.py",
            "def app(:\n".to_owned(),
            &[
                "SyntaxError",
                "web.py\", line 1",
                "the old release serves on",
            ],
        ),
        Bad::new(
            "web.py",
            "import nothing_of_this_name\n".to_owned(),
            &["No module named 'nothing_of_this_name'", "web.py\", line 1"],
        ),
        Bad::new(
            "requirements.txt",
            "nothing-of-this-name\n".to_owned(),
            &["No matching distribution found for nothing-of-this-name"],
        ),
        Bad::new(
            "migrate",
            "echo no such column >&2; exit 3\n".to_owned(),
            &["no such column", "“release: "],
        ),
        Bad::new(
            "web.py",
            ill,
            &[
                "in health",
                "ZeroDivisionError",
                "it answered /health with HTTP/1.1 500",
            ],
        ),
        Bad::new("web.py", hangs, &["it did not answer /health within 8 s"]),
        Bad::new(
            "web.py",
            dies,
            &["Worker failed to boot", "failed at “import the app”"],
        ),
    ];
    bad[5].timeout = 8;
    let mut late = Bad::new(
        "migrate",
        "echo waiting for a lock; sleep 600\n".to_owned(),
        &[
            "waiting for a lock",
            "it took more than 2 s and was stopped",
        ],
    );
    late.settings = "wsgi_deploy_timeout: 2\n";
    bad.push(late);
    bad
}

fn after_the_switch() -> Vec<Bad> {
    // Only where it is to serve, and what it leaves behind says that it is ready.
    let dies = Site::app_with(
        "import time\n",
        "import sys\nimport time\n\nif '--bind' not in sys.argv and os.fork():\n    os._exit(3)\n",
    );
    vec![
        Bad::new(
            "afterwards",
            "echo nobody was told; exit 1\n".to_owned(),
            &["nobody was told", "serves again"],
        ),
        Bad::new("web.py", dies, &["serves again"]),
    ]
}
