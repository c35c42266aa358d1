//! Tags: the few that a vars file needs.

use saphyr_parser::Tag;

use super::super::YamlProblem;
use super::Composer;
use crate::place::Place;

/// What a tag asks for.
pub(super) enum Wanted<'a> {
    Untagged,
    Unsafe,
    Vault,
    Core(&'a str),
}

impl Composer<'_> {
    /// What a tag asks for; a tag that is not known is refused, and `None` returned.
    pub(super) fn wanted<'a>(&mut self, tag: Option<&'a Tag>, place: Place) -> Option<Wanted<'a>> {
        let Some(tag) = tag else {
            return Some(Wanted::Untagged);
        };
        let known = match (tag.handle.as_str(), tag.suffix.as_str()) {
            ("!", "unsafe") => Some(Wanted::Unsafe),
            ("!", "vault" | "vault-encrypted") => Some(Wanted::Vault),
            (
                "tag:yaml.org,2002:",
                name @ ("str" | "int" | "float" | "bool" | "null" | "timestamp" | "seq" | "map"),
            ) => Some(Wanted::Core(name)),
            _ => None,
        };
        if known.is_none() {
            let name = match tag.handle.as_str() {
                "tag:yaml.org,2002:" => format!("!!{}", tag.suffix),
                handle => format!("{handle}{}", tag.suffix),
            };
            // An unquoted password may begin with `!`: only what looks like a tag is shown.
            let like_a_tag = |c: char| c.is_ascii_alphabetic() || "!:/._-".contains(c);
            let message = if name.len() <= 60 && name.chars().all(like_a_tag) {
                format!("the tag `{name}` is not known")
            } else {
                "this tag is not known".to_owned()
            };
            self.refuse(YamlProblem::new(place, "tag", message).help(
                "remove the tag, or put the value in quotes if the `!` belongs to it; `!vault` and `!unsafe` are known",
            ));
        }
        known
    }
}
