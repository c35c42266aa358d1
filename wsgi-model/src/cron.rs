//! Cron tasks.

use crate::name::shown;
use crate::text::checked_text;
use crate::{AbsPath, CommandLine, EnvVar, Invalid, Slug, TaskUser};

checked_text! {
    /// What a task is called: one line of text, at most 200 bytes.
    TaskName, |text| {
        if text.trim().is_empty() {
            return Err(Invalid::new("the name is empty"));
        }
        if text.len() > 200 || text.chars().any(char::is_control) {
            return Err(Invalid::new("the name is longer than 200 bytes or has line breaks in it").help("one short line"));
        }
        Ok(())
    }
}

/// Which of the five fields of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CronUnit {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// Day of the month, 1 to 31.
    Day,
    /// 1 to 12, or `jan` to `dec`.
    Month,
    /// 0 to 7 (0 and 7 are Sunday), or `sun` to `sat`.
    Weekday,
}

impl CronUnit {
    const MONTHS: &[&str] = &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    const fn range(self) -> (u8, u8) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday => (0, 7),
        }
    }

    fn number(self, text: &str) -> Option<u8> {
        let named = |names: &[&str], first: u8| {
            let lower = text.to_ascii_lowercase();
            names
                .iter()
                .position(|n| *n == lower)
                .and_then(|i| u8::try_from(i).ok())
                .map(|i| i + first)
        };
        let digits =
            !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
        let number = if digits { text.parse().ok() } else { None };
        number.or_else(|| match self {
            Self::Month => named(Self::MONTHS, 1),
            Self::Weekday => named(Self::WEEKDAYS, 0),
            _ => None,
        })
    }

    /// The numbers that one part of a list matches, as bits. A refusal without a remedy leaves that to
    /// the field.
    fn part(self, part: &str) -> Result<u64, Invalid> {
        let (low, high) = self.range();
        if part.is_empty() {
            return Err(Invalid::new("the field, or a part of its list, is empty"));
        }
        let (span, step) = match part.split_once('/') {
            Some((span, step)) => (span, Some(step)),
            None => (part, None),
        };
        let (from, to) = if span == "*" {
            (low, high)
        } else if let Some((from, to)) = span.split_once('-') {
            match (self.number(from), self.number(to)) {
                (Some(first), Some(last)) if first > last => {
                    return Err(self.backwards(span, (from, first), (to, last), step));
                }
                (Some(first), Some(last)) => (first, last),
                _ => {
                    let why = format!("`{}` is not a range that cron takes", shown(span));
                    return Err(Invalid::new(why));
                }
            }
        } else {
            match self.number(span) {
                Some(_) if step.is_some() => {
                    let why = format!("`{}` has a step, but no range to step through", shown(part));
                    return Err(Invalid::new(why));
                }
                Some(number) => (number, number),
                None => {
                    let why = format!("`{}` is nothing that cron takes here", shown(part));
                    return Err(Invalid::new(why));
                }
            }
        };
        if from < low || to > high {
            return Err(Invalid::new(format!("`{}` is out of range", shown(span))));
        }
        let step = match step.map(|s| (s, s.parse::<u8>())) {
            None => 1,
            Some((_, Ok(step))) if (1..=high).contains(&step) => step,
            Some((text, _)) => {
                return Err(Invalid::new(format!(
                    "the step `{}` is out of range",
                    shown(text)
                )));
            }
        };
        let numbers = (from..=to).step_by(usize::from(step));
        Ok(numbers.fold(0, |bits, n| bits | 1 << n))
    }

    /// The refusal of a range across the end of the day, the week or the year.
    fn backwards(
        self,
        span: &str,
        (from, first): (&str, u8),
        (to, last): (&str, u8),
        step: Option<&str>,
    ) -> Invalid {
        let why = Invalid::new(format!(
            "the range `{}` runs backwards, and cron would never start the task",
            shown(span)
        ));
        let named = from.starts_with(|c: char| c.is_ascii_alphabetic());
        let (low, high) = match self {
            Self::Weekday if named => ("sun".to_owned(), "sat".to_owned()),
            Self::Month if named => ("jan".to_owned(), "dec".to_owned()),
            // 7 is Sunday too, which the second range begins with.
            Self::Weekday => ("0".to_owned(), "6".to_owned()),
            _ => (self.range().0.to_string(), self.range().1.to_string()),
        };
        let bound = |text: &str| self.number(text);
        if step.is_some() || first > self.range().1 || bound(&high).is_none_or(|high| first > high)
        {
            return why;
        }
        let end = if bound(&high) == Some(first) {
            from.to_owned()
        } else {
            format!("{from}-{high}")
        };
        let start = if bound(&low) == Some(last) {
            to.to_owned()
        } else {
            format!("{low}-{to}")
        };
        why.help(format!("write it as two: `{end},{start}`"))
    }

    /// What the field takes, for a message.
    const fn allowed(self) -> &'static str {
        match self {
            Self::Minute => "`*`, `*/5`, or 0 to 59, as in `0,15-45/10`",
            Self::Hour => "`*`, `*/2`, or 0 to 23, as in `8-18`",
            Self::Day => "`*`, or 1 to 31, as in `1,15`",
            Self::Month => "`*`, 1 to 12 or `jan` to `dec`, as in `1-6`",
            Self::Weekday => "`*`, 0 to 7 (0 and 7 are Sunday) or `sun` to `sat`, as in `1-5`",
        }
    }
}

