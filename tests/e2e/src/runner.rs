//! Plays the scenarios one after the other, the long ones aside, each under a watchdog, and ends the program.

use crate::scenarios::{ALL, Scenario};
use crate::stage::{Outcome, Stage};
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use tauri::AppHandle;

/// What a scenario gets to wind up after its time is up.
const GRACE: Duration = Duration::from_secs(5);
/// What a page gets to describe itself after a failure.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Prints the names.
pub fn list(words: &[String]) {
    for scenario in chosen(words) {
        println!("{}", scenario.name);
    }
}

fn chosen(words: &[String]) -> Vec<&'static Scenario> {
    let words: Vec<_> = words.iter().filter(|word| !word.starts_with("--")).collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    ALL.iter().filter(|scenario| wanted(scenario.name)).collect()
}

/// Plays what was chosen, prints the result, and ends the program with it.
pub fn run(app: &AppHandle, words: &[String]) {
    let (aside, in_turn): (Vec<_>, Vec<_>) = chosen(words).into_iter().partition(|scenario| scenario.aside);
    let aside: Vec<_> = aside.into_iter().map(|scenario| start(app, scenario)).collect();
    let mut passed = 0;
    let mut failed = 0;
    let mut count = |good: bool| *(if good { &mut passed } else { &mut failed }) += 1;
    for scenario in in_turn {
        count(start(app, scenario).finish());
    }
    for playing in aside {
        count(playing.finish());
    }
    println!("\n{passed} passed, {failed} failed");
    let _ = io::stdout().flush();
    let code = i32::from(failed > 0 || passed == 0);
    app.exit(code);
    // A main thread that hangs cannot end the program.
    thread::sleep(GRACE);
    std::process::exit(code);
}

/// A scenario that is being played.
struct Playing {
    scenario: &'static Scenario,
    stage: Stage,
    began: Instant,
    outcome: mpsc::Receiver<Outcome>,
}

/// Plays a scenario on a thread of its own, so that one that hangs fails and the others go on.
fn start(app: &AppHandle, scenario: &'static Scenario) -> Playing {
    let stage = Stage::new(app);
    let (tell, outcome) = mpsc::channel();
    let own = stage.clone();
    thread::spawn(move || {
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| (scenario.play)(&own)));
        let _ = tell.send(outcome.unwrap_or_else(|_| Err("the scenario panicked".to_owned())));
    });
    Playing { scenario, stage, began: Instant::now(), outcome }
}

impl Playing {
    /// Waits for the outcome, at most as long as the scenario may take, prints it and closes its windows.
    fn finish(self) -> bool {
        let rest = self.scenario.limit.saturating_sub(self.began.elapsed());
        let outcome = self.outcome.recv_timeout(rest).unwrap_or_else(|_| {
            self.stage.over.store(true, Ordering::Relaxed);
            let late = self.outcome.recv_timeout(GRACE).map(|late| late.err().unwrap_or_default());
            let why = late.unwrap_or_else(|_| "it hangs".to_owned());
            Err(format!("not done within {:?}: {why}", self.scenario.limit))
        });
        if outcome.is_err() {
            describe(&self.stage);
        }
        let outcome = outcome.and(self.stage.clear());
        let (name, seconds) = (self.scenario.name, self.began.elapsed().as_secs_f64());
        match &outcome {
            Ok(()) => println!("test {name} ... ok ({seconds:.1} s)"),
            Err(why) => println!("test {name} ... FAILED ({seconds:.1} s): {why}"),
        }
        outcome.is_ok()
    }
}

/// Prints the state of every window, and of Rust.
fn describe(stage: &Stage) {
    for page in stage.pages() {
        match page.state_within(LAST_WORDS) {
            Ok(state) => println!("    {}: {state:?}", page.label),
            Err(error) => println!("    {}: {error}", page.label),
        }
    }
    let inspection = stage.inspect();
    for session in &inspection.sessions {
        println!("    {session:?}");
    }
    println!("    {:?}", inspection.counters);
}
