//! The folder of this run. Everything a scenario writes to the disk is in it, and it is gone with the program.

use std::path::PathBuf;
use std::{env, fs, process};

/// A place in it.
pub fn of(name: &str) -> PathBuf {
    all().join(name)
}

/// Removes it. To be called when nobody writes any more.
pub fn remove() {
    let _ = fs::remove_dir_all(all());
}

fn all() -> PathBuf {
    env::temp_dir().join(format!("statesync-e2e-{}", process::id()))
}
