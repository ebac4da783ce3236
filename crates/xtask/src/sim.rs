//! `cargo xtask sim`: the simulation, a node program that drives the real TypeScript engine against the real Rust core.
//! It is built anew from the sources of one folder, which is the repository or a scratch copy of it.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Duration,
};

use anyhow::Result;

use crate::{
    exec::{self, End, cargo},
    exit_code, need, repo, setup,
};

const BUILD: Duration = Duration::from_secs(20 * 60);
/// Long enough for a night.
const RUNS: Duration = Duration::from_secs(12 * 60 * 60);
const PAGE_SIDE: &str = "tests/sim/main.ts";

/// A simulation ready to run.
pub struct Simulation {
    host: PathBuf,
    program: PathBuf,
}

/// Runs it with these arguments passed on.
///
/// # Errors
/// When it does not build.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    setup::ensure(&[need::CORE])?;
    let simulation = Simulation::build(repo::root(), &repo::target())?;
    let ran = exec::run(simulation.command().args(arguments), RUNS)?;
    Ok(exit_code(ran.end == End::Succeeded))
}

impl Simulation {
    /// Builds the Rust process and bundles the page side, from these sources into this build directory.
    ///
    /// # Errors
    /// When either does not build.
    pub fn build(sources: &Path, target: &Path) -> Result<Self> {
        let mut host = cargo(["build", "--release", "-p", "statesync-sim-host", "--target-dir"]);
        exec::must(host.arg(target).current_dir(sources), BUILD)?;
        let program = target.join("sim/main.mjs");
        let mut bundle = exec::command(repo::npm_program("esbuild"));
        bundle.args([PAGE_SIDE, "--bundle", "--platform=node", "--format=esm", "--log-level=warning"]);
        bundle.arg(format!("--outfile={}", program.display())).current_dir(sources);
        exec::must(&mut bundle, BUILD)?;
        Ok(Self { host: target.join("release/statesync-sim-host"), program })
    }

    /// The program, which takes its own arguments.
    pub fn command(&self) -> Command {
        let mut node = exec::command("node");
        node.arg("--enable-source-maps").arg(&self.program).env("STATESYNC_SIM_HOST", &self.host);
        node
    }
}
