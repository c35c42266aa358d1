//! JSON and YAML texts as values of an expression.

use std::fmt;

use indexmap::IndexMap;
use minijinja::value::Value;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::view::scalar_value;
use crate::wire::yaml::{self, Node};

/// The value of a JSON text, in its order.
pub(super) fn json(text: &str) -> Option<Value> {
    serde_json::from_str::<Json>(text).ok().map(|json| json.0)
}

struct Json(Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json(Value::from(())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json(Value::from(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json(Value::from(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json(Value::from(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json(Value::from(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json(Value::from(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(Json(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Json(Value::from(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut map = IndexMap::new();
        while let Some((key, Json(value))) = entries.next_entry::<String, Json>()? {
            map.insert(Value::from(key), value);
        }
        Ok(Json(Value::from_pairs(map)))
    }
}

/// The value of a YAML text as Ansible's loader types it; what is wrong with it otherwise.
pub(super) fn yaml(text: &str) -> Result<Value, Option<String>> {
    // The reader takes mappings only, so the text becomes the value of a name.
    let text = text.strip_prefix("---\n").unwrap_or(text);
    let mut document = "value:\n".to_owned();
    for line in text.split('\n') {
        document.push(' ');
        document.push_str(line);
        document.push('\n');
    }
    let root = yaml::read(document.as_bytes())
        .map_err(|problems| problems.into_iter().next().map(|problem| problem.message))?;
    match root.value {
        yaml::Value::Map(entries) => match entries.first() {
            Some(entry) => value(&entry.node).ok_or(None),
            None => Err(None),
        },
        _ => Err(None),
    }
}

/// Bounded by the depth that the reader allows.
fn value(node: &Node) -> Option<Value> {
    Some(match &node.value {
        yaml::Value::Scalar(scalar) => scalar_value(scalar),
        yaml::Value::List(nodes) => {
            Value::from(nodes.iter().map(value).collect::<Option<Vec<_>>>()?)
        }
        yaml::Value::Map(entries) => {
            let mut map = IndexMap::new();
            for entry in entries {
                map.insert(scalar_value(&entry.key), value(&entry.node)?);
            }
            Value::from_pairs(map)
        }
        yaml::Value::Vault(_) | yaml::Value::Refused => return None,
    })
}
