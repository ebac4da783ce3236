//! Real windows for a long time: reloads, windows opened and closed, updates; and a page that calls everything with
//! whatever comes to its mind.
//!
//! `statesync-soak soak` plays the same parts in two apps at once, one with the plugin and one without, and prints what
//! is left in memory after each. `statesync-soak hostile` has one hostile window and one that works as usual beside it.
//! `cargo xtask soak` and `cargo xtask fuzz windows` build and start them.

mod app;
mod desk;
mod figures;
mod hostile;
mod parts;
mod stage;
mod table;

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "\
statesync-soak soak [--reloads N] [--windows N] [--seconds N]
statesync-soak hostile [--seconds N] [--seed S]
";

/// How much is played.
#[derive(Clone, Copy, Debug)]
struct Length {
    reloads: u64,
    windows: u64,
    /// Of updates, or of the hostile window.
    time: Duration,
    seed: u64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let played = match words.split_first() {
        Some((&"soak", options)) => length(options).and_then(|length| table::soak(length, options)),
        Some((&"play-with", options)) => {
            length(options).map(|length| app::run(app::Kind::WithPlugin, length))
        }
        Some((&"play-without", options)) => {
            length(options).map(|length| app::run(app::Kind::Without, length))
        }
        Some((&"hostile", options)) => length(options).map(|length| app::run(app::Kind::Attacked, length)),
        _ => Err(USAGE.into()),
    };
    match played {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn length(options: &[&str]) -> Result<Length, String> {
    let mut numbers = HashMap::new();
    for pair in options.chunks(2) {
        let [name, number] = pair else { return Err(USAGE.into()) };
        let number: u64 = number.parse().map_err(|_| format!("{name} needs a number\n\n{USAGE}"))?;
        numbers.insert(*name, number);
    }
    let of = |name: &str, otherwise: u64| numbers.get(name).copied().unwrap_or(otherwise);
    Ok(Length {
        reloads: of("--reloads", 300),
        windows: of("--windows", 500),
        time: Duration::from_secs(of("--seconds", 600)),
        seed: of("--seed", 1),
    })
}
