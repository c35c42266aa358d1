//! The `wsgi-cli` binary.

fn main() {}
