//! Filters that encode, decode and digest.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose::STANDARD};
use minijinja::Error;
use minijinja::value::{Tuple, Value, ValueKind};
use sha2::Digest;

use super::filters;
use crate::Invalid;
use crate::ansible::call::Call;
use crate::ansible::engine::too_long;
use crate::ansible::parse;
use crate::ansible::python::{self, JsonLayout};

filters! {
    "b64decode" => b64decode,
    "b64encode" => b64encode,
    "checksum" => |call| Ok(Value::from(hex(sha1::Sha1::digest(call.text()?)))),
    "from_json" => from_json,
    "from_yaml" => from_yaml,
    "hash" => hash,
    "md5" => |call| Ok(Value::from(hex(md5::Md5::digest(call.text()?)))),
    "pprint" => |call| {
        if call.value.kind() == ValueKind::String {
            let value = Value::from(vec![call.value.clone()]);
            let listed = call.text_of(&value)?;
            return Ok(Value::from(listed[1..listed.len() - 1].to_owned()));
        }
        let text = call.text()?;
        if text.chars().count() > 80 {
            return Err(call.wrong("it breaks lines as Python does, which is not available here: use `to_nice_json`"));
        }
        Ok(Value::from(text))
    },
    "sha1" => |call| Ok(Value::from(hex(sha1::Sha1::digest(call.text()?)))),
    "to_json" => |call| to_json(call, None),
    "to_nice_json" => |call| to_json(call, Some(4)),
    "to_uuid" => to_uuid,
    "tojson" => tojson,
    "type_debug" => type_debug,
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    use std::fmt::Write as _;
    bytes.as_ref().iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn only_utf8(call: &mut Call<'_, '_, '_>) -> Result<(), Error> {
    let names = if call.name.starts_with("b64") {
        ["encoding", "urlsafe"]
    } else {
        ["encoding", ""]
    };
    let [encoding, url_safe] = call.bind(names)?;
    let encoding = call.text_or(encoding.as_ref(), "utf-8")?;
    if !matches!(encoding.to_lowercase().as_str(), "utf-8" | "utf8") {
        return Err(call.wrong("only UTF-8 is available here"));
    }
    if url_safe.is_some_and(|flag| flag.is_true()) {
        return Err(call.wrong("`urlsafe` is not available here"));
    }
    Ok(())
}

fn b64encode(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    only_utf8(call)?;
    Ok(Value::from(STANDARD.encode(call.text()?)))
}

/// As Python reads it: letters that do not belong are skipped.
fn b64decode(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    only_utf8(call)?;
    let text = call.text()?;
    let letters: String = text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "+/=".contains(*c))
        .collect();
    let lenient = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
    );
    let bytes = lenient
        .decode(letters)
        .map_err(|_| call.wrong("this is not Base64, or its end is missing"))?;
    String::from_utf8(bytes)
        .map(Value::from)
        .map_err(|_| call.wrong("what comes out is no UTF-8 text"))
}

/// `hash(hashtype='sha1')`
fn hash(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.text()?;
    let [name] = call.bind(["hashtype"])?;
    let name = call.text_or(name.as_ref(), "sha1")?;
    Ok(Value::from(match name.as_str() {
        "md5" => hex(md5::Md5::digest(text)),
        "sha1" => hex(sha1::Sha1::digest(text)),
        "sha224" => hex(sha2::Sha224::digest(text)),
        "sha256" => hex(sha2::Sha256::digest(text)),
        "sha384" => hex(sha2::Sha384::digest(text)),
        "sha512" => hex(sha2::Sha512::digest(text)),
        _ => {
            return Err(call.wrong("known here are md5, sha1, sha224, sha256, sha384 and sha512"));
        }
    }))
}

fn to_json(call: &mut Call<'_, '_, '_>, indent: Option<usize>) -> Result<Value, Error> {
    let value = call.value.clone();
    let [wanted, sort_keys, ascii, separators] =
        call.bind(["indent", "sort_keys", "ensure_ascii", "separators"])?;
    if separators.is_some() {
        return Err(call.wrong("`separators` is not available here"));
    }
    let indent = match wanted.filter(|i| !i.is_none()) {
        None => indent,
        Some(wanted) => Some(
            wanted
                .as_usize()
                .filter(|indent| *indent <= 64)
                .ok_or_else(|| call.wrong("the indentation is a number up to 64"))?,
        ),
    };
    let layout = JsonLayout {
        indent,
        // Only the nice one sorts by itself.
        sort_keys: sort_keys.map_or(call.name == "to_nice_json", |flag| flag.is_true()),
        ascii: ascii.is_none_or(|flag| flag.is_true()),
    };
    dump(call, &value, layout).map(Value::from)
}

fn dump(call: &Call<'_, '_, '_>, value: &Value, layout: JsonLayout) -> Result<String, Error> {
    python::json(value, layout)
        .map_err(|_| too_long(call.session))?
        .ok_or_else(|| call.wrong("it cannot be written as JSON"))
}

/// Jinja's own, for HTML.
fn tojson(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value.clone();
    let [indent] = call.bind(["indent"])?;
    let layout = JsonLayout {
        indent: indent.and_then(|i| i.as_usize()).filter(|i| *i <= 64),
        sort_keys: true,
        ascii: true,
    };
    let text = dump(call, &value, layout)?;
    let text = text
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\'', "\\u0027");
    Ok(Value::from(text))
}

fn from_json(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.text()?;
    call.work(text.len())?;
    parse::json(&text).ok_or_else(|| call.wrong("this is not JSON"))
}

fn from_yaml(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    if call.value.kind() != ValueKind::String {
        return Ok(call.value.clone());
    }
    let text = call.text()?;
    call.work(text.len())?;
    parse::yaml(&text).map_err(|problem| {
        let why = match problem {
            Some(problem) => format!("`from_yaml`: {problem}"),
            None => "`from_yaml`: this is not YAML".to_owned(),
        };
        call.session.refuse("expression", Invalid::new(why))
    })
}

/// UUID version 5 in Ansible's own name space, or another.
fn to_uuid(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.text()?;
    let [namespace] = call.bind(["namespace"])?;
    let namespace = call.text_or(namespace.as_ref(), "361E6D51-FAEC-444A-9079-341386DA8E2E")?;
    let digits: String = namespace.chars().filter(|c| *c != '-').collect();
    let bytes = (digits.len() == 32)
        .then(|| u128::from_str_radix(&digits, 16).ok())
        .flatten()
        .ok_or_else(|| call.wrong("the name space is no UUID"))?;
    let digest = sha1::Sha1::new()
        .chain_update(bytes.to_be_bytes())
        .chain_update(text)
        .finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    id[6] = (id[6] & 0x0f) | 0x50;
    id[8] = (id[8] & 0x3f) | 0x80;
    let hex = hex(id);
    Ok(Value::from(format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )))
}

/// The name of the Python type.
fn type_debug(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    Ok(Value::from(match call.value.kind() {
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if call.value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String => "str",
        ValueKind::Seq | ValueKind::Iterable
            if call.value.downcast_object_ref::<Tuple>().is_some() =>
        {
            "tuple"
        }
        ValueKind::Seq | ValueKind::Iterable => "list",
        ValueKind::Map => "dict",
        ValueKind::Plain => "date",
        _ => return Err(call.wrong("the type is not known")),
    }))
}
