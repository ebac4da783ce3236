//! `cargo xtask`: everything one does with this repository, with nothing to install by hand.
//!
//! Keeps: all its own output under `target/`. Loses nothing: no command writes into the sources, `bindings` excepted.

mod bench;
mod bindings;
mod copy;
mod demo;
mod doctor;
mod driver;
mod examples;
mod exec;
mod fuzz;
mod generated;
mod mutate;
mod need;
mod npm;
mod package;
mod platforms;
mod processes;
mod repo;
mod setup;
mod sim;
mod soak;
mod steps;
mod tally;
mod test;
mod windows;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
cargo xtask COMMAND

  demo [--headless]            set up, build and open the demo; without a display: check it under Xvfb, with pictures
  test [STEP...] [--list]      set up and run every check (or the named steps); the last line is the count
  bench [--quick] [core|windows]   measure; tables on the screen, JSON in target/bench/
  doctor                       what is missing on this machine, what it is for, how to get it
  bindings                     write TypeScript made of Rust types anew
  sim [--runs N] [--seed S] [--from N] [--verbose]   the simulation alone: real Rust core, real TypeScript engine
  fuzz [MINUTES] [--seed S] [--from N] [--runs N] [requests|patches|scopes|records|databases...]
                               random and hostile input for the core, against plain models
  fuzz windows [MINUTES] [--seed S]   a hostile real window, and how the window beside it is answered
  soak [MINUTES] [--short]     reloads, windows, updates: memory and files beside the same app without the plugin
  mutate [RULE...]             break each rule in a scratch copy and see whether the simulation notices
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let Some((command, rest)) = arguments.split_first() else {
        print!("{USAGE}");
        return Ok(ExitCode::FAILURE);
    };
    match command.as_str() {
        "demo" => demo::run(rest),
        "test" => test::run(rest),
        "bench" => bench::run(rest),
        "doctor" => Ok(doctor::run()),
        "bindings" => bindings::run(),
        "sim" => sim::run(rest),
        "fuzz" => fuzz::run(rest),
        "soak" => soak::run(rest),
        "mutate" => mutate::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("no command called {other:?}\n\n{USAGE}"),
    }
}

/// Success or failure as an exit code.
fn exit_code(success: bool) -> ExitCode {
    if success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
