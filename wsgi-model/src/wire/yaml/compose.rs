//! From the parser's events to nodes: tags, aliases, merge keys and the bounds.

mod budget;
mod document;
mod merge;
mod scalar;
mod tag;
pub(super) mod unquoted;

use std::collections::HashMap;

use saphyr_parser::{Event, Span, Tag};

use super::text::{At, Text};
use super::{Entry, MAX_DEPTH, MAX_PROBLEMS, Node, Value, YamlProblem, shown};
use crate::place::Place;
use crate::wire::scalar::{Kind, Scalar, Style};
use budget::{Weight, too_deep};
use merge::Merged;
use tag::Wanted;

/// Reading cannot go on; the reason is among the problems.
pub(super) struct Stop;

struct Anchored {
    node: Node,
    weight: Weight,
}

/// A list or a mapping that is not closed yet.
struct Frame {
    open: Open,
    start: At,
    place: Place,
    anchor: usize,
    /// Tagged `!unsafe`, or within what is.
    is_unsafe: bool,
    weight: Weight,
}

enum Open {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        by_name: HashMap<String, usize>,
        pending: Pending,
        merged: Option<Merged>,
    },
}

/// What the next node of a mapping is the value of.
enum Pending {
    /// It is itself a name.
    Nothing,
    Key(Scalar, Place),
    Merge(Place),
    /// Of a name that was refused.
    Refused(Place),
}

pub(super) struct Composer<'t> {
    text: &'t Text<'t>,
    problems: Vec<YamlProblem>,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    spent: Weight,
    /// Where the last event ended: what comes next begins after it.
    last_end: At,
    documents: usize,
    root: Option<Node>,
}

impl<'t> Composer<'t> {
    pub(super) fn new(text: &'t Text<'t>) -> Self {
        Self {
            text,
            problems: Vec::new(),
            frames: Vec::new(),
            anchors: HashMap::new(),
            spent: Weight::default(),
            last_end: At {
                index: 0,
                line: 1,
                column: 0,
            },
            documents: 0,
            root: None,
        }
    }

    pub(super) fn refuse(&mut self, problem: YamlProblem) {
        self.problems.push(problem);
    }

    fn stop(&mut self, problem: YamlProblem) -> Result<(), Stop> {
        self.refuse(problem);
        Err(Stop)
    }

    /// Where the last whole event ended, for the explanation of an error after it.
    pub(super) fn last_end(&self) -> At {
        self.last_end
    }

    /// The innermost open bracket or brace.
    pub(super) fn open_bracket(&self) -> Option<(Place, char)> {
        let frame = self.frames.last()?;
        let sign = self.text.from(frame.start.index).chars().next()?;
        matches!(sign, '[' | '{').then_some((frame.place, sign))
    }

