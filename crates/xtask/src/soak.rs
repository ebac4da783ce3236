//! `cargo xtask soak`: real windows for a long time, beside the same app without the plugin; and the hostile window of
//! `cargo xtask fuzz windows`.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, Result, bail};

use crate::{
    exec::{self, End, cargo},
    exit_code, need, repo, setup,
    windows::Stage,
};

const BUILD: Duration = Duration::from_secs(40 * 60);
/// Long enough for a night.
const PLAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Opening and closing takes the rest of a quarter of an hour.
const MINUTES: f64 = 10.0;
const RELOADS: u32 = 300;
const WINDOWS: u32 = 500;

/// Plays the soak: hundreds of reloads, 500 windows, ten minutes of updates, or as many as are named. `--short` plays a
/// little of everything.
///
/// # Errors
/// When it does not build or cannot be started.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    play("soak", &soak_options(arguments)?)
}

/// Opens a hostile window for so many minutes.
///
/// # Errors
/// When it does not build or cannot be started.
pub fn hostile(arguments: &[String]) -> Result<ExitCode> {
    play("hostile", &hostile_options(arguments)?)
}

fn play(what: &str, options: &[String]) -> Result<ExitCode> {
    setup::ensure(&[need::APP, need::STAGE])?;
    // A debug build would be measured, not what an app has.
    exec::must(&mut cargo(["build", "--release", "-p", "statesync-soak"]), BUILD)?;
    let stage = Stage::unseen()?;
    let mut app = stage.command(repo::target().join("release/statesync-soak"));
    let ran = exec::run(app.arg(what).args(options), PLAY)?;
    Ok(exit_code(ran.end == End::Succeeded))
}

fn options(pairs: &[(&str, u64)]) -> Vec<String> {
    pairs.iter().flat_map(|(name, number)| [(*name).to_owned(), number.to_string()]).collect()
}

fn soak_options(arguments: &[String]) -> Result<Vec<String>> {
    let seconds = match arguments {
        [] => seconds(&MINUTES.to_string())?,
        [short] if short == "--short" => {
            return Ok(options(&[("--reloads", 12), ("--windows", 12), ("--seconds", 8)]));
        }
        [minutes] => seconds(minutes)?,
        _ => bail!("soak knows a number of minutes, or --short"),
    };
    Ok(options(&[("--reloads", RELOADS.into()), ("--windows", WINDOWS.into()), ("--seconds", seconds)]))
}

fn hostile_options(arguments: &[String]) -> Result<Vec<String>> {
    match arguments {
        [] => Ok(options(&[("--seconds", 60)])),
        [minutes] => Ok(options(&[("--seconds", seconds(minutes)?)])),
        [minutes, seed, number] if seed == "--seed" => {
            let number = number.parse().with_context(|| format!("{number:?} is no seed"))?;
            Ok(options(&[("--seconds", seconds(minutes)?), ("--seed", number)]))
        }
        _ => bail!("fuzz windows knows a number of minutes, and --seed S after it"),
    }
}

fn seconds(minutes: &str) -> Result<u64> {
    let number: f64 = minutes.parse().with_context(|| format!("{minutes:?} is no number of minutes"))?;
    let time = Duration::try_from_secs_f64(number * 60.0).context("there are no such minutes")?;
    Ok(time.as_secs().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_soak_has_ten_minutes_of_updates_or_as_many_as_are_named() {
        let of = |line: &str| soak_options(&words(line)).expect("known").join(" ");
        assert_eq!(of(""), "--reloads 300 --windows 500 --seconds 600");
        assert_eq!(of("0.5"), "--reloads 300 --windows 500 --seconds 30");
        assert_eq!(of("--short"), "--reloads 12 --windows 12 --seconds 8");
        assert!(soak_options(&words("for ever")).is_err());
    }

    #[test]
    fn a_hostile_window_has_a_seed() {
        let of = |line: &str| hostile_options(&words(line)).expect("known").join(" ");
        assert_eq!(of(""), "--seconds 60");
        assert_eq!(of("60 --seed 7"), "--seconds 3600 --seed 7");
        assert!(hostile_options(&words("--seed 7")).is_err());
    }
}
