//! `plan`, `apply`, `status` and `remove` on hosts kept in memory: what is done there, and every kind of
//! answer word for word.
//!
//! `fixtures/hosts/CASE.txt` is what a person sees who types these commands. `ACCEPT=1` writes all of
//! them anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod golden;
mod laws;
mod scene;
