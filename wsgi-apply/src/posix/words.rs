//! Words of a shell program.

/// `text` as one word of the POSIX shell, whatever is in it but NUL.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-+:=@,".contains(&b);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    ["'", &text.replace('\'', r"'\''"), "'"].concat()
}

/// A call: a function or program with its arguments.
pub(crate) fn call<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(quoted).collect();
    [&words.join(" "), "\n"].concat()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::quoted;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_shell_reads_back_what_was_quoted(text in "[^\u{0}]{0,40}") {
            let script = format!("printf %s {}", quoted(&text));
            let output = Command::new("/bin/sh").arg("-c").arg(script).output().expect("sh runs");
            prop_assert_eq!(output.stdout, text.as_bytes());
        }
    }
}
