use proptest::prelude::*;

use super::*;

fn plain(text: &str) -> Result<Scalar, Unreadable> {
    let kind = resolve(text)?;
    Ok(Scalar {
        written: text.to_owned(),
        style: Style::Plain,
        kind,
        unsafe_: false,
    })
}

#[test]
fn plain_scalars_are_typed_and_printed_as_ansible_does() {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for line in include_str!("tests/ansible.tsv")
        .lines()
        .filter(|line| !line.starts_with("# "))
    {
        let [text, kind, printed] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("three columns in {line:?}");
        };
        let ours = match plain(text) {
            Err(_) => ("error", String::new()),
            Ok(scalar) => {
                let kind = match scalar.kind {
                    Kind::Null => "null",
                    Kind::Bool(_) => "bool",
                    Kind::Int(_) => "int",
                    Kind::Float(_) => "float",
                    Kind::Date(_) => "date",
                    Kind::Str => "str",
                };
                (kind, scalar.python_text().into_owned())
            }
        };
        if (ours.0, ours.1.as_str()) != (kind, printed) {
            wrong.push(format!("{text}: ansible {kind} {printed}, we {ours:?}"));
        }
        compared += 1;
    }
    assert!(compared >= 500, "only {compared} scalars compared");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_empty_plain_scalar_is_null() {
    assert_eq!(resolve(""), Ok(Kind::Null));
}

#[test]
fn integers_longer_than_python_reads_are_refused_quickly() {
    for text in [
        "9".repeat(4301),
        format!("0x{}", "f".repeat(1_000_000)),
        format!("1{}", ":59".repeat(100_000)),
    ] {
        assert_eq!(resolve(&text), Err(Unreadable::Number));
    }
    assert_eq!(resolve(&"9".repeat(4300)), Ok(Kind::Int("9".repeat(4300))));
}

#[test]
fn explicit_tags_type_what_fits_and_refuse_the_rest() {
    let cases = [
        ("str", "5", Some(Kind::Str)),
        ("int", "5", Some(Kind::Int("5".to_owned()))),
        ("int", "010", Some(Kind::Int("8".to_owned()))),
        ("int", "x", None),
        ("float", "5", Some(Kind::Float(5.0))),
        ("float", "1e3", Some(Kind::Float(1000.0))),
        ("float", "x", None),
        ("bool", "yEs", Some(Kind::Bool(true))),
        ("bool", "1", None),
        ("null", "", Some(Kind::Null)),
        ("null", "x", None),
        (
            "timestamp",
            "2024-1-1",
            Some(Kind::Date("2024-01-01".to_owned())),
        ),
        ("timestamp", "x", None),
    ];
    for (tag, text, kind) in cases {
        assert_eq!(
            resolve_as(tag, text).and_then(Result::ok),
            kind,
            "!!{tag} {text}"
        );
    }
    assert_eq!(resolve_as("binary", "aGk="), None);
}

#[test]
fn only_strings_that_are_not_unsafe_are_templates() {
    let mut scalar = plain("/srv/{{ name }}").expect("a string");
    assert!(scalar.is_template());
    scalar.unsafe_ = true;
    assert!(!scalar.is_template());
    assert!(plain("a {# b #}").expect("a string").is_template());
    assert!(plain("a {% if b %}").expect("a string").is_template());
    assert!(!plain("a { {b").expect("a string").is_template());
}

#[test]
fn debug_shows_no_text() {
    for text in ["hunter2", "31337", "31337.5", "2031-12-30"] {
        let shown = format!("{:?}", plain(text).expect("readable"));
        assert!(!shown.contains(&text[..4]), "{shown}");
    }
}

proptest! {
    #[test]
    fn any_text_resolves_without_a_panic(text in "\\PC{0,40}", number in "[-+0-9_.:eExXbBtTzZ ]{0,30}") {
        let _ = resolve(&text);
        let _ = resolve(&number);
    }

    #[test]
    fn a_float_as_printed_reads_back(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
        let text = python::float_text(number);
        prop_assert_eq!(text.parse::<f64>(), Ok(number));
    }

    #[test]
    fn integers_of_any_base_are_exact(number in any::<u128>()) {
        for text in [format!("{number}"), format!("0x{number:x}"), format!("0b{number:b}"), format!("0{number:o}")] {
            prop_assert_eq!(resolve(&text), Ok(Kind::Int(number.to_string())));
        }
    }
}
