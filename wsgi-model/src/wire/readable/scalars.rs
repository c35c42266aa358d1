//! Types that are one scalar.

use super::{At, Readable, kind_of};
use crate::name::shown;
use crate::variable::Type;
use crate::wire::plain::Plain;
use crate::wire::scalar::{Kind, Scalar};
use crate::wire::yaml::{Node, Value};
use crate::{
    AbsPath, AppName, AptPackage, CommandLine, DatabaseId, EmailAddress, EnvPrefix, EnvValue,
    HealthPath, HealthStatus, HstsMaxAge, Invalid, MaxRequests, OwnedDir, PipPackage, PipVersion,
    Place, Port, PublicKey, RelativePath, ReleaseCount, RequestLineLimit, Resolver, Seconds,
    Sensitivity, ServerName, Slug, Sudo, TaskName, TaskUser, TlsProfile, UserName, WorkerTimeout,
    Workers, WsgiTarget, nearest,
};

/// A value that is parsed from a text. Numbers are taken as Ansible prints them; null and booleans
/// are no text.
fn parsed<T>(node: &Node, at: &mut At<'_>, parse: fn(&str) -> Result<T, Invalid>) -> Option<T> {
    let scalar = at.scalar(node, "a text")?;
    match &scalar.kind {
        Kind::Str => at.accept(node, parse(&scalar.written)),
        Kind::Null => {
            at.no_value(node);
            None
        }
        Kind::Bool(_) => {
            let written = shown(&scalar.written);
            let why = Invalid::new(format!(
                "expected a text, found `{written}`, which YAML reads as a boolean"
            ));
            let help = match parse(&scalar.written) {
                Ok(_) => Some(format!("put it in quotes if it is meant: '{written}'")),
                Err(why) => why.remedy().map(str::to_owned),
            };
            let why = help.into_iter().fold(why, Invalid::help);
            at.refuse(node.place, "wrong-type", &why);
            None
        }
        Kind::Int(_) | Kind::Float(_) | Kind::Date(_) => {
            let value = at.accept(node, parse(&scalar.python_text()))?;
            warn_of_respelling(node, scalar, at);
            Some(value)
        }
    }
}

/// Any text, for a type that is checked later.
fn text(node: &Node, at: &mut At<'_>) -> Option<String> {
    parsed(node, at, |text| Ok(text.to_owned()))
}

/// Says so when Ansible makes another text of a number than the one that stands there.
pub(crate) fn warn_of_respelling(node: &Node, scalar: &Scalar, at: &mut At<'_>) {
    let text = scalar.python_text();
    if text != scalar.written {
        let why = Invalid::new(format!(
            "YAML reads `{}` as `{text}`",
            shown(&scalar.written)
        ));
        at.warn(node.place, "respelled", &why.help(QUOTE_IT));
    }
}

/// Says so when a number is another one than a human reads: `010` is 8, `1:30` is 90.
fn warn_of_other_base(node: &Node, scalar: &Scalar, at: &mut At<'_>) {
    let Kind::Int(number) = &scalar.kind else {
        return;
    };
    let written = scalar.written.replace('_', "");
    if written.strip_prefix('+').unwrap_or(&written) != number {
        let why = Invalid::new(format!(
            "YAML reads `{}` as {number}",
            shown(&scalar.written)
        ));
        let help = format!("write {number} if that is meant");
        at.warn(node.place, "respelled", &why.help(help));
    }
}

const QUOTE_IT: &str = "put it in quotes to keep it as it is written";

/// Types that are parsed from a text and printed as one.
macro_rules! text_types {
    ($($name:ty => $rule:literal, $pattern:literal, $parse:expr;)*) => {$(
        impl Readable for $name {
            const TYPE: Type = Type::Text { rule: $rule, pattern: $pattern };

            fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
                parsed(node, at, $parse)
            }

            fn plain(&self) -> Plain {
                Plain::Text(self.to_string())
            }
        }
    )*};
}

