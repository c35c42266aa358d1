mod hostile;
mod refusals;

use proptest::prelude::*;

use super::*;
use crate::wire::scalar::{Kind, Style};

fn parsed(text: &str) -> Vec<Entry> {
    match read(text.as_bytes()) {
        Ok(Node {
            value: Value::Map(entries),
            ..
        }) => entries,
        other => panic!("{text:?} is {other:?}"),
    }
}

fn scalar(node: &Node) -> &Scalar {
    match &node.value {
        Value::Scalar(scalar) => scalar,
        other => panic!("a scalar expected: {other:?}"),
    }
}

fn list(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        other => panic!("a list expected: {other:?}"),
    }
}

fn map(node: &Node) -> Vec<(String, String)> {
    match &node.value {
        Value::Map(entries) => pairs(entries),
        other => panic!("a mapping expected: {other:?}"),
    }
}

fn pairs(entries: &[Entry]) -> Vec<(String, String)> {
    let text = |scalar: &Scalar| scalar.python_text().into_owned();
    entries
        .iter()
        .map(|entry| (text(&entry.key), text(scalar(&entry.node))))
        .collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn at(line: u32, column: u32, length: u32) -> Place {
    Place {
        line,
        column,
        length,
    }
}

#[test]
fn a_file_without_values_is_an_empty_mapping() {
    for text in [
        "",
        "\n\n",
        "# nothing\n",
        "---\n",
        "--- # nothing\n",
        "\u{FEFF}",
        "~\n",
        "---\n...\n",
        "{}",
    ] {
        assert!(parsed(text).is_empty(), "{text:?}");
    }
}

#[test]
fn values_know_their_place_in_characters() {
    let text = "é: 'ü'  # c\nlist:\n  -\n  - \"ß x\" \n  -   plain text\nempty:\nfolded: >- # why\n\n  text\nflow: {ключ: [1, 22]  }\n\
        tagged: !unsafe 'x'\ntwo: one\n  two\n";
    let entries = parsed(text);
    let places: Vec<Place> = entries.iter().map(|entry| entry.node.place).collect();
    let expected = [
        at(1, 4, 3),
        at(3, 3, 1),
        at(6, 1, 5),
        at(7, 9, 8),
        at(10, 7, 17),
        at(11, 9, 11),
        at(12, 6, 3),
    ];
    assert_eq!(places, expected);
    assert_eq!(entries[0].key_place, at(1, 1, 1));
    assert_eq!(entries[1].key_place, at(2, 1, 4));
    let items: Vec<Place> = list(&entries[1].node)
        .iter()
        .map(|node| node.place)
        .collect();
    assert_eq!(items, [at(3, 3, 1), at(4, 5, 5), at(5, 7, 10)]);
    let Value::Map(flow) = &entries[4].node.value else {
        panic!("a mapping")
    };
    assert_eq!(
        (flow[0].key_place, flow[0].node.place),
        (at(10, 8, 4), at(10, 14, 7))
    );
    assert_eq!(list(&flow[0].node)[1].place, at(10, 18, 2));
}

#[test]
fn a_quoted_value_ends_at_its_quote() {
    let text = "a: 'it''s' # 'no'\nb: !unsafe \"x\\\" # y\"  # \"\nc: &q'x  'y'   \n";
    let entries = parsed(text);
    let lengths: Vec<u32> = entries
        .iter()
        .map(|entry| entry.node.place.length)
        .collect();
    assert_eq!(lengths, [7, 17, 9]);
}

#[test]
fn a_block_scalar_stands_at_its_sign() {
    let text = "a: |\n  |not this\nb: # | nor this\n  >\n  x\nc:\n  - |-\n\n    y\nd: !vault |\n  z\ne: |\nf: 1\n";
    let entries = parsed(text);
    let starts: Vec<_> = entries
        .iter()
        .map(|entry| (entry.node.place.line, entry.node.place.column))
        .collect();
    assert_eq!(starts, [(1, 4), (4, 3), (7, 3), (10, 4), (12, 4), (13, 4)]);
    assert_eq!(list(&entries[2].node)[0].place.column, 5);
    assert_eq!(scalar(&entries[4].node).written, "");
}

#[test]
fn spelling_is_kept() {
    let entries = parsed("a: no\nb: 'no'\nc: \"n\\u006f\"\nd: |\n  no\ne: >-\n  no\n");
    let seen: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                scalar(&entry.node).style,
                scalar(&entry.node).written.as_str(),
                scalar(&entry.node).kind.clone(),
            )
        })
        .collect();
    let expected = [
        (Style::Plain, "no", Kind::Bool(false)),
        (Style::SingleQuoted, "no", Kind::Str),
        (Style::DoubleQuoted, "no", Kind::Str),
        (Style::Literal, "no\n", Kind::Str),
        (Style::Folded, "no", Kind::Str),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_last_line_without_an_end_gets_none() {
    for (text, expected) in [
        ("a: |\n  x", "x"),
        ("a: |+\n  x", "x"),
        ("a: >\n  x\n  y", "x y"),
        ("a: |\n  x\n", "x\n"),
    ] {
        assert_eq!(scalar(&parsed(text)[0].node).written, expected, "{text:?}");
    }
}

#[test]
fn names_are_what_python_prints() {
    let seen = pairs(&parsed(
        "yes: a\n010: b\n1.10: c\n~: d\n'yes': e\n=: f\n2024-01-01: g\n? h\n: i\n",
    ));
    let expected = [
        ("True", "a"),
        ("8", "b"),
        ("1.1", "c"),
        ("None", "d"),
        ("yes", "e"),
        ("=", "f"),
        ("2024-01-01", "g"),
        ("h", "i"),
    ];
    assert_eq!(seen, owned(&expected));
}

#[test]
fn tags_change_the_type_as_ansible_does() {
    let entries = parsed(
        "a: !!str 5\nb: !!float 5\nc: !!int '010'\nd: !unsafe '{{ x }}'\ne: !unsafe '010'\nf: !!str\ng: !unsafe [a, {b: c}]\nh: '{{ y }}'\n",
    );
    assert_eq!(
        pairs(&entries[..6])[..3],
        owned(&[("a", "5"), ("b", "5.0"), ("c", "8")])
    );
    assert!(!scalar(&entries[3].node).is_template());
    assert_eq!(scalar(&entries[4].node).kind, Kind::Int("8".to_owned()));
    assert_eq!(
        (
            scalar(&entries[5].node).kind.clone(),
            scalar(&entries[5].node).written.as_str()
        ),
        (Kind::Str, "")
    );
    let items = list(&entries[6].node);
    assert!(scalar(&items[0]).unsafe_);
    let Value::Map(inner) = &items[1].value else {
        panic!("a mapping")
    };
    assert!(scalar(&inner[0].node).unsafe_);
    assert!(scalar(&entries[7].node).is_template());
}

#[test]
fn vault_values_keep_their_ciphertext_only() {
    let cipher = "$ANSIBLE_VAULT;1.1;AES256\n6162\n";
    let entries = parsed(
        "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nb: !vault-encrypted \"$ANSIBLE_VAULT;1.1;AES256\\n6162\\n\"\n",
    );
    for entry in &entries {
        assert_eq!(entry.node.value, Value::Vault(cipher.to_owned()));
    }
}

// Compared with the loader of ansible-core 2.19.14: values and order.
#[test]
fn merge_keys_follow_yaml_1_1() {
    let text = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\n\
        one:\n  y: own\n  <<: *b\nboth:\n  <<: [*m, *b]\n  w: 5\ninline:\n  <<: {k: v}\nquoted:\n  '<<': text\n";
    let entries = parsed(text);
    assert_eq!(map(&entries[2].node), owned(&[("x", "1"), ("y", "own")]));
    assert_eq!(
        map(&entries[3].node),
        owned(&[("x", "1"), ("y", "3"), ("z", "4"), ("w", "5")])
    );
    assert_eq!(map(&entries[4].node), owned(&[("k", "v")]));
    assert_eq!(map(&entries[5].node), owned(&[("<<", "text")]));
}

#[test]
fn an_alias_stands_where_it_is_used_and_its_parts_where_they_are_written() {
    let entries = parsed(
        "a: &x [1, b]\nc:   *x\n*x2 : d\n"
            .replace("*x2 : d\n", "")
            .as_str(),
    );
    assert_eq!(entries[1].node.place, at(2, 6, 2));
    assert_eq!(list(&entries[1].node)[1].place, at(1, 11, 1));
    assert_eq!(
        pairs(&parsed("a: &n name\n*n : v\n")),
        owned(&[("a", "name"), ("name", "v")])
    );
}

#[test]
fn line_ends_and_a_byte_order_mark_do_not_matter() {
    let unix = "a: 1\nb: |\n  x\n  y\nc: 'p\n  q'\n";
    let expected = read(unix.as_bytes()).expect("readable");
    for text in [
        unix.replace('\n', "\r\n"),
        unix.replace('\n', "\r"),
        format!("\u{FEFF}{unix}"),
    ] {
        assert_eq!(read(text.as_bytes()), Ok(expected.clone()), "{text:?}");
    }
}

#[test]
fn debug_shows_places_and_kinds_but_no_value() {
    let node =
        read(b"key: s3cret\nlist: ['s3cret', {k: s3cret}]\nv: !vault s3cret\n").expect("readable");
    let shown = format!("{node:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    assert!(
        shown.contains("1:6") && shown.contains("SingleQuoted"),
        "{shown}"
    );
}

/// A value as one would write it in each style that can carry it.
fn spellings(text: &str) -> Vec<(Style, String)> {
    let mut double = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => double.extend(['\\', c]),
            '\n' => double.push_str("\\n"),
            c => double.push(c),
        }
    }
    double.push('"');
    let mut all = vec![(Style::DoubleQuoted, double)];
    if !text.contains('\n') {
        all.push((
            Style::SingleQuoted,
            format!("'{}'", text.replace('\'', "''")),
        ));
    }
    let indented = format!("\n    {}", text.replace('\n', "\n    "));
    if !text.is_empty() && !text.ends_with('\n') {
        all.push((Style::Literal, format!("|2-{indented}")));
    }
    all
}

proptest! {
    // Without the two line ends of YAML 1.1 that are no control characters: they are refused.
    #[test]
    fn strings_survive_every_style(text in "[ -~äß€🔑\n]{0,60}", more in "[^\\pC\u{2028}\u{2029}]{0,30}") {
        for text in [text, more] {
            for (style, spelling) in spellings(&text) {
                let entries = parsed(&format!("x:\n  a: {spelling}\n  b: 1\n"));
                let Value::Map(inner) = &entries[0].node.value else { panic!("a mapping") };
                prop_assert_eq!(scalar(&inner[0].node).style, style);
                prop_assert_eq!(&scalar(&inner[0].node).written, &text, "{}", spelling);
                prop_assert_eq!(inner.len(), 2);
            }
        }
    }
}
