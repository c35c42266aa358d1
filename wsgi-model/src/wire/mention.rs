//! Which variables a line of a file speaks of.

use std::collections::BTreeSet;

use super::plain::Plain;
use super::write::sets;
use crate::{AppSpec, Definition};

impl AppSpec {
    /// The variables with a value that stands in `line` as a word of its own, in the order of the
    /// reference: where a program refuses the line, the mistake is probably in one of them.
    ///
    /// Secret values and switches are not looked for. Two variables of one value cannot be told apart.
    ///
    /// ```
    /// use wsgi_model::{AppName, AppParts, AppSpec, WsgiTarget};
    ///
    /// let app = AppSpec::new(AppParts::new(AppName::parse("shop")?, WsgiTarget::parse("shop.wsgi")?))?;
    /// let names: Vec<_> = app.variables_in("keepalive_timeout 75s;").iter().map(|v| v.name).collect();
    /// assert_eq!(names, ["wsgi_keepalive_timeout"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn variables_in(&self, line: &str) -> Vec<&'static Definition> {
        let mut words = BTreeSet::new();
        for word in line.split(|c: char| c.is_whitespace() || "\"';{}=,".contains(c)) {
            let (_, after) = word.rsplit_once(':').unwrap_or(("", word));
            for word in [word, after] {
                words.insert(word.trim_end_matches('/'));
                // Seconds.
                words.extend(word.strip_suffix('s'));
            }
        }
        words.remove("");
        let sets = sets(self).into_iter();
        sets.filter(|(_, value)| stands(value, &words))
            .map(|(definition, _)| definition)
            .collect()
    }
}

fn stands(value: &Plain, words: &BTreeSet<&str>) -> bool {
    match value {
        Plain::Text(text) => words.contains(text.trim_end_matches('/')),
        Plain::Int(number) => words.contains(number.to_string().as_str()),
        Plain::List(items) => items.iter().any(|item| stands(item, words)),
        Plain::Map(entries) => entries.iter().any(|(_, item)| stands(item, words)),
        _ => false,
    }
}
