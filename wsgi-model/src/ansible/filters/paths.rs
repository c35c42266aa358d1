//! Filters of paths, by Python's `posixpath`. None looks at a disk.

use minijinja::Error;
use minijinja::value::{Tuple, Value, ValueKind};

use super::filters;
use crate::ansible::call::Call;
use crate::ansible::session::{Answer, Query};

filters! {
    "basename" => |call| Ok(Value::from(split(&call.only_text()?).1)),
    "commonpath" => commonpath,
    "dirname" => |call| Ok(Value::from(split(&call.only_text()?).0)),
    "expanduser" => expanduser,
    "normpath" => |call| Ok(Value::from(normal(&call.only_text()?))),
    "path_join" => path_join,
    "relpath" => relpath,
    "splitext" => splitext,
    "urlsplit" => urlsplit,
    "win_basename" => |call| Ok(Value::from(win_split(&call.only_text()?).1)),
    "win_dirname" => |call| Ok(Value::from(win_split(&call.only_text()?).0)),
}

/// `os.path.split`
fn split(path: &str) -> (String, String) {
    let at = path.rfind('/').map_or(0, |at| at + 1);
    let (head, tail) = path.split_at(at);
    let trimmed = head.trim_end_matches('/');
    let head = if trimmed.is_empty() { head } else { trimmed };
    (head.to_owned(), tail.to_owned())
}

fn win_split(path: &str) -> (String, String) {
    let drive = match path.as_bytes() {
        [_, b':', ..] => 2,
        _ => 0,
    };
    let (drive, rest) = path.split_at(drive.min(path.len()));
    let at = rest.rfind(['/', '\\']).map_or(0, |at| at + 1);
    let (head, tail) = rest.split_at(at);
    let trimmed = head.trim_end_matches(['/', '\\']);
    let head = if trimmed.is_empty() { head } else { trimmed };
    (format!("{drive}{head}"), tail.to_owned())
}

/// `os.path.normpath`
pub(super) fn normal(path: &str) -> String {
    let lead = match path.bytes().take_while(|b| *b == b'/').count() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|last| *last != "..") => {
                steps.pop();
            }
            ".." if !lead.is_empty() => {}
            step => steps.push(step),
        }
    }
    let made = format!("{lead}{}", steps.join("/"));
    if made.is_empty() {
        ".".to_owned()
    } else {
        made
    }
}

/// `os.path.join`
fn path_join(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let parts = if call.value.kind() == ValueKind::String {
        vec![call.value.clone()]
    } else {
        call.items()?
    };
    let mut path = String::new();
    for part in parts {
        let part = call.text_of(&part)?;
        if part.starts_with('/') {
            path = part;
        } else {
            if !path.is_empty() && !path.ends_with('/') {
                path.push('/');
            }
            path.push_str(&part);
        }
        call.room(path.len())?;
    }
    Ok(Value::from(path))
}

/// `os.path.splitext`
fn splitext(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let path = call.only_text()?;
    let name = path.rfind('/').map_or(0, |at| at + 1);
    let first = path[name..].bytes().take_while(|b| *b == b'.').count();
    let dot = path[name + first..].rfind('.').map(|at| name + first + at);
    let (root, extension) = path.split_at(dot.unwrap_or(path.len()));
    Ok(Value::from(Tuple::from([root, extension].map(Value::from))))
}

fn relpath(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let path = call.only_text()?;
    let [start] = call.bind(["start"])?;
    let start = call.text_or(start.as_ref(), ".")?;
    if path.starts_with('/') != start.starts_with('/') {
        return Err(call.wrong("the path and its start must both be absolute, or both relative"));
    }
    let steps = |path: &str| -> Vec<String> {
        let normal = normal(path);
        let steps = normal
            .split('/')
            .filter(|step| !step.is_empty() && *step != ".");
        steps.map(str::to_owned).collect()
    };
    let (path, start) = (steps(&path), steps(&start));
    let common = path.iter().zip(&start).take_while(|(a, b)| a == b).count();
    let mut made = vec![".."; start.len() - common];
    made.extend(path[common..].iter().map(String::as_str));
    Ok(Value::from(if made.is_empty() {
        ".".to_owned()
    } else {
        made.join("/")
    }))
}

