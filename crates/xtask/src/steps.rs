//! The steps of the test command, in their order: cheap ones first, and each after what it needs built.

use std::{cell::OnceCell, process::Command, time::Duration};

use anyhow::{Result, bail};

use crate::{
    demo, examples,
    exec::{self, cargo},
    fuzz,
    generated::Generated,
    need::{self, Need},
    package, platforms, repo,
    sim::Simulation,
    tally::{Counted, Tally, count},
    windows::Stage,
};

/// Long enough for a first build on a slow machine.
const BUILD: Duration = Duration::from_secs(40 * 60);
/// Long enough for any check that builds nothing.
const CHECK: Duration = Duration::from_secs(10 * 60);

/// One step.
#[derive(Debug)]
pub struct Step {
    pub name: &'static str,
    pub what: &'static str,
    pub needs: &'static [&'static [&'static Need]],
    pub run: fn(&Site) -> Result<Tally>,
}

/// What the steps of one run share.
#[derive(Debug)]
pub struct Site {
    /// The generated files as they were before the first build.
    before: Generated,
    /// The display of the tests, opened by the first step that shows a window.
    stage: OnceCell<Stage>,
    /// Whether the guest and the pages were built, and how that went.
    pages: OnceCell<Tally>,
}

impl Site {
    /// Looks at the generated files before anything is built.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn new() -> Result<Self> {
        Ok(Self { before: Generated::now()?, stage: OnceCell::new(), pages: OnceCell::new() })
    }

    /// The tests' own display: nothing pops up in front of a person, and the screen is the same everywhere.
    fn stage(&self) -> Result<&Stage> {
        if let Some(stage) = self.stage.get() {
            return Ok(stage);
        }
        let stage = Stage::unseen()?;
        Ok(self.stage.get_or_init(|| stage))
    }

    /// Builds the guest and the pages, once a run.
    fn build_pages(&self) -> Result<Tally> {
        if let Some(tally) = self.pages.get() {
            return Ok(*tally);
        }
        let tally = tallied(&mut page_build(), &Counted::AsOne, CHECK)?;
        Ok(*self.pages.get_or_init(|| tally))
    }

    /// What shows a window needs its pages.
    fn with_pages(&self) -> Result<()> {
        if self.build_pages()?.good() { Ok(()) } else { bail!("the pages do not build") }
    }
}

/// All of them.
pub const STEPS: &[Step] = &[
    Step { name: "format", what: "Rust formatting", needs: &[need::CHECKS], run: format },
    Step { name: "biome", what: "formatting and lints of the page side", needs: &[need::CORE], run: biome },
    Step { name: "build", what: "the guest and every page build", needs: &[need::CORE], run: build_pages },
    Step { name: "types", what: "TypeScript types", needs: &[need::CORE], run: types },
    Step { name: "vitest", what: "tests of the page side", needs: &[need::CORE], run: vitest },
    Step { name: "publint", what: "the npm package is well-formed", needs: &[need::CORE], run: publint },
    Step { name: "clippy", what: "lints of the Rust side", needs: &[need::APP, need::CHECKS], run: clippy },
    Step { name: "cargo", what: "tests of the Rust side", needs: &[need::APP], run: cargo_test },
    Step {
        name: "docs",
        what: "the Rust documentation builds without warnings",
        needs: &[need::APP],
        run: docs,
    },
    Step {
        name: "loom",
        what: "update, notify and pull in every interleaving",
        needs: &[need::CORE],
        run: loom,
    },
    Step {
        name: "features",
        what: "the core under every combination of serde_json's features",
        needs: &[need::CORE],
        run: features,
    },
    Step {
        name: "platforms",
        what: "types on Windows and macOS; the core's tests as Windows programs, under wine",
        needs: &[need::RUST, need::PLATFORMS],
        run: platforms::run,
    },
    Step {
        name: "generated",
        what: "committed generated files are fresh",
        needs: &[need::APP],
        run: generated,
    },
    Step {
        name: "sim",
        what: "real core and real engine, under every fault, from a seed",
        needs: &[need::CORE],
        run: simulation,
    },
    Step {
        name: "fuzz",
        what: "random and hostile input for the core, against plain models",
        needs: &[need::CORE],
        run: fuzzing,
    },
    Step {
        name: "engines",
        what: "window-side persistence in the stores of real engines: Chromium and WebKitGTK",
        needs: &[need::APP, need::STAGE, need::ENGINES],
        run: engines,
    },
    Step { name: "e2e", what: "real windows", needs: &[need::APP, need::STAGE], run: end_to_end },
    Step {
        name: "demo",
        what: "the demo, clicked through: every window agrees",
        needs: &[need::APP, need::STAGE, need::DRIVER],
        run: demo_check,
    },
    Step {
        name: "examples",
        what: "the example apps, used by keyboard and mouse: windows agree, no key is lost, nothing renders in vain",
        needs: &[need::APP, need::STAGE, need::DRIVER],
        run: examples_check,
    },
    Step {
        name: "package",
        what: "the packed crates and npm package in an app outside the repository",
        needs: &[need::APP, need::STAGE],
        run: package_check,
    },
];

/// Runs a command and counts its tests.
pub fn tallied(command: &mut Command, counted: &Counted, limit: Duration) -> Result<Tally> {
    let ran = exec::run(command, limit)?;
    Ok(count(counted, ran.end, &ran.lines))
}

