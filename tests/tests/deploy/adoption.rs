//! What stood there before the first deploy.

use wsgi_apply::deploy::{NoRelease, Now};

use crate::shop::{Shop, VARS};

#[test]
fn a_project_that_was_copied_there_by_hand_is_the_first_release() {
    let mut shop = Shop::applied(VARS);
    let by_hand = r#"
        cd /var/www/shop && mkdir -p current/templates && cd current && printf by-hand >templates/page &&
        echo "NAME = 'by-hand'" >beside.py && cp beside.py late.py && cat >web.py && chown -R shop: . &&
        supervisorctl restart shop"#;
    let web = include_str!("web.py");
    let command = shop.machine.command(["sh", "-c", by_hand]);
    command.stdin(web).ok();
    wsgi_tests::wait_until("it serves", || shop.answer() == "by-hand");
    assert!(shop.survey().is_plain);
    assert_eq!(shop.no_way_back(None), NoRelease::NoEarlier);

    let visitors = shop.visitors();
    // One that fails is no reason to touch it, until it is switched to.
    shop.name("bad");
    shop.put("web.py", "def index(:\n");
    assert_eq!(shop.fails().0, Now::Unchanged);
    assert!(shop.survey().is_plain);
    shop.name("bad");
    shop.put("afterwards", "exit 1\n");
    let (now, said) = shop.fails();
    let Now::Returned(first) = now else {
        panic!("{now:?}: {said}");
    };
    assert!(first.ends_with("-adopted"), "{first}");
    assert_eq!(shop.answer(), "by-hand");
    shop.remove("afterwards");

    shop.deploys("one");
    assert_eq!(shop.rolls_back(None), first);
    assert_eq!(shop.answer(), "by-hand");
    shop.deploys("two");
    visitors.leave();
}