/// One field of a schedule that cron(8) of Debian takes and that fires: `*`, numbers, ranges, lists,
/// steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronField {
    text: String,
    /// Bit `n` is set when the field matches `n`.
    matches: u64,
}

impl CronField {
    /// `*`, which always matches.
    pub fn any(unit: CronUnit) -> Self {
        let (low, high) = unit.range();
        Self {
            text: "*".to_owned(),
            matches: (low..=high).fold(0, |bits, n| bits | 1 << n),
        }
    }

    /// Parses the field of `unit`, more strictly than cron, which takes `*/70` and `5-1` in silence.
    ///
    /// # Errors
    /// [`Invalid`] names the part that is wrong and what the field takes.
    pub fn parse(unit: CronUnit, text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if let Some(why) = Self::of_whole_schedule(text) {
            return Err(why);
        }
        let mut matches = 0;
        for part in text.split(',') {
            matches |= unit.part(part).map_err(|why| match why.remedy() {
                Some(_) => why,
                None => why.help(unit.allowed()),
            })?;
        }
        Ok(Self {
            text: text.to_owned(),
            matches,
        })
    }

    /// The refusal of what people write for a schedule as a whole: `@daily`, or five fields in one text.
    pub(crate) fn of_whole_schedule(text: &str) -> Option<Invalid> {
        let fields: Vec<&str> = match text {
            "@hourly" => vec!["0"],
            "@daily" | "@midnight" => vec!["0", "0"],
            "@weekly" => vec!["0", "0", "*", "*", "0"],
            "@monthly" => vec!["0", "0", "1"],
            "@yearly" | "@annually" => vec!["0", "0", "1", "1"],
            "@reboot" => {
                return Some(
                    Invalid::new("`@reboot` is not known here: no task starts with the machine")
                        .help("let the app do it when it starts, which supervisor sees to"),
                );
            }
            _ => text.split_whitespace().collect(),
        };
        if !text.starts_with('@') && fields.len() < 2 {
            return None;
        }
        let why = Invalid::new(format!(
            "`{}` is a whole schedule, not a field of one",
            shown(text)
        ));
        if text.starts_with('@') && fields == [text] || fields.len() > 5 {
            return Some(why);
        }
        let named = ["minute", "hour", "day", "month", "weekday"]
            .iter()
            .zip(&fields);
        let set = named.filter(|(_, field)| **field != "*");
        let set: Vec<String> = set
            .map(|(name, field)| format!("{name}: '{}'", shown(field)))
            .collect();
        Some(why.help(format!(
            "name each field: `frequency: {{{}}}`",
            set.join(", ")
        )))
    }

    /// The field as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it restricts nothing by starting with `*`, which is how cron decides whether day and
    /// weekday are both asked for.
    fn is_star(&self) -> bool {
        self.text.starts_with('*')
    }
}

