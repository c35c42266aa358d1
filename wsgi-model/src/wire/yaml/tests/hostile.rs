use std::time::{Duration, Instant};

use super::*;

/// A debug build on a busy machine; a release build takes a hundredth of it.
const PATIENCE: Duration = Duration::from_secs(10);

fn refusal(text: &str) -> &'static str {
    let start = Instant::now();
    let code = read(text.as_bytes()).map_or_else(|problems| problems[0].code, |_| "read");
    assert!(
        start.elapsed() < PATIENCE,
        "{:?} for {:?}…",
        start.elapsed(),
        &text[..20]
    );
    code
}

fn repeated(before: &str, part: &str, bytes: usize) -> String {
    before.to_owned() + &part.repeat(bytes / part.len())
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..40 {
        let alias = format!("*a{},", level - 1).repeat(10);
        bomb.extend([format!("a{level}: &a{level} [{alias}]\n")]);
    }
    assert_eq!(refusal(&bomb), "too-large");
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), "*a,".repeat(10));
    assert_eq!(refusal(&long), "too-large");
}

#[test]
fn nesting_is_bounded_even_through_aliases() {
    let mut deep = "a0: &a0 [x]\n".to_owned();
    for level in 1..5000 {
        deep.extend([format!("a{level}: &a{level} [[[[*a{}]]]]\n", level - 1)]);
    }
    assert_eq!(refusal(&deep), "too-deep");
    let depth = MAX_DEPTH as usize;
    let nested = |levels: usize| format!("a: {}{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(refusal(&nested(depth - 1)), "read");
    assert_eq!(refusal(&nested(depth)), "too-deep");
    let through_alias = |levels: usize| {
        format!(
            "a: &x [[1]]\nb: {}*x{}",
            "[".repeat(levels),
            "]".repeat(levels)
        )
    };
    assert_eq!(refusal(&through_alias(depth - 3)), "read");
    assert_eq!(refusal(&through_alias(depth - 2)), "too-deep");
}

#[test]
fn megabytes_of_anything_end_quickly() {
    for part in ["[", "- ", "&a ", "\""] {
        assert_ne!(
            refusal(&repeated("a: ", part, MAX_BYTES - 8)),
            "read",
            "{part:?}"
        );
    }
    for (before, part) in [
        ("a: ", "x "),
        ("a: |\n", " x\n"),
        ("a: >\n", " x\n\n"),
        ("", "\n"),
        ("a: ", "é"),
        ("a: 1.", "5"),
        ("a: &", "b"),
    ] {
        assert_eq!(
            refusal(&repeated(before, part, MAX_BYTES - 8)),
            "read",
            "{before:?} {part:?}"
        );
    }
}

#[test]
fn as_much_punctuation_as_is_read_ends_quickly() {
    for part in [
        "[",
        "[],",
        "{",
        "{{",
        "- ",
        "? ",
        "&a ",
        "!a ",
        "*a ",
        "---\n",
        "'",
        "''",
        "\"\",",
        ": ",
        "a: b,",
        "? a,",
        "a #\n",
        "#\n",
        "%a\n",
        "a: 1\n",
        "a: [\n",
        "|\n",
        "<<: *a\n",
        "%TAG !a! b\n",
    ] {
        for before in ["", "a: ", "- [", "- [[[[[[[[", "a: &a {"] {
            refusal(&repeated(before, part, MAX_MARKS * 9 / 10));
        }
    }
}

#[test]
fn bounds_are_where_they_are_said_to_be() {
    let file = |bytes: usize| format!("a: {}", "x".repeat(bytes - 3));
    assert_eq!(refusal(&file(MAX_BYTES)), "read");
    assert_eq!(refusal(&file(MAX_BYTES + 1)), "too-large");
    // The top, the name and the list are three.
    let items = |count: usize| format!("a:\n{}", " - x\n".repeat(count));
    assert_eq!(refusal(&items(MAX_NODES - 3)), "read");
    assert_eq!(refusal(&items(MAX_NODES - 2)), "too-large");
}

#[test]
fn problems_are_not_collected_without_end() {
    let count = read("a: =\n".repeat(10_000).as_bytes())
        .expect_err("refused")
        .len();
    assert_eq!(count, MAX_PROBLEMS);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn arbitrary_yaml_never_panics_and_keeps_its_places(
        text in prop::collection::vec(
            prop::sample::select(vec![
                "a", "b: ", ": ", "- ", "? ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ", ", "'", "\"", "|\n", ">-\n", "&x ", "*x",
                "!unsafe ", "!vault ", "!!str ", "!y ", "<<: ", "#", " ", "\t", "---\n", "...\n", "%", "{{", "}}", "é", "1", "=", "\\", "\r\n",
            ]),
            0..40,
        )
    ) {
        let text = text.concat();
        let lines = u32::try_from(text.lines().count() + 1).expect("few");
        match read(text.as_bytes()) {
            Ok(node) => prop_assert!(within(&node, lines), "{:?}", text),
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    prop_assert!(problem.place.is_none_or(|place| place.line <= lines && place.column > 0 && place.length > 0));
                }
            }
        }
    }
}

fn within(node: &Node, lines: u32) -> bool {
    let here =
        (1..=lines).contains(&node.place.line) && node.place.column > 0 && node.place.length > 0;
    here && match &node.value {
        Value::List(items) => items.iter().all(|item| within(item, lines)),
        Value::Map(entries) => entries.iter().all(|entry| within(&entry.node, lines)),
        Value::Scalar(_) | Value::Vault(_) | Value::Refused => true,
    }
}
