//! The way back.

use wsgi_apply::deploy::NoRelease;

use crate::shop::{Shop, VARS};

#[test]
fn the_release_before_this_one_or_any_that_was_good_serves_again() {
    let mut shop = Shop::applied(VARS);
    assert_eq!(shop.no_way_back(None), NoRelease::NoEarlier);
    let one = shop.deploys("one");
    assert_eq!(shop.no_way_back(None), NoRelease::NoEarlier);
    assert_eq!(shop.no_way_back(Some(&one)), NoRelease::Serves(one.clone()));
    assert_eq!(
        shop.no_way_back(Some("nothing")),
        NoRelease::Unknown {
            name: "nothing".to_owned(),
            meant: None
        }
    );
    let two = shop.deploys("two");
    shop.name("bad");
    shop.put("web.py", "def index(:\n");
    shop.fails();
    let survey = shop.survey();
    let failed = survey.releases.last().expect("it is known").id.clone();
    assert_eq!(
        shop.no_way_back(Some(&failed)),
        NoRelease::Failed(failed.clone())
    );
    let three = shop.deploys("three");

    assert_eq!(shop.rolls_back(None), two);
    assert_eq!(shop.answer(), "two");
    assert_eq!(shop.rolls_back(None), one);
    assert_eq!(shop.answer(), "one");
    assert_eq!(shop.rolls_back(Some(&three)), three);
    assert_eq!(shop.answer(), "three");
    shop.machine
        .ok(["rm", "-r", &format!("/var/www/shop/releases/{two}")]);
    assert_eq!(shop.no_way_back(Some(&two)), NoRelease::Gone(two.clone()));
    assert_eq!(shop.deploys("four"), shop.survey().current.expect("four"));
}
