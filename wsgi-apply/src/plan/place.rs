//! Where in the files of a plan a program sees an error.

use wsgi_model::{AbsPath, AppName, Sensitivity};

use super::{After, Change, Plan};

/// A line of a file of a plan, and what it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place<'a> {
    /// The app that it is made for.
    pub app: &'a AppName,
    /// The file.
    pub path: &'a AbsPath,
    /// The line, counted from 1.
    pub line: usize,
    /// What stands there; none in a file with secrets.
    pub text: Option<String>,
    /// What the file was rendered from, such as `nginx/site.hbs`.
    pub source: Option<&'a str>,
}

impl Plan {
    /// The places in this plan's files that a message names, as nginx does: `… in PATH:LINE`.
    ///
    /// What a program refused is not on the host any more: its files are what they were before.
    pub fn places(&self, message: &str) -> Vec<Place<'_>> {
        let mut places = Vec::new();
        for (begin, _) in message.match_indices(" in /") {
            let rest = &message[begin + " in ".len()..];
            let Some((named, after)) = rest.split_once(':') else {
                continue;
            };
            // A site is read by its link.
            let named = named.replace("/sites-enabled/", "/sites-available/");
            let Some((app, change)) = self.steps.iter().find_map(|step| match &step.change {
                Change::Path(change) if change.path.as_str() == named => Some((&step.app, change)),
                _ => None,
            }) else {
                continue;
            };
            let digits = after.split(|c: char| !c.is_ascii_digit()).next();
            let Some(line) = digits.and_then(|digits| digits.parse::<usize>().ok()) else {
                continue;
            };
            let After::File { contents, .. } = &change.after else {
                continue;
            };
            let all = String::from_utf8_lossy(contents.expose());
            let text = all.lines().nth(line.saturating_sub(1));
            let is_public = contents.sensitivity() == Sensitivity::Public;
            places.push(Place {
                app,
                path: &change.path,
                line,
                text: text
                    .filter(|_| is_public)
                    .map(|text| text.trim().to_owned()),
                source: self.sources.get(&change.path).map(AsRef::as_ref),
            });
        }
        places
    }
}
