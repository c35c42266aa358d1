//! A line of a vars file, as far as its text alone tells.

/// The lines as the loader counts them.
pub(super) fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        line.split('\r')
    })
}

/// The name of a `name: value` line, possibly of a list's item, and where the value begins.
pub(super) fn entry_of(line: &str) -> Option<(&str, usize)> {
    let start = name_column(line);
    let rest = &line[start..];
    let (name, after) = if let quote @ ('"' | '\'') = rest.chars().next()? {
        let end = rest[1..].find(quote)? + 1;
        (&rest[1..end], end + 1)
    } else {
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)))
            .unwrap_or(rest.len());
        (&rest[..end], end)
    };
    let value = rest[after..].trim_start_matches(' ').strip_prefix(':')?;
    if name.is_empty() || !(value.is_empty() || value.starts_with([' ', '\t'])) {
        return None;
    }
    let value = value.trim_start_matches([' ', '\t']);
    Some((name, line.len() - value.len()))
}

/// Where the name of a line begins, after blanks and the dashes of lists.
pub(super) fn name_column(line: &str) -> usize {
    let mut rest = line.trim_start_matches(' ');
    while let Some(item) = rest.strip_prefix("- ") {
        rest = item.trim_start_matches(' ');
    }
    line.len() - rest.len()
}

/// What may be the names of a mapping in a line: what stands before a colon that ends a word.
pub(super) fn names(line: &str) -> impl Iterator<Item = &str> {
    let ends = line.match_indices(':').map(|(at, _)| at);
    let ends = ends.filter(|at| {
        line[at + 1..]
            .chars()
            .next()
            .is_none_or(char::is_whitespace)
    });
    ends.map(|at| {
        let before = line[..at].trim_end_matches([' ', '"', '\'']);
        let start = before.rfind(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)));
        start.map_or(before, |at| {
            let length = before[at..].chars().next().map_or(0, char::len_utf8);
            &before[at + length..]
        })
    })
}