text_types! {
    AppName => "`^[a-z][a-z0-9_]{0,30}$`, no name of the system", r"^[a-z][a-z0-9_]{0,30}$", AppName::parse;
    UserName => "`^[a-z][a-z0-9_]{0,30}$`, no account of the system", r"^[a-z][a-z0-9_]{0,30}$", UserName::parse;
    TaskUser => "a Unix account", r"^[a-z_][a-z0-9_-]{0,31}$", TaskUser::parse;
    WsgiTarget => "a Python path: `package.module` or `package.module:callable`", r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*(:[A-Za-z_][A-Za-z0-9_]*(\(.*\))?)?$", WsgiTarget::parse;
    EmailAddress => "an email address", r"^[^\s@]+@[^\s@]+$", EmailAddress::parse;
    EnvPrefix => "letters, digits and `_`, put in upper case", r"^[A-Za-z_][A-Za-z0-9_]{0,63}$", EnvPrefix::upper;
    AptPackage => "the name of a Debian package", r"^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?(=[A-Za-z0-9.+~:*-]+)?$", AptPackage::parse;
    PipPackage => "the name of a Python package", r"^[A-Za-z0-9][A-Za-z0-9._-]*(\[.*\])?$", PipPackage::parse;
    PipVersion => "a version", r"^[A-Za-z0-9][A-Za-z0-9.!+_*-]*$", PipVersion::parse;
    DatabaseId => "letters, digits and `_`", r"^[A-Za-z0-9_]{1,64}$", DatabaseId::parse;
    ServerName => "a host name, a wildcard (`*.example.org`), an IP address or `_`", r"^(\[[0-9A-Fa-f:.]+\]|(\*?\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.\*)?)$", server_name;
    Resolver => "an IP address, with a port if wanted", r"^([0-9.]+|\[[0-9A-Fa-f:.]+(%[0-9]+)?\])(:[0-9]+)?$", Resolver::parse;
    TaskName => "one line of text", r"\S", TaskName::parse;
    Slug => "letters, digits, `_` and `-`", r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$", Slug::parse;
    HealthPath => "a path that starts with `/`", r"^/[!-~]*$", HealthPath::parse;
    HealthStatus => "a status or a range from 100 to 599", r"^ *[1-5][0-9][0-9] *(- *[1-5][0-9][0-9] *)?$", HealthStatus::parse;
}

/// A server name, whose letters nginx compares in lower case anyway.
fn server_name(text: &str) -> Result<ServerName, Invalid> {
    ServerName::parse(&text.to_ascii_lowercase())
}

impl Readable for OwnedDir {
    const TYPE: Type = Type::Directory;

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        parsed(node, at, Self::parse)
    }

    fn plain(&self) -> Plain {
        Plain::Text(self.with_slash())
    }
}

/// A directory that is not the app's own.
pub(crate) struct DirectoryPath(pub(crate) AbsPath);

impl Readable for DirectoryPath {
    const TYPE: Type = Type::Directory;

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        parsed(node, at, AbsPath::parse).map(Self)
    }

    fn plain(&self) -> Plain {
        Plain::Text(self.0.with_slash())
    }
}

/// The path of a file, which a slash at its end would make a directory.
impl Readable for AbsPath {
    const TYPE: Type = Type::File;

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        parsed(node, at, |text| {
            let path = Self::parse(text)?;
            if text.ends_with('/') {
                let why = Invalid::new(format!("`{}` is a directory", shown(text)));
                return Err(why.help("write the path of a file, without a slash at its end"));
            }
            Ok(path)
        })
    }

    fn plain(&self) -> Plain {
        Plain::Text(self.to_string())
    }
}

impl Readable for RelativePath {
    const TYPE: Type = Type::Text {
        rule: "a path below the release",
        pattern: r"^[^/]",
    };

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        parsed(node, at, Self::parse)
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
            let mut why = Invalid::new(format!(
                "expected `yes` or `no`, found {}",
                found(&scalar.written)
            ));
            if let Some(near) = nearest(scalar.written.trim(), ["yes", "no", "true", "false"]) {
                why = why.help(format!("did you mean `{near}`?"));
            }
            at.refuse(node.place, "wrong-type", &why);
        }
        switch
    }

    fn plain(&self) -> Plain {
        Plain::Bool(*self)
    }
}

/// A switch as a text: YAML's words in any case, `y`, `n`, 1 and 0.
pub(super) fn switch_word(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "yes" | "on" | "true" | "1" | "y" => Some(true),
        "no" | "off" | "false" | "0" | "n" => Some(false),
        _ => None,
    }
}

/// A scalar as a message names it.
fn found(written: &str) -> String {
    if written.is_empty() {
        "no value".to_owned()
    } else {
        format!("`{}`", shown(written))
    }
}

