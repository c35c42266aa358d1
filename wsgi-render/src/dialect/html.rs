//! HTML text and attributes.

use std::borrow::Cow;

use super::Unquotable;
use super::bare::Bare;

static BARE: Bare = Bare::and(b" /._-+@:,");

/// Text between tags, or an attribute's value between quotes of either kind.
pub(super) fn quote(value: &str) -> Result<Cow<'_, str>, Unquotable> {
    if BARE.holds(value) {
        return Ok(Cow::Borrowed(value));
    }
    // A reader takes most of them for another character, or for a fault (HTML Standard, 13.2.3.5).
    if value
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        return Err(Unquotable {
            reason: "HTML cannot hold a control character",
        });
    }
    if !value.contains(['&', '<', '>', '"', '\'']) {
        return Ok(Cow::Borrowed(value));
    }
    let mut quoted = String::with_capacity(value.len() + 16);
    for c in value.chars() {
        match c {
            '&' => quoted.push_str("&amp;"),
            '<' => quoted.push_str("&lt;"),
            '>' => quoted.push_str("&gt;"),
            '"' => quoted.push_str("&quot;"),
            '\'' => quoted.push_str("&#39;"),
            c => quoted.push(c),
        }
    }
    Ok(Cow::Owned(quoted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_neither_its_tag_nor_its_quotes() {
        assert_eq!(
            quote("<b class=\"x\">Tom & 'Jerry'</b>").as_deref(),
            Ok("&lt;b class=&quot;x&quot;&gt;Tom &amp; &#39;Jerry&#39;&lt;/b&gt;")
        );
        assert_eq!(quote("ä 🔑\n").as_deref(), Ok("ä 🔑\n"));
        assert!(quote("a\0").is_err());
        assert!(quote("a\u{1b}").is_err());
    }
}
