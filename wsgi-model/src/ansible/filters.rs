//! The filters of Ansible and Jinja2 that need nothing but their input.

mod choice;
mod collect;
mod each;
mod encode;
mod lists;
mod maps;
mod numbers;
mod paths;
pub(super) mod regex;
mod sets;
mod text;

use minijinja::Error;
use minijinja::value::Value;

use super::call::Call;

/// A filter.
pub(super) struct Filter {
    pub(super) name: &'static str,
    pub(super) run: fn(&mut Call<'_, '_, '_>) -> Result<Value, Error>,
}

/// Filters by name. What one makes of something without a value has none either, as in Ansible.
macro_rules! filters {
    ($($name:literal => $run:expr),+ $(,)?) => {
        pub(super) const FILTERS: &[$crate::ansible::filters::Filter] = &[$(
            $crate::ansible::filters::Filter {
                name: $name,
                run: |call| {
                    if call.takes_undefined() {
                        return Ok(minijinja::value::Value::UNDEFINED);
                    }
                    let run: fn(&mut $crate::ansible::call::Call<'_, '_, '_>)
                        -> Result<minijinja::value::Value, minijinja::Error> = $run;
                    let made = run(call)?;
                    call.all_taken()?;
                    Ok(made)
                },
            }
        ),+];
    };
}
use filters;

/// Every filter.
pub(super) fn all() -> impl Iterator<Item = &'static Filter> {
    [
        choice::FILTERS,
        collect::FILTERS,
        each::FILTERS,
        encode::FILTERS,
        lists::FILTERS,
        maps::FILTERS,
        numbers::FILTERS,
        paths::FILTERS,
        regex::FILTERS,
        sets::FILTERS,
        text::FILTERS,
    ]
    .into_iter()
    .flatten()
}

/// Filters of Ansible that are refused, and why.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("comment", "it is not available here; write the comment out"),
    (
        "expandvars",
        "it reads the environment: use `lookup('env', 'NAME')`",
    ),
    (
        "fileglob",
        "it lists files of your machine, and a vars file must mean the same everywhere",
    ),
    ("from_yaml_all", "it is not available here; use `from_yaml`"),
    (
        "password_hash",
        "it makes another hash on every run, so that nothing would ever be up to date; \
        make the hash once (`openssl passwd -6`) and put it in the vars file, encrypted with ansible-vault",
    ),
    (
        "random",
        "it gives another value on every run, so that nothing would ever be up to date",
    ),
    (
        "realpath",
        "it follows links of your machine, and the path is meant for the server",
    ),
    (
        "shuffle",
        "it gives another order on every run, so that nothing would ever be up to date",
    ),
    (
        "strftime",
        "the time is another on every run, so that nothing would ever be up to date",
    ),
    (
        "to_datetime",
        "it is not available here; write the date out",
    ),
    (
        "to_nice_yaml",
        "it is not available here; `to_json` writes YAML, too",
    ),
    (
        "to_yaml",
        "it is not available here; `to_json` writes YAML, too",
    ),
    (
        "unvault",
        "a value is encrypted with `ansible-vault encrypt_string` and tagged `!vault`",
    ),
    (
        "vault",
        "a value is encrypted with `ansible-vault encrypt_string` and tagged `!vault`",
    ),
];
