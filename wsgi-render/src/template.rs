//! Strict templates; the only file that names handlebars.

use std::sync::OnceLock;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderErrorReason,
    Renderable,
};
use serde::Serialize;
use serde_json::Value;

use crate::{Dialect, RenderError};

/// A template whose `{{values}}` are quoted by one dialect.
///
/// A value that is missing from the view is an error, also in `{{#if}}` (ours) and `{{#each}}`
/// (handlebars' own, in strict mode). Raw output
/// (`{{{value}}}`) is not used. `{{comment value}}` writes a value behind `# ` on every line,
/// `{{number value}}` a number without quotes.
pub(crate) struct Template {
    name: &'static str,
    dialect: Dialect,
    source: &'static str,
    compiled: OnceLock<Result<Handlebars<'static>, TemplateFault>>,
}

/// What handlebars brings and no template may use: they hold no logic.
const UNUSED_HELPERS: &[&str] = &[
    "unless", "with", "lookup", "raw", "log", "eq", "ne", "gt", "gte", "lt", "lte", "and", "or",
    "not", "len",
];

/// A template or its view is wrong: a bug of the renderer, not of the app.
#[derive(Clone, Debug, thiserror::Error)]
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

    /// The text of `view` in this template.
    pub(crate) fn render(&self, view: &impl Serialize) -> Result<String, RenderError> {
        let fault = |source| RenderError::Template {
            template: self.name,
            source,
        };
        let compiled = self
            .compiled
            .get_or_init(|| self.compile())
            .as_ref()
            .map_err(|e| fault(e.clone()))?;
        let context = Context::wraps(view).map_err(|e| fault(TemplateFault(e.to_string())))?;
        self.refuse_unquotable(context.data(), &mut String::new())?;
        compiled
            .render_with_context("t", &context)
            .map_err(|e| fault(TemplateFault(e.to_string())))
    }

    fn compile(&self) -> Result<Handlebars<'static>, TemplateFault> {
        let dialect = self.dialect;
        let mut handlebars = Handlebars::new();
        handlebars.set_strict_mode(true);
        // A helper hides a value of its name: `{{log}}` would be empty.
        for helper in UNUSED_HELPERS {
            handlebars.unregister_helper(helper);
        }
        // Every value was tried before rendering started, so nothing is lost here.
        handlebars.register_escape_fn(move |value| {
            dialect
                .quote(value)
                .map_or_else(|_| String::new(), Into::into)
        });
        handlebars.register_helper("if", Box::new(If));
        handlebars.register_helper("comment", Box::new(comment));
        handlebars.register_helper("number", Box::new(number));
        handlebars
            .register_template_string("t", self.source)
            .map_err(|e| TemplateFault(e.to_string()))?;
        Ok(handlebars)
    }

    /// Refuses a view with a text in it that the dialect cannot carry.
    fn refuse_unquotable(&self, value: &Value, field: &mut String) -> Result<(), RenderError> {
        let length = field.len();
        match value {
            Value::String(text) => {
                self.dialect
                    .quote(text)
                    .map_err(|source| RenderError::Unquotable {
                        template: self.name,
                        field: field.clone(),
                        source,
                    })?;
            }
            Value::Array(items) => {
                for item in items {
                    self.refuse_unquotable(item, field)?;
                }
            }
            Value::Object(map) => {
                for (key, item) in map {
                    if !field.is_empty() {
                        field.push('.');
                    }
                    field.push_str(key);
                    self.refuse_unquotable(item, field)?;
                    field.truncate(length);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// `{{#if}}` for a `bool` that exists; handlebars' own takes anything, and a typo for false.
struct If;

impl HelperDef for If {
    fn call<'reg: 'rc, 'rc>(
        &self,
        h: &Helper<'rc>,
        r: &'reg Handlebars<'reg>,
        ctx: &'rc Context,
        rc: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let condition = match h
            .param(0)
            .filter(|p| !p.is_value_missing())
            .map(|p| p.value())
        {
            Some(Value::Bool(condition)) => *condition,
            _ => {
                return Err(
                    RenderErrorReason::Other("`if` wants a bool that exists".to_owned()).into(),
                );
            }
        };
        match if condition { h.template() } else { h.inverse() } {
            Some(block) => block.render(r, ctx, rc, out),
            None => Ok(()),
        }
    }
}

/// `{{comment value}}`: the value behind `# `, on as many lines as it has; control characters are
/// made visible.
fn comment(
    h: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let Some(Value::String(text)) = h
        .param(0)
        .filter(|p| !p.is_value_missing())
        .map(|p| p.value())
    else {
        return Err(
            RenderErrorReason::Other("`comment` wants a text that exists".to_owned()).into(),
        );
    };
    for (i, line) in text.lines().enumerate() {
        if i > 0 {
            out.write("\n")?;
        }
        out.write("# ")?;
        for c in line.chars() {
            if c.is_control() && c != '\t' {
                out.write(&c.escape_default().to_string())?
            } else {
                out.write(c.encode_utf8(&mut [0; 4]))?
            }
        }
    }
    Ok(())
}

/// `{{number value}}`: digits, for dialects where a quoted number is a text.
fn number(
    h: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let Some(Value::Number(number)) = h
        .param(0)
        .filter(|p| !p.is_value_missing())
        .map(|p| p.value())
    else {
        return Err(
            RenderErrorReason::Other("`number` wants a number that exists".to_owned()).into(),
        );
    };
    out.write(&number.to_string())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn render(source: &'static str, view: &Value) -> Result<String, RenderError> {
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
            "{{number typo}}",
            "{{number text}}",
            "{{#if text}}x{{/if}}",
            "{{#each text}}x{{/each}}",
        ] {
            assert!(render(bad, &view).is_err(), "{bad}");
        }
        assert_eq!(
            render("{{#each list}}{{a}}{{#if ../yes}}!{{/if}}{{/each}}", &view)
                .ok()
                .as_deref(),
            Some("x!")
        );
    }

    #[test]
    fn no_helper_hides_a_value() {
        for name in super::UNUSED_HELPERS {
            let source: &'static str = format!("{{{{{name}}}}}").leak();
            let text = render(source, &json!({*name: "value"}));
            assert_eq!(text.ok().as_deref(), Some("value"), "{name}");
        }
    }

    #[test]
    fn values_are_quoted_and_unquotable_ones_refused_by_name() {
        assert_eq!(
            render("a={{v}}", &json!({"v": "it's"})).ok().as_deref(),
            Some(r"a='it'\''s'")
        );
        let error = render("a", &json!({"a": [{"b": "\0"}]})).map_err(|e| e.to_string());
        assert_eq!(error, Err("`a.b` cannot be written in test".to_owned()));
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
