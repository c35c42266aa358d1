use super::*;

fn problems(text: &str) -> Vec<YamlProblem> {
    match read(text.as_bytes()) {
        Err(problems) => problems,
        Ok(node) => panic!("{text:?} was read as {node:?}"),
    }
}

/// `(text, code, line, column)`
const REFUSED: &[(&str, &str, u32, u32)] = &[
    ("a: {{ b }}", "unquoted-template", 1, 4),
    ("a: {{ b }}/x\n", "unquoted-template", 1, 4),
    ("a:\n  - {{ b }}\n", "unquoted-template", 2, 5),
    ("a: [ {{ b }} ]\n", "unquoted-template", 1, 6),
    ("a: {% if b %}c{% endif %}\n", "unquoted-template", 1, 4),
    ("- a\n", "not-a-mapping", 1, 1),
    ("a:b\n", "not-a-mapping", 1, 1),
    ("foo\nbar: 1", "no-colon", 1, 1),
    ("a: 1\nfoo bar\nb: 2\n", "no-colon", 2, 1),
    ("a: 1\n\tb: 2\n", "tab", 2, 1),
    ("a:\n\t- b\n", "tab", 2, 1),
    ("a: \"foo\nb: 1\n", "unclosed-quote", 1, 4),
    ("a: \"foo\nb: \"bar\"\nc: 1\n", "unclosed-quote", 1, 4),
    ("a: 'x\n---\nb: 1\n", "unclosed-quote", 1, 4),
    ("a: 'it's'\n", "text-after-quote", 1, 8),
    ("a: \"x\" y\n", "text-after-quote", 1, 8),
    ("a: [1, 2\nb: 3\n", "unclosed-bracket", 1, 4),
    ("- [1, 2\n- 3\n", "unclosed-bracket", 1, 3),
    ("a: {b: 1\nc: 2\n", "unclosed-bracket", 1, 4),
    ("a: ]\n", "bracket", 1, 4),
    ("a: b: c\n", "unquoted-colon", 1, 5),
    ("a:\n  b: 1\n c: 2\n", "indentation", 3, 2),
    ("- a\nb: c\n", "indentation", 2, 1),
    ("a: - b\n", "list-on-line", 1, 4),
    ("a: >x\n", "block-scalar", 1, 4),
    ("a: @x\n", "reserved-character", 1, 4),
    ("a: *.log\n", "unknown-alias", 1, 4),
    ("a: &x [*x]\n", "recursive-alias", 1, 8),
    ("a: 1\nb: 2\n'a': 3\n", "duplicate-key", 3, 1),
    ("<<: {a: 1}\n<<: {b: 1}\n", "duplicate-key", 2, 1),
    ("a: 1\n: 2\n", "no-name", 2, 1),
    ("<<: 3\n", "merge", 1, 5),
    ("[a]: b\n", "complex-key", 1, 1),
    ("? {a: b}\n: c\n", "complex-key", 1, 3),
    ("a: 1\n---\nb: 2\n", "second-document", 2, 1),
    ("%FOO x\n---\na: 1\n", "directive", 1, 1),
    ("a: !ENV x\n", "tag", 1, 4),
    ("a: !!python/object:os.system x\n", "tag", 1, 4),
    ("a: !!binary aGk=\n", "tag", 1, 4),
    ("a: !vault [x]\n", "tag", 1, 4),
    ("a: !vault 5\n", "vault", 1, 4),
    ("a: \"\\d\"\n", "escape", 1, 4),
    ("a: \"C:\\Users\"\n", "escape", 1, 4),
    ("a: 2024-13-01\n", "unreadable-value", 1, 4),
    ("a: =\n", "unreadable-value", 1, 4),
    ("a: <<\n", "unreadable-value", 1, 4),
    ("a: !!int x\n", "unreadable-value", 1, 4),
    ("a: x\u{7}y\n", "control-character", 1, 5),
    ("a: 'x\u{2028}y'\n", "control-character", 1, 6),
    ("a: ä\0\n", "control-character", 1, 5),
];

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, code, line, column) in REFUSED {
        let problem = &problems(text)[0];
        let place = problem.place.map(|place| (place.line, place.column));
        assert_eq!(
            (problem.code, place),
            (*code, Some((*line, *column))),
            "{text:?}: {problem:?}"
        );
    }
}

