//! Names that every expression knows, and names that only a run of Ansible would know.

/// Functions and values that are in every expression.
pub(super) const GLOBALS: &[&str] = &[
    "dict",
    "lookup",
    "namespace",
    "now",
    "q",
    "query",
    "range",
    "undef",
    "cycler",
    "joiner",
    "lipsum",
];

/// Variables that Ansible sets, besides all that begin with `ansible_`.
const MAGIC: &[&str] = &[
    "environment",
    "group_names",
    "groups",
    "hostvars",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
    "play_hosts",
    "playbook_dir",
    "role_name",
    "role_names",
    "role_path",
];

/// Whether Ansible would set a variable of this name from the host or the inventory.
pub(super) fn is_fact(name: &str) -> bool {
    name.starts_with("ansible_") || MAGIC.contains(&name)
}