/// A whole number, written as one or as a text of digits; `unit` may follow such a text. `Err` is a
/// number that no integer of ours holds.
fn integer(scalar: &Scalar, unit: &str) -> Option<Result<i128, ()>> {
    let digits = match &scalar.kind {
        Kind::Int(digits) => digits.as_str(),
        Kind::Str => {
            let text = scalar.written.trim();
            text.strip_suffix(unit).unwrap_or(text)
        }
        _ => return None,
    };
    let unsigned = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    let whole = !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit());
    whole.then(|| digits.parse().map_err(|_| ()))
}

/// Types that are whole numbers of a range.
macro_rules! integer_types {
    ($($name:ty, $unit:literal;)*) => {$(
        impl Readable for $name {
            const TYPE: Type = Type::Integer { min: <$name>::MIN as i64, max: <$name>::MAX as i64 };

            fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
                let scalar = at.scalar(node, "a whole number")?;
                let number = match integer(scalar, $unit) {
                    Some(Ok(number)) => <$name>::new(number),
                    Some(Err(())) => Err(<$name>::out_of_range(&shown(&scalar.written))),
                    None => {
                        let why = format!("expected a whole number, found {}", found(&scalar.written));
                        let why = Invalid::new(why).help(<$name>::ALLOWED);
                        at.refuse(node.place, "wrong-type", &why);
                        return None;
                    }
                };
                let number = at.accept(node, number)?;
                warn_of_other_base(node, scalar, at);
                Some(number)
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
        pattern: r"\S",
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

    /// A password may be `no`, or empty.
    const HAS_OFF: bool = false;

    /// Any scalar but null, as Ansible prints it: `no` arrives as `False`, as with the role.
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        if let Value::List(_) | Value::Map(_) = &node.value {
            let why = Invalid::new(format!("expected a text, found {}", kind_of(node)))
                .help("a process gets texts only: write it as one text, in quotes, that the app takes apart");
            at.refuse(node.place, "wrong-type", &why);
            return None;
        }
        let scalar = at.scalar(node, "a text")?;
        if scalar.kind == Kind::Null {
            let why = Invalid::new("there is no value")
                .help("write '' for an empty text, or leave the name out");
            at.refuse(node.place, "no-value", &why);
            return None;
        }
        let value = at.accept(node, Self::parse(&scalar.python_text()))?;
        // Neither text is shown: it may be a password.
        if scalar.python_text() != scalar.written {
            let arrives = match scalar.kind {
                Kind::Bool(true) => "as `True`",
                Kind::Bool(false) => "as `False`",
                _ => "spelled differently",
            };
            let kind = scalar.kind.name();
            let why = Invalid::new(format!(
                "YAML reads this as {kind}, which arrives {arrives}"
            ));
            at.warn(node.place, "respelled", &why.help(QUOTE_IT));
        }
        Some(value)
    }

    fn plain(&self) -> Plain {
        Plain::Secret(self.expose().to_owned())
    }
}

/// The path of a file of nginx directives on the operator's machine.
#[derive(Clone)]
pub(crate) struct IncludePath {
    pub(crate) path: String,
    /// The variable, with the index in the list.
    pub(crate) variable: String,
    pub(crate) place: Place,
    pub(crate) secret: bool,
}

impl Readable for IncludePath {
    const TYPE: Type = Type::Text {
        rule: "the path of a file on your machine, relative to the vars file",
        pattern: r"\S",
    };

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        Some(Self {
            path: text(node, at)?,
            variable: at.path().to_owned(),
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
    /// The variable, with the index in the list.
    pub(crate) variable: String,
    pub(crate) place: Place,
    pub(crate) secret: bool,
}

impl KeySource {
    /// The path, where it is one.
    pub(crate) fn path(&self) -> Option<&str> {
        let text = self.text.trim();
        if PublicKey::is_like(text) {
            return None;
        }
        // ssh-keygen writes `.pub`, and no other spelling of it.
        #[expect(clippy::case_sensitive_file_extension_comparisons)]
        let one_word = !text.contains(char::is_whitespace) || text.ends_with(".pub");
        (one_word && !text.is_empty() && text.contains(['/', '.', '~'])).then_some(text)
    }
}

impl Readable for KeySource {
    const TYPE: Type = Type::Text {
        rule: "a public key as in a `.pub` file, or the path of one on your machine",
        pattern: r"\S",
    };

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        Some(Self {
            text: text(node, at)?,
            variable: at.path().to_owned(),
            place: node.place,
            secret: at.is_secret(),
        })
    }

    fn plain(&self) -> Plain {
        Plain::Text(self.text.clone())
    }
}
