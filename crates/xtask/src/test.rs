//! `cargo xtask test`: runs the steps one after the other, goes on after failures, and ends with one line that says how
//! many single tests passed and failed.

use std::{error::Error, fmt, process::ExitCode, time::Instant};

use anyhow::{Result, bail};

use crate::{
    exit_code, setup,
    steps::{STEPS, Site, Step},
    tally::Tally,
};

/// Runs every step, or those named.
///
/// # Errors
/// When a named step does not exist.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    if arguments.iter().any(|argument| argument == "--list") {
        for step in STEPS {
            println!("{:<12} {}", step.name, step.what);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let steps = chosen(arguments)?;
    let rows = match set_up(&steps) {
        Ok(site) => run_all(&site, &steps),
        Err(error) => {
            println!("set-up failed: {error:#}");
            vec![("set-up", Ok(Tally::one(false)), 0.0)]
        }
    };
    Ok(exit_code(conclude(&rows).good()))
}

fn chosen(names: &[String]) -> Result<Vec<&'static Step>> {
    if let Some(unknown) = names.iter().find(|name| !STEPS.iter().any(|step| step.name == **name)) {
        bail!("no step called {unknown:?}; `cargo xtask test --list` names them");
    }
    Ok(STEPS.iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name)).collect())
}

fn set_up(steps: &[&Step]) -> Result<Site> {
    let lists: Vec<_> = steps.iter().flat_map(|step| step.needs.iter().copied()).collect();
    setup::ensure(&lists)?;
    Site::new()
}

/// Why a step cannot run on this machine. The error of a step that is neither passed nor failed.
#[derive(Debug)]
pub struct Skipped(pub String);

impl fmt::Display for Skipped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "skipped: {}", self.0)
    }
}

impl Error for Skipped {}

/// A step, what came of it, and its seconds.
type Row = (&'static str, Result<Tally, Skipped>, f64);

fn run_all(site: &Site, steps: &[&Step]) -> Vec<Row> {
    steps
        .iter()
        .map(|step| {
            println!("\n== {}: {}", step.name, step.what);
            let began = Instant::now();
            (step.name, outcome(step.name, (step.run)(site)), began.elapsed().as_secs_f64())
        })
        .collect()
}

/// Every error but [`Skipped`] is a failure.
fn outcome(name: &str, run: Result<Tally>) -> Result<Tally, Skipped> {
    run.or_else(|error| {
        println!("{name}: {error:#}");
        match error.downcast::<Skipped>() {
            Ok(skipped) => Err(skipped),
            Err(_) => Ok(Tally::one(false)),
        }
    })
}

/// Prints one row for each step, then the sum alone on the last line.
fn conclude(rows: &[Row]) -> Tally {
    println!();
    for (name, outcome, seconds) in rows {
        match outcome {
            Ok(tally) => {
                let mark = if tally.good() { "ok    " } else { "FAILED" };
                println!(
                    "{mark} {name:<12} {:>6} passed {:>4} failed {seconds:>8.1} s",
                    tally.passed, tally.failed
                );
            }
            Err(Skipped(why)) => println!("SKIPPED {name:<11} {why}"),
        }
    }
    let total: Tally = rows.iter().filter_map(|row| row.1.as_ref().ok().copied()).sum();
    println!("\n{}", closing(total, rows));
    total
}

/// `3 passed, 0 failed`, and what was skipped.
fn closing(total: Tally, rows: &[Row]) -> String {
    let why = |(name, outcome, _): &Row| Some(format!("{name}: {}", outcome.as_ref().err()?.0));
    let skipped: Vec<_> = rows.iter().filter_map(why).collect();
    match skipped.len() {
        0 => total.to_string(),
        1 => format!("{total}, 1 step skipped ({})", skipped[0]),
        count => format!("{total}, {count} steps skipped ({})", skipped.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_chooses_every_step_and_a_name_chooses_one() {
        assert_eq!(chosen(&[]).expect("all").len(), STEPS.len());
        assert_eq!(chosen(&["format".to_owned()]).expect("one").len(), 1);
        assert!(chosen(&["nonsense".to_owned()]).is_err());
    }

    #[test]
    fn step_names_are_unique() {
        let mut names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), STEPS.len());
    }

    #[test]
    fn the_total_is_the_sum_of_the_rows() {
        let rows =
            [("a", Ok(Tally { passed: 2, failed: 0 }), 0.0), ("b", Ok(Tally { passed: 1, failed: 1 }), 0.0)];
        let total = Tally { passed: 3, failed: 1 };
        assert_eq!(conclude(&rows), total);
        assert_eq!(closing(total, &rows), "3 passed, 1 failed");
    }

    #[test]
    fn the_last_line_names_what_was_skipped_and_why() {
        let skipped = || Err(Skipped("no rust-src 1.99.0".to_owned()));
        let rows = [("a", Ok(Tally { passed: 2, failed: 0 }), 0.0), ("platforms", skipped(), 0.0)];
        let total = conclude(&rows);
        assert_eq!(total, Tally { passed: 2, failed: 0 });
        let one = closing(total, &rows);
        assert_eq!(one, "2 passed, 0 failed, 1 step skipped (platforms: no rust-src 1.99.0)");
        let both = closing(total, &[("x", skipped(), 0.0), ("y", skipped(), 0.0)]);
        assert!(both.starts_with("2 passed, 0 failed, 2 steps skipped (x: "), "{both}");
    }

    #[test]
    fn a_run_of_skipped_steps_alone_is_not_good() {
        assert!(!conclude(&[("platforms", Err(Skipped("no Debian".to_owned())), 0.0)]).good());
    }

    #[test]
    fn every_other_error_of_a_step_is_a_failure() {
        let skipped = outcome("a", Err(Skipped("no Debian".to_owned()).into()));
        assert_eq!(skipped.expect_err("skipped").0, "no Debian");
        let failed = outcome("a", Err(anyhow::anyhow!("apt does not reach the archive")));
        assert_eq!(failed.ok(), Some(Tally::one(false)));
    }
}
