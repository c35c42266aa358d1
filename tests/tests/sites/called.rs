use std::process::Output;

pub(crate) const DONE: i32 = 0;
pub(crate) const DIFFERS: i32 = 4;
pub(crate) const PART_WAY: i32 = 6;

/// What came of a call of the command line.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Called {
    #[track_caller]
    pub(crate) fn new(line: &str, output: Output, status: i32) -> Self {
        let called = Self {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert_eq!(
            output.status.code(),
            Some(status),
            "wsgi-cli {line}\n{}\n{}",
            called.out,
            called.err
        );
        called
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }
}
