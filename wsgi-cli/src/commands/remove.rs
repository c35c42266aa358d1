//! `remove`: what was made for the apps leaves the hosts.

use wsgi_apply::Extent;

use super::apply::{Approval, roll_out};
use super::plan::refused;
use crate::args::Remove;
use crate::error::CommandError;
use crate::examination::Reader;
use crate::machine::{Access, Address, Machines};
use crate::output::Console;
use crate::preparation::Apps;
use crate::rollout::plan_all;

pub(super) fn remove(
    args: &Remove,
    console: &mut Console<'_>,
    machines: &dyn Machines,
) -> Result<u8, CommandError> {
    let reader = Reader::of_json(args.json);
    let addresses = Address::all(&args.target)?;
    let approval = Approval::needed(&args.performing)?;
    let (apps, examined) = Apps::prepare(console, &args.vars, reader)?;
    let Some(apps) = apps else {
        return refused(console, reader, examined);
    };
    let access = Access::new(&args.target, machines)?;
    let extent = if args.purge {
        Extent::Everything
    } else {
        Extent::Ours
    };
    let all = plan_all(&addresses, &access, |address, host| {
        apps.removal(host, address.plan_options(args.adopt), extent)
    });
    roll_out(
        console,
        reader,
        (&apps, all),
        approval,
        &args.performing,
        examined.files,
    )
}
