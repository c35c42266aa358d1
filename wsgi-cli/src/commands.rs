//! The verbs.

mod apply;
mod attend;
mod check;
mod completions;
mod deploy;
mod deploy_alone;
mod deploy_together;
mod env;
mod init;
mod man;
mod plan;
mod release_answer;
mod releases;
mod remove;
mod render;
mod schema;
mod show;
mod status;

use crate::args::Verb;
use crate::error::CommandError;
use crate::machine::Machines;
use crate::output::Console;

/// Does what a verb says, and gives the exit status.
pub(crate) fn perform(
    verb: Verb,
    console: &mut Console<'_>,
    machines: &dyn Machines,
) -> Result<u8, CommandError> {
    match verb {
        Verb::Check(args) => check::check(&args, console),
        Verb::Render(args) => render::render(&args, console),
        Verb::Plan(args) => plan::plan(&args, console, machines),
        Verb::Apply(args) => apply::apply(&args, console, machines),
        Verb::Status(args) => status::status(&args, console, machines),
        Verb::Remove(args) => remove::remove(&args, console, machines),
        Verb::Deploy(args) => deploy::deploy(&args, console, machines),
        Verb::Rollback(args) => deploy::rollback(&args, console, machines),
        Verb::Releases(args) => releases::releases(&args, console, machines),
        Verb::Maintenance(args) => attend::maintenance(&args, console, machines),
        Verb::Logs(args) => attend::logs(&args, console, machines),
        Verb::Run(args) => attend::run(&args, console, machines),
        Verb::Shell(args) => attend::shell(&args, console, machines),
        Verb::Show(args) => show::show(&args, console),
        Verb::Env(args) => env::env(&args, console),
        Verb::Schema => schema::schema(console),
        Verb::Init(args) => init::init(&args, console),
        Verb::Completions(args) => completions::completions(&args, console),
        Verb::Man(args) => man::man(&args, console),
    }
}
