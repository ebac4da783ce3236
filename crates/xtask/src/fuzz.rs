//! `cargo xtask fuzz`: random and hostile input for the core, for as long as one likes. The test command plays a fixed
//! number of runs.

use std::{
    process::{Command, ExitCode},
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{
    exec::{self, End, cargo},
    exit_code, need, repo, setup, soak,
};

const BUILD: Duration = Duration::from_secs(40 * 60);
/// Long enough for a night.
const RUNS: Duration = Duration::from_secs(24 * 60 * 60);
/// The seed of the test command: the same runs on every machine.
const SEED: &str = "1";

/// Fuzzes for so many minutes, or plays the runs that the options name. Other arguments are passed on.
///
/// # Errors
/// When it does not build, or the minutes are no number.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    if let Some((_, rest)) = arguments.split_first().filter(|(first, _)| *first == "windows") {
        return soak::hostile(rest);
    }
    setup::ensure(&[need::CORE])?;
    exec::must(&mut cargo(["build", "--release", "-p", "statesync-fuzz"]), BUILD)?;
    let mut fuzzer = exec::command(repo::target().join("release/statesync-fuzz"));
    let ran = exec::run(fuzzer.args(passed_on(arguments)?), RUNS)?;
    Ok(exit_code(ran.end == End::Succeeded))
}

/// The fuzzer with the runs and the seed of the test command.
///
/// # Errors
/// When it does not build.
pub fn quick() -> Result<Command> {
    // The tests have built the core so, and its own assertions hold too.
    exec::must(&mut cargo(["build", "-p", "statesync-fuzz"]), BUILD)?;
    let mut fuzzer = exec::command(repo::target().join("debug/statesync-fuzz"));
    fuzzer.args(["--seed", SEED]);
    Ok(fuzzer)
}

/// A number that stands first is of minutes.
fn passed_on(arguments: &[String]) -> Result<Vec<String>> {
    let Some((minutes, rest)) = arguments.split_first().filter(|(first, _)| starts_as_number(first)) else {
        return Ok(arguments.to_vec());
    };
    let minutes: f64 = minutes.parse().with_context(|| format!("{minutes:?} is no number of minutes"))?;
    let seconds = Duration::try_from_secs_f64(minutes * 60.0).context("that many minutes there are not")?;
    let mut passed_on = vec!["--seconds".to_owned(), seconds.as_secs().max(1).to_string()];
    passed_on.extend_from_slice(rest);
    Ok(passed_on)
}

fn starts_as_number(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit() || first == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed_on_of(line: &str) -> Result<String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        passed_on(&words).map(|words| words.join(" "))
    }

    #[test]
    fn minutes_become_seconds_and_the_rest_is_passed_on() {
        assert_eq!(passed_on_of("1.5 --seed 7 patches").expect("a number"), "--seconds 90 --seed 7 patches");
        assert_eq!(passed_on_of("0.001").expect("a number"), "--seconds 1");
        assert_eq!(
            passed_on_of("--seed 7 --from 3 --runs 1 scopes").expect("none"),
            "--seed 7 --from 3 --runs 1 scopes"
        );
        assert!(passed_on_of("1x").is_err());
    }
}
