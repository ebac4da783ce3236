//! What is stored and was damaged: never a panic, never a value that nobody saved, never a revision that goes back.

mod damage;
mod databases;
mod life;
mod records;

pub use databases::Databases;
pub use records::Records;

use std::path::PathBuf;

/// A folder for one run, in memory where there is such a place: the target is what is read, not the disk.
fn folder() -> Result<tempfile::TempDir, String> {
    let shared_memory = PathBuf::from("/dev/shm");
    let made = tempfile::tempdir_in(&shared_memory).or_else(|_| tempfile::tempdir());
    made.map_err(|error| format!("no folder: {error}"))
}
