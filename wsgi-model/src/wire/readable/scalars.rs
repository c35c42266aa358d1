//! Types that are one scalar.

use std::borrow::Cow;

use super::{At, Readable};
use crate::name::shown;
use crate::variable::Type;
use crate::wire::plain::Plain;
use crate::wire::scalar::{Kind, Scalar};
use crate::wire::yaml::Node;
use crate::*;

/// The text of a scalar. Numbers are taken as Ansible prints them; null and booleans are no text.
fn text<'n>(node: &'n Node, at: &mut At<'_>) -> Option<Cow<'n, str>> {
    let scalar = at.scalar(node, "a text")?;
    match &scalar.kind {
        Kind::Str => Some(Cow::Borrowed(&scalar.written)),
        Kind::Null => {
            let why =
                Invalid::new("there is no value").help("leave the line out to get the default");
            at.refuse(node.place, "no-value", &why);
            None
        }
        Kind::Bool(_) => {
            let written = shown(&scalar.written);
            let why = Invalid::new(format!(
                "expected a text, found `{written}`, which YAML reads as a boolean"
            ))
            .help(format!("put it in quotes if it is meant: '{written}'"));
            at.refuse(node.place, "wrong-type", &why);
            None
        }
        Kind::Int(_) | Kind::Float(_) | Kind::Date(_) => {
            warn_of_respelling(node, scalar, at);
            Some(scalar.python_text())
        }
    }
}

/// Says so when Ansible makes another text of a number than the one that stands there.
pub(crate) fn warn_of_respelling(node: &Node, scalar: &Scalar, at: &mut At<'_>) {
    if scalar.python_text() != scalar.written {
        let why = Invalid::new(format!(
            "YAML reads this as {}, and what arrives is spelled differently from what is written here",
            scalar.kind.name()
        ))
        .help("put it in quotes to keep it as it is written");
        at.warn(node.place, "respelled", &why);
    }
}

/// Types that are parsed from a text and printed as one.
macro_rules! text_types {
    ($($name:ty => $rule:literal, $parse:expr;)*) => {$(
        impl Readable for $name {
            const TYPE: Type = Type::Text { rule: $rule };

            fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
                let text = text(node, at)?;
                let parse: fn(&str) -> Result<$name, Invalid> = $parse;
                at.accept(node, parse(&text))
            }

            fn plain(&self) -> Plain {
                Plain::Text(self.to_string())
            }
        }
    )*};
}

text_types! {
    AppName => "`^[a-z][a-z0-9_]{0,30}$`, no name of the system", AppName::parse;
    UserName => "`^[a-z][a-z0-9_]{0,30}$`, no account of the system", UserName::parse;
    TaskUser => "a Unix account", TaskUser::parse;
    WsgiTarget => "a Python path: `package.module` or `package.module:callable`", WsgiTarget::parse;
    EmailAddress => "an email address", EmailAddress::parse;
    EnvPrefix => "letters, digits and `_`, put in upper case", EnvPrefix::upper;
    AptPackage => "the name of a Debian package", AptPackage::parse;
    PipPackage => "the name of a Python package", PipPackage::parse;
    PipVersion => "a version", PipVersion::parse;
    DatabaseId => "letters, digits and `_`", DatabaseId::parse;
    ServerName => "a host name, a wildcard (`*.example.org`), an IP address or `_`", server_name;
    Resolver => "an IP address, with a port if wanted", Resolver::parse;
    TaskName => "one line of text", TaskName::parse;
    Slug => "letters, digits, `_` and `-`", Slug::parse;
    HealthPath => "a path that starts with `/`", HealthPath::parse;
    HealthStatus => "a status or a range from 100 to 599", HealthStatus::parse;
}

/// A server name, whose letters nginx compares in lower case anyway.
fn server_name(text: &str) -> Result<ServerName, Invalid> {
    ServerName::parse(&text.to_ascii_lowercase())
}

