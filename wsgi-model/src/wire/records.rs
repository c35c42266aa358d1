//! Types that are mappings with known keys.

use super::readable::{At, Readable, kind_of, shown_key, stand_in, step, warn_of_respelling};
use super::scalar::Kind;
use super::yaml::{Entry, Node, Value};
use crate::variable::{Fallback, Type, Variable};
use crate::variables::{cron, database, frequency, pip};
use crate::wire::plain::Plain;
use crate::{
    CronField, CronTask, CronUnit, Database, Definition, EnvValue, Invalid, PipRequirement,
    Schedule, nearest,
};

/// The mapping of a record, whose keys are all known.
struct Fields<'n> {
    entries: &'n [Entry],
    node: &'n Node,
    keys: &'static [&'static Definition],
}

impl<'n> Fields<'n> {
    /// The mapping at `node`, after every unknown key of it was refused.
    fn of(node: &'n Node, keys: &'static [&'static Definition], at: &mut At<'_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            if let Value::Scalar(_) | Value::Vault(_) | Value::Refused = &node.value {
                at.scalar(node, "a mapping")?;
            }
            let listed = keys
                .iter()
                .map(|k| format!("`{}`", k.name))
                .collect::<Vec<_>>()
                .join(", ");
            at.wrong_type(
                node,
                &format!("a mapping with the keys {listed}"),
                kind_of(node),
            );
            return None;
        };
        for entry in entries {
            let key = entry.key.python_text();
            if keys.iter().any(|k| k.name == key) {
                continue;
            }
            let names = || keys.iter().map(|k| k.name);
            let near = nearest(&key, names());
            if let Some(near) = near {
                at.stand_in_below(&step(near));
            }
            let step_to = at.step(&shown_key(entry));
            at.below(&step_to, |at| {
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    // `{weekday: sat,sun}` is a weekday and a key without a value.
                    None if entry.node.is_nothing() => {
                        "if it belongs to the value before it, put that value in quotes: the comma ends it".to_owned()
                    }
                    None => format!("known here: {}", names().collect::<Vec<_>>().join(", ")),
                };
                at.refuse(
                    entry.key_place,
                    "unknown-key",
                    &Invalid::new("there is no such key").help(help),
                );
            });
        }
        Some(Self {
            entries,
            node,
            keys,
        })
    }

    /// The value of one key, or of its fallback; after a refusal a stand-in, so that the rest of the
    /// record is checked too.
    fn get<T: Readable>(&self, key: &Variable<T>, at: &mut At<'_>) -> T {
        let definition = &key.definition;
        let found = self
            .entries
            .iter()
            .find(|e| e.key.python_text() == definition.name);
        let value = at.below(&step(definition.name), |at| {
            match (found, definition.fallback) {
                (Some(entry), _) => at.read(&entry.node),
                (None, Fallback::Text(text)) => T::read(&Node::of_default(text), at),
                (None, Fallback::Nothing(_)) => T::read(&Node::of_default("~"), at),
                (None, Fallback::Required) => {
                    if !self.is_misspelled(definition) {
                        let why = Invalid::new("it is missing").help(format!(
                            "add it, as in `{}: {}`",
                            definition.name, definition.example
                        ));
                        at.refuse(self.node.place, "missing", &why);
                    }
                    None
                }
            }
        });
        value.unwrap_or_else(|| stand_in(definition, str::to_owned))
    }

    /// Whether a key that was refused is most likely meant to be this one.
    fn is_misspelled(&self, definition: &Definition) -> bool {
        let names = || self.keys.iter().map(|k| k.name);
        let unknown = |key: &str| names().all(|name| name != key);
        self.entries
            .iter()
            .map(|e| e.key.python_text())
            .any(|key| unknown(&key) && nearest(&key, names()) == Some(definition.name))
    }
}

impl Readable for Database {
    const TYPE: Type = Type::Record(&database::KEYS);

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let fields = Fields::of(node, database::KEYS, at)?;
        let id = fields.get(&database::ID, at);
        let name = fields.get(&database::NAME, at);
        let user = fields.get(&database::USER, at);
        let password = fields.get(&database::PASSWORD, at);
        let host = fields.get(&database::HOST, at);
        let port = fields.get(&database::PORT, at);
        Some(Self {
            id,
            name,
            user,
            password,
            host,
            port,
        })
    }

    fn plain(&self) -> Plain {
        // Where the database is and who logs in is no secret of the password's kind.
        let open = |value: &EnvValue| Plain::Text(value.expose().to_owned());
        let entries = [
            ("name", self.name.as_ref().map(open)),
            ("user", self.user.as_ref().map(open)),
            ("password", self.password.as_ref().map(EnvValue::plain)),
            ("host", self.host.as_ref().map(open)),
            ("port", self.port.as_ref().map(open)),
        ];
        let set = entries
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)));
        Plain::Map(
            std::iter::once(("id", self.id.plain()))
                .chain(set)
                .collect(),
        )
    }
}

impl Readable for PipRequirement {
    const TYPE: Type = Type::Record(&pip::KEYS);

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let fields = Fields::of(node, pip::KEYS, at)?;
        let name = fields.get(&pip::NAME, at);
        let version = fields.get(&pip::VERSION, at);
        Some(Self { name, version })
    }

    fn plain(&self) -> Plain {
        let mut entries = vec![("name", self.name.plain())];
        entries.extend(self.version.as_ref().map(|v| ("version", v.plain())));
        Plain::Map(entries)
    }
}

