//! Colours.

use anstyle::{AnsiColor, Style};

use crate::args::Colour;

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// Colours when they are asked for, or when a person watches who did not decline them.
    pub(crate) fn new(colour: Colour, terminal: bool) -> Self {
        let declined = || {
            // https://no-color.org: present and not empty.
            std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
                || std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb")
        };
        let on = match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && !declined(),
        };
        Self { on }
    }

    pub(crate) const fn is_on(self) -> bool {
        self.on
    }

    fn style(self, style: Style) -> Style {
        if self.on { style } else { Style::new() }
    }

    pub(crate) fn error(self) -> Style {
        self.style(AnsiColor::BrightRed.on_default().bold())
    }

    pub(crate) fn warning(self) -> Style {
        self.style(AnsiColor::BrightYellow.on_default().bold())
    }

    pub(crate) fn note(self) -> Style {
        self.style(AnsiColor::BrightGreen.on_default().bold())
    }

    pub(crate) fn gutter(self) -> Style {
        self.style(AnsiColor::BrightBlue.on_default().bold())
    }

    pub(crate) fn added(self) -> Style {
        self.style(AnsiColor::Green.on_default())
    }

    pub(crate) fn changed(self) -> Style {
        self.style(AnsiColor::Yellow.on_default())
    }

    pub(crate) fn removed(self) -> Style {
        self.style(AnsiColor::Red.on_default())
    }

    pub(crate) fn run(self) -> Style {
        self.style(AnsiColor::Magenta.on_default())
    }

    pub(crate) fn hunk(self) -> Style {
        self.style(AnsiColor::Cyan.on_default())
    }

    pub(crate) fn strong(self) -> Style {
        self.style(Style::new().bold())
    }
}
