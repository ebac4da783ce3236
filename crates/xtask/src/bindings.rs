//! `cargo xtask bindings`: writes `guest-js/bindings` anew. A test of the core compares them with the Rust types; with
//! `UPDATE_BINDINGS` set it writes instead.

use std::{process::ExitCode, time::Duration};

use anyhow::Result;

use crate::exec;

/// Writes them.
///
/// # Errors
/// When the core does not build.
pub fn run() -> Result<ExitCode> {
    let mut test = exec::cargo(["test", "-p", "statesync-core", "--lib", "bindings"]);
    exec::must(test.env("UPDATE_BINDINGS", "1"), Duration::from_secs(20 * 60))?;
    Ok(ExitCode::SUCCESS)
}