impl Readable for CronTask {
    const TYPE: Type = Type::Record(&cron::KEYS);

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let fields = Fields::of(node, cron::KEYS, at)?;
        let name = fields.get(&cron::NAME, at);
        let user = fields.get(&cron::USER, at);
        let command = fields.get(&cron::COMMAND, at);
        let schedule = fields.get(&cron::FREQUENCY, at);
        let logfile = fields.get(&cron::LOGFILE, at);
        let environment = fields.get(&cron::ENVIRONMENT, at);
        let lock = fields.get(&cron::LOCK, at);
        let slug = fields.get(&cron::SLUG, at);
        Some(Self {
            name,
            user,
            command,
            schedule,
            logfile,
            environment: environment.0,
            lock,
            slug,
        })
    }

    fn plain(&self) -> Plain {
        let mut entries = vec![("name", self.name.plain())];
        entries.extend(self.user.as_ref().map(|v| ("user", v.plain())));
        entries.push(("command", self.command.plain()));
        entries.push(("frequency", self.schedule.plain()));
        entries.extend(self.logfile.as_ref().map(|v| ("logfile", v.plain())));
        if !self.environment.is_empty() {
            entries.push((
                "environment",
                super::Environment(self.environment.clone()).plain(),
            ));
        }
        if self.lock {
            entries.push(("lock", Plain::Bool(true)));
        }
        entries.extend(self.slug.as_ref().map(|v| ("slug", v.plain())));
        Plain::Map(entries)
    }
}

impl Readable for Schedule {
    const TYPE: Type = Type::RecordOrText(&frequency::KEYS);

    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        // The role's first spelling: a text was the minute.
        if let Value::Scalar(scalar) = &node.value {
            if matches!(scalar.kind, Kind::Str | Kind::Int(_)) && !scalar.is_template() {
                if let Some(why) = CronField::of_whole_schedule(&scalar.written) {
                    at.refuse(node.place, "invalid-value", &why);
                    return None;
                }
                let minute = Minute::read(node, at)?;
                let why =
                    Invalid::new("a frequency that is a text means the minute").help(format!(
                        "the new spelling is `frequency: {{minute: '{}'}}`",
                        minute.0.as_str()
                    ));
                at.note(node.place, "old-spelling", &why);
                return Some(Self {
                    minute: minute.0,
                    ..Self::default()
                });
            }
        }
        let fields = Fields::of(node, frequency::KEYS, at)?;
        let minute = fields.get(&frequency::MINUTE, at);
        let hour = fields.get(&frequency::HOUR, at);
        let day = fields.get(&frequency::DAY, at);
        let month = fields.get(&frequency::MONTH, at);
        let weekday = fields.get(&frequency::WEEKDAY, at);
        Some(Self {
            minute: minute.0,
            hour: hour.0,
            day: day.0,
            month: month.0,
            weekday: weekday.0,
        })
    }

    fn plain(&self) -> Plain {
        let fields = [
            ("minute", &self.minute),
            ("hour", &self.hour),
            ("day", &self.day),
            ("month", &self.month),
            ("weekday", &self.weekday),
        ];
        let set = fields
            .into_iter()
            .filter(|(_, field)| field.as_str() != "*");
        Plain::Map(
            set.map(|(key, field)| (key, Plain::Text(field.as_str().to_owned())))
                .collect(),
        )
    }
}

/// Declares a reader for one field of a schedule.
macro_rules! cron_fields {
    ($($name:ident, $rule:literal, $pattern:literal;)*) => {$(
        #[doc = concat!("The field `", stringify!($name), "`: ", $rule)]
        pub(crate) struct $name(CronField);

        impl Readable for $name {
            const TYPE: Type = Type::Text { rule: $rule, pattern: $pattern };

            fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
                let scalar = at.scalar(node, "a field of a schedule")?;
                let text = match &scalar.kind {
                    Kind::Int(digits) => {
                        // `08` and `8` are the same to cron, `010` and the 8 that YAML makes of it are not.
                        if scalar.written.trim_start_matches('0') != digits.trim_start_matches('0') {
                            warn_of_respelling(node, scalar, at);
                        }
                        digits
                    }
                    Kind::Null => {
                        let why = Invalid::new("there is no value")
                            .help("leave it out to mean `*`, or write '*'");
                        at.refuse(node.place, "no-value", &why);
                        return None;
                    }
                    _ => &scalar.written,
                };
                at.accept(node, CronField::parse(CronUnit::$name, text)).map(Self)
            }

            fn plain(&self) -> Plain {
                Plain::Text(self.0.as_str().to_owned())
            }
        }
    )*};
}

cron_fields! {
    Minute, "`*`, numbers from 0 to 59, ranges, lists, steps", r"^[0-9*,/ -]+$";
    Hour, "`*`, numbers from 0 to 23, ranges, lists, steps", r"^[0-9*,/ -]+$";
    Day, "`*`, numbers from 1 to 31, ranges, lists, steps", r"^[0-9*,/ -]+$";
    Month, "`*`, numbers from 1 to 12 or `jan` to `dec`, ranges, lists, steps", r"^[0-9A-Za-z*,/ -]+$";
    Weekday, "`*`, numbers from 0 to 7 or `sun` to `sat`, ranges, lists, steps", r"^[0-9A-Za-z*,/ -]+$";
}
