//! YAML that says the same to a reader of YAML 1.1, which Ansible is, and of 1.2, which the writer is.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

use super::plain::{Exposure, Plain};
use super::scalar::{Kind, resolve};
use crate::secret::MASK;

/// One YAML document.
pub(super) fn yaml(value: &Plain, exposure: Exposure) -> String {
    let mut taken = Vec::new();
    private_use(value, &mut taken);
    // 6,400 letters, of which a text of the document rarely has one.
    let free = ('\u{E000}'..='\u{F8FF}').find(|c| !taken.contains(c));
    let sign = free.unwrap_or('\u{E000}');
    let written = Written {
        value,
        exposure,
        sign,
    };
    let yaml = serde_yaml::to_string(&written).unwrap_or_else(|error| {
        unreachable!("texts, numbers, lists and mappings serialize: {error}")
    });
    yaml.replace(&format!("'@{sign}"), "'")
        .replace(&format!("\"{sign}\\x01"), "\"")
}

/// The letters for private use in all texts of a value.
fn private_use(value: &Plain, found: &mut Vec<char>) {
    let of = |text: &str| -> Vec<char> {
        let private = |c: &char| ('\u{E000}'..='\u{F8FF}').contains(c);
        text.chars().filter(private).collect()
    };
    match value {
        Plain::Null | Plain::Bool(_) | Plain::Int(_) => {}
        Plain::Text(text) | Plain::Secret(text) => found.extend(of(text)),
        Plain::Hidden(value) => private_use(value, found),
        Plain::List(items) => items.iter().for_each(|item| private_use(item, found)),
        Plain::Map(entries) => entries
            .iter()
            .for_each(|(_, item)| private_use(item, found)),
        Plain::Named(entries) => {
            for (name, item) in entries {
                found.extend(of(name));
                private_use(item, found);
            }
        }
    }
}

/// A value on its way into YAML.
struct Written<'a> {
    value: &'a Plain,
    exposure: Exposure,
    /// A letter that stands in no text. After an `@`, which YAML reserves, it makes the writer quote a
    /// text that would be a boolean, a number or a date without. Before a control character it makes
    /// it take double quotes, in which there are escapes. Both are taken out again.
    sign: char,
}

impl Written<'_> {
    fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        // Line ends to a reader of YAML 1.1, letters to one of 1.2.
        if text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
            return Cow::Owned(format!("{}\u{1}{text}", self.sign));
        }
        let is_text = matches!(resolve(text), Ok(Kind::Str));
        if is_text || text.contains('\n') {
            return Cow::Borrowed(text);
        }
        Cow::Owned(format!("@{}{text}", self.sign))
    }
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = |value| Written { value, ..*self };
        match self.value {
            Plain::Null => serializer.serialize_none(),
            Plain::Bool(value) => serializer.serialize_bool(*value),
            Plain::Int(value) => serializer.serialize_i64(*value),
            Plain::Secret(_) | Plain::Hidden(_) if self.exposure == Exposure::Masked => {
                serializer.serialize_str(MASK)
            }
            Plain::Hidden(value) => inner(value).serialize(serializer),
            // What looks like a template is none.
            Plain::Text(text) | Plain::Secret(text)
                if ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) =>
            {
                serializer.serialize_newtype_variant("", 0, "unsafe", text)
            }
            Plain::Text(text) | Plain::Secret(text) => serializer.serialize_str(&self.text(text)),
            Plain::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&inner(item))?;
                }
                list.end()
            }
            Plain::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, item) in entries {
                    map.serialize_entry(key, &inner(item))?;
                }
                map.end()
            }
            Plain::Named(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, item) in entries {
                    map.serialize_entry(&self.text(key), &inner(item))?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_only_some_readers_take_for_line_ends_are_escaped() {
        for text in ["a\u{2028}b", "\u{85}", "it's \"\u{2029}\"", "a\n\u{2028}\n"] {
            let yaml = yaml(
                &Plain::Map(vec![("x", Plain::Text(text.to_owned()))]),
                Exposure::Exposed,
            );
            let root = crate::wire::yaml::read(yaml.as_bytes()).expect("it is read");
            let crate::wire::yaml::Value::Map(entries) = root.value else {
                panic!("a mapping")
            };
            let crate::wire::yaml::Value::Scalar(scalar) = &entries[0].node.value else {
                panic!("a text")
            };
            assert_eq!(scalar.written, text, "{yaml}");
        }
    }
}
