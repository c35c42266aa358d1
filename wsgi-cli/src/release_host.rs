//! The one app of a call, and the hosts on which its releases are.

use wsgi_apply::deploy::ReleaseSite;
use wsgi_apply::{PosixHost, Shell};
use wsgi_render::{Dialect, Target};

use crate::args::{TargetArgs, VarsFiles};
use crate::error::CommandError;
use crate::examination::{Call, Neighbours, Reader, examine};
use crate::machine::Address;
use crate::output::Console;
use crate::preparation::bundle;

/// A host that releases are on.
pub(crate) type ReleaseMachine = PosixHost<Box<dyn Shell + Send>>;

/// The app of a call; none when its vars file was refused, with the exit status.
pub(crate) fn site(
    console: &mut Console<'_>,
    vars: &VarsFiles,
) -> Result<Result<ReleaseSite, u8>, CommandError> {
    if vars.paths.len() > 1 {
        return Err(CommandError::SeveralApps);
    }
    let call = Call::new(vars, Neighbours::Unrelated, Reader::Person);
    let mut site = None;
    let examined = examine(
        console,
        &call,
        |loaded| bundle(loaded, &Target::default()),
        |_, accepted| {
            let bundle = accepted.made?;
            site = Some(ReleaseSite::new(&accepted.loaded.app, &bundle));
            Ok(())
        },
    )?;
    let status = examined.status();
    Ok(site.filter(|_| examined.refused == 0).ok_or(status))
}

/// What shows the releases of a call's app on a host.
pub(crate) fn shows_releases(vars: &VarsFiles, address: &Address) -> String {
    let name = vars.paths.first().map(|name| name.to_string_lossy());
    let name = name.unwrap_or_default();
    // Only a NUL byte cannot be quoted, and no argument has one.
    let file = Dialect::Shell.quote(&name).unwrap_or_default();
    format!("`wsgi-cli releases {file} {}`", address.option())
}

/// The hosts of a call: real ones, since a directory runs no app.
pub(crate) fn addresses(target: &TargetArgs) -> Result<Vec<Address>, CommandError> {
    let all = Address::all(target)?;
    if all
        .iter()
        .any(|address| matches!(address, Address::Directory(..)))
    {
        return Err(CommandError::NoHost);
    }
    Ok(all)
}

/// The only host of a call.
pub(crate) fn address(target: &TargetArgs) -> Result<Address, CommandError> {
    let mut all = addresses(target)?.into_iter();
    match (all.next(), all.next()) {
        (Some(address), None) => Ok(address),
        _ => Err(CommandError::SeveralHosts),
    }
}
