//! `cargo xtask bindings`: writes anew what is made of Rust types: `guest-js/bindings`, the example apps'
//! `src/statesync.ts`, and `tests/types/generated`. Tests compare them; told so by their environment, they write instead.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Result;

use crate::{exec, repo};

/// What tells the core's test and those of generated TypeScript to write.
const WRITE: [(&str, &str); 2] = [("UPDATE_BINDINGS", "1"), ("STATESYNC_UPDATE", "1")];
/// Long enough to build an app on a slow machine.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// Writes them.
///
/// # Errors
/// When something does not build, or has types without TypeScript.
pub fn run() -> Result<ExitCode> {
    write(&["-p", "statesync-core", "--lib", "bindings"])?;
    let rich =
        ["-p", "tauri-plugin-statesync", "--features", "typescript", "--test", "typescript", "committed"];
    write(&rich)?;
    for manifest in apps(&repo::root().join("examples"))? {
        // Only the test about the types, however the app calls it.
        write(&["--manifest-path", &manifest.to_string_lossy(), "--bins", "types"])?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(arguments: &[&str]) -> Result<()> {
    let mut test = exec::cargo(["test"]);
    exec::must(test.args(arguments).envs(WRITE), LIMIT)
}

/// The manifests of the apps in this folder, in order.
fn apps(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut manifests = Vec::new();
    for entry in fs::read_dir(folder)? {
        let manifest = entry?.path().join("src-tauri/Cargo.toml");
        if manifest.is_file() {
            manifests.push(manifest);
        }
    }
    manifests.sort();
    Ok(manifests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_app_with_generated_types_is_found() {
        let examples = repo::root().join("examples");
        let found = apps(&examples).expect("the examples are there");
        let demo = examples.join("demo/src-tauri/Cargo.toml");
        assert!(found.contains(&demo), "{found:?}");
        assert!(found.iter().all(|manifest| manifest.ends_with("src-tauri/Cargo.toml")), "{found:?}");
    }
}
