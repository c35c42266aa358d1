//! A compiled template: handlebars parses it, this runs it.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use handlebars::template::{HelperTemplate, Parameter, Template as Parsed, TemplateElement};
use handlebars::{Path as ParsedPath, TemplateError};

use super::TemplateFault;
use super::view::{Record, Value};
use crate::Dialect;
use crate::dialect::Unquotable;

/// What a template does, in order.
#[derive(Debug)]
pub(super) struct Program {
    steps: Vec<Step>,
    /// How long the longest text was up to now, to begin the next with enough room.
    room: AtomicUsize,
}

#[derive(Debug)]
enum Step {
    Text(Box<str>),
    Value(Name),
    Comment(Name),
    If {
        condition: Name,
        then: Vec<Step>,
        otherwise: Vec<Step>,
    },
    Each {
        list: Name,
        body: Vec<Step>,
    },
}

/// A field of the view, or of one of the records around.
#[derive(Debug)]
struct Name {
    /// How many `../` it has.
    up: usize,
    /// None for `this`, two for `record.field`.
    fields: Vec<Box<str>>,
}

/// A program stopped, which it seldom does: so the result of each step is small.
pub(super) struct Stop(pub(super) Box<Reason>);

/// Why a program stopped.
pub(super) enum Reason {
    Fault(TemplateFault),
    Unquotable { field: String, source: Unquotable },
}

impl Program {
    pub(super) fn compile(source: &str) -> Result<Self, TemplateFault> {
        let mut program = Self {
            steps: Vec::new(),
            room: AtomicUsize::new(source.len()),
        };
        for piece in pieces(source) {
            if piece.contains("{{") {
                let parsed = Parsed::compile(piece)
                    .map_err(|error: TemplateError| TemplateFault(error.to_string()))?;
                program.steps.extend(steps(&parsed)?);
            } else {
                program.steps.push(Step::Text(piece.into()));
            }
        }
        Ok(program)
    }

    pub(super) fn run(&self, view: &dyn Record, dialect: Dialect) -> Result<String, Stop> {
        let mut run = Run {
            dialect,
            out: String::with_capacity(self.room.load(Ordering::Relaxed)),
        };
        run.steps(
            &self.steps,
            &Scope {
                this: Value::Record(view),
                outer: None,
            },
        )?;
        self.room.fetch_max(run.out.len(), Ordering::Relaxed);
        Ok(run.out)
    }
}

/// The lines of a template, those of a block together, and those without a tag together.
///
/// For each tag, the parser counts the lines before it, letter by letter: a template in one piece
/// takes three times as long, and `wsgi-cli render` would spend most of its time on it.
fn pieces(source: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut end, mut open, mut tagged) = (0, 0, 0, false);
    for line in source.split_inclusive('\n') {
        let has_tag = line.contains("{{");
        if open == 0 && has_tag != tagged {
            pieces.extend(Some(&source[start..end]).filter(|piece| !piece.is_empty()));
            (start, tagged) = (end, has_tag);
        }
        open += line.matches("{{#").count();
        open -= line.matches("{{/").count().min(open);
        end += line.len();
    }
    pieces.push(&source[start..]);
    pieces
}

fn steps(parsed: &Parsed) -> Result<Vec<Step>, TemplateFault> {
    parsed
        .elements
        .iter()
        .filter_map(|element| step(element).transpose())
        .collect()
}

fn step(element: &TemplateElement) -> Result<Option<Step>, TemplateFault> {
    Ok(Some(match element {
        TemplateElement::RawString(text) => Step::Text(text.as_str().into()),
        TemplateElement::Comment(_) => return Ok(None),
        TemplateElement::Expression(expression) => match expression.params.as_slice() {
            [] => Step::Value(name(&expression.name)?),
            [value] if word(&expression.name) == Some("comment") => Step::Comment(name(value)?),
            _ => return unknown(&format!("the helper `{:?}`", expression.name)),
        },
        TemplateElement::HelperBlock(block) => self::block(block)?,
        TemplateElement::HtmlExpression(_) => return unknown("raw output"),
        _ => return unknown("a partial or decorator"),
    }))
}

fn block(block: &HelperTemplate) -> Result<Step, TemplateFault> {
    let inner = |parsed: &Option<Parsed>| parsed.as_ref().map_or(Ok(Vec::new()), steps);
    match (word(&block.name), block.params.as_slice(), &block.inverse) {
        (Some("if"), [condition], _) => Ok(Step::If {
            condition: name(condition)?,
            then: inner(&block.template)?,
            otherwise: inner(&block.inverse)?,
        }),
        (Some("each"), [list], None) => Ok(Step::Each {
            list: name(list)?,
            body: inner(&block.template)?,
        }),
        _ => unknown(&format!("the block `{:?}`", block.name)),
    }
}

