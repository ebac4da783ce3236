//! `cargo xtask bench`: the core's micro-benchmarks, and real windows against plain `emit` in the same run. Tables go to
//! the screen, JSON to `target/bench/`.

use std::{fs, process::ExitCode, time::Duration};

use anyhow::{Result, bail};

use crate::{
    exec::{self, cargo},
    need, repo, setup, steps,
    windows::Stage,
};

const BUILD: Duration = Duration::from_secs(60 * 60);
const MEASURE: Duration = Duration::from_secs(2 * 60 * 60);

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Core,
    Windows,
}

/// What the command line asks for.
#[derive(PartialEq, Eq, Debug)]
struct Wish {
    quick: bool,
    parts: Vec<Part>,
}

/// Measures what is asked for, both parts when nothing is named.
///
/// # Errors
/// When set-up or build fails, or a benchmark does.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    let wish = parse(arguments)?;
    fs::create_dir_all(repo::target().join("bench"))?;
    for part in &wish.parts {
        match part {
            Part::Core => core(wish.quick)?,
            Part::Windows => windows(wish.quick)?,
        }
    }
    println!("\nnumbers: target/bench/");
    Ok(ExitCode::SUCCESS)
}

fn parse(arguments: &[String]) -> Result<Wish> {
    let mut wish = Wish { quick: false, parts: Vec::new() };
    for argument in arguments {
        match argument.as_str() {
            "--quick" => wish.quick = true,
            "core" => wish.parts.push(Part::Core),
            "windows" => wish.parts.push(Part::Windows),
            other => bail!("bench knows --quick, core and windows, not {other:?}"),
        }
    }
    if wish.parts.is_empty() {
        wish.parts = vec![Part::Core, Part::Windows];
    }
    Ok(wish)
}

fn core(quick: bool) -> Result<()> {
    let mut bench = cargo(["bench", "-p", "statesync-core", "--bench", "core"]);
    bench.args(quick.then_some(["--", "--quick"]).into_iter().flatten());
    exec::must(bench.env("STATESYNC_BENCH_OUT", repo::target().join("bench")), BUILD)
}

fn windows(quick: bool) -> Result<()> {
    setup::ensure(&[need::APP, need::STAGE])?;
    exec::must(&mut steps::page_build(), BUILD)?;
    exec::must(&mut cargo(["build", "--release", "-p", "statesync-bench"]), BUILD)?;
    let stage = Stage::unseen()?;
    let mut bench = stage.command(repo::target().join("release/statesync-bench"));
    bench.args(quick.then_some("--quick"));
    exec::must(bench.env("STATESYNC_BENCH_OUT", repo::target().join("bench")), MEASURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(line: &str) -> Result<Wish> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn nothing_named_measures_both_parts() {
        let expected = Wish { quick: true, parts: vec![Part::Core, Part::Windows] };
        assert_eq!(wish("--quick").expect("known"), expected);
    }

    #[test]
    fn a_named_part_is_measured_alone_and_others_are_refused() {
        assert_eq!(wish("core").expect("known"), Wish { quick: false, parts: vec![Part::Core] });
        assert!(wish("everything").is_err());
    }
}
