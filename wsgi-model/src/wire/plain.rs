//! Values on their way out: as YAML or JSON, with secrets masked unless asked for.

use crate::secret::MASK;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// Whether secrets are written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Each secret is replaced by `********`.
    Masked,
    /// Secrets are written as they are.
    Exposed,
}

/// A value without its type.
#[derive(Clone, PartialEq)]
pub(crate) enum Plain {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    Secret(String),
    /// Anything that came from a vault.
    Hidden(Box<Plain>),
    List(Vec<Plain>),
    Map(Vec<(&'static str, Plain)>),
    /// Names that the vars file chose.
    Named(Vec<(String, Plain)>),
}

/// A value as it is serialized.
pub(crate) struct Shown<'a>(pub(crate) &'a Plain, pub(crate) Exposure);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value, exposure) = *self;
        match value {
            Plain::Null => serializer.serialize_none(),
            Plain::Bool(value) => serializer.serialize_bool(*value),
            Plain::Int(value) => serializer.serialize_i64(*value),
            Plain::Secret(_) | Plain::Hidden(_) if exposure == Exposure::Masked => {
                serializer.serialize_str(MASK)
            }
            Plain::Text(text) | Plain::Secret(text) => serializer.serialize_str(text),
            Plain::Hidden(value) => Shown(value, exposure).serialize(serializer),
            Plain::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Shown(item, exposure))?;
                }
                list.end()
            }
            Plain::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, item) in entries {
                    map.serialize_entry(key, &Shown(item, exposure))?;
                }
                map.end()
            }
            Plain::Named(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, item) in entries {
                    map.serialize_entry(key, &Shown(item, exposure))?;
                }
                map.end()
            }
        }
    }
}