fn unknown<T>(what: &str) -> Result<T, TemplateFault> {
    Err(TemplateFault(format!("{what} is not known here")))
}

/// The name of a helper.
fn word(parameter: &Parameter) -> Option<&str> {
    match parameter {
        Parameter::Name(name) => Some(name),
        Parameter::Path(ParsedPath::Relative((_, raw))) => Some(raw),
        _ => None,
    }
}

fn name(parameter: &Parameter) -> Result<Name, TemplateFault> {
    let Some(mut rest) = word(parameter) else {
        return unknown(&format!("`{parameter:?}`"));
    };
    let mut up = 0;
    while let Some(outer) = rest.strip_prefix("../") {
        up += 1;
        rest = outer;
    }
    let fields: Vec<Box<str>> = match rest {
        "this" => Vec::new(),
        _ => rest.split('.').map(Into::into).collect(),
    };
    let is_field = |field: &str| {
        !field.is_empty() && field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if !fields.iter().all(|field| is_field(field)) {
        return unknown(&format!("the path `{rest}`"));
    }
    Ok(Name { up, fields })
}

/// A value and those around it, the nearest first.
struct Scope<'a> {
    this: Value<'a>,
    outer: Option<&'a Scope<'a>>,
}

struct Run {
    dialect: Dialect,
    out: String,
}

impl Run {
    fn steps(&mut self, steps: &[Step], scope: &Scope<'_>) -> Result<(), Stop> {
        for step in steps {
            match step {
                Step::Text(text) => self.out.push_str(text),
                Step::Value(name) => self.value(name, find(name, scope)?)?,
                Step::Comment(name) => match find(name, scope)? {
                    Value::Text(text) => comment(text, &mut self.out),
                    _ => return Err(wrong(name, "a text")),
                },
                Step::If {
                    condition,
                    then,
                    otherwise,
                } => match find(condition, scope)? {
                    Value::Bool(true) => self.steps(then, scope)?,
                    Value::Bool(false) => self.steps(otherwise, scope)?,
                    _ => return Err(wrong(condition, "a bool")),
                },
                Step::Each { list, body } => match find(list, scope)? {
                    Value::List(items) => {
                        for index in 0..items.len() {
                            self.steps(
                                body,
                                &Scope {
                                    this: items.item(index),
                                    outer: Some(scope),
                                },
                            )?;
                        }
                    }
                    _ => return Err(wrong(list, "a list")),
                },
            }
        }
        Ok(())
    }

    /// Writes a text, quoted, or a whole number, whose digits mean the same in every dialect.
    fn value(&mut self, name: &Name, value: Value<'_>) -> Result<(), Stop> {
        match value {
            Value::Text(text) => {
                let quoted = self.dialect.quote(text);
                self.out.push_str(&quoted.map_err(|source| {
                    let field = name.to_string();
                    Stop(Box::new(Reason::Unquotable { field, source }))
                })?);
            }
            Value::Number(number) => {
                // Writing to a String does not fail.
                let _ = write!(self.out, "{number}");
            }
            _ => return Err(wrong(name, "a text or a number")),
        }
        Ok(())
    }
}

fn find<'a>(name: &Name, scope: &Scope<'a>) -> Result<Value<'a>, Stop> {
    let mut scope = scope;
    for _ in 0..name.up {
        scope = scope.outer.ok_or_else(|| wrong(name, "in a list"))?;
    }
    let mut value = scope.this;
    for field in &name.fields {
        let Value::Record(record) = value else {
            return Err(wrong(name, "in a record"));
        };
        value = record
            .field(field)
            .ok_or_else(|| wrong(name, "in the view"))?;
    }
    Ok(value)
}

#[cold]
fn wrong(name: &Name, wanted: &str) -> Stop {
    let fault = TemplateFault(format!("`{name}` is not {wanted}"));
    Stop(Box::new(Reason::Fault(fault)))
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for _ in 0..self.up {
            f.write_str("../")?;
        }
        match self.fields.as_slice() {
            [] => f.write_str("this"),
            fields => f.write_str(&fields.join(".")),
        }
    }
}

/// A text behind `# `, on as many lines as it has; control characters are made visible.
fn comment(text: &str, out: &mut String) {
    for (i, line) in text.lines().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        out.push_str("# ");
        for c in line.chars() {
            if c.is_control() && c != '\t' {
                out.extend(c.escape_default());
            } else {
                out.push(c);
            }
        }
    }
}
