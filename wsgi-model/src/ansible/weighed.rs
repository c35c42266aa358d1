//! An expression as the engine gets it: with a filter behind what builds a list, and behind what may
//! have no value where a value is used.
//!
//! Lists can hold one list many times over, so that a few letters make something that is small in
//! memory and endless to walk: `[[[[1] * 1000] * 1000] * 1000] * 1000`. The engine's fuel does not
//! pay for the steps of comparing, hashing or printing such a thing. So [`WEIGHED`] weighs whatever a
//! literal, a repetition or a `set` makes before anything else can be done to it.

mod level;
#[cfg(test)]
mod tests;
mod token;

use std::borrow::Cow;

use level::{Holds, Level, Product, Use, Wants};
pub(super) use token::short;

use crate::Invalid;

/// Weighs what it is given, and gives it back.
pub(super) const WEIGHED: &str = "_weighed";
/// As [`WEIGHED`], and refuses what has no value. The engine notices that only where a value is printed,
/// and takes it for false or an empty text where it is tested, compared or joined.
pub(super) const THERE: &str = "_there";
/// The most operators that lie in each other, since the engine compiles them by recursion.
const MAX_OPERATORS: usize = 1000;
/// The most `elif` of a template, which nest in the same way.
const MAX_BRANCHES: usize = 200;

/// What the engine is given for `template`.
///
/// # Errors
/// When the engine could not compile it on the stack that it has.
pub(super) fn weighed(template: &str) -> Result<Cow<'_, str>, Invalid> {
    let mut scanner = Scanner::default();
    scanner.template(template)?;
    if scanner.edits.is_empty() {
        return Ok(Cow::Borrowed(template));
    }
    // Stable: what ends in one place ends in the order in which it was found, inside out.
    scanner.edits.sort_by_key(|edit| edit.at);
    let mut out = String::with_capacity(template.len() + 16 * scanner.edits.len());
    let mut from = 0;
    for edit in &scanner.edits {
        out.push_str(&template[from..edit.at]);
        out.push_str(edit.puts);
        from = edit.at + edit.drops;
    }
    out.push_str(&template[from..]);
    Ok(Cow::Owned(out))
}

struct Edit {
    at: usize,
    drops: usize,
    puts: &'static str,
}

/// What a token may mean depends on the one before.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Before {
    /// An operator, or nothing.
    #[default]
    Operator,
    /// The end of an operand.
    Operand,
    /// `.` or `|`, after which stands a name, whatever it is.
    Name,
    /// `is`, or `is not`.
    Is,
    /// The name of a test, which may have an argument without parentheses.
    Test,
}

#[derive(Default)]
struct Scanner {
    edits: Vec<Edit>,
    levels: Vec<Level>,
    /// The sum of all levels.
    operators: usize,
    branches: usize,
    before: Before,
    /// The end of the last token.
    last: usize,
}

impl Scanner {
    fn template(&mut self, template: &str) -> Result<(), Invalid> {
        let mut at = 0;
        while let Some(found) = template[at..].find('{') {
            at += found;
            let rest = &template[at..];
            at += if rest.starts_with("{{") {
                self.tag(template, at, "}}")?
            } else if rest.starts_with("{#") {
                rest.find("#}").map_or(rest.len(), |end| end + 2)
            } else if !rest.starts_with("{%") {
                1
            } else if super::backslashes::is_raw(rest) {
                super::backslashes::end_of_raw(rest).unwrap_or(rest.len())
            } else {
                self.tag(template, at, "%}")?
            };
        }
        Ok(())
    }

    /// Reads one tag; its length is returned.
    fn tag(&mut self, template: &str, start: usize, end: &str) -> Result<usize, Invalid> {
        self.levels.clear();
        self.operators = 0;
        self.before = Before::Operator;
        self.open(Holds::Tag, start);
        let mut at = start + 2;
        self.last = at;
        if template[at..].starts_with(['-', '+']) {
            at += 1;
        }
        let mut statement = (end == "}}").then_some("");
        // What ends the names that get values, while they are read: parentheses are no tuple there.
        let mut names_end = None;
        // Where the value of a `set` begins, which may be a tuple without parentheses.
        let mut value_of_set = None;
        while let Some(c) = template[at..].chars().next() {
            let rest = &template[at..];
            let is_end = |rest: &str| rest.starts_with(end);
            let signed = rest.starts_with(['-', '+']) && is_end(&rest[1..]);
            if self.levels.len() == 1 && (signed || is_end(rest)) {
                self.end_product(Use::Neither);
                if let (Some(from), true) = (value_of_set, self.levels[0].has_comma) {
                    self.wrap("((", from, ")|_weighed)", self.last);
                }
                return Ok(at + usize::from(signed) + end.len() - start);
            }
            if c.is_whitespace() {
                at += c.len_utf8();
                continue;
            }
            let length = token::length(rest);
            let text = &rest[..length];
            let is_outside = self.levels.len() == 1;
            match (statement, names_end) {
                (None, _) => {
                    statement = Some(text);
                    names_end = match text {
                        "for" => Some("in"),
                        "set" | "with" => Some("="),
                        _ => None,
                    };
                    self.statement(text)?;
                }
                (_, Some(ends)) if is_outside && text == ends => {
                    names_end = None;
                    value_of_set = (statement == Some("set")).then_some(at + length);
                    self.begin_anew();
                    self.level().is_used = ends == "in";
                    self.before = Before::Operator;
                }
                (_, Some(_)) => self.name(text, at)?,
                (_, None) => {
                    self.token(text, at, template)?;
                    if statement == Some("with") && is_outside && text == "," {
                        names_end = Some("=");
                    }
                }
            }
            at += length;
            self.last = at;
        }
        Ok(template.len() - start)
    }

