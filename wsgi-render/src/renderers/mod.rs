//! One module per concern.

use crate::Renderer;

mod environment;

/// Every renderer of this crate, one line each.
pub const BUILTIN: &[&dyn Renderer] = &[&environment::Environment];