/// When a task runs. When both day and weekday are restricted, cron runs it when either matches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schedule {
    /// Minutes.
    pub minute: CronField,
    /// Hours.
    pub hour: CronField,
    /// Days of the month.
    pub day: CronField,
    /// Months.
    pub month: CronField,
    /// Days of the week.
    pub weekday: CronField,
}

impl Default for Schedule {
    /// Every minute.
    fn default() -> Self {
        Self {
            minute: CronField::any(CronUnit::Minute),
            hour: CronField::any(CronUnit::Hour),
            day: CronField::any(CronUnit::Day),
            month: CronField::any(CronUnit::Month),
            weekday: CronField::any(CronUnit::Weekday),
        }
    }
}

impl Schedule {
    /// Whether there is a date on which it fires: 31 February is none.
    pub fn ever_fires(&self) -> bool {
        const DAYS: [u8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        if !self.weekday.is_star() {
            return true;
        }
        (1u8..=12).zip(DAYS).any(|(month, days)| {
            self.month.matches >> month & 1 == 1
                && (1..=days).any(|day| self.day.matches >> day & 1 == 1)
        })
    }
}

impl std::fmt::Display for Schedule {
    /// The five fields as crontab(5) orders them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fields = [
            &self.minute,
            &self.hour,
            &self.day,
            &self.month,
            &self.weekday,
        ];
        for (i, field) in fields.into_iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(&field.text)?;
        }
        Ok(())
    }
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CronTask {
    /// What it is called.
    pub name: TaskName,
    /// Who runs it; none is the app's user.
    pub user: Option<TaskUser>,
    /// What bash runs.
    pub command: CommandLine,
    /// When.
    pub schedule: Schedule,
    /// Where its whole output is appended; none leaves it to cron, which mails it.
    pub logfile: Option<AbsPath>,
    /// Further variables, as written.
    pub environment: Vec<EnvVar>,
    /// Whether it is skipped while the last run is still going.
    pub lock: bool,
    /// Names the lock.
    pub slug: Option<Slug>,
}

impl CronTask {
    /// A task that runs `command` every minute as the app's user.
    pub fn new(name: TaskName, command: CommandLine) -> Self {
        Self {
            name,
            user: None,
            command,
            schedule: Schedule::default(),
            logfile: None,
            environment: Vec::new(),
            lock: false,
            slug: None,
        }
    }

    /// The slug of the lock that it takes, if it takes one.
    pub fn lock_slug(&self) -> Option<&Slug> {
        self.slug.as_ref().filter(|_| self.lock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_cron_misreads_in_silence_are_refused() {
        for bad in [
            "5-1", "*/70", "1#2", "1.5", "**", "*5", "60", "", "1,,2", "*/0", "5/2", "-1", "1-",
            "@daily",
        ] {
            assert!(CronField::parse(CronUnit::Minute, bad).is_err(), "{bad}");
        }
        for good in ["*", "*/5", "0", "0,15-45/10", "59", "00", "1-5"] {
            assert!(CronField::parse(CronUnit::Minute, good).is_ok(), "{good}");
        }
        assert!(CronField::parse(CronUnit::Weekday, "Mon-Fri").is_ok());
        assert!(CronField::parse(CronUnit::Month, "JAN,jul").is_ok());
        assert!(CronField::parse(CronUnit::Hour, "mon").is_err());
    }

    #[test]
    fn the_31st_of_february_never_comes() -> Result<(), Invalid> {
        let at = |day, month| -> Result<Schedule, Invalid> {
            Ok(Schedule {
                day: CronField::parse(CronUnit::Day, day)?,
                month: CronField::parse(CronUnit::Month, month)?,
                ..Schedule::default()
            })
        };
        assert!(!at("31", "2")?.ever_fires());
        assert!(!at("31", "2,4,jun")?.ever_fires());
        assert!(at("29", "2")?.ever_fires());
        assert!(at("30-31", "1-2")?.ever_fires());
        let mut either = at("31", "2")?;
        either.weekday = CronField::parse(CronUnit::Weekday, "1")?;
        assert!(either.ever_fires(), "cron takes day or weekday");
        Ok(())
    }
}
