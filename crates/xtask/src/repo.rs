//! Where things are: the repository's root and the places under `target/` that xtask writes to.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The repository this xtask was built from.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .and_then(Path::parent)
        .expect("xtask lives in crates/xtask")
}

/// The build directory all commands share.
pub fn target() -> PathBuf {
    root().join("target")
}

/// A folder for xtask's own logs and reports.
///
/// # Errors
/// When it cannot be made.
pub fn scratch() -> io::Result<PathBuf> {
    let folder = target().join("xtask");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A program installed by npm from the lock file.
pub fn npm_program(name: &str) -> PathBuf {
    root().join("node_modules/.bin").join(name)
}
