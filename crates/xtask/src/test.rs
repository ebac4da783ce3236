//! `cargo xtask test`: runs the steps one after the other, goes on after failures, and ends with one line that says how
//! many single tests passed and failed.

use std::{process::ExitCode, time::Instant};

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
            vec![("set-up", Tally::one(false), 0.0)]
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

type Row = (&'static str, Tally, f64);

fn run_all(site: &Site, steps: &[&Step]) -> Vec<Row> {
    steps
        .iter()
        .map(|step| {
            println!("\n== {}: {}", step.name, step.what);
            let began = Instant::now();
            let tally = (step.run)(site).unwrap_or_else(|error| {
                println!("{}: {error:#}", step.name);
                Tally::one(false)
            });
            (step.name, tally, began.elapsed().as_secs_f64())
        })
        .collect()
}

/// Prints one row for each step, then the sum alone on the last line.
fn conclude(rows: &[Row]) -> Tally {
    println!();
    for (name, tally, seconds) in rows {
        let mark = if tally.good() { "ok    " } else { "FAILED" };
        println!("{mark} {name:<12} {:>6} passed {:>4} failed {seconds:>8.1} s", tally.passed, tally.failed);
    }
    let total: Tally = rows.iter().map(|row| row.1).sum();
    println!("\n{total}");
    total
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
        let rows = [("a", Tally { passed: 2, failed: 0 }, 0.0), ("b", Tally { passed: 1, failed: 1 }, 0.0)];
        assert_eq!(conclude(&rows), Tally { passed: 3, failed: 1 });
    }
}
