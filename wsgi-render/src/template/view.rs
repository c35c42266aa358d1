//! What a template is filled with.

use wsgi_model::AbsPath;

/// A value as a template sees it: nothing is copied.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Bool(bool),
    Number(u32),
    Text(&'a str),
    List(&'a dyn List),
    Record(&'a dyn Record),
}

/// Fields with names: a view, or a part of one. [`view!`] implements it.
pub(crate) trait Record {
    fn field(&self, name: &str) -> Option<Value<'_>>;
}

/// What `{{#each}}` goes through.
pub(crate) trait List {
    fn len(&self) -> usize;

    fn item(&self, index: usize) -> Value<'_>;
}

/// What a field can be. An `Option` cannot: a template has no way to tell the two cases apart.
pub(crate) trait Field {
    fn value(&self) -> Value<'_>;
}

/// Declares structs whose fields a template can name.
macro_rules! view {
    ($(
        $(#[$attribute:meta])*
        struct $View:ident $(<$lifetime:lifetime>)? {
            $($(#[$field_attribute:meta])* $field:ident: $Type:ty,)*
        }
    )*) => {$(
        $(#[$attribute])*
        struct $View $(<$lifetime>)? {
            $($(#[$field_attribute])* $field: $Type,)*
        }

        impl $(<$lifetime>)? $crate::template::Record for $View $(<$lifetime>)? {
            fn field(&self, name: &str) -> Option<$crate::template::Value<'_>> {
                match name {
                    $(stringify!($field) => Some($crate::template::Field::value(&self.$field)),)*
                    _ => None,
                }
            }
        }

        impl $(<$lifetime>)? $crate::template::Field for $View $(<$lifetime>)? {
            fn value(&self) -> $crate::template::Value<'_> {
                $crate::template::Value::Record(self)
            }
        }
    )*};
}

pub(crate) use view;

impl Field for bool {
    fn value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}

impl Field for u16 {
    fn value(&self) -> Value<'_> {
        Value::Number((*self).into())
    }
}

impl Field for u32 {
    fn value(&self) -> Value<'_> {
        Value::Number(*self)
    }
}

impl Field for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Field for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Field for AbsPath {
    fn value(&self) -> Value<'_> {
        Value::Text(self.as_str())
    }
}

impl<T: Field> Field for Vec<T> {
    fn value(&self) -> Value<'_> {
        Value::List(self)
    }
}

impl<T: Field + ?Sized> Field for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl<T: Field> List for Vec<T> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn item(&self, index: usize) -> Value<'_> {
        self[index].value()
    }
}

impl<T: Field> Field for &[T] {
    fn value(&self) -> Value<'_> {
        Value::List(self)
    }
}

impl<T: Field> List for &[T] {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn item(&self, index: usize) -> Value<'_> {
        self[index].value()
    }
}
