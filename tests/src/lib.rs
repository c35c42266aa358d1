//! Test support: scratch machines, golden trees.
