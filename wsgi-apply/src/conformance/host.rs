//! What a host must do.

use wsgi_model::{
    AbsPath, AppName, AppParts, AppSpec, Artifact, Bundle, Contents, Mode, Needs, Owner, WsgiTarget,
};

use super::{Found, Promise, Unkept, expect, tried};
use crate::{
    Change, Desired, Digest, Extent, Facts, Host, Observed, Outcome, PerformOptions, Plan,
    PlanOptions, Probe, Progress,
};

/// Where all of it stands.
const PLACE: &str = "/etc/wsgi/conformance";

/// A host that is tried, and how plans are made for it.
struct Trial<'a> {
    host: &'a mut dyn Host,
    options: PlanOptions,
}

/// In this order: one follows from the other.
fn promises<'a>() -> Vec<Promise<Trial<'a>>> {
    vec![
        ("a host has a name for messages", |trial| {
            expect(&trial.host.label().trim().is_empty(), &false)
        }),
        (
            "what is not there is absent, and a look changes nothing",
            |trial| {
                let first = trial.look("one")?;
                expect(first.at(&at("public")?), &Observed::Absent)?;
                expect(&trial.look("one")?.nodes, &first.nodes)?;
                expect(
                    &(first.state.is_some(), trial.look("one")?.state),
                    &(true, first.state),
                )
            },
        ),
        ("what is planned is done, and told step by step", in_order),
        ("what was done is seen", seen),
        ("after an apply there is nothing to do", |trial| {
            expect(&trial.plan("one")?.steps, &Vec::new())
        }),
        ("of a change nothing is touched but what differs", |trial| {
            let plan = trial.plan("two")?;
            let paths: Vec<_> = plan.steps.iter().map(path).collect();
            expect(&paths, &vec![Some(at("public")?)])?;
            trial.perform(&plan)?;
            expect(&trial.plan("two")?.steps, &Vec::new())
        }),
        (
            "a plan is not performed on a host that has changed since",
            drifted,
        ),
        ("what was made is taken away again", removed),
    ]
}

/// Tries what a [`Host`] must do, and says which promises are not kept.
///
/// It makes `/etc/wsgi/conformance` with an app of that name, and takes them away again: the host
/// should be one that can be thrown away. Only paths are tried, no packages and users. `options`
/// says how plans are made for it: whether owners can be given, say.
pub fn host(host: &mut dyn Host, options: PlanOptions) -> Vec<Unkept> {
    let options = PlanOptions {
        paths_only: true,
        ..options
    };
    tried(&mut Trial { host, options }, &promises())
}

impl Trial<'_> {
    fn look(&mut self, text: &str) -> Result<Facts, Found> {
        Ok(self.host.observe(&Probe::of(&desired(text)?))?)
    }

    fn plan(&mut self, text: &str) -> Result<Plan, Found> {
        let facts = self.look(text)?;
        let plan = Plan::new(&desired(text)?, &facts, self.options);
        expect(&plan.obstacles, &Vec::new())?;
        Ok(plan)
    }

    fn perform(&mut self, plan: &Plan) -> Result<Vec<usize>, Found> {
        let options = PerformOptions::default();
        let report = self.host.perform(plan, &options, &mut |_| {})?;
        expect(&report.outcome, &Outcome::Done)?;
        Ok(report.done)
    }
}

/// What shall be there: a directory, a file with a text, a private one, and a link.
fn desired(text: &str) -> Result<Desired, Found> {
    let parts = AppParts::new(
        AppName::parse("conformance")?,
        WsgiTarget::parse("conformance:app")?,
    );
    let app = AppSpec::new(parts)?;
    let public = Contents::public(text);
    let private = Contents::secret("nobody sees it");
    let artifacts = vec![
        Artifact::directory(AbsPath::parse(PLACE)?, Mode::new(0o755), Owner::root()),
        Artifact::file(at("public")?, public, Mode::new(0o644), Owner::root()),
        Artifact::file(at("private")?, private, Mode::new(0o600), Owner::root()),
        Artifact::symlink(at("link")?, "public", Owner::root()),
    ];
    let bundle = Bundle::new(app.name.clone(), Needs::of(&app), artifacts)?;
    Ok(Desired::new(vec![bundle])?)
}

fn at(name: &str) -> Result<AbsPath, Found> {
    Ok(AbsPath::parse(&format!("{PLACE}/{name}"))?)
}

fn path(step: &crate::Step) -> Option<AbsPath> {
    match &step.change {
        Change::Path(change) => Some(change.path.clone()),
        _ => None,
    }
}

fn in_order(trial: &mut Trial<'_>) -> Result<(), Found> {
    let plan = trial.plan("one")?;
    let mut told = Vec::new();
    let options = PerformOptions::default();
    let report = trial
        .host
        .perform(&plan, &options, &mut |progress| match progress {
            Progress::Begun(step) => told.push((step, "begun")),
            Progress::Done(step) => told.push((step, "done")),
            _ => {}
        })?;
    expect(&report.outcome, &Outcome::Done)?;
    let all = 0..plan.steps.len();
    expect(&report.done, &all.clone().collect())?;
    let wanted: Vec<_> = all
        .flat_map(|step| [(step, "begun"), (step, "done")])
        .collect();
    expect(&told, &wanted)
}

fn seen(trial: &mut Trial<'_>) -> Result<(), Found> {
    let facts = trial.look("one")?;
    for (name, mode, contents) in [
        ("public", 0o644, "one"),
        ("private", 0o600, "nobody sees it"),
    ] {
        match facts.at(&at(name)?) {
            Observed::File {
                attributes, digest, ..
            } => {
                let wanted = (Mode::new(mode), Some(Digest::of(contents.as_bytes())));
                expect(&(attributes.mode, *digest), &wanted)?;
            }
            other => return Err(Found(format!("{other:?} in place of the file {name}"))),
        }
    }
    match facts.at(&at("link")?) {
        Observed::Symlink { target, .. } => expect(&target.as_str(), &"public"),
        other => Err(Found(format!("{other:?} in place of a link"))),
    }
}

fn drifted(trial: &mut Trial<'_>) -> Result<(), Found> {
    let (three, four) = (trial.plan("three")?, trial.plan("four")?);
    trial.perform(&three)?;
    let options = PerformOptions::default();
    let report = trial.host.perform(&four, &options, &mut |_| {})?;
    expect(&report.outcome, &Outcome::Drifted)?;
    expect(&trial.plan("three")?.steps, &Vec::new())
}

fn removed(trial: &mut Trial<'_>) -> Result<(), Found> {
    let desired = desired("three")?;
    let removal = |trial: &mut Trial<'_>| -> Result<Plan, Found> {
        let facts = trial.look("three")?;
        Ok(Plan::removal(
            &desired,
            &facts,
            trial.options,
            Extent::Everything,
        ))
    };
    let plan = removal(trial)?;
    trial.perform(&plan)?;
    let facts = trial.look("three")?;
    for name in ["public", "private", "link"] {
        expect(facts.at(&at(name)?), &Observed::Absent)?;
    }
    expect(&removal(trial)?.steps, &Vec::new())
}
