//! Numbers with a unit and a range.

use std::time::Duration;

use crate::Invalid;

/// Declares a whole number of a limited range.
macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident($inner:ty), $min:literal..=$max:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($inner);

        #[allow(clippy::unreadable_literal, reason = "messages show the literals as they stand")]
        impl $name {
            /// The smallest legal value.
            pub const MIN: $inner = $min;
            /// The largest legal value.
            pub const MAX: $inner = $max;

            /// What is allowed, as a phrase.
            pub(crate) const ALLOWED: &str = concat!("a whole number from ", stringify!($min), " to ", stringify!($max), $what);

            /// Checks `number`.
            ///
            /// # Errors
            /// [`Invalid`] when it is out of range.
            pub fn new(number: i128) -> Result<Self, Invalid> {
                match <$inner>::try_from(number) {
                    Ok(n) if ($min..=$max).contains(&n) => Ok(Self(n)),
                    _ => Err(Self::out_of_range(&number.to_string())),
                }
            }

            /// The refusal of a number.
            pub(crate) fn out_of_range(number: &str) -> Invalid {
                Invalid::new(format!("{number} is out of range")).help(Self::ALLOWED)
            }

            /// The number.
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

quantity! {
    /// A TCP port, 1 to 65535.
    Port(u16), 1..=65535, ""
}
quantity! {
    /// How many gunicorn workers run, 1 to 1000.
    Workers(u16), 1..=1000, " (gunicorn's own advice is twice the cores plus one)"
}
quantity! {
    /// After how many requests a worker is replaced, 0 to 4294967295; 0 means never.
    MaxRequests(u32), 0..=4294967295, " (0 = never)"
}
quantity! {
    /// The longest request line in bytes, 0 to 65536; gunicorn takes no more than 8190 and treats
    /// 0 as "no limit".
    RequestLineLimit(u32), 0..=65536, " bytes"
}
quantity! {
    /// A time span in whole seconds, 1 to 86400 (a day).
    Seconds(u32), 1..=86400, " seconds"
}
quantity! {
    /// After how many silent seconds gunicorn kills a worker, 0 to 86400; 0 means never.
    WorkerTimeout(u32), 0..=86400, " seconds (0 = never)"
}
quantity! {
    /// How long browsers remember to use TLS only, in seconds, 0 to 2147483647; 0 sends no header.
    HstsMaxAge(u32), 0..=2147483647, " seconds (0 = off)"
}
quantity! {
    /// How many successful releases are kept, 1 to 1000.
    ReleaseCount(u16), 1..=1000, ""
}

impl Seconds {
    /// `number` moved into `low..=high`, both of which are legal.
    pub(crate) fn clamped(number: u32, low: u32, high: u32) -> Self {
        Self(number.clamp(low, high))
    }

    /// The span as the standard library's type.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

impl RequestLineLimit {
    /// The largest limit that gunicorn applies; it takes a larger number for this one.
    pub const GUNICORN_MAX: u32 = 8190;

    /// The limit as gunicorn applies it: never above [`GUNICORN_MAX`](Self::GUNICORN_MAX).
    pub fn effective(self) -> u32 {
        self.0.min(Self::GUNICORN_MAX)
    }
}