/// Types that are paths on the server.
macro_rules! path_types {
    ($($name:ty => $kind:ident, $slash:expr;)*) => {$(
        impl Readable for $name {
            const TYPE: Type = Type::$kind;

            fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
                let text = text(node, at)?;
                at.accept(node, <$name>::parse(&text))
            }

            fn plain(&self) -> Plain {
                let write: fn(&$name) -> String = $slash;
                Plain::Text(write(self))
            }
        }
    )*};
}

path_types! {
    OwnedDir => Directory, |path| path.with_slash();
    AbsPath => File, |path| path.to_string();
}

impl Readable for RelativePath {
    const TYPE: Type = Type::Text {
        rule: "a path below the release",
    };

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let text = text(node, at)?;
        at.accept(node, Self::parse(&text))
    }

    fn plain(&self) -> Plain {
        Plain::Text(self.as_str().to_owned())
    }
}

impl Readable for bool {
    const TYPE: Type = Type::Switch;

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let scalar = at.scalar(node, "`yes` or `no`")?;
        let switch = match &scalar.kind {
            Kind::Bool(value) => Some(*value),
            Kind::Null => None,
            _ => switch_word(&scalar.written),
        };
        if switch.is_none() {
            let found = if scalar.written.is_empty() {
                "no value".to_owned()
            } else {
                format!("`{}`", shown(&scalar.written))
            };
            at.refuse(
                node.place,
                "wrong-type",
                &Invalid::new(format!("expected `yes` or `no`, found {found}")),
            );
        }
        switch
    }

    fn plain(&self) -> Plain {
        Plain::Bool(*self)
    }
}

/// A switch as a text: YAML's words in any case, `y`, `n`, 1 and 0.
fn switch_word(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "yes" | "on" | "true" | "1" | "y" => Some(true),
        "no" | "off" | "false" | "0" | "n" => Some(false),
        _ => None,
    }
}

/// A whole number, written as one or as a text of digits; `unit` may follow such a text.
fn integer(node: &Node, at: &mut At<'_>, unit: &str) -> Option<i128> {
    let scalar = at.scalar(node, "a whole number")?;
    let digits = match &scalar.kind {
        Kind::Int(digits) => digits.as_str(),
        Kind::Str => {
            let text = scalar.written.trim();
            text.strip_suffix(unit).unwrap_or(text)
        }
        _ => "",
    };
    let number = digits.parse().ok();
    match number {
        Some(_) if matches!(scalar.kind, Kind::Int(_)) => warn_of_respelling(node, scalar, at),
        Some(_) => {}
        None => {
            let found = if scalar.written.is_empty() {
                "no value".to_owned()
            } else {
                format!("`{}`", shown(&scalar.written))
            };
            at.refuse(
                node.place,
                "wrong-type",
                &Invalid::new(format!("expected a whole number, found {found}")),
            );
        }
    }
    number
}

/// Types that are whole numbers of a range.
macro_rules! integer_types {
    ($($name:ty, $unit:literal;)*) => {$(
        impl Readable for $name {
            const TYPE: Type = Type::Integer { min: <$name>::MIN as i64, max: <$name>::MAX as i64 };

            fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
                let number = integer(node, at, $unit)?;
                at.accept(node, <$name>::new(number))
            }

            fn plain(&self) -> Plain {
                Plain::Int(i64::from(self.get()))
            }
        }
    )*};
}

integer_types! {
    Port, "";
    Workers, "";
    MaxRequests, "";
    RequestLineLimit, "";
    Seconds, "s";
    WorkerTimeout, "s";
    HstsMaxAge, "s";
    ReleaseCount, "";
}

