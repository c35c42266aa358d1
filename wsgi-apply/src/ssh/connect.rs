use std::time::Instant;

use super::config::Settings;
use super::connect_error::{ConnectError, MOST_JUMPS};
use super::destination::Destination;
use super::dial::dial;
use super::greet::greet;
use super::interaction::Interaction;
use super::login::log_in;
use super::options::SshOptions;
use super::transport::Transport;
use super::tunnel::tunnel;

/// Connects to a host, through others where the configuration says so, and logs in.
pub(super) fn connect(
    destination: &Destination,
    options: &SshOptions,
    interaction: &mut dyn Interaction,
) -> Result<Transport, ConnectError> {
    reach(destination, options, interaction, None, 0)
}

/// `way` are the hosts before it, when they are known; otherwise the configuration names them.
fn reach(
    destination: &Destination,
    options: &SshOptions,
    interaction: &mut dyn Interaction,
    way: Option<&[Destination]>,
    depth: usize,
) -> Result<Transport, ConnectError> {
    if depth > MOST_JUMPS {
        let host = destination.host().to_owned();
        return Err(ConnectError::TooManyJumps { host });
    }
    let settings = Settings::read(destination, options)?;
    let configured: Vec<_> = settings
        .jumps
        .iter()
        .filter(|hop| !is_itself(hop, &settings))
        .cloned()
        .collect();
    let way = way.unwrap_or(&configured);
    let (socket, is_direct, deadline) = match way.split_last() {
        None => {
            let deadline = Instant::now() + settings.connect_timeout;
            (dial(&settings, deadline)?, true, deadline)
        }
        Some((hop, before)) => {
            // A key named on the command line is for the destination: hosts on the way have theirs.
            let options = SshOptions {
                identity_files: Vec::new(),
                login: super::options::Login::default(),
                ..options.clone()
            };
            // As `ssh` does: what is written before a hop is the way to it.
            let way = Some(before).filter(|before| !before.is_empty());
            let transport =
                reach(hop, &options, interaction, way, depth + 1).map_err(|source| {
                    ConnectError::Jump {
                        hop: hop.to_string(),
                        source: Box::new(source),
                    }
                })?;
            let deadline = Instant::now() + settings.connect_timeout;
            (
                tunnel(transport, hop, &settings, deadline)?,
                false,
                deadline,
            )
        }
    };
    let transport = greet(socket, &settings, deadline, is_direct)?;
    log_in(&transport, &settings, options, interaction)?;
    Ok(transport)
}

/// `Host *` with a `ProxyJump` is about the jump host, too, which `ssh` then connects to directly.
fn is_itself(hop: &Destination, settings: &Settings) -> bool {
    hop.host().eq_ignore_ascii_case(&settings.original)
        && hop.port().unwrap_or(22) == settings.port
        && hop.user().is_none_or(|user| user == settings.user)
}
