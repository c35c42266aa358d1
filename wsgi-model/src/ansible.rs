//! What Ansible reads beyond plain YAML, without Ansible.

pub mod vault;
