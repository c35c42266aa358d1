//! What of an answer is the same tomorrow, on another computer and with another Python.

use std::fs;

/// A text without times, process ids, the names of who runs it, and the files of Python itself.
pub(crate) fn steady(text: &str) -> String {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let host = format!("@{}", host.trim());
    let mut steady = String::new();
    // In a traceback, lines of code follow that of their file.
    let mut skipped: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '"']).len();
        if skipped.is_some_and(|depth| indent > depth) {
            continue;
        }
        skipped = None;
        let names_file = line
            .trim_start_matches([' ', '"', '\\'])
            .starts_with("File ");
        if names_file && !line.contains("/var/www/shop/") {
            skipped = Some(indent);
            continue;
        }
        // Marks below a place in the code, which only newer Pythons print.
        let code = line.trim();
        if !code.is_empty() && code.chars().all(|c| matches!(c, '^' | '~')) {
            continue;
        }
        steady.push_str(&of_line(line, &host));
    }
    steady
}

fn of_line(line: &str, host: &str) -> String {
    let line = words(line, host);
    // What names a virtualenv depends on Python, and what gunicorn says first on its version.
    for (before, after) in [("\"virtualenv\": \"", "…\","), ("Starting gunicorn ", "…")] {
        if let Some(at) = line.find(before) {
            let end = if line.trim_end().ends_with("\",") {
                "\",\n"
            } else {
                "\n"
            };
            let end = if after == "…" { end } else { "\n" };
            return of_line(&line[..at], host) + before + after + end;
        }
    }
    let mut steady = String::new();
    let mut rest = line.as_str();
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(at);
        steady.push_str(before);
        let end = number.find(|c: char| !c.is_ascii_digit());
        let (digits, after) = number.split_at(end.unwrap_or(number.len()));
        let time = shape(number);
        if let Some(length) = time {
            steady.push_str("<time>");
            rest = &number[length..];
            continue;
        }
        let is_pid = (before.ends_with('[') && after.starts_with(']'))
            || (before.ends_with('(') && after.starts_with(')'))
            || after.starts_with(" finishes its requests")
            || ["gunicorn ", "process ", "pid: ", "pid:"]
                .iter()
                .any(|word| before.ends_with(word));
        let is_length = before.ends_with("\"began\": ")
            || before.ends_with("\"seconds\": ")
            || (after.starts_with(" s ") && before.ends_with("  "));
        if is_length && before.ends_with("  ") {
            // A column.
            steady.truncate(steady.trim_end_matches(' ').len());
            steady.push_str("  ");
        }
        steady.push_str(if is_pid || is_length {
            "<number>"
        } else {
            digits
        });
        rest = after;
    }
    steady.push_str(rest);
    steady
}

/// Who runs the tests is Ada.
fn words(line: &str, host: &str) -> String {
    let Some(at) = line.find(host) else {
        return line.to_owned();
    };
    let words = line[..at].rfind([' ', '"', '\t']);
    let start = words.map_or(0, |space| space + 1);
    // Whoever has no name in the environment is `uid 0`.
    let start = line[..start].strip_suffix("uid ").map_or(start, str::len);
    format!("{}ada@desk{}", &line[..start], &line[at + host.len()..])
}

/// How long the time is that a text begins with.
fn shape(text: &str) -> Option<usize> {
    const SHAPES: &[&str] = &[
        "00000000T000000Z",
        "0000-00-00T00:00:00Z",
        "0000-00-00 00:00:00 UTC",
        "0000-00-00 00:00:00 +0000",
        "0000-00-00 00:00:00,000",
    ];
    let fits = |shape: &&&str| {
        text.len() >= shape.len()
            && shape.bytes().zip(text.bytes()).all(|(wanted, found)| {
                if wanted == b'0' {
                    found.is_ascii_digit()
                } else {
                    wanted == found
                }
            })
    };
    SHAPES.iter().find(fits).map(|shape| shape.len())
}
