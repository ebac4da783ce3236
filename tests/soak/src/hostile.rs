//! A hostile window with every permission, and beside it one that works as usual.

use crate::app::{KEPT, QUIET};
use crate::desk::{Desk, Papers};
use crate::figures::{Figures, megabytes};
use crate::{Length, stage};
use serde_json::json;
use statesync::StateSyncExt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};
use tauri::{AppHandle, Manager};

/// The other window alone, and then beside a page that calls as much, but a command that does nothing: what Tauri and
/// the webview take for it.
const ALONE: Duration = Duration::from_secs(5);
/// The hostile page is loaded anew after so long, with another seed.
const ROUND: Duration = Duration::from_secs(15);
/// The calls of the first rounds fill tables, caches and the allocator.
const WARM_UP: Duration = Duration::from_secs(30);
/// What it may keep after that: the topics' values, which the page chooses, are up to 4 MiB each, as value and as JSON.
const MORE_BYTES: u64 = 96 << 20;
/// What the issue aims at.
const AIM_MS: f64 = 50.0;

/// Where topics are kept: a folder of this process.
pub fn folder() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let make = || std::env::temp_dir().join(format!("statesync-soak-{}", std::process::id()));
    FOLDER.get_or_init(make).clone()
}

/// Plays it and prints what came of it.
pub fn play(app: &AppHandle, length: Length) -> Result<(), String> {
    let played = attack(app, length);
    let _ = std::fs::remove_dir_all(folder());
    let failed = played.as_ref().err().map_or(0, Vec::len);
    println!("\n{} passed, {failed} failed", CHECKS - failed);
    played.map_err(|problems| problems.join("; "))
}

/// Whether the app is alive, pages got right answers, topics are kept, memory is flat.
const CHECKS: usize = 4;

fn attack(app: &AppHandle, length: Length) -> Result<(), Vec<String>> {
    let one = |problem: String| vec![problem];
    stage::open(app, "quiet", "quiet.html").map_err(one)?;
    stage::await_hello(app, "quiet", 1).map_err(one)?;
    thread::sleep(ALONE);
    report(app, "alone");
    let flood = format!("hostile.html?harmless&seed={}", length.seed);
    stage::open(app, "harmless", &flood).map_err(one)?;
    stage::await_hello(app, "harmless", 1).map_err(one)?;
    thread::sleep(ROUND.min(length.time));
    stage::close(app, "harmless").map_err(one)?;
    report(app, "harmless");

    let end = Instant::now() + length.time;
    let began = Instant::now();
    let mut settled: Option<Figures> = None;
    let mut seed = length.seed;
    while Instant::now() < end {
        let label = format!("hostile-{seed}");
        stage::open(app, &label, &format!("hostile.html?seed={seed}")).map_err(one)?;
        stage::await_hello(app, &label, 1).map_err(one)?;
        let round_end = (Instant::now() + ROUND).min(end);
        thread::sleep(round_end.saturating_duration_since(Instant::now()));
        let figures = Figures::now();
        let calls = app.state::<Desk>().look(|papers| papers.calls);
        println!(
            "seed {seed}: {calls} calls, app {} MB ({} MB in all), {} files",
            megabytes(figures.app),
            megabytes(figures.all),
            figures.files
        );
        stage::close(app, &label).map_err(one)?;
        if settled.is_none() && began.elapsed() >= WARM_UP.min(length.time / 2) {
            settled = Some(figures);
        }
        seed += 1;
    }
    report(app, "attacked");
    app.state::<Desk>().look(refusals);
    let figures = Figures::now();
    let problems = [wrong(app), answers(app), keeps(app), memory(settled, figures)];
    let problems: Vec<String> = problems.into_iter().flatten().collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Prints how long answers took, and forgets it.
fn report(app: &AppHandle, when: &str) {
    let (reads, writes) = app
        .state::<Desk>()
        .look(|papers| (std::mem::take(&mut papers.reads), std::mem::take(&mut papers.writes)));
    for (what, mut times) in [("reads", reads), ("writes", writes)] {
        times.sort_by(f64::total_cmp);
        let at = |part: usize| {
            times
                .get((times.len() * part / 1000).min(times.len().saturating_sub(1)))
                .copied()
                .unwrap_or(f64::NAN)
        };
        let late = times.iter().filter(|time| **time >= AIM_MS).count();
        println!(
            "{when:<9} {what:<7} {:>7}: p50 {:>6.1} ms, p99 {:>6.1} ms, max {:>7.1} ms, {late} of {AIM_MS} ms or more",
            times.len(),
            at(500),
            at(990),
            at(1000)
        );
    }
}

fn refusals(papers: &mut Papers) {
    let mut kinds: Vec<_> = papers.refusals.iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let kinds: Vec<String> =
        kinds.into_iter().take(12).map(|(kind, count)| format!("{kind} {count}")).collect();
    println!("refusals of the last page: {}", kinds.join(", "));
}

fn wrong(app: &AppHandle) -> Option<String> {
    let wrong = app.state::<Desk>().look(|papers| papers.wrong.clone());
    wrong.first().map(|first| format!("the other page got {} wrong answers, first {first}", wrong.len()))
}

/// The other page goes on being answered.
fn answers(app: &AppHandle) -> Option<String> {
    let topic = app.statesync().topic(QUIET).ok()?;
    let before = topic.revision();
    stage::until(|| topic.revision() > before)
        .is_none()
        .then(|| "the other page is not answered any more".into())
}

/// What is written is stored, whatever the page closed.
fn keeps(app: &AppHandle) -> Option<String> {
    let set = || -> Result<(), String> {
        let topic = app.statesync().topic(KEPT).map_err(|error| error.to_string())?;
        topic.set(json!("the end")).map_err(|error| error.to_string())?;
        app.statesync().flush_blocking().map_err(|error| error.to_string())
    };
    if let Err(error) = set() {
        return Some(format!("nothing is stored any more: {error}"));
    }
    let text = std::fs::read_to_string(folder().join("kept.json")).unwrap_or_default();
    (!text.contains("the end")).then(|| "what was stored is not in its file".into())
}

fn memory(settled: Option<Figures>, end: Figures) -> Option<String> {
    let settled = settled?;
    let grown = end.app.saturating_sub(settled.app);
    println!(
        "memory of the app: {} MB when it had settled, {} MB at the end",
        megabytes(settled.app),
        megabytes(end.app)
    );
    (grown > MORE_BYTES).then(|| format!("the app's memory grew by {} MB", megabytes(grown)))
}
