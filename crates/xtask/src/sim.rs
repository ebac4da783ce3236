//! `cargo xtask sim`: the simulation, a node program that drives the real TypeScript engine against the real Rust core.
//! It is built anew from the sources of one folder, which is the repository or a scratch copy of it.

use std::{
    num::NonZero,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    thread,
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
    let simulation = Simulation::build(repo::root())?;
    let ran = exec::run(simulation.command().args(arguments), RUNS)?;
    Ok(exit_code(ran.end == End::Succeeded))
}

impl Simulation {
    /// Builds the Rust process and bundles the page side, into the `target/` of these sources.
    ///
    /// # Errors
    /// When either does not build.
    pub fn build(sources: &Path) -> Result<Self> {
        let mut host = cargo(["build", "--release", "-p", "statesync-sim-host", "--target-dir", "target"]);
        exec::must(host.current_dir(sources), BUILD)?;
        let mut bundle = exec::command("node");
        exec::must(bundle.arg("tests/sim/build.mjs").current_dir(sources), BUILD)?;
        let target = sources.join("target");
        Ok(Self { host: target.join("release/statesync-sim-host"), program: target.join("sim/sim.mjs") })
    }

    /// The program, on as many processors as there are. It takes its own arguments.
    pub fn command(&self) -> Command {
        let workers = thread::available_parallelism().map_or(1, NonZero::get);
        let mut node = exec::command("node");
        node.arg("--enable-source-maps").arg(&self.program).arg("--host").arg(&self.host);
        node.args(["--workers", &workers.to_string()]);
        node
    }
}
