//! What the verbs take that work on hosts.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{TargetArgs, VarsFiles};

pub(super) const PLAN: &str = "\
Examples:
  wsgi-cli plan shop.yml --host web1
  wsgi-cli plan shop.yml --host web1 --host web2 --exit-code    4 when something would change
  wsgi-cli plan apps/*.yml --host deploy@web1:2222 --out plan.json
  wsgi-cli plan --json shop.yml --local | jq '.hosts[0].plan.counts'

Nothing is changed. What would keep an apply from being done is shown at the end.";

pub(super) const APPLY: &str = "\
Examples:
  wsgi-cli apply shop.yml --host web1
  wsgi-cli apply shop.yml --host web1 --yes                     without a question, as in CI
  wsgi-cli apply apps/*.yml --host web1 --plan plan.json        what `plan --out plan.json` showed
  wsgi-cli apply shop.yml --host web1 --host web2 --serial 1 --max-fail 1
  sudo wsgi-cli apply shop.yml --local

What is not ours and stands in the way is never overwritten, unless `--adopt` says so; a backup of
it is kept.";

pub(super) const STATUS: &str = "\
Examples:
  wsgi-cli status shop.yml --host web1
  wsgi-cli status --json apps/*.yml --host web1 | jq '.hosts[].apps[].program.state'

The exit status is 4 when an app does not run, or the host is not as its vars file says.";

pub(super) const REMOVE: &str = "\
Examples:
  wsgi-cli remove shop.yml --host web1
  wsgi-cli remove shop.yml --host web1 --purge

What belongs to the app's user stays: media, logs, releases, the virtualenv. With `--purge` it goes,
and so do nginx's logs that have the app's name, and the user and the group, when we made them.";

#[derive(Args, Debug)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Keep the plan in a file that `apply --plan` performs
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,
    /// Exit with status 4 when there are changes
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// Take over what stands in the way and is not ours, after a backup
    #[arg(long)]
    pub(crate) adopt: bool,
    /// One JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Apply {
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) performing: Performing,
    /// Perform this plan exactly, or nothing; it is not asked about again
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) plan: Option<PathBuf>,
    /// Take over what stands in the way and is not ours, after a backup
    #[arg(long)]
    pub(crate) adopt: bool,
    /// One JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// One JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Remove {
    #[command(flatten)]
    pub(crate) vars: VarsFiles,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) performing: Performing,
    /// Take away what was changed since we made it, too, after a backup
    #[arg(long)]
    pub(crate) adopt: bool,
    /// Also take away what belongs to the app's user, with everything in it
    #[arg(long)]
    pub(crate) purge: bool,
    /// One JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

/// How plans are performed.
#[derive(Args, Debug)]
pub(crate) struct Performing {
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Wait while somebody else is at work on a host: so many seconds, or ten minutes
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "600"
    )]
    pub(crate) wait: Option<u32>,
    /// How many hosts are worked on at the same time
    #[arg(
        long,
        value_name = "N",
        default_value = "5",
        help_heading = "Several hosts"
    )]
    pub(crate) serial: NonZeroUsize,
    /// Begin no other host when so many have failed
    #[arg(long, value_name = "N", help_heading = "Several hosts")]
    pub(crate) max_fail: Option<NonZeroUsize>,
}
