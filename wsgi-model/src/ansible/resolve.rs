//! Works out what the variables of the role need, and nothing else: as Ansible, lazily.

mod outside;

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use minijinja::{Environment, ErrorKind};

use super::engine::engine;
use super::evaluate::{Allowance, Made, evaluate, most_fuel};
use super::explain;
use super::session::{Cause, Failure, Need, Outcome, Session};
use super::tree::{Content, Id, Tree};
use super::vault::{Opener, VaultPasswords};
use crate::wire::yaml::{Entry, MAX_NODES, MAX_TEXT, Node, Value};
use crate::{Invalid, Lookups, Problem, Severity};

/// The fuel of all templates together.
const FUEL: u64 = 400_000;
/// With how much a template begins. One that stops to wait for something has used an amount that is
/// not known, and is charged for all of it, so it begins with little.
const FIRST_FUEL: u64 = 200;
/// What a template costs before its first instruction: it is compiled.
const COMPILING: u64 = 60;

/// Works values out.
pub(super) struct Resolver<'a> {
    session: Arc<Session>,
    engine: Environment<'static>,
    lookups: &'a dyn Lookups,
    passwords: &'a dyn VaultPasswords,
    allowance: Allowance,
    opener: Opener,
    /// Why no vault is opened any more: said once, however many there are.
    closed: Option<Outcome>,
    /// What was refused, each failure once.
    problems: Vec<Arc<Failure>>,
}

