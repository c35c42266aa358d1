//! Filters with regular expressions in Python's syntax.

use fancy_regex::{Captures, Regex, RegexBuilder};
use minijinja::Error;
use minijinja::value::{Kwargs, Tuple, Value};

use super::filters;
use crate::ansible::call::Call;
use crate::ansible::view::list;

filters! {
    "regex_escape" => escape,
    "regex_findall" => find_all,
    "regex_replace" => replace,
    "regex_search" => search,
}

/// The most steps back that a match takes.
const BACKTRACKS: usize = 200_000;

/// Python's flags.
#[derive(Clone, Copy, Default)]
pub(in crate::ansible) struct Flags {
    pub(in crate::ansible) ignore_case: bool,
    pub(in crate::ansible) multi_line: bool,
}

impl Flags {
    fn of(ignore_case: Option<&Value>, multi_line: Option<&Value>) -> Self {
        Self {
            ignore_case: ignore_case.is_some_and(Value::is_true),
            multi_line: multi_line.is_some_and(Value::is_true),
        }
    }
}

/// Compiles a pattern of Python's.
pub(in crate::ansible) fn compile(
    call: &mut Call<'_, '_, '_>,
    pattern: &str,
    flags: Flags,
) -> Result<Regex, Error> {
    call.work(200 + pattern.len() * 8)?;
    let refuse = |reason: &str| call.wrong(reason);
    if pattern.len() > 10_000 {
        return Err(refuse("the regular expression is too long"));
    }
    let pattern = translate(pattern, flags.multi_line)
        .map_err(|reason| refuse(&format!("the regular expression {reason}")))?;
    RegexBuilder::new(&pattern)
        .case_insensitive(flags.ignore_case)
        .multi_line(flags.multi_line)
        .backtrack_limit(BACKTRACKS)
        .delegate_size_limit(1 << 20)
        .delegate_dfa_size_limit(1 << 20)
        .build()
        .map_err(|_| refuse("this is no regular expression that is known here"))
}

/// Python's syntax in that of the crate: where they mean different things, another spelling.
fn translate(pattern: &str, multi_line: bool) -> Result<String, &'static str> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    let mut class_begins = false;
    while let Some(c) = chars.next() {
        let first_in_class = std::mem::take(&mut class_begins);
        match c {
            '\\' => match chars.next() {
                None => return Err("ends in a lone backslash"),
                Some('Z') if !in_class => out.push_str("\\z"),
                Some(
                    c @ ('z' | 'G' | 'K' | 'h' | 'H' | 'R' | 'X' | 'e' | 'E' | 'Q' | 'p' | 'P'
                    | 'k' | 'g' | 'c'),
                ) => {
                    let _ = c;
                    return Err("has an escape that Python does not have");
                }
                Some('N') => return Err("has `\\N`, which is not available here"),
                Some('u') => out.push_str(&code_point(&mut chars, 4)?),
                Some('U') => out.push_str(&code_point(&mut chars, 8)?),
                Some(c) => {
                    out.push('\\');
                    // Escaped letters of other alphabets are themselves.
                    if !c.is_ascii() || "\"' #<>=!:;,@%`_".contains(c) {
                        out.pop();
                        if c == '#' || c == ' ' {
                            out.push('\\');
                        }
                    }
                    out.push(c);
                }
            },
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                // A bracket that closes nothing is itself.
                if chars.next_if_eq(&']').is_some() {
                    out.push_str("\\]");
                }
                class_begins = true;
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            // Python has no classes in classes, and no operators on them.
            '[' => out.push_str("\\["),
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            '-' if in_class && !first_in_class && chars.peek() == Some(&'-') => out.push_str("\\-"),
            c if in_class => out.push(c),
            '$' if !multi_line => out.push_str("(?=\\n?\\z)"),
            '{' => {
                let rest: String = chars.clone().take_while(|c| *c != '}').collect();
                let bounds = rest.split_once(',');
                let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
                let closed = chars.clone().nth(rest.chars().count()) == Some('}');
                match bounds {
                    Some(("", most)) if closed && digits(most) => {
                        out.push_str("{0,");
                        chars.next();
                    }
                    Some((least, most)) if closed && digits(least) && digits(most) => out.push('{'),
                    None if closed && !rest.is_empty() && digits(&rest) => out.push('{'),
                    _ => out.push_str("\\{"),
                }
            }
            '(' => {
                out.push('(');
                if chars.peek() == Some(&'?') {
                    let ahead: String = chars.clone().skip(1).take(2).collect();
                    let mut ahead = ahead.chars();
                    match (ahead.next(), ahead.next()) {
                        (Some('P'), Some('<' | '=')) | (Some('<'), Some('=' | '!')) => {}
                        (Some('<' | '(' | 'P' | '#'), _) => {
                            return Err("has a group that is not available here");
                        }
                        (Some('a' | 'L' | 'u'), _) => {
                            return Err("has a flag that is not available here");
                        }
                        _ => {}
                    }
                }
            }
            c => out.push(c),
        }
    }
    Ok(out)
}

