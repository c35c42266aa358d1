//! Documents that follow from the code say what the code says.

use std::fs;
use std::path::Path;

/// `ACCEPT=1` writes the document anew.
fn assert_document(path: &str, expected: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os("ACCEPT").is_some() {
        fs::write(&file, expected).expect("the document can be written");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == expected,
        "{path} is out of date: run the tests with ACCEPT=1 and look at the difference"
    );
}

#[test]
fn the_reference_of_variables_is_the_table_of_variables() {
    assert_document("docs/variables.md", &wsgi_model::reference());
}
