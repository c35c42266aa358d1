//! What holds for every app on every host.

use wsgi_apply::{
    Desired, Extent, Host as _, MemoryHost, Outcome, PerformOptions, Plan, PlanOptions, Probe,
};
use wsgi_model::Bundle;
use wsgi_render::{Target, render};
use wsgi_tests::Fixture;

fn desired(fixture: &Fixture) -> Desired {
    let bundles: Vec<Bundle> = fixture
        .vars_files()
        .iter()
        .map(|file| {
            let loaded = fixture.load(file).unwrap();
            render(&loaded.app, &Target::default()).unwrap()
        })
        .collect();
    Desired::new(bundles).unwrap()
}

fn plan(host: &mut MemoryHost, desired: &Desired) -> Plan {
    let facts = host.observe(&Probe::of(desired)).unwrap();
    let plan = Plan::new(desired, &facts, PlanOptions::default());
    assert_eq!(plan.obstacles, []);
    plan
}

fn steps(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(ToString::to_string).collect()
}

#[test]
fn after_an_apply_there_is_nothing_to_do() {
    for fixture in Fixture::all() {
        let desired = desired(&fixture);
        let mut host = MemoryHost::debian("web1");
        let first = plan(&mut host, &desired);
        let report = host
            .perform(&first, &PerformOptions::default(), &mut |_| {})
            .unwrap();
        assert_eq!(report.outcome, Outcome::Done, "{}", fixture.name);
        assert_eq!(report.done.len(), first.steps.len(), "{}", fixture.name);
        let second = plan(&mut host, &desired);
        assert!(second.is_empty(), "{}: {:#?}", fixture.name, steps(&second));
    }
}

#[test]
fn an_apply_that_is_cut_short_anywhere_is_made_up_for_by_the_next() {
    let fixture = Fixture::all()
        .into_iter()
        .find(|f| f.name == "django")
        .unwrap();
    let desired = desired(&fixture);
    let all = plan(&mut MemoryHost::debian("web1"), &desired);
    for cut in 0..all.steps.len() {
        let mut host = MemoryHost::debian("web1");
        let first = plan(&mut host, &desired);
        host.end_at(cut);
        let report = host
            .perform(&first, &PerformOptions::default(), &mut |_| {})
            .unwrap();
        assert_eq!(report.outcome, Outcome::Ended);
        let second = plan(&mut host, &desired);
        host.perform(&second, &PerformOptions::default(), &mut |_| {})
            .unwrap();
        let third = plan(&mut host, &desired);
        assert!(third.is_empty(), "cut at {cut}: {:#?}", steps(&third));
        for owed in first.steps.iter().filter(|step| step.kind() == "action") {
            assert!(
                host.actions().contains(&owed.subject()),
                "cut at {cut}: {owed}"
            );
        }
    }
}

#[test]
fn what_was_applied_can_be_taken_away_without_a_trace() {
    for fixture in Fixture::all() {
        let desired = desired(&fixture);
        let mut host = MemoryHost::debian("web1");
        let first = plan(&mut host, &desired);
        host.perform(&first, &PerformOptions::default(), &mut |_| {})
            .unwrap();
        for extent in [Extent::Ours, Extent::Everything] {
            let facts = host.observe(&Probe::of(&desired)).unwrap();
            let removal = Plan::removal(&desired, &facts, PlanOptions::default(), extent);
            assert_eq!(removal.obstacles, [], "{}", fixture.name);
            let report = host
                .perform(&removal, &PerformOptions::default(), &mut |_| {})
                .unwrap();
            assert_eq!(report.outcome, Outcome::Done, "{}", fixture.name);
            let facts = host.observe(&Probe::of(&desired)).unwrap();
            let again = Plan::removal(&desired, &facts, PlanOptions::default(), extent);
            assert!(again.is_empty(), "{}: {:#?}", fixture.name, steps(&again));
        }
        for bundle in desired.bundles() {
            let user = bundle.needs.user.name.as_str();
            let facts = host.observe(&Probe::of(&desired)).unwrap();
            assert!(!facts.users.contains_key(user), "{}: {user}", fixture.name);
            for artifact in bundle.artifacts() {
                let found = host.at(&artifact.path);
                assert_eq!(
                    *found,
                    wsgi_apply::Observed::Absent,
                    "{}: {}",
                    fixture.name,
                    artifact.path
                );
            }
        }
    }
}
