//! Commands as data, and what changes owe to daemons.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

/// One word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Word {
    /// The word itself.
    Literal(Cow<'static, str>),
    /// The path of the file that is being checked, before it takes its place.
    StagedFile,
}

/// A program and its arguments; never a shell line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program, absolute.
    pub program: Cow<'static, str>,
    /// Its arguments.
    pub args: Vec<Word>,
}

impl Command {
    /// A program without arguments. `program` is an absolute path.
    pub fn new(program: impl Into<Cow<'static, str>>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<Cow<'static, str>>) -> Self {
        self.args.push(Word::Literal(arg.into()));
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I>(mut self, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Cow<'static, str>>,
    {
        self.args
            .extend(args.into_iter().map(|a| Word::Literal(a.into())));
        self
    }

    /// Adds the path of the file that is being checked.
    #[must_use]
    pub fn staged_file(mut self) -> Self {
        self.args.push(Word::StagedFile);
        self
    }

    /// Tests nginx's whole configuration.
    pub fn test_nginx() -> Self {
        Self::new(NGINX).arg("-t").arg("-q")
    }
}

/// nginx on Debian and Ubuntu.
const NGINX: &str = "/usr/sbin/nginx";

/// In which order owed actions run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Daemons read changed definitions.
    Reread,
    /// Programs restart.
    Restart,
    /// Programs take up what changed without an end. A restart does that as well.
    Exchange,
    /// The front door follows last.
    Reload,
}

/// Something that a change owes: it runs once, however many artifacts ask for it, and is quick to
/// clone for each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Action {
    /// What it is called, such as `reload nginx`; two actions of one name are the same.
    pub name: Cow<'static, str>,
    /// When it runs among others.
    pub stage: Stage,
    /// What runs, in order; the first failure ends it.
    pub commands: Arc<[Command]>,
}

impl Action {
    /// An action of one's own.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        stage: Stage,
        commands: impl Into<Arc<[Command]>>,
    ) -> Self {
        Self {
            name: name.into(),
            stage,
            commands: commands.into(),
        }
    }

    /// Tests nginx's configuration, then has it taken up without dropping a connection.
    pub fn reload_nginx() -> Self {
        static RELOAD: LazyLock<Action> = LazyLock::new(|| {
            let reload = Command::new(NGINX).arg("-s").arg("reload");
            Action::new(
                "reload nginx",
                Stage::Reload,
                [Command::test_nginx(), reload],
            )
        });
        RELOAD.clone()
    }
}
