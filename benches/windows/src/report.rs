//! The tables for people and the JSON for programs.

use crate::plan::size_name;
use crate::summary::{BurstNumbers, Summary};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::{env, fs, io, thread};

/// A figure that is promised of one scene with four windows.
pub struct Figure {
    what: String,
    measured: f64,
    at_most: f64,
}

impl Figure {
    fn met(&self) -> bool {
        self.measured <= self.at_most
    }

    fn as_json(&self) -> Value {
        json!({ "what": self.what, "measured": self.measured, "atMost": self.at_most, "met": self.met() })
    }
}

/// What is promised, as far as it was measured.
pub fn figures(summaries: &[Summary]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for summary in summaries.iter().filter(|summary| summary.windows == 4) {
        let size = size_name(summary.bytes);
        let mut promise = |what: &str, measured: Option<f64>, at_most| {
            let what = format!("{size}, 4 windows, {what}");
            figures.extend(measured.map(|measured| Figure { what, measured, at_most }));
        };
        let single = Some(summary.p50_ratio());
        let pulls = u32::try_from(summary.statesync.burst.pulls_per_window).ok().map(f64::from);
        match summary.bytes {
            128 => promise("one at a time: p50, statesync / emit", single, 2.5),
            1_000 => {
                promise("burst: pulls of the busiest window", pulls, 2.0);
                promise("burst: CPU, statesync / emit", summary.cpu_ratio(), 1.0 / 50.0);
            }
            1_000_000 => {
                promise("burst: CPU, statesync / emit", summary.cpu_ratio(), 1.0 / 200.0);
                promise("one at a time: p50, statesync / emit", single, 1.0 / 4.0);
            }
            _ => {}
        }
    }
    figures
}

pub fn print(summaries: &[Summary], figures: &[Figure]) {
    println!("\none change at a time: milliseconds until all windows have applied it");
    println!(
        "{:>7} {:>7} {:>8} | {:>9} {:>9} | {:>9} {:>9} | {:>9}",
        "windows", "state", "changes", "p50", "p99", "emit p50", "emit p99", "p50 ratio"
    );
    for summary in summaries {
        let (statesync, emit) = (&summary.statesync.single, &summary.emit.single);
        println!(
            "{:>7} {:>7} {:>8} | {:>9.2} {:>9.2} | {:>9.2} {:>9.2} | {:>9.2}",
            summary.windows,
            size_name(summary.bytes),
            statesync.changes,
            statesync.p50,
            statesync.p99,
            emit.p50,
            emit.p99,
            summary.p50_ratio()
        );
    }
    println!(
        "\nburst: until all windows have applied the last state; signals, pulls and applies of the busiest window"
    );
    println!(
        "{:>7} {:>7} {:>7} {:>10} | {:>9} {:>9} {:>9} | {:>7} {:>7} {:>7}",
        "windows", "state", "updates", "", "total s", "writer s", "CPU s", "signals", "pulls", "applies"
    );
    for summary in summaries {
        print_burst(summary);
    }
    println!();
    for figure in figures {
        let Figure { what, measured, at_most } = figure;
        let verdict = if figure.met() { "met" } else { "MISSED" };
        println!("{what:<52} {measured:>9.4}, at most {at_most:>6.4}: {verdict}");
    }
}

fn print_burst(summary: &Summary) {
    let row = |name: &str, numbers: &BurstNumbers| {
        let cpu = numbers.cpu_seconds.map_or("-".into(), |cpu| format!("{cpu:.3}"));
        println!(
            "{:>7} {:>7} {:>7} {name:>10} | {:>9.3} {:>9.3} {cpu:>9} | {:>7} {:>7} {:>7}",
            summary.windows,
            size_name(summary.bytes),
            summary.updates,
            numbers.total_seconds,
            numbers.writer_seconds,
            numbers.signals_per_window,
            numbers.pulls_per_window,
            numbers.applies_per_window
        );
    };
    let (statesync, emit) = (&summary.statesync.burst, &summary.emit.burst);
    row("statesync", statesync);
    row("emit", emit);
    let cpu = summary.cpu_ratio().map_or("-".into(), |ratio| format!("1/{:.0}", 1.0 / ratio));
    println!(
        "{:>34} | {:>9} {:>9} {cpu:>9} |",
        "ratio",
        format!("1/{:.0}", emit.total_seconds / statesync.total_seconds),
        format!("1/{:.0}", emit.writer_seconds / statesync.writer_seconds),
    );
}

/// Writes everything to `windows.json`, in the folder named by `STATESYNC_BENCH_OUT` or in `target/bench`.
pub fn write(summaries: &[Summary], figures: &[Figure], quick: bool) -> io::Result<PathBuf> {
    let folder = env::var_os("STATESYNC_BENCH_OUT").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/bench")),
        PathBuf::from,
    );
    fs::create_dir_all(&folder)?;
    let file = folder.join("windows.json");
    let report = json!({
        "quick": quick,
        "cores": thread::available_parallelism().map_or(0, usize::from),
        "scenes": summaries,
        "figures": figures.iter().map(Figure::as_json).collect::<Vec<_>>(),
    });
    fs::write(&file, format!("{report:#}\n"))?;
    file.canonicalize()
}
