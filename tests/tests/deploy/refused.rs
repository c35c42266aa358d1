//! Releases that do not serve: the one before them does, and visitors notice nothing.

use wsgi_apply::deploy::Now;
use wsgi_model::Seconds;

use crate::shop::{Shop, VARS};

#[test]
fn a_release_that_does_not_serve_leaves_the_old_one_serving_and_says_why() {
    let mut shop = Shop::applied(VARS);
    let old = shop.deploys("old");
    let visitors = shop.visitors();

    let web = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deploy/web.py"))
        .expect("the app");
    let ill = web.replace("return \"well\"", "1 / 0");
    let dies = format!("import os\nos._exit(3)\n{web}");
    let dies_when_asked = web.replace("return \"well\"", "import os; os._exit(3)");
    let dies_late = format!("import os, sys\nif '--bind' not in sys.argv:\n    os._exit(3)\n{web}");
    let unchanged = Now::Unchanged;
    let returned = Now::Returned(old);
    let cases: [(&str, &str, &Now, &str); 11] = [
        ("web.py", "def index(:\n", &unchanged, "SyntaxError"),
        (
            "web.py",
            "import nothing_of_this_name\n",
            &unchanged,
            "No module named 'nothing_of_this_name'",
        ),
        (
            "requirements.txt",
            "flask\nnothing-of-this-name\n",
            &unchanged,
            "nothing-of-this-name",
        ),
        (
            "migrate",
            "echo no such column; exit 3\n",
            &unchanged,
            "no such column",
        ),
        (
            "migrate",
            "while :; do yes | head -c 20000000; sleep 0.5; done\n",
            &unchanged,
            "it printed more than 32 MB and was stopped",
        ),
        (
            "web.py",
            &ill,
            &unchanged,
            "it answered /health with HTTP/1.1 500",
        ),
        (
            "web.py",
            "import time\ntime.sleep(600)\n",
            &unchanged,
            "more than 3 s",
        ),
        ("web.py", &dies, &unchanged, "Worker failed to boot"),
        (
            "web.py",
            "raise SystemExit(0)\n",
            &unchanged,
            "it ended while it was imported, and said nothing",
        ),
        (
            "web.py",
            &dies_when_asked,
            &unchanged,
            "it closed the connection instead of answering /health",
        ),
        ("web.py", &dies_late, &returned, "the new one does not"),
    ];
    for (file, text, expected, reason) in cases {
        shop.name("new");
        shop.put(file, text);
        let patience = shop.site.deploy.health_timeout;
        if reason.starts_with("more than") {
            shop.site.deploy.health_timeout = Seconds::new(3).expect("some seconds");
        }
        let (now, said) = shop.fails();
        shop.site.deploy.health_timeout = patience;
        assert_eq!(&now, expected, "{file}: {text}: {said}");
        assert!(said.contains(reason), "no {reason}: {said}");
        assert_eq!(shop.answer(), "old");
        shop.is_unlocked();
        shop.is_alone();
        if file == "migrate" {
            shop.remove(file);
        }
    }

    shop.name("new");
    shop.put("afterwards", "echo nobody was told; exit 1\n");
    let (now, said) = shop.fails();
    assert_eq!(now, returned, "{said}");
    assert!(said.contains("nobody was told"), "{said}");
    assert_eq!(shop.answer(), "old");
    shop.remove("afterwards");

    let answers = visitors.leave();
    let others: Vec<&String> = answers.keys().filter(|name| *name != "old").collect();
    // What failed after the switch has served until then.
    assert!(others.iter().all(|name| *name == "new"), "{answers:?}");

    shop.deploys("newest");
    let releases = shop.listing("/var/www/shop/releases");
    // The old, the newest, two that failed, and the link that `PREFIX_RELEASE_DIR` leads to.
    assert_eq!(releases.len(), 5, "{releases:?}");
    let virtualenvs = shop.listing("/var/lib/shop/venvs");
    assert_eq!(virtualenvs.len(), 1, "{virtualenvs:?}");
}
