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
        let mut i = 0;
        while i < more.len() {
            bare[more[i] as usize] = true;
            i += 1;
        }
        Self(bare)
    }

    /// Whether `value` is made of such bytes alone, of one at least.
    pub(super) fn holds(&self, value: &str) -> bool {
        !value.is_empty() && value.bytes().all(|byte| self.0[usize::from(byte)])
    }
}
