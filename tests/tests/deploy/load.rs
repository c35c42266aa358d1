//! Deploys and rollbacks while requests come in.

use std::collections::BTreeSet;

use crate::shop::{Shop, VARS};

const DEPLOYS: usize = if cfg!(feature = "long") { 10 } else { 3 };
const ROLLBACKS: usize = if cfg!(feature = "long") { 2 } else { 1 };

#[test]
fn no_request_fails_and_each_is_answered_by_a_whole_release() {
    let mut shop = Shop::applied(VARS);
    shop.deploys("release 0");
    let visitors = shop.visitors();
    for number in 1..=DEPLOYS {
        shop.deploys(&format!("release {number}"));
    }
    for number in 1..=ROLLBACKS {
        shop.rolls_back(None);
        assert_eq!(shop.answer(), format!("release {}", DEPLOYS - number));
    }
    let answers = visitors.leave();
    // An answer of two releases names both.
    let expected: BTreeSet<String> = (0..=DEPLOYS).map(|n| format!("release {n}")).collect();
    assert_eq!(answers.keys().cloned().collect::<BTreeSet<_>>(), expected);
    shop.is_alone();
    // The requirements have not changed: one virtualenv, and that which was there before the first.
    assert_eq!(shop.survey().cached.len(), 1);
}
