use crate::ssh::wildcard::matches;

/// A list of algorithms as the configuration changes it: `+` adds at the end, `-` takes away, `^`
/// puts first, and without any of them it replaces the list.
///
/// `usual` is the list without a configuration, `available` what the library has. Names that it
/// has not are left out: a configuration serves many programs.
pub(in crate::ssh) fn chosen<'a>(
    written: &str,
    usual: &[&'a str],
    available: &[&'a str],
) -> Vec<&'a str> {
    let (sign, list) = match written.split_at_checked(1) {
        Some((sign @ ("+" | "-" | "^"), list)) => (sign, list),
        _ => ("", written),
    };
    // In the order of the list, each once.
    let mut named = Vec::new();
    for pattern in list.split(',') {
        for name in available {
            if matches(pattern.trim(), name) && !named.contains(name) {
                named.push(*name);
            }
        }
    }
    let without = |names: &[&'a str], taken: &[&'a str]| {
        let rest = names.iter().filter(|name| !taken.contains(name));
        rest.copied().collect::<Vec<_>>()
    };
    match sign {
        "+" => [usual.to_vec(), without(&named, usual)].concat(),
        "-" => without(usual, &named),
        "^" => [named.clone(), without(usual, &named)].concat(),
        _ => named,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_changed_as_ssh_config_says() {
        let usual = ["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"];
        let available = ["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"];
        for (written, expected) in [
            ("rsa-sha2-256,ssh-ed25519", "rsa-sha2-256,ssh-ed25519"),
            ("rsa-*", "rsa-sha2-512,rsa-sha2-256"),
            ("+ssh-rsa", "ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa"),
            ("-rsa-*", "ssh-ed25519"),
            ("^rsa-sha2-256", "rsa-sha2-256,ssh-ed25519,rsa-sha2-512"),
            ("ssh-dss", ""),
        ] {
            let chosen = chosen(written, &usual, &available).join(",");
            assert_eq!(chosen, expected, "{written}");
        }
    }
}
