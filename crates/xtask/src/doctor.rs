//! `cargo xtask doctor`: one line for each thing the project needs. Changes nothing.

use std::process::ExitCode;

use crate::{exit_code, need, need::Need, setup};

/// Prints what is there and what is missing; fails when something is.
pub fn run() -> ExitCode {
    let needs = need::all();
    let mut missing = Vec::new();
    for need in &needs {
        if need.met() {
            println!("ok       {:<16} {}", need.name, need.why);
        } else {
            println!("MISSING  {:<16} {}", need.name, need.why);
            println!("         {:<16} get it with: {}", "", setup::how(need.remedy));
            missing.push(*need);
        }
    }
    conclude(&missing);
    exit_code(missing.is_empty())
}

fn conclude(missing: &[&Need]) {
    if missing.is_empty() {
        println!("\nNothing is missing.");
    } else {
        println!(
            "\n{} missing. `cargo xtask demo` and `cargo xtask test` get it by themselves,",
            missing.len()
        );
        println!("system packages only as root or with sudo that asks for no password.");
    }
}
