//! `cargo xtask demo`: builds the demo and opens it for a person; without a display it clicks through it by `WebDriver`,
//! takes pictures into `target/demo/` and fails when any window disagrees with Rust.

use std::{fs, process::ExitCode, time::Duration};

use anyhow::{Result, bail};

use crate::{
    driver,
    exec::{self, End, Ran},
    exit_code, need, repo, setup, steps,
    windows::{self, Stage},
};

const BUILD: Duration = Duration::from_secs(40 * 60);
const CHECK: Duration = Duration::from_secs(10 * 60);
/// A person may leave it open: they close it, not we.
const OPEN: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Opens the demo where somebody looks, checks it where nobody does.
///
/// # Errors
/// When set-up or build fails.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    if let Some(unknown) = arguments.iter().find(|argument| *argument != "--headless") {
        bail!("demo knows --headless only, not {unknown:?}");
    }
    let ran = if arguments.is_empty() && windows::has_display() {
        setup::ensure(&[need::APP])?;
        build()?;
        exec::run(&mut Stage::Person.command(binary()), OPEN)?
    } else {
        setup::ensure(&[need::APP, need::STAGE, need::DRIVER])?;
        build()?;
        click_through(&Stage::unseen()?)?
    };
    Ok(exit_code(ran.end == End::Succeeded))
}

/// Builds the app that embeds the pages as they are.
///
/// # Errors
/// When it does not build.
pub fn build_app() -> Result<()> {
    exec::must(&mut exec::cargo(["build", "-p", "statesync-demo"]), BUILD)
}

fn build() -> Result<()> {
    exec::must(&mut steps::page_build(), CHECK)?;
    build_app()
}

/// Lets the check program use the demo like a person, and returns what it printed.
///
/// # Errors
/// When the driver does not come up.
pub fn click_through(stage: &Stage) -> Result<Ran> {
    fs::create_dir_all(repo::target().join("demo"))?;
    driver::click_through(stage, "examples/demo/check.mjs", &binary())
}

fn binary() -> std::path::PathBuf {
    repo::target().join("debug/statesync-demo")
}