enum Attempt {
    Done(Outcome),
    Needs(Vec<Need>),
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        tree: Tree,
        lookups: &'a dyn Lookups,
        passwords: &'a dyn VaultPasswords,
    ) -> Self {
        let session = Session::new(tree);
        Self {
            engine: engine(&session),
            session,
            lookups,
            passwords,
            allowance: Allowance {
                fuel: FUEL,
                nodes: NonZeroUsize::MIN.saturating_add(MAX_NODES),
                text: MAX_TEXT,
            },
            opener: Opener::default(),
            closed: None,
            problems: Vec::new(),
        }
    }

    /// What was refused since it was asked last, each failure once.
    pub(super) fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
            .iter()
            .map(|failure| failure.problem.clone())
            .collect()
    }

    /// A variable with everything in it worked out.
    pub(super) fn variable(&mut self, name: &str) -> Option<Node> {
        let id = self.session.tree.variable(name)?;
        Some(self.node(id).unwrap_or_else(|| {
            let why =
                Invalid::new("`omit` leaves an item or key out, and this is a whole variable")
                    .help("leave the line out, or give another default");
            if let Outcome::Failed(failure) = self.failed(id, "omit", &why, Cause::Error) {
                self.problems.push(failure);
            }
            Node::new(self.session.tree.item(id).place, Value::Refused)
        }))
    }

    /// A value with everything in it worked out; nothing where it is to be left out.
    fn node(&mut self, id: Id) -> Option<Node> {
        let session = Arc::clone(&self.session);
        let item = session.tree.item(id);
        let value = match &item.content {
            Content::Scalar(scalar) => Value::Scalar(scalar.clone()),
            // With room for all of them and no more: most lists and mappings are short, and kept.
            Content::List(items) => {
                let mut nodes = Vec::with_capacity(items.len());
                nodes.extend(items.iter().filter_map(|id| self.node(*id)));
                Value::List(nodes)
            }
            Content::Map(pairs) => {
                let mut entries = Vec::with_capacity(pairs.len());
                entries.extend(pairs.iter().filter_map(|pair| {
                    Some(Entry {
                        key: pair.key.clone(),
                        key_place: pair.key_place,
                        node: self.node(pair.value)?,
                    })
                }));
                Value::Map(entries)
            }
            Content::Template(_) | Content::Vault(_) => match self.work_out(id) {
                Outcome::Worked { node, .. } => return Some(Node::clone(&node)),
                Outcome::Omitted => return None,
                Outcome::Failed(failure) => {
                    if !self
                        .problems
                        .iter()
                        .any(|known| Arc::ptr_eq(known, &failure))
                    {
                        self.problems.push(failure);
                    }
                    Value::Refused
                }
            },
        };
        let mut node = Node::new(item.place, value);
        node.secret = item.origin.secret;
        Some(node)
    }

    /// Works a template or encrypted value out, after all that it needs.
    fn work_out(&mut self, id: Id) -> Outcome {
        let mut waiting = vec![id];
        let mut is_waiting = HashSet::from([id]);
        while let Some(&next) = waiting.last() {
            if self.session.outcome(next).is_some() {
                waiting.pop();
                is_waiting.remove(&next);
                continue;
            }
            match self.attempt(next) {
                Attempt::Done(outcome) => self.session.conclude(next, outcome),
                Attempt::Needs(needs) => {
                    let before = waiting.len();
                    for need in needs {
                        match need {
                            Need::Lookup(query) => {
                                let answer = self.look_up(&query);
                                self.session.answer(query, answer);
                            }
                            Need::Value(needed) => {
                                if is_waiting.insert(needed) {
                                    waiting.push(needed);
                                    continue;
                                }
                                let before = &waiting[..before];
                                if let Some(first) = before.iter().position(|id| *id == needed) {
                                    self.refuse_cycle(&before[first..]);
                                    break;
                                }
                            }
                        }
                    }
                }
            }
        }
        self.session
            .outcome(id)
            .unwrap_or_else(|| unreachable!("it is no longer waiting"))
    }

    fn attempt(&mut self, id: Id) -> Attempt {
        let session = Arc::clone(&self.session);
        match &session.tree.item(id).content {
            Content::Template(template) => self.evaluate(id, template),
            Content::Vault(vault) => Attempt::Done(self.decrypt(id, vault)),
            _ => unreachable!("only templates and encrypted values are worked out"),
        }
    }

    fn evaluate(&mut self, id: Id, template: &str) -> Attempt {
        let session = Arc::clone(&self.session);
        let item = session.tree.item(id);
        let mut fuel = FIRST_FUEL;
        loop {
            let given = fuel.min(self.allowance.fuel).min(most_fuel(template));
            let is_last = given < fuel;
            self.allowance.fuel = self.allowance.fuel.saturating_sub(COMPILING);
            self.engine.set_fuel(Some(given));
            session.begin();
            let mut made = evaluate(
                &self.engine,
                &session,
                template,
                item.place,
                &mut self.allowance,
            );
            let frame = session.begin();
            if session.is_exhausted() {
                made = Made::TooLarge;
            } else if !frame.needs.is_empty() {
                self.allowance.fuel = self.allowance.fuel.saturating_sub(given);
                return Attempt::Needs(frame.needs);
            }
            let exhausted =
                matches!(&made, Made::Failed(error) if error.kind() == ErrorKind::OutOfFuel);
            if exhausted {
                self.allowance.fuel = self.allowance.fuel.saturating_sub(given);
                if !is_last {
                    fuel *= 16;
                    continue;
                }
            }
            if let Some(failure) = frame.failed {
                return Attempt::Done(Outcome::Failed(failure));
            }
            let undefined = frame.missing.first();
            let fails = matches!(made, Made::Failed(_));
            // A refusal of ours says more than the name that it stumbled over.
            let (code, why) = match (made, frame.refusal, undefined) {
                (_, Some(refusal), _) if fails => refusal,
                (_, _, Some(super::session::Missing::Because(failure))) => {
                    return Attempt::Done(Outcome::Failed(Arc::clone(failure)));
                }
                (_, _, Some(missing)) => {
                    let code = match missing {
                        super::session::Missing::Refused(code, _) => *code,
                        _ => "undefined",
                    };
                    (code, explain::missing(&session, id, missing))
                }
                (Made::Value(Some(mut node)), _, None) => {
                    node.secret = frame.secret;
                    return Attempt::Done(Outcome::worked(node));
                }
                (Made::Value(None), _, None) => return Attempt::Done(Outcome::Omitted),
                (Made::Failed(error), _, None) => explain::engine(&error, frame.secret),
                (Made::TooLarge, _, None) => (
                    "too-large",
                    Invalid::new("the expressions of this file make more than can be held")
                        .help("write the values themselves"),
                ),
            };
            let harmless =
                HARMLESS.contains(&code) && names(why.reason()).all(|name| template.contains(name));
            let why = if frame.secret && !harmless {
                Invalid::new(
                    "the expression fails; what fails is not shown, because it uses a value from a vault",
                )
            } else {
                why
            };
            let cause = if code == "undefined" {
                Cause::Undefined
            } else {
                Cause::Error
            };
            return Attempt::Done(self.failed(id, code, &why, cause));
        }
    }

    fn failed(&self, id: Id, code: &'static str, why: &Invalid, cause: Cause) -> Outcome {
        let item = self.session.tree.item(id);
        let mut problem = Problem::new(
            Severity::Error,
            code,
            self.session.tree.path(id),
            why.reason(),
        )
        .in_file(item.origin.name.clone());
        problem.place = item.origin.has_places.then_some(item.place);
        problem.help = why.remedy().map(str::to_owned);
        Outcome::Failed(Arc::new(Failure { problem, cause }))
    }

    /// Refuses all that wait for each other in a circle.
    fn refuse_cycle(&self, circle: &[Id]) {
        let tree = &self.session.tree;
        let names: Vec<String> = circle
            .iter()
            .chain(circle.first())
            .map(|id| format!("`{}`", tree.path(*id)))
            .collect();
        let help = match circle {
            [_] => "an expression cannot use what it replaces: give that another name",
            _ => "write one of them without the others",
        };
        let why = Invalid::new(format!("the value needs itself: {}", names.join(" → "))).help(help);
        let Outcome::Failed(failure) = self.failed(circle[0], "cycle", &why, Cause::Error) else {
            return;
        };
        let first = tree.item(circle[0]);
        let mut problem = failure.problem.clone();
        for pair in circle.windows(2) {
            let item = tree.item(pair[1]);
            if Arc::ptr_eq(&item.origin, &first.origin) && item.origin.has_places {
                let note = format!("needed by `{}`", tree.path(pair[0]));
                problem.related.push((item.place, note));
            }
        }
        let failure = Arc::new(Failure {
            problem,
            cause: Cause::Error,
        });
        for id in circle {
            self.session
                .conclude(*id, Outcome::Failed(Arc::clone(&failure)));
        }
    }
}

/// Messages that hold nothing of a value but names, which stand in the template if all is well.
const HARMLESS: &[&str] = &[
    "too-large",
    "refused",
    "template-syntax",
    "undefined",
    "unknown-name",
];

/// What stands in backquotes, without the signs around a name.
fn names(message: &str) -> impl Iterator<Item = &str> {
    let quoted = message.split('`').skip(1).step_by(2);
    quoted.map(|name| name.trim_matches(['.', '(', ')']))
}
