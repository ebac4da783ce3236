//! `cargo xtask doctor`: one line for each thing the project needs. Changes nothing.

use std::process::ExitCode;

use crate::{exit_code, need, platforms, setup};

/// Prints what is there and what is missing; fails when something is.
pub fn run() -> ExitCode {
    let mut missing = 0;
    let mut row = |name: &str, why: &str, met: bool, how: &str| {
        if met {
            println!("ok       {name:<16} {why}");
        } else {
            println!("MISSING  {name:<16} {why}");
            println!("         {:<16} get it with: {how}", "");
            missing += 1;
        }
    };
    for need in need::all().into_iter().filter(|need| need.of_use()) {
        row(need.name, need.why, need.met(), &setup::how(need.remedy));
    }
    if let Some(why) = platforms::obstacle() {
        println!("no use   {:<16} the step of the tests is skipped: {why}", "other platforms");
    } else {
        let (met, name) = platforms::sources();
        row(&name, "builds the standard library for other systems", met, "cargo xtask test platforms");
    }
    conclude(missing);
    exit_code(missing == 0)
}

fn conclude(missing: usize) {
    if missing == 0 {
        println!("\nNothing is missing.");
    } else {
        println!("\n{missing} missing. `cargo xtask demo` and `cargo xtask test` get it by themselves,");
        println!("system packages only as root or with sudo that asks for no password.");
    }
}
