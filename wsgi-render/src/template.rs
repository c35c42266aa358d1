//! Strict templates in the syntax of handlebars.

mod program;
mod view;

use std::sync::OnceLock;

use crate::{Dialect, RenderError};
use program::Program;

pub(crate) use view::{Field, Record, Value, view};

/// A template whose `{{values}}` are quoted by one dialect.
///
/// It knows `{{#if bool}}` with `{{else}}`, `{{#each list}}` with `{{this}}` and `../`, and
/// `{{comment text}}`, which writes a text behind `# ` on every line. Everything else, raw output
/// (`{{{value}}}`) above all, is refused when the template is compiled; a name that the view lacks
/// when it is rendered.
///
/// Handlebars' own interpreter is not used: it makes a JSON tree of each view, takes a typo in `{{#if}}`
/// for false, and its quoting cannot fail. With this one a render takes about a quarter of the time.
pub(crate) struct Template {
    name: &'static str,
    dialect: Dialect,
    source: &'static str,
    compiled: OnceLock<Result<Program, TemplateFault>>,
}

/// A template or its view is wrong: a bug of the renderer, not of the app.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TemplateFault(String);

impl Template {
    /// A template by its source, compiled when it is first rendered.
    pub(crate) const fn new(name: &'static str, dialect: Dialect, source: &'static str) -> Self {
        Self {
            name,
            dialect,
            source,
            compiled: OnceLock::new(),
        }
    }

    /// What it is called in messages.
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// The text of `view` in this template.
    pub(crate) fn render(&self, view: &dyn Record) -> Result<String, RenderError> {
        let fault = |source| RenderError::Template {
            template: self.name,
            source,
        };
        let program = self
            .compiled
            .get_or_init(|| Program::compile(self.source))
            .as_ref();
        let program = program.map_err(|e| fault(e.clone()))?;
        program
            .run(view, self.dialect)
            .map_err(|stop| match *stop.0 {
                program::Reason::Fault(source) => fault(source),
                program::Reason::Unquotable { field, source } => RenderError::Unquotable {
                    template: self.name,
                    field,
                    source,
                },
            })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::view::List;
    use super::*;

    impl Record for Json {
        fn field(&self, name: &str) -> Option<Value<'_>> {
            self.get(name).map(Field::value)
        }
    }

    impl List for Json {
        fn len(&self) -> usize {
            self.as_array().map_or(0, Vec::len)
        }

        fn item(&self, index: usize) -> Value<'_> {
            self[index].value()
        }
    }

    impl Field for Json {
        fn value(&self) -> Value<'_> {
            match self {
                Json::Bool(bool) => Value::Bool(*bool),
                Json::Number(number) => {
                    let number = number.as_u64().and_then(|n| u32::try_from(n).ok());
                    Value::Number(number.expect("a small number"))
                }
                Json::String(text) => Value::Text(text),
                Json::Array(_) => Value::List(self),
                _ => Value::Record(self),
            }
        }
    }

    fn render(source: &'static str, view: &Json) -> Result<String, RenderError> {
        Template::new("test", Dialect::Shell, source).render(view)
    }

    #[test]
    fn a_name_that_the_view_lacks_is_an_error_everywhere() {
        let view = json!({"yes": true, "list": [{"a": "x"}], "text": "t"});
        for bad in [
            "{{typo}}",
            "{{#if typo}}x{{/if}}",
            "{{#each typo}}x{{/each}}",
            "{{#each list}}{{b}}{{/each}}",
            "{{comment typo}}",
            "{{#if text}}x{{/if}}",
            "{{#each text}}x{{/each}}",
            "{{../text}}",
            "{{list}}",
        ] {
            assert!(render(bad, &view).is_err(), "{bad}");
        }
        let each = "{{#each list}}{{a}}{{#if ../yes}}!{{else}}?{{/if}}{{/each}}";
        assert_eq!(render(each, &view).ok().as_deref(), Some("x!"));
    }

    #[test]
    fn what_could_write_a_value_as_it_is_does_not_compile() {
        let view = json!({"a": "x", "list": ["x"]});
        for bad in [
            "{{{a}}}",
            "{{&a}}",
            "{{> a}}",
            "{{lookup list 0}}",
            "{{#with a}}{{this}}{{/with}}",
            "{{#if a",
        ] {
            assert!(render(bad, &view).is_err(), "{bad}");
        }
    }

    #[test]
    fn values_are_quoted_and_unquotable_ones_refused_by_name() {
        assert_eq!(
            render("a={{v}}", &json!({"v": "it's"})).ok().as_deref(),
            Some(r"a='it'\''s'")
        );
        let view = json!({"list": [{"b": "\0"}]});
        let error = render("{{#each list}}{{b}}{{/each}}", &view).map_err(|e| e.to_string());
        assert_eq!(error, Err("`b` cannot be written in test".to_owned()));
    }

    #[test]
    fn a_field_may_have_the_name_of_a_helper_of_handlebars() {
        let view = json!({"log": "/var/log", "lookup": "x", "len": 3});
        assert_eq!(
            render("{{log}} {{lookup}} {{len}}", &view).ok().as_deref(),
            Some("/var/log x 3")
        );
    }

    #[test]
    fn numbers_are_written_as_they_are() {
        assert_eq!(
            render("{{n}}s", &json!({"n": 75})).ok().as_deref(),
            Some("75s")
        );
    }

    #[test]
    fn lines_with_nothing_but_a_tag_leave_no_line() {
        let source = "a\n{{#each list}}\n{{this}}\n{{/each}}\n{{#if no}}\nx\n{{/if}}\nb\n";
        let view = json!({"list": ["1", "2"], "no": false});
        assert_eq!(render(source, &view).ok().as_deref(), Some("a\n1\n2\nb\n"));
    }

    #[test]
    fn a_comment_cannot_leave_its_lines() {
        assert_eq!(
            render("{{comment v}}", &json!({"v": "a\nb\rc"}))
                .ok()
                .as_deref(),
            Some("# a\n# b\\rc")
        );
    }
}