fn commonpath(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut paths = Vec::new();
    for path in call.items()? {
        paths.push(call.text_of(&path)?);
    }
    let absolute = paths.first().is_some_and(|path| path.starts_with('/'));
    if paths.is_empty() || paths.iter().any(|path| path.starts_with('/') != absolute) {
        return Err(call.wrong("it wants paths that are all absolute, or all relative"));
    }
    let steps: Vec<Vec<&str>> = paths
        .iter()
        .map(|path| {
            path.split('/')
                .filter(|s| !s.is_empty() && *s != ".")
                .collect()
        })
        .collect();
    let mut common = steps[0].clone();
    for other in &steps {
        let same = common.iter().zip(other).take_while(|(a, b)| a == b).count();
        common.truncate(same);
    }
    let lead = if absolute { "/" } else { "" };
    Ok(Value::from(format!("{lead}{}", common.join("/"))))
}

fn expanduser(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let path = call.only_text()?;
    let Some(rest) = path.strip_prefix('~') else {
        return Ok(Value::from(path));
    };
    if !rest.is_empty() && !rest.starts_with('/') {
        return Err(call.wrong("the home of another user is not known here: write the path out"));
    }
    match call.session.ask(Query::Environment("HOME".to_owned()))? {
        Answer::Text { text: home, .. } => {
            Ok(Value::from(format!("{}{rest}", home.trim_end_matches('/'))))
        }
        Answer::Nothing | Answer::Failed(_) => Err(call.wrong("your home is not known: set HOME")),
    }
}

/// `urlsplit(query='')`: all parts of a URL, or one.
fn urlsplit(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let url = call.text()?;
    let [query] = call.bind(["query"])?;
    let wanted = call.text_or(query.as_ref(), "")?;
    let mut rest = url.as_str();
    let mut scheme = String::new();
    if let Some((before, after)) = rest.split_once(':') {
        let fits = before.starts_with(|c: char| c.is_ascii_alphabetic())
            && before
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        if fits {
            scheme = before.to_ascii_lowercase();
            rest = after;
        }
    }
    let mut netloc = "";
    if let Some(after) = rest.strip_prefix("//") {
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        (netloc, rest) = after.split_at(end);
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (user_info, host) = match netloc.rsplit_once('@') {
        Some((user_info, host)) => (Some(user_info), host),
        None => (None, netloc),
    };
    let (user, password) = match user_info {
        None => (None, None),
        Some(info) => match info.split_once(':') {
            Some((user, password)) => (Some(user), Some(password)),
            None => (Some(info), None),
        },
    };
    let (host, port) = match host.strip_prefix('[').and_then(|h| h.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match host.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (host, None),
        },
    };
    let port = match port.filter(|p| !p.is_empty()) {
        None => Value::from(()),
        Some(port) => match port.parse::<u16>() {
            Ok(port) => Value::from(port),
            Err(_) => return Err(call.wrong("the port is no number up to 65535")),
        },
    };
    let optional = |text: Option<&str>| text.map_or_else(|| Value::from(()), Value::from);
    let host = (!host.is_empty()).then(|| host.to_ascii_lowercase());
    let parts = [
        ("fragment", Value::from(fragment)),
        ("hostname", optional(host.as_deref())),
        ("netloc", Value::from(netloc)),
        ("password", optional(password)),
        ("path", Value::from(path)),
        ("port", port),
        ("query", Value::from(query)),
        ("scheme", Value::from(scheme)),
        ("username", optional(user)),
    ];
    if wanted.is_empty() {
        return Ok(Value::from_pairs(parts));
    }
    let found = parts.into_iter().find(|(name, _)| *name == wanted);
    found
        .map(|(_, value)| value)
        .ok_or_else(|| call.wrong("a URL has no such part"))
}