fn code_point(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    digits: usize,
) -> Result<String, &'static str> {
    let hex: String = chars.by_ref().take(digits).collect();
    let fits = hex.len() == digits && hex.chars().all(|c| c.is_ascii_hexdigit());
    fits.then(|| format!("\\x{{{hex}}}"))
        .ok_or("has an incomplete `\\u`")
}

/// One part of a replacement.
enum Part {
    Text(String),
    Number(usize),
    Name(String),
}

/// Python's replacement: `\1`, `\g<1>`, `\g<name>`, `\n`.
fn parts(template: &str) -> Result<Vec<Part>, &'static str> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        let group = match chars.next() {
            None => return Err("ends in a lone backslash"),
            Some('g') => {
                if chars.next() != Some('<') {
                    return Err("has `\\g` without a name");
                }
                let name: String = chars.by_ref().take_while(|c| *c != '>').collect();
                match name.parse() {
                    Ok(number) => Part::Number(number),
                    Err(_) => Part::Name(name),
                }
            }
            Some('0') => return Err("has an octal escape, which is not available here"),
            Some(c @ '1'..='9') => {
                let mut number = c.to_digit(10).unwrap_or_default() as usize;
                if let Some(next) = chars.next_if(char::is_ascii_digit) {
                    number = number * 10 + next.to_digit(10).unwrap_or_default() as usize;
                }
                Part::Number(number)
            }
            Some(c) => {
                let c = match c {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'a' => '\u{7}',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'v' => '\u{b}',
                    '\\' => '\\',
                    c if c.is_ascii_alphabetic() => {
                        return Err("has an escape that Python does not have");
                    }
                    c => {
                        text.push('\\');
                        c
                    }
                };
                text.push(c);
                continue;
            }
        };
        parts.push(Part::Text(std::mem::take(&mut text)));
        parts.push(group);
    }
    parts.push(Part::Text(text));
    Ok(parts)
}

fn expand(parts: &[Part], found: &Captures<'_, str>, out: &mut String) {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Number(number) => out.push_str(found.get(*number).map_or("", |m| m.as_str())),
            Part::Name(name) => out.push_str(found.name(name).map_or("", |m| m.as_str())),
        }
    }
}

fn too_hard(call: &Call<'_, '_, '_>) -> Error {
    call.wrong("the regular expression takes too long on this text")
}

/// `regex_replace(pattern='', replacement='', ignorecase=false, multiline=false, count=0, mandatory_count=0)`
fn replace(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.text()?;
    let [
        pattern,
        replacement,
        ignore_case,
        multi_line,
        count,
        mandatory,
    ] = call.bind([
        "pattern",
        "replacement",
        "ignorecase",
        "multiline",
        "count",
        "mandatory_count",
    ])?;
    let pattern = call.text_or(pattern.as_ref(), "")?;
    let replacement = call.text_or(replacement.as_ref(), "")?;
    let count = call.whole_or(count.as_ref(), 0)?;
    let mandatory = call.whole_or(mandatory.as_ref(), 0)?;
    let regex = compile(
        call,
        &pattern,
        Flags::of(ignore_case.as_ref(), multi_line.as_ref()),
    )?;
    let parts =
        parts(&replacement).map_err(|reason| call.wrong(&format!("the replacement {reason}")))?;
    let groups = regex.captures_len();
    let names: Vec<&str> = regex.capture_names().flatten().collect();
    let known = |part: &Part| match part {
        Part::Text(_) => true,
        Part::Number(number) => *number < groups,
        Part::Name(name) => names.contains(&name.as_str()),
    };
    if !parts.iter().all(known) {
        return Err(call.wrong("the replacement names a group that is not there"));
    }
    call.work(text.len())?;
    let mut out = String::new();
    let mut done = 0;
    let mut from = 0;
    for found in regex.captures_iter(text.as_str()) {
        let found = found.map_err(|_| too_hard(call))?;
        if count > 0 && done == count {
            break;
        }
        let Some(whole) = found.get(0) else { continue };
        out.push_str(&text[from..whole.start()]);
        expand(&parts, &found, &mut out);
        call.room(out.len())?;
        from = whole.end();
        done += 1;
    }
    if mandatory > 0 && done != mandatory {
        return Err(call.wrong("the text was not found as often as `mandatory_count` demands"));
    }
    out.push_str(&text[from..]);
    Ok(Value::from(out))
}

