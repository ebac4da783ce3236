//! Random and hostile input for the core, from a seed. `cargo xtask fuzz` builds and runs this program.
//!
//! Each target draws a case from the seed and the number of the run, tries it on the real core, and checks what came of
//! it against a plain model. A run is played in a process of its own, so that a stack overflow is a finding like any
//! other. A failing run ends with the smallest input that still fails, and the line that replays it.

mod chance;
mod json;
mod memory;
mod patch_text;
mod patches;
mod player;
mod requests;
mod scopes;
mod stored;
mod strict;
mod supervisor;
mod target;

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use target::{Target, Wish};

const USAGE: &str = "\
statesync-fuzz [--seed S] [--from N] [--runs N | --seconds N] [--workers N] [--strict] [TARGET...]

  targets: requests patches scopes records databases; all when none is named
  --strict asks more of damaged databases than SQLite can always give
  without --runs and --seconds each target plays as many runs as in the test command
";

/// Calls a function for the target of this name.
macro_rules! with_target {
    ($name:expr, $call:ident ( $($argument:expr),* )) => {
        match $name {
            requests::Requests::NAME => Some($call::<requests::Requests>($($argument),*)),
            patches::Patches::NAME => Some($call::<patches::Patches>($($argument),*)),
            scopes::Scopes::NAME => Some($call::<scopes::Scopes>($($argument),*)),
            stored::Records::NAME => Some($call::<stored::Records>($($argument),*)),
            stored::Databases::NAME => Some($call::<stored::Databases>($($argument),*)),
            _ => None,
        }
    };
}

const TARGETS: [&str; 5] = [
    requests::Requests::NAME,
    patches::Patches::NAME,
    scopes::Scopes::NAME,
    stored::Records::NAME,
    stored::Databases::NAME,
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match parse(&arguments) {
        Ok((wish, names, Role::Supervisor)) => supervise(&wish, &names),
        Ok((wish, names, Role::Player)) => play(&wish, &names),
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

#[derive(PartialEq, Eq)]
enum Role {
    Supervisor,
    Player,
}

fn parse(arguments: &[String]) -> Result<(Wish, Vec<String>, Role), String> {
    let mut wish = Wish { workers: workers(), ..Wish::default() };
    let mut names = Vec::new();
    let mut role = Role::Supervisor;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut number = || {
            let text = rest.next().ok_or_else(|| format!("{argument} needs a number"))?;
            text.parse::<u64>().map_err(|_| format!("{argument} needs a number, not {text:?}"))
        };
        match argument.as_str() {
            "--seed" => wish.seed = Some(number()?),
            "--from" => wish.from = number()?,
            "--runs" => wish.runs = Some(number()?),
            "--seconds" => wish.time = Some(Duration::from_secs(number()?)),
            "--workers" => wish.workers = number()?.max(1),
            "--strict" => wish.strict = true,
            "--player" => role = Role::Player,
            name if TARGETS.contains(&name) => names.push(name.to_owned()),
            other => return Err(format!("there is no target {other:?}")),
        }
    }
    if names.is_empty() {
        names = TARGETS.map(str::to_owned).to_vec();
    }
    Ok((wish, names, role))
}

fn workers() -> u64 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u64)
}

/// A seed that nobody has tried yet.
fn fresh_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos()) ^ now.as_secs() << 20
}

fn supervise(wish: &Wish, names: &[String]) -> ExitCode {
    let wish = Wish { seed: Some(wish.seed.unwrap_or_else(fresh_seed)), ..wish.clone() };
    let share = wish.time.map(|time| time / u32::try_from(names.len()).unwrap_or(1));
    println!("seed {}", wish.seed.unwrap_or_default());
    let (mut passed, mut failed) = (0, 0);
    for name in names {
        let Some(quick) = with_target!(name.as_str(), quick()) else { continue };
        let runs = wish.runs.or(if share.is_none() { Some(quick) } else { None });
        let played = supervisor::play(name, &Wish { runs, time: share, ..wish.clone() });
        passed += played.passed;
        failed += played.failed;
    }
    println!("\n{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn quick<T: Target>() -> u64 {
    T::QUICK
}

fn play(wish: &Wish, names: &[String]) -> ExitCode {
    if wish.strict {
        strict::turn_on();
    }
    let held = names.iter().all(|name| with_target!(name.as_str(), player_of(wish)).unwrap_or(false));
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn player_of<T: Target + 'static>(wish: &Wish) -> bool {
    player::play::<T>(wish)
}