    fn statement(&mut self, name: &str) -> Result<(), Invalid> {
        match name {
            "call" => self.before = Before::Operand,
            "if" | "elif" => {
                self.branches += usize::from(name == "elif");
                let level = self.level();
                (level.is_used, level.in_condition) = (true, true);
            }
            _ => {}
        }
        if self.branches > MAX_BRANCHES {
            return Err(too_deep());
        }
        Ok(())
    }

    fn open(&mut self, holds: Holds, at: usize) {
        self.levels.push(Level::new(holds, at));
    }

    fn level(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.open(Holds::Tag, 0);
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    /// Something of the names that get values.
    fn name(&mut self, text: &str, at: usize) -> Result<(), Invalid> {
        match text {
            "(" | "[" | "{" => {
                self.operator()?;
                self.open(Holds::Rest, at);
            }
            ")" | "]" | "}" if self.levels.len() > 1 => self.close_level(),
            _ => {}
        }
        Ok(())
    }

    fn token(&mut self, text: &str, at: usize, template: &str) -> Result<(), Invalid> {
        let before = std::mem::take(&mut self.before);
        let ends_operand = matches!(before, Before::Operand | Before::Test);
        let first = text.as_bytes()[0];
        let is_word = first.is_ascii_alphanumeric() || first == b'_' || !first.is_ascii();
        if is_word {
            self.before = match (before, text) {
                (Before::Name, _) => {
                    self.drop_collection(at, template);
                    Before::Operand
                }
                (Before::Is, "not") => Before::Is,
                (Before::Is, _) => {
                    self.drop_collection(at, template);
                    Before::Test
                }
                (_, "is") => {
                    self.operator()?;
                    self.level().product.reaches = false;
                    Before::Is
                }
                (_, "if" | "else" | "and" | "or" | "not" | "in" | "recursive") => {
                    self.operator()?;
                    self.end_product(match text {
                        "if" => Use::Condition,
                        "and" | "or" => Use::First,
                        "not" | "in" => Use::Both,
                        _ => Use::Neither,
                    });
                    Before::Operator
                }
                _ => {
                    self.begin_product(at);
                    self.level().product.reaches |= !first.is_ascii_digit();
                    Before::Operand
                }
            };
            return Ok(());
        }
        match text {
            "(" | "[" | "{" => {
                self.operator()?;
                self.begin_product(at);
                let holds = match (ends_operand, text) {
                    (true, _) => Holds::Rest,
                    (false, "(") => Holds::Group,
                    (false, _) => Holds::Items,
                };
                self.open(holds, at);
                // A key is used.
                self.level().is_used = before == Before::Operand && text == "[";
            }
            ")" | "]" | "}" if self.levels.len() > 1 => {
                self.end_product(Use::Neither);
                let level = self.level();
                let (holds, opened_at, has_comma) = (level.holds, level.opened_at, level.has_comma);
                self.close_level();
                let builds = holds == Holds::Items || holds == Holds::Group && has_comma;
                self.level().product.reaches |= !builds;
                if builds {
                    self.wrap("(", opened_at, "|_weighed)", at + text.len());
                }
                self.before = Before::Operand;
            }
            "," | ":" => {
                self.end_product(Use::Neither);
                self.level().has_comma |= text == ",";
                self.begin_anew();
            }
            "." | "|" => {
                self.operator()?;
                self.level().product.reaches = true;
                self.before = Before::Name;
            }
            "*" => {
                self.operator()?;
                self.level().product.has_times |= ends_operand;
            }
            "-" if !matches!(before, Before::Operand) => {
                self.operator()?;
                self.begin_product(at);
            }
            "/" | "//" | "%" | "**" => self.operator()?,
            _ if matches!(first, b'\'' | b'"') => {
                self.begin_product(at);
                self.before = Before::Operand;
            }
            // What binds less than `*`, and what no expression has.
            _ => {
                self.operator()?;
                self.end_product(if text == "=" { Use::Neither } else { Use::Both });
            }
        }
        Ok(())
    }

    fn operator(&mut self) -> Result<(), Invalid> {
        self.level().operators += 1;
        self.operators += 1;
        if self.operators > MAX_OPERATORS {
            return Err(too_deep());
        }
        Ok(())
    }

    fn begin_anew(&mut self) {
        let level = self.level();
        level.product = Product::default();
        let operators = std::mem::take(&mut level.operators);
        self.operators -= operators;
    }

    fn close_level(&mut self) {
        if let Some(level) = self.levels.pop() {
            self.operators -= level.operators;
        }
    }

    fn begin_product(&mut self, at: usize) {
        self.level().product.begin(at);
    }

    fn end_product(&mut self, by: Use) {
        let last = self.last;
        match self.level().end_product(by) {
            Some(Wants::Value(from)) => self.wrap("((", from, ")|_there)", last),
            Some(Wants::Weight(from)) => self.wrap("((", from, ")|_weighed)", last),
            None => {}
        }
    }

    fn wrap(&mut self, before: &'static str, from: usize, after: &'static str, to: usize) {
        let edit = |at, puts| Edit { at, drops: 0, puts };
        self.edits.extend([edit(from, before), edit(to, after)]);
    }

    /// Drops `ansible.builtin.` in front of what is built in.
    fn drop_collection(&mut self, at: usize, template: &str) {
        if let Some(drops) = token::collection(&template[at..]) {
            self.edits.push(Edit {
                at,
                drops,
                puts: "",
            });
        }
    }
}

fn too_deep() -> Invalid {
    Invalid::new(format!(
        "the expression has more than {MAX_OPERATORS} operators in each other, or {MAX_BRANCHES} `elif`"
    ))
    .help("give parts of it names of their own")
}
