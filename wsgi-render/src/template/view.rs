//! What a template is filled with: the fields of a serializable struct, in a form that is quick to
//! make and to look through.

use std::fmt::Write as _;
use std::ops::Range;

use serde::ser::{
    Error, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer,
};

use super::TemplateFault;

/// A value; texts are spans of one buffer.
#[derive(Debug)]
pub(super) enum Value {
    Bool(bool),
    Number(Range<usize>),
    Text(Range<usize>),
    List(Vec<Value>),
    Record(Vec<(Key, Value)>),
}

/// The name of a field: a constant in a struct, a text in a map.
type Key = std::borrow::Cow<'static, str>;

/// The fields of one struct.
#[derive(Debug)]
pub(super) struct View {
    root: Value,
    texts: String,
}

impl View {
    /// Reads the fields. Options, floats, bytes and enums are no part of a view.
    pub(super) fn of(view: &impl Serialize) -> Result<Self, TemplateFault> {
        let mut texts = String::with_capacity(1024);
        let root = view.serialize(Reader { texts: &mut texts })?;
        Ok(Self { root, texts })
    }

    pub(super) fn root(&self) -> &Value {
        &self.root
    }

    pub(super) fn text(&self, span: &Range<usize>) -> &str {
        &self.texts[span.clone()]
    }
}

impl Error for TemplateFault {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

struct Reader<'a> {
    texts: &'a mut String,
}

impl Reader<'_> {
    fn number(self, number: impl std::fmt::Display) -> Value {
        let start = self.texts.len();
        // Writing to a String does not fail.
        let _ = write!(self.texts, "{number}");
        Value::Number(start..self.texts.len())
    }
}

fn no_part<T>(what: &str) -> Result<T, TemplateFault> {
    Err(TemplateFault(format!("{what} is no part of a view")))
}

/// Declares the methods of whole numbers, and of what is no part of a view.
macro_rules! scalars {
    (numbers: $($number:ident($type:ty))*; no_part: $($other:ident($($of:ty),*))*) => {
        $(fn $number(self, value: $type) -> Result<Value, TemplateFault> {
            Ok(self.number(value))
        })*
        $(fn $other(self, $(_: $of),*) -> Result<Value, TemplateFault> {
            no_part(stringify!($other))
        })*
    };
}

impl<'a> Serializer for Reader<'a> {
    type Ok = Value;
    type Error = TemplateFault;
    type SerializeSeq = ListReader<'a>;
    type SerializeTuple = Impossible<Value, TemplateFault>;
    type SerializeTupleStruct = Impossible<Value, TemplateFault>;
    type SerializeTupleVariant = Impossible<Value, TemplateFault>;
    type SerializeMap = RecordReader<'a>;
    type SerializeStruct = RecordReader<'a>;
    type SerializeStructVariant = Impossible<Value, TemplateFault>;

    scalars! {
        numbers: serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
            serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64);
        no_part: serialize_f32(f32) serialize_f64(f64) serialize_char(char) serialize_bytes(&[u8])
            serialize_none() serialize_unit() serialize_unit_struct(&'static str)
            serialize_unit_variant(&'static str, u32, &'static str)
    }

    fn serialize_bool(self, value: bool) -> Result<Value, TemplateFault> {
        Ok(Value::Bool(value))
    }

    fn serialize_str(self, text: &str) -> Result<Value, TemplateFault> {
        let start = self.texts.len();
        self.texts.push_str(text);
        Ok(Value::Text(start..self.texts.len()))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Value, TemplateFault> {
        no_part("an Option")
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, TemplateFault> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Value, TemplateFault> {
        no_part("an enum")
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<ListReader<'a>, TemplateFault> {
        Ok(ListReader {
            texts: self.texts,
            items: Vec::with_capacity(length.unwrap_or(0)),
        })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, TemplateFault> {
        no_part("a tuple")
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, TemplateFault> {
        no_part("a tuple")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, TemplateFault> {
        no_part("an enum")
    }

    fn serialize_map(self, length: Option<usize>) -> Result<RecordReader<'a>, TemplateFault> {
        self.serialize_struct("", length.unwrap_or(0))
    }

    fn serialize_struct(
        self,
        _: &'static str,
        length: usize,
    ) -> Result<RecordReader<'a>, TemplateFault> {
        Ok(RecordReader {
            texts: self.texts,
            fields: Vec::with_capacity(length),
            key: None,
        })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, TemplateFault> {
        no_part("an enum")
    }
}

struct ListReader<'a> {
    texts: &'a mut String,
    items: Vec<Value>,
}

impl SerializeSeq for ListReader<'_> {
    type Ok = Value;
    type Error = TemplateFault;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), TemplateFault> {
        self.items
            .push(value.serialize(Reader { texts: self.texts })?);
        Ok(())
    }

    fn end(self) -> Result<Value, TemplateFault> {
        Ok(Value::List(self.items))
    }
}

struct RecordReader<'a> {
    texts: &'a mut String,
    fields: Vec<(Key, Value)>,
    /// The key of a map whose value comes next.
    key: Option<Key>,
}

impl SerializeStruct for RecordReader<'_> {
    type Ok = Value;
    type Error = TemplateFault;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), TemplateFault> {
        let value = value.serialize(Reader { texts: self.texts })?;
        self.fields.push((Key::Borrowed(key), value));
        Ok(())
    }

    fn end(self) -> Result<Value, TemplateFault> {
        Ok(Value::Record(self.fields))
    }
}

impl SerializeMap for RecordReader<'_> {
    type Ok = Value;
    type Error = TemplateFault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), TemplateFault> {
        let Value::Text(span) = key.serialize(Reader { texts: self.texts })? else {
            return no_part("a key that is no text");
        };
        self.key = Some(Key::Owned(self.texts[span].to_owned()));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), TemplateFault> {
        let value = value.serialize(Reader { texts: self.texts })?;
        self.fields.extend(self.key.take().map(|key| (key, value)));
        Ok(())
    }

    fn end(self) -> Result<Value, TemplateFault> {
        Ok(Value::Record(self.fields))
    }
}