#[test]
fn every_message_is_a_lower_case_clause() {
    for (text, ..) in REFUSED {
        for problem in problems(text) {
            let texts = [Some(&problem.message), problem.help.as_ref()];
            for text in texts.into_iter().flatten() {
                assert!(
                    !text.ends_with('.') && !text.starts_with(char::is_uppercase),
                    "{text}"
                );
            }
            assert!(
                problem.help.is_some() || problem.code == "control-character",
                "{problem:?}"
            );
        }
    }
}

#[test]
fn an_unquoted_template_is_shown_quoted() {
    let help = |text: &str| problems(text)[0].help.clone().expect("help");
    assert_eq!(help("a: {{ b }}"), "quote it: a: \"{{ b }}\"");
    assert_eq!(
        help("x:\n  port: {{ base.port | int }}"),
        "quote it: port: \"{{ base.port | int }}\""
    );
    assert_eq!(help("a: {{ 's3cret' }}"), "quote it: a: \"{{ … }}\"");
    assert_eq!(help("- {{ b }}"), "quote it: \"{{ b }}\"");
}

#[test]
fn both_places_of_a_duplicate_are_given() {
    let problem = &problems("name: s3cret\nb: 1\nname: s3cret\n")[0];
    assert_eq!(problem.related, [(at(1, 1, 4), "first here".to_owned())]);
    assert!(problem.message.contains("`name`"));
}

#[test]
fn values_are_in_no_message() {
    for text in [
        "a: *s3cret\n",
        "a: !s3cret x\n",
        "a: !x s3cret\n",
        "a: !!int s3cret\n",
        "a: 's3cret' s3cret\n",
        "a: \"s3cret\n",
        "a: s3cret: b\n",
        "a: @s3cret\n",
        "a: [s3cret\n",
        "a: 1\ns3cret\nb: 2\n",
        "a: {{ 's3cret' }}\n",
        "a: {{ x }} s3cret\n",
        "a: \"s3cret\\q\"\n",
        "s3cret\n",
        "a: &s3cret *s3cret\n",
        "a: |s3cret\n",
        "a: %s3cret\n",
        "%s3cret\n---\na: 1\n",
        "a: !s3cret!x y\n",
    ] {
        for problem in problems(text) {
            assert!(
                !format!("{problem:?}").contains("s3cret"),
                "{text:?}: {problem:?}"
            );
        }
    }
}

#[test]
fn independent_problems_are_collected() {
    let codes: Vec<_> = problems("a: =\nb: !x 1\nb: 2\nc: 2024-02-30\n")
        .iter()
        .map(|problem| problem.code)
        .collect();
    assert_eq!(
        codes,
        [
            "unreadable-value",
            "tag",
            "duplicate-key",
            "unreadable-value"
        ]
    );
}

#[test]
fn other_encodings_are_refused_by_name() {
    let problem = |bytes: &[u8]| read(bytes).expect_err("refused").remove(0);
    let latin = problem(b"a: 1\nb: \xC3\xA4\xE4\n");
    assert_eq!((latin.code, latin.place), ("encoding", Some(at(2, 5, 1))));
    assert!(
        latin
            .help
            .expect("help")
            .contains("iconv -f latin1 -t utf-8")
    );
    let little: Vec<u8> = "a: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(problem(&little).message.contains("UTF-16LE"));
    assert!(
        problem(&[&[0xFF, 0xFE][..], &little].concat())
            .help
            .expect("help")
            .contains("iconv -f UTF-16 -t utf-8")
    );
    assert!(
        problem(b"\x7FELF\x02\x01\0\0\xFF")
            .message
            .contains("binary")
    );
}

#[test]
fn an_encrypted_file_is_named_as_such() {
    let problem = read(b"$ANSIBLE_VAULT;1.1;AES256\n6162\n")
        .expect_err("refused")
        .remove(0);
    assert_eq!((problem.code, problem.place), ("vault-file", None));
}
