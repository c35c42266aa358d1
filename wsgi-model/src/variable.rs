//! What is known of a variable before anybody sets it.

use std::marker::PhantomData;

/// What a variable takes. The JSON Schema, the reference and the messages follow from it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Type {
    /// `yes` or `no`, in any of YAML's and Ansible's spellings.
    Switch,
    /// A whole number, also as a text.
    Integer {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// A text; the rule says which.
    Text {
        /// What is allowed, as a phrase.
        rule: &'static str,
        /// What every legal text matches, as an ECMAScript expression that other dialects read, too.
        /// Not all that matches is legal.
        pattern: &'static str,
    },
    /// A text that must not be shown.
    Secret,
    /// An absolute path of a directory on the server.
    Directory,
    /// An absolute path of a file on the server.
    File,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The inner type; an empty text, `no` or null switches the thing off.
    Optional(&'static Type),
    /// Any number of the inner type.
    List(&'static Type),
    /// One of the inner type, or a list of them.
    OneOrList(&'static Type),
    /// Names and values of environment variables.
    Environment,
    /// A mapping with these keys.
    Record(&'static &'static [&'static Definition]),
    /// A mapping with these keys, or a text in an old spelling.
    RecordOrText(&'static &'static [&'static Definition]),
}

/// What holds when a variable is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fallback {
    /// It must be set.
    Required,
    /// This text of YAML, in which `{name}`, `{path}`, `{storage}`, `{venv}` and `{log}` stand for the
    /// app's name, home, storage directory, virtualenv and log directory.
    Text(&'static str),
    /// Nothing; the phrase says what that means.
    Nothing(&'static str),
}

/// A group of variables in the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Section {
    /// What the app is.
    Application,
    /// Where its things are.
    Places,
    /// What is installed, who gets in.
    System,
    /// The server process.
    Gunicorn,
    /// The site.
    Nginx,
    /// Certificates.
    Tls,
    /// Tasks.
    Cron,
    /// Releases.
    Deploy,
}

impl Section {
    /// The heading in the reference.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Application => "Application",
            Self::Places => "Places",
            Self::System => "System and access",
            Self::Gunicorn => "Gunicorn",
            Self::Nginx => "Nginx",
            Self::Tls => "TLS",
            Self::Cron => "Cron",
            Self::Deploy => "Deploy",
        }
    }
}

/// The one definition of a variable, or of a key in a mapping.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// Other spellings that load.
    pub aliases: &'static [&'static str],
    /// Where the reference has it.
    pub section: Section,
    /// What it takes.
    pub takes: Type,
    /// What holds without it.
    pub fallback: Fallback,
    /// The unit of a number, empty without one.
    pub unit: &'static str,
    /// What must be set beside it, and on where it is a switch, when this switch is on; empty when
    /// nothing must.
    pub needs: &'static str,
    /// What it means, in Markdown.
    pub doc: &'static str,
    /// A value to show, as YAML.
    pub example: &'static str,
}

/// A definition together with the type that its values are parsed into.
#[derive(Debug)]
pub(crate) struct Variable<T> {
    pub(crate) definition: Definition,
    pub(crate) marker: PhantomData<fn() -> T>,
}

/// Declares the variables (or keys) of one table: a static for each, and the table itself.
macro_rules! define {
    ($(#[$table_doc:meta])* $vis:vis $table:ident;
     $($section:ident {
        $($(#[doc = $doc:literal])+ $ident:ident: $ty:ty = $name:literal $(or $alias:literal)*, $fallback:expr
            $(; unit $unit:literal)? $(; needs $needs:literal)? $(; example $example:literal)?;)+
     })+) => {
        $($(
            pub(crate) static $ident: $crate::variable::Variable<$ty> = $crate::variable::Variable {
                definition: $crate::Definition {
                    name: $name,
                    aliases: &[$($alias),*],
                    section: $crate::Section::$section,
                    takes: <$ty as $crate::wire::Readable>::TYPE,
                    fallback: $fallback,
                    unit: concat!($($unit)?),
                    needs: concat!($($needs)?),
                    doc: concat!($($doc),+),
                    example: concat!($($example)?),
                },
                marker: std::marker::PhantomData,
            };
        )+)+

        $(#[$table_doc])*
        $vis static $table: &[&$crate::Definition] = &[$($(&$ident.definition),+),+];
    };
}

pub(crate) use define;

/// The known name nearest to `unknown`, when one is near enough to be meant by it: a typo of it, or
/// the only one that has all of its words.
///
/// ```
/// let names = wsgi_model::VARIABLES.iter().map(|v| v.name);
/// assert_eq!(wsgi_model::nearest("wsgi_server_name", names.clone()), Some("wsgi_server_names"));
/// assert_eq!(wsgi_model::nearest("wsgi_workers", names), Some("wsgi_gunicorn_num_workers"));
/// ```
pub fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = unknown.to_ascii_lowercase().replace('-', "_");
    let scored = known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, name), name));
    let mut nearest: Option<(usize, &str)> = None;
    let mut completed = Vec::new();
    for (distance, name) in scored {
        if distance <= (name.len() / 4).max(1) && nearest.is_none_or(|(least, _)| distance < least)
        {
            nearest = Some((distance, name));
        }
        if holds_words(name, &lower) {
            completed.push(name);
        }
    }
    match (nearest, completed.as_slice()) {
        // One or two letters are a slip of the finger; more may be a name from memory.
        (Some((distance, name)), _) if distance <= 2 => Some(name),
        (_, [name]) => Some(name),
        (nearest, _) => nearest.map(|(_, name)| name),
    }
}

/// Whether all words of `short` are words of `name`, give or take an ending: `wsgi_gunicorn_worker` of
/// `wsgi_gunicorn_num_workers`.
fn holds_words(name: &str, short: &str) -> bool {
    let words: Vec<&str> = name.split('_').collect();
    let same = |one: &str, other: &str| {
        one == other || one.trim_end_matches('s') == other.trim_end_matches('s')
    };
    let mut wanted = short.split('_').filter(|word| *word != "wsgi").peekable();
    wanted.peek().is_some_and(|word| word.len() > 2)
        && wanted.all(|word| words.iter().any(|other| same(word, other)))
}
