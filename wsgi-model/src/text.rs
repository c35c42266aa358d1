//! The macro that makes a checked text type.

/// Declares a newtype over `String` whose only constructor is a checking `parse`.
///
/// `check` is `fn(&str) -> Result<(), Invalid>`; what it accepts is kept as it was written.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Parses `text`.
            ///
            /// # Errors
            /// [`Invalid`](crate::Invalid) says what is wrong with the text and what is allowed.
            pub fn parse(text: &str) -> Result<Self, $crate::Invalid> {
                let check: fn(&str) -> Result<(), $crate::Invalid> = $check;
                check(text)?;
                Ok(Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::Invalid;

            fn from_str(text: &str) -> Result<Self, $crate::Invalid> {
                Self::parse(text)
            }
        }
    };
}

pub(crate) use checked_text;