/// `regex_search(pattern, *groups, ignorecase=false, multiline=false)`: nothing where it is not found.
fn search(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.text()?;
    let mut args = std::mem::take(&mut call.args).into_iter();
    let mut named = std::mem::take(&mut call.kwargs);
    let mut take = |name: &str| {
        let at = named.iter().position(|(known, _)| known == name);
        at.map(|at| named.remove(at).1)
    };
    let flags = Flags::of(take("ignorecase").as_ref(), take("multiline").as_ref());
    let pattern = take("regex").or_else(|| args.next());
    let pattern = call.text_or(pattern.as_ref(), "")?;
    if !named.is_empty() {
        let _unused: Kwargs = named.into_iter().collect();
        return Err(call.wrong("it takes `ignorecase` and `multiline`"));
    }
    let mut groups = Vec::new();
    for group in args {
        let group = call.text_of(&group)?;
        let number = group.strip_prefix('\\').and_then(|n| n.parse().ok());
        let name = group.strip_prefix("\\g<").and_then(|n| n.strip_suffix('>'));
        groups.push(match (number, name) {
            (Some(number), _) => Part::Number(number),
            (None, Some(name)) => name
                .parse()
                .map_or_else(|_| Part::Name(name.to_owned()), Part::Number),
            _ => return Err(call.wrong("a group is written `\\\\1` or `\\\\g<name>`")),
        });
    }
    let regex = compile(call, &pattern, flags)?;
    call.work(text.len())?;
    let found = regex.captures(text.as_str()).map_err(|_| too_hard(call))?;
    let Some(found) = found else {
        return Ok(Value::from(()));
    };
    let text_of = |part: &Part| match part {
        Part::Number(number) => found.get(*number),
        Part::Name(name) => found.name(name),
        Part::Text(_) => None,
    };
    if groups.is_empty() {
        return Ok(Value::from(found.get(0).map_or("", |m| m.as_str())));
    }
    Ok(list(groups.iter().map(|group| {
        text_of(group).map_or_else(|| Value::from(()), |m| Value::from(m.as_str()))
    })))
}

/// `regex_findall(regex, multiline=false, ignorecase=false)`
fn find_all(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.text()?;
    let [pattern, multi_line, ignore_case] = call.bind(["regex", "multiline", "ignorecase"])?;
    let pattern = call.text_or(pattern.as_ref(), "")?;
    let regex = compile(
        call,
        &pattern,
        Flags::of(ignore_case.as_ref(), multi_line.as_ref()),
    )?;
    call.work(text.len())?;
    let groups = regex.captures_len();
    let mut all = Vec::new();
    for found in regex.captures_iter(text.as_str()) {
        let found = found.map_err(|_| too_hard(call))?;
        let group = |i: usize| Value::from(found.get(i).map_or("", |m| m.as_str()));
        all.push(match groups {
            1 => group(0),
            2 => group(1),
            _ => Value::from(Tuple::from((1..groups).map(group).collect::<Vec<_>>())),
        });
    }
    call.work(all.len())?;
    Ok(Value::from(all))
}

/// `regex_escape(re_type='python')`
fn escape(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.text()?;
    let [kind] = call.bind(["re_type"])?;
    let special: &str = match call.text_or(kind.as_ref(), "python")?.as_str() {
        "python" => "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}",
        "posix_basic" => "[].*^$\\",
        _ => return Err(call.wrong("known here are `python` and `posix_basic`")),
    };
    let mut out = String::new();
    for c in text.chars() {
        if special.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(Value::from(out))
}