    pub(super) fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        if self.problems.len() >= MAX_PROBLEMS {
            return Err(Stop);
        }
        let start = At::from(span.start);
        let end = At::from(span.end);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {
                return Ok(());
            }
            Event::DocumentStart(_) => self.document(start)?,
            Event::Alias(anchor) => self.alias(anchor, self.text.place(start, end.index))?,
            Event::Scalar(written, style, anchor, tag) => {
                return self.scalar(&written, style, anchor, tag.as_deref(), start, end);
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Open::List(Vec::new()), anchor, tag.as_deref(), start, end)?;
            }
            Event::MappingStart(anchor, tag) => {
                let (entries, by_name) = (Vec::new(), HashMap::new());
                let open = Open::Map {
                    entries,
                    by_name,
                    pending: Pending::Nothing,
                    merged: None,
                };
                self.open(open, anchor, tag.as_deref(), start, end)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.close(start)?;
                // The end of a block is reported where the next thing begins.
                if span.is_empty() {
                    return Ok(());
                }
            }
        }
        if end.index > self.last_end.index {
            self.last_end = end;
        }
        Ok(())
    }

    fn open(
        &mut self,
        open: Open,
        anchor: usize,
        tag: Option<&Tag>,
        start: At,
        end: At,
    ) -> Result<(), Stop> {
        let place = self.text.place(start, end.index.max(start.index + 1));
        if let Some(problem) = unquoted::in_braces(self, start, &open) {
            return self.stop(problem);
        }
        if self.awaits_key() {
            let problem = YamlProblem::new(
                place,
                "complex-key",
                "a name must be plain text, not a list or a mapping",
            )
            .help("put the name in quotes if the bracket belongs to it");
            return self.stop(problem);
        }
        if self.frames.len() >= MAX_DEPTH as usize {
            return self.stop(too_deep(place));
        }
        let wanted = self.wanted(tag, place);
        let mut is_unsafe = self.is_unsafe();
        match (wanted, &open) {
            (Some(Wanted::Unsafe), _) => is_unsafe = true,
            (Some(Wanted::Untagged) | None, _)
            | (Some(Wanted::Core("seq")), Open::List(_))
            | (Some(Wanted::Core("map")), Open::Map { .. }) => {}
            (Some(Wanted::Vault | Wanted::Core(_)), _) => {
                self.refuse(
                    YamlProblem::new(
                        place,
                        "tag",
                        "this tag is for text, not for a list or a mapping",
                    )
                    .help("remove the tag"),
                );
            }
        }
        self.spend(
            Weight {
                nodes: 1,
                ..Weight::default()
            },
            place,
        )?;
        let weight = Weight {
            nodes: 1,
            bytes: 0,
            depth: 1,
        };
        self.frames.push(Frame {
            open,
            start,
            place,
            anchor,
            is_unsafe,
            weight,
        });
        Ok(())
    }

    fn close(&mut self, end: At) -> Result<(), Stop> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let mut place = frame.place;
        let first = self.text.from(frame.start.index).chars().next();
        if matches!(first, Some('[' | '{')) {
            place = self.text.place(frame.start, end.index + 1);
        }
        let value = match frame.open {
            Open::List(items) => Value::List(items),
            Open::Map {
                entries, merged, ..
            } => {
                // The places of a block mapping and of its first name begin together.
                if let Some(entry) = entries.first().filter(|entry| entry.key_place > place) {
                    if (entry.key_place.line, entry.key_place.column) == (place.line, place.column)
                    {
                        place.length = entry.key_place.length;
                    }
                }
                Value::Map(match merged {
                    None => entries,
                    Some(merged) => merged.under(entries),
                })
            }
        };
        self.attach(Node::new(place, value), frame.weight, frame.anchor)
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Stop> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            let mut problem = YamlProblem::new(
                place,
                "recursive-alias",
                "this alias is inside of what it stands for",
            )
            .help("a value cannot hold itself: remove the alias");
            if let Some(frame) = self.frames.iter().find(|frame| frame.anchor == anchor) {
                problem = problem.related(frame.place, "the anchor is here");
            }
            return self.stop(problem);
        };
        let weight = anchored.weight;
        self.spend(weight, place)?;
        if self.frames.len() + weight.depth as usize > MAX_DEPTH as usize {
            return self.stop(too_deep(place));
        }
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Ok(());
        };
        let node = Node::new(place, anchored.node.value.clone());
        self.attach(node, weight, 0)
    }

    fn is_unsafe(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.is_unsafe)
    }

    fn awaits_key(&self) -> bool {
        let open = self.frames.last().map(|frame| &frame.open);
        matches!(
            open,
            Some(Open::Map {
                pending: Pending::Nothing,
                ..
            })
        )
    }

    /// Puts a finished node into what is open.
    fn attach(&mut self, node: Node, weight: Weight, anchor: usize) -> Result<(), Stop> {
        if anchor != 0 {
            // The copy counts: anchors within anchors would multiply the memory.
            self.spend(weight, node.place)?;
            self.anchors.insert(
                anchor,
                Anchored {
                    node: node.clone(),
                    weight,
                },
            );
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.weight.nodes += weight.nodes;
        frame.weight.bytes += weight.bytes;
        frame.weight.depth = frame.weight.depth.max(weight.depth + 1);
        match &mut frame.open {
            Open::List(items) => items.push(node),
            Open::Map {
                entries,
                by_name,
                pending,
                merged,
            } => match std::mem::replace(pending, Pending::Nothing) {
                Pending::Nothing => return self.key(node),
                Pending::Key(key, key_place) => {
                    by_name.insert(key.python_text().into_owned(), entries.len());
                    entries.push(Entry {
                        key,
                        key_place,
                        node,
                    });
                }
                Pending::Merge(key_place) => match Merged::new(key_place, node) {
                    Ok(maps) => *merged = Some(maps),
                    Err(problem) => self.refuse(problem),
                },
                Pending::Refused(_) => {}
            },
        }
        Ok(())
    }

    fn key(&mut self, node: Node) -> Result<(), Stop> {
        let Node { place, value, .. } = node;
        let Value::Scalar(key) = value else {
            let problem = YamlProblem::new(place, "complex-key", "a name must be plain text");
            return self.stop(problem);
        };
        let Some(Frame {
            open:
                Open::Map {
                    entries,
                    by_name,
                    pending,
                    merged,
                },
            ..
        }) = self.frames.last_mut()
        else {
            return Ok(());
        };
        if key.style == Style::Plain && key.written.is_empty() {
            *pending = Pending::Refused(place);
            let problem = YamlProblem::new(place, "no-name", "there is no name before this colon")
                .help("write `name: value`, or put the value in quotes if the colon belongs to it");
            self.refuse(problem);
            return Ok(());
        }
        let merges = key.style == Style::Plain && key.written == "<<" && key.kind == Kind::Str;
        let earlier = if merges {
            merged.as_ref().map(Merged::key_place)
        } else {
            by_name
                .get(&*key.python_text())
                .map(|index| entries[*index].key_place)
        };
        let Some(earlier) = earlier else {
            *pending = if merges {
                Pending::Merge(place)
            } else {
                Pending::Key(key, place)
            };
            return Ok(());
        };
        *pending = Pending::Refused(place);
        let help = if merges {
            "merge a list: `<<: [*first, *second]`; the first one wins".to_owned()
        } else {
            "remove one of them; Ansible warns and takes the last".to_owned()
        };
        let message = format!(
            "the name `{}` stands twice in one mapping",
            shown(&key.python_text())
        );
        self.refuse(
            YamlProblem::new(place, "duplicate-key", message)
                .help(help)
                .related(earlier, "first here"),
        );
        Ok(())
    }
}