fn format(_: &Site) -> Result<Tally> {
    tallied(&mut cargo(["fmt", "--all", "--check"]), &Counted::AsOne, CHECK)
}

fn biome(_: &Site) -> Result<Tally> {
    tallied(
        exec::command(repo::npm_program("biome")).args(["ci", "--colors=off", "."]),
        &Counted::AsOne,
        CHECK,
    )
}

fn build_pages(site: &Site) -> Result<Tally> {
    site.build_pages()
}

/// Builds the guest first, then every page that imports it: the order of `workspaces` in package.json.
pub fn page_build() -> Command {
    let mut npm = exec::command("npm");
    npm.args(["run", "build", "--workspaces", "--if-present"]);
    npm
}

fn types(_: &Site) -> Result<Tally> {
    tallied(exec::command("npm").args(["run", "typecheck"]), &Counted::AsOne, CHECK)
}

fn vitest(_: &Site) -> Result<Tally> {
    let report = repo::scratch()?.join("vitest.json");
    // A report of an earlier run must not be counted again.
    let _ = std::fs::remove_file(&report);
    let mut vitest = exec::command(repo::npm_program("vitest"));
    vitest.args(["run", "--reporter=default", "--reporter=json"]);
    vitest.arg("--outputFile.json=target/xtask/vitest.json");
    tallied(&mut vitest, &Counted::Vitest(report), CHECK)
}

fn publint(_: &Site) -> Result<Tally> {
    let mut npm = exec::command("npm");
    npm.args(["run", "lint:package", "--workspace", "tauri-plugin-statesync-api"]);
    tallied(&mut npm, &Counted::AsOne, CHECK)
}

fn clippy(_: &Site) -> Result<Tally> {
    let mut clippy =
        cargo(["clippy", "--workspace", "--all-targets", "--keep-going", "--", "-D", "warnings"]);
    tallied(&mut clippy, &Counted::AsOne, BUILD)
}

fn cargo_test(_: &Site) -> Result<Tally> {
    tallied(&mut cargo(["test", "--workspace", "--no-fail-fast"]), &Counted::RustTests, BUILD)
}

fn docs(_: &Site) -> Result<Tally> {
    let mut doc = cargo(["doc", "--workspace", "--no-deps"]);
    tallied(doc.env("RUSTDOCFLAGS", "-D warnings"), &Counted::AsOne, BUILD)
}

/// Own build directory: `--cfg loom` would rebuild everything else with it.
fn loom(_: &Site) -> Result<Tally> {
    let mut loom =
        cargo(["test", "-p", "statesync-core", "--release", "--test", "loom", "--target-dir", "target/loom"]);
    loom.env("RUSTFLAGS", "--cfg loom").env("LOOM_MAX_PREEMPTIONS", "3");
    tallied(&mut loom, &Counted::RustTests, BUILD)
}

/// What any crate of an app can switch on for all of them, beside what the core has on by itself (`raw_value`,
/// `float_roundtrip`, `unbounded_depth`). The step `cargo` tests it without.
const SERDE_JSON: &[&str] = &[
    "serde_json/arbitrary_precision",
    "serde_json/preserve_order",
    "serde_json/arbitrary_precision,serde_json/preserve_order",
];

/// Own build directory: everything else stays built without the features.
fn features(_: &Site) -> Result<Tally> {
    let tests = ["--lib", "--test", "numbers", "--test", "write", "--test", "bad_input", "--test", "persist"];
    let run = |features| {
        let mut core = cargo(["test", "-p", "statesync-core", "--no-fail-fast", "--features", features]);
        tallied(core.args(tests).args(["--target-dir", "target/features"]), &Counted::RustTests, BUILD)
    };
    SERDE_JSON.iter().copied().map(run).sum()
}

fn generated(site: &Site) -> Result<Tally> {
    Ok(site.before.compare(&Generated::now()?))
}

fn simulation(_: &Site) -> Result<Tally> {
    let simulation = Simulation::build(repo::root())?;
    tallied(&mut simulation.command(), &Counted::Summary, BUILD)
}

fn fuzzing(_: &Site) -> Result<Tally> {
    tallied(&mut fuzz::quick()?, &Counted::Summary, CHECK)
}

/// `WebKitGTK`'s browser comes with its library; it opens windows, Chromium does without.
fn engines(site: &Site) -> Result<Tally> {
    let mut runner = site.stage()?.command("node");
    tallied(runner.arg("tests/engines/run.mjs"), &Counted::Summary, CHECK)
}

fn end_to_end(site: &Site) -> Result<Tally> {
    site.with_pages()?;
    exec::must(&mut cargo(["build", "-p", "statesync-e2e"]), BUILD)?;
    let mut windows = site.stage()?.command(repo::target().join("debug/statesync-e2e"));
    tallied(&mut windows, &Counted::Summary, CHECK)
}

fn demo_check(site: &Site) -> Result<Tally> {
    site.with_pages()?;
    demo::build_app()?;
    let ran = demo::click_through(site.stage()?)?;
    Ok(count(&Counted::Summary, ran.end, &ran.lines))
}

fn examples_check(site: &Site) -> Result<Tally> {
    site.with_pages()?;
    examples::build()?;
    examples::check(site.stage()?)
}

fn package_check(site: &Site) -> Result<Tally> {
    site.with_pages()?;
    let ran = package::check(site.stage()?)?;
    Ok(count(&Counted::Summary, ran.end, &ran.lines))
}
