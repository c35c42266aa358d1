//! Values that stand bare, which most do: found by one look at each byte.

/// The bytes that mean nothing but themselves to a dialect: ASCII letters and digits, and a few more.
pub(super) struct Bare([bool; 256]);

impl Bare {
    /// Letters, digits and these.
    pub(super) const fn and(more: &[u8]) -> Self {
        let mut bare = [false; 256];
        let mut byte = 0u8;
        while byte < 128 {
            bare[byte as usize] = byte.is_ascii_alphanumeric();
            byte += 1;
        }
        Self(bare).with(more)
    }

    /// These alone.
    pub(super) const fn only(bytes: &[u8]) -> Self {
        Self([false; 256]).with(bytes)
    }

    const fn with(mut self, bytes: &[u8]) -> Self {
        let mut i = 0;
        while i < bytes.len() {
            self.0[bytes[i] as usize] = true;
            i += 1;
        }
        self
    }

    /// Whether `value` is made of such bytes alone, of one at least.
    pub(super) fn holds(&self, value: &str) -> bool {
        // Not to stop at each byte takes half the time.
        let hold = |bytes: &[u8]| {
            let look = |all, byte: &u8| all & self.0[usize::from(*byte)];
            bytes.iter().fold(true, look)
        };
        let mut eights = value.as_bytes().chunks_exact(8);
        !value.is_empty() && eights.all(hold) && hold(eights.remainder())
    }
}
