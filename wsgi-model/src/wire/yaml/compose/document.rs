//! One document, and the lines before it.

use super::super::text::At;
use super::super::{Node, Value, YamlProblem};
use super::{Composer, Stop};
use crate::place::Place;
use crate::wire::scalar::{Kind, Scalar};

impl Composer<'_> {
    /// The document when it is only a scalar so far.
    pub(in super::super) fn lone_scalar(&self) -> Option<Place> {
        self.root.as_ref().map(|node| node.place)
    }

    pub(in super::super) fn finish(mut self) -> Result<Node, Vec<YamlProblem>> {
        let first = Place {
            line: 1,
            column: 1,
            length: 1,
        };
        let empty = Node::new(first, Value::Map(Vec::new()));
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let root = match self.root.take() {
            None
            | Some(Node {
                value:
                    Value::Scalar(Scalar {
                        kind: Kind::Null, ..
                    }),
                ..
            }) => empty,
            Some(node) => {
                if !matches!(node.value, Value::Map(_)) {
                    let what = match &node.value {
                        Value::List(_) => "a list",
                        Value::Vault(_) => "a vault value",
                        Value::Refused => "nothing",
                        Value::Scalar(scalar) => scalar.kind.name(),
                        Value::Map(_) => "a mapping",
                    };
                    let message =
                        format!("a vars file holds names and values, but this one is {what}");
                    self.refuse(YamlProblem::new(node.place, "not-a-mapping", message).help(
                        "write lines of the form `name: value`, with a space after the colon",
                    ));
                }
                node
            }
        };
        if self.problems.is_empty() {
            Ok(root)
        } else {
            Err(self.problems)
        }
    }

    pub(super) fn document(&mut self, start: At) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents > 1 {
            let problem = YamlProblem::new(
                self.text.place(start, start.index + 3),
                "second-document",
                "a second document begins here",
            )
            .help("a vars file is one document: remove this `---`, or split the file");
            return self.stop(problem);
        }
        let mut at = At {
            index: 0,
            line: 1,
            column: 0,
        };
        for line in self.text.between(0, start.index).lines() {
            let length = line.chars().count();
            let known = line.starts_with("%YAML 1.") || line.starts_with("%TAG ");
            if line.starts_with('%') && !known {
                let place = self.text.place(at, at.index + length);
                let problem = YamlProblem::new(place, "directive", "this directive is not known")
                    .help("a line before `---` that begins with `%` is an instruction to the parser: remove it");
                return self.stop(problem);
            }
            at.index += length + 1;
            at.line += 1;
        }
        Ok(())
    }
}