/// Types that are one of a few words.
macro_rules! choice_types {
    ($($name:ty { $($word:literal => $value:expr),+ $(,)? })*) => {$(
        impl Readable for $name {
            const TYPE: Type = Type::Choice(&[$($word),+]);

            fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
                const WORDS: &[&str] = &[$($word),+];
                let scalar = at.scalar(node, "a word")?;
                let word = match &scalar.kind {
                    Kind::Bool(value) => if *value { "yes" } else { "no" },
                    _ => scalar.written.trim(),
                };
                // A word in another case, and the other spellings of a switch.
                let word = match switch_word(word) {
                    Some(true) => "yes".to_owned(),
                    Some(false) => "no".to_owned(),
                    None => word.to_ascii_lowercase(),
                };
                match word.as_str() {
                    $($word => Some($value),)+
                    other => {
                        let listed = WORDS.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ");
                        let mut why = Invalid::new(format!("`{}` is none of {listed}", shown(&scalar.written)));
                        if let Some(near) = nearest(other, WORDS.iter().copied()) {
                            why = why.help(format!("did you mean `{near}`?"));
                        }
                        at.refuse(node.place, "invalid-value", &why);
                        None
                    }
                }
            }

            fn plain(&self) -> Plain {
                $(if *self == $value {
                    return match $word {
                        "yes" => Plain::Bool(true),
                        "no" => Plain::Bool(false),
                        word => Plain::Text(word.to_owned()),
                    };
                })+
                Plain::Null
            }
        }
    )*};
}

choice_types! {
    Sudo { "yes" => Sudo::OwnProgram, "full" => Sudo::Full, "no" => Sudo::Nothing }
    TlsProfile { "intermediate" => TlsProfile::Intermediate, "modern" => TlsProfile::Modern }
}

impl Readable for CommandLine {
    const TYPE: Type = Type::Text {
        rule: "a command line of bash",
    };

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let text = text(node, at)?;
        let command = at.accept(node, Self::parse(&text))?;
        Some(if at.is_secret() {
            command.into_secret()
        } else {
            command
        })
    }

    fn plain(&self) -> Plain {
        let text = self.as_str().to_owned();
        match self.sensitivity() {
            Sensitivity::Public => Plain::Text(text),
            Sensitivity::Secret => Plain::Secret(text),
        }
    }
}

impl Readable for EnvValue {
    const TYPE: Type = Type::Secret;

    /// Any scalar but null, as Ansible prints it: `no` arrives as `False`, as with the role.
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let scalar = at.scalar(node, "a text")?;
        if scalar.kind == Kind::Null {
            let why = Invalid::new("there is no value")
                .help("write '' for an empty text, or leave the name out");
            at.refuse(node.place, "no-value", &why);
            return None;
        }
        warn_of_respelling(node, scalar, at);
        at.accept(node, Self::parse(&scalar.python_text()))
    }

    fn plain(&self) -> Plain {
        Plain::Secret(self.expose().to_owned())
    }
}

/// The path of a file of nginx directives on the operator's machine.
#[derive(Clone)]
pub(crate) struct IncludePath {
    pub(crate) path: String,
    pub(crate) place: Place,
    pub(crate) secret: bool,
}

impl Readable for IncludePath {
    const TYPE: Type = Type::Text {
        rule: "the path of a file on your machine, relative to the vars file",
    };

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let path = text(node, at)?.into_owned();
        if path.is_empty() || path.contains('\0') {
            at.refuse(
                node.place,
                "invalid-value",
                &Invalid::new("the path is empty"),
            );
            return None;
        }
        Some(Self {
            path,
            place: node.place,
            secret: at.is_secret(),
        })
    }

    fn plain(&self) -> Plain {
        Plain::Text(self.path.clone())
    }
}

/// Public keys, one a line, or the path of a `.pub` file on the operator's machine.
#[derive(Clone)]
pub(crate) struct KeySource {
    pub(crate) text: String,
    pub(crate) place: Place,
    pub(crate) secret: bool,
}

impl KeySource {
    /// The path, where it is one.
    pub(crate) fn path(&self) -> Option<&str> {
        let text = self.text.trim();
        let one_word = !text.contains(char::is_whitespace) || text.ends_with(".pub");
        (one_word && !text.is_empty() && text.contains(['/', '.', '~'])).then_some(text)
    }
}

impl Readable for KeySource {
    const TYPE: Type = Type::Text {
        rule: "a public key as in a `.pub` file, or the path of one on your machine",
    };

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        Some(Self {
            text: text(node, at)?.into_owned(),
            place: node.place,
            secret: at.is_secret(),
        })
    }

    fn plain(&self) -> Plain {
        Plain::Text(self.text.clone())
    }
}
