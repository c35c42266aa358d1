//! What is read between two brackets.

/// What brackets hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// A whole tag.
    Tag,
    /// A list or mapping.
    Items,
    /// Something in parentheses: a tuple if there is a comma.
    Group,
    /// Arguments, a key or a slice.
    Rest,
}

/// What the token behind some operands does with their value, and with that of the next ones.
#[derive(Clone, Copy)]
pub(super) enum Use {
    /// Passes the one on, and the other too.
    Neither,
    /// Uses both: `==`, `~`.
    Both,
    /// `if`
    Condition,
    /// `and`, `or`: whether the second value is used is up to what is around them.
    First,
}

/// Operands that bind as tightly as `*`.
#[derive(Default)]
pub(super) struct Product {
    /// Where they begin.
    from: Option<usize>,
    /// Whether there is a `*`.
    pub(super) has_times: bool,
    /// Whether there is more in them than constants, so that they may have no value.
    pub(super) reaches: bool,
}

impl Product {
    pub(super) fn begin(&mut self, at: usize) {
        self.from.get_or_insert(at);
    }
}

/// What is to be done with operands that were read, from where.
pub(super) enum Wants {
    Weight(usize),
    Value(usize),
}

/// What is read between two brackets.
pub(super) struct Level {
    pub(super) holds: Holds,
    pub(super) opened_at: usize,
    pub(super) has_comma: bool,
    /// The operators since the last comma.
    pub(super) operators: usize,
    pub(super) product: Product,
    /// Whether what is before the operands makes something of their value, and does not pass it on.
    pub(super) is_used: bool,
    /// Whether all that is read is a condition.
    pub(super) in_condition: bool,
}

impl Level {
    pub(super) fn new(holds: Holds, opened_at: usize) -> Self {
        Self {
            holds,
            opened_at,
            has_comma: false,
            operators: 0,
            product: Product::default(),
            is_used: false,
            in_condition: false,
        }
    }

    /// Ends the operands before a token that does something with their value.
    pub(super) fn end_product(&mut self, by: Use) -> Option<Wants> {
        let product = std::mem::take(&mut self.product);
        let is_used = self.is_used || matches!(by, Use::Both | Use::First);
        self.in_condition = match by {
            Use::Neither => false,
            Use::Condition => true,
            Use::Both | Use::First => self.in_condition,
        };
        self.is_used = match by {
            Use::Neither => false,
            Use::Both | Use::Condition => true,
            Use::First => self.in_condition,
        };
        let from = product.from?;
        if product.reaches && is_used {
            Some(Wants::Value(from))
        } else {
            product.has_times.then_some(Wants::Weight(from))
        }
    }
}
