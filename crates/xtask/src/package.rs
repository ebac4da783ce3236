//! What users get: the npm package and the crates, packed, put into an app outside the repository, built and run in two
//! real windows.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{
    copy,
    exec::{self, Ran, cargo},
    repo,
    windows::Stage,
};

const BUILD: Duration = Duration::from_secs(40 * 60);
const CHECK: Duration = Duration::from_secs(5 * 60);
const APP: &str = "tests/package/app";
/// In the order they depend on each other.
const CRATES: &[&str] = &["statesync-core", "tauri-plugin-statesync"];

/// A folder outside the repository that is gone when dropped.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Packs, installs, builds and runs; returns what the app printed.
///
/// # Errors
/// When packing or building fails.
pub fn check(stage: &Stage) -> Result<Ran> {
    let packed = repo::target().join("xtask/packed");
    let _ = fs::remove_dir_all(&packed);
    fs::create_dir_all(&packed)?;
    // The same place every time, so that cargo builds the same packages and not new ones.
    let user = exec::answer("id", &["-u"]).unwrap_or_default();
    let scratch = Scratch(env::temp_dir().join(format!("statesync-package-{user}")));
    let _ = fs::remove_dir_all(&scratch.0);
    copy::whole(&repo::root().join(APP), &scratch.0)?;
    install_npm_package(&packed, &scratch.0)?;
    install_crates(&scratch.0)?;
    build_pages(&scratch.0)?;
    build_app(&scratch.0)?;
    let mut app = stage.command(repo::target().join("debug/statesync-package-check"));
    exec::run(app.current_dir(&scratch.0), CHECK)
}

/// A command in the scratch app.
fn inside(scratch: &Path, mut command: Command) -> Command {
    command.current_dir(scratch);
    command
}

fn install_npm_package(packed: &Path, scratch: &Path) -> Result<()> {
    let mut pack = exec::command("npm");
    pack.args(["pack", "--loglevel=warn", "--workspace", "tauri-plugin-statesync-api", "--pack-destination"]);
    exec::must(pack.arg(packed), CHECK)?;
    let package = only_file(packed)?;
    let mut install = inside(scratch, exec::command("npm"));
    install.args(["install", "--prefer-offline", "--no-audit", "--no-fund", "@tauri-apps/api@2"]);
    exec::must(install.arg(package), CHECK)
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let entry = fs::read_dir(folder)?.next().context("npm pack wrote nothing")?;
    Ok(entry?.path())
}

/// Unpacks the crates below the app's `crates/`, without the version in the folder's name.
fn install_crates(scratch: &Path) -> Result<()> {
    let mut package = cargo(["package", "--no-verify", "--allow-dirty"]);
    exec::must(package.args(CRATES.iter().flat_map(|name| ["-p", name])), BUILD)?;
    for name in CRATES {
        let home = scratch.join("crates").join(name);
        fs::create_dir_all(&home)?;
        let file = format!("package/{name}-{}.crate", env!("CARGO_PKG_VERSION"));
        // As new files (`-m`): packed ones all have the same old time, by which cargo would not see a change.
        let mut unpack = exec::command("tar");
        unpack.arg("-xmzf").arg(repo::target().join(file)).args(["--strip-components", "1", "-C"]);
        exec::must(unpack.arg(&home), CHECK)?;
        only_its_own(name, &home)?;
    }
    Ok(())
}

/// What may lie at the top of a packed crate.
const OWN: &[&str] = &[
    "src",
    "tests",
    "benches",
    "permissions",
    "build.rs",
    "api-iife.js",
    "README.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "Cargo.toml",
    "Cargo.toml.orig",
    "Cargo.lock",
    ".cargo_vcs_info.json",
];

/// A pattern that says too much packs other people's files along.
fn only_its_own(name: &str, home: &Path) -> Result<()> {
    for entry in fs::read_dir(home)? {
        let entry = entry?.file_name();
        if !OWN.iter().any(|own| entry == *own) {
            bail!("the crate {name} packs {} along", entry.display());
        }
    }
    Ok(())
}

/// Type-checks the pages against the packed types, then bundles them.
fn build_pages(scratch: &Path) -> Result<()> {
    exec::must(inside(scratch, exec::command(repo::npm_program("tsc"))).args(["-p", "."]), CHECK)?;
    let mut bundle = inside(scratch, exec::command(repo::npm_program("esbuild")));
    bundle.args(["pages/left.ts", "pages/right.ts", "--bundle", "--format=esm", "--outdir=dist"]);
    exec::must(bundle.arg("--log-level=warning"), CHECK)?;
    for page in ["left.html", "right.html"] {
        fs::copy(scratch.join("pages").join(page), scratch.join("dist").join(page))?;
    }
    Ok(())
}

/// With the repository's lock file and build directory: what both need is built once.
fn build_app(scratch: &Path) -> Result<()> {
    fs::copy(repo::root().join("Cargo.lock"), scratch.join("Cargo.lock"))?;
    fs::create_dir_all(scratch.join("icons"))?;
    let icon = "examples/demo/src-tauri/icons/icon.png";
    fs::copy(repo::root().join(icon), scratch.join("icons/icon.png"))?;
    let mut build = inside(scratch, cargo(["build", "--target-dir"]));
    exec::must(build.arg(repo::target()), BUILD)
}
