//! The table for people and the JSON for programs.

use crate::memory::Size;
use crate::persist::Rate;
use crate::rounds::{Rounds, Speed, median};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::{env, fs, io};

/// Prints everything, and writes it to the file whose path is returned.
pub fn write(rounds: &Rounds, memory: &[Size], rates: &[Rate], quick: bool) -> io::Result<PathBuf> {
    print(rounds, memory);
    print_rates(rates);
    let folder = env::var_os("STATESYNC_BENCH_OUT").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/bench")),
        PathBuf::from,
    );
    fs::create_dir_all(&folder)?;
    let file = folder.join("core.json");
    fs::write(&file, format!("{:#}\n", as_json(rounds, memory, rates, quick)))?;
    file.canonicalize()
}

fn print(rounds: &Rounds, memory: &[Size]) {
    println!(
        "core, {} rounds; one lock and increment of an uncontended Mutex<u64>: {:.1} ns\n",
        rounds.count,
        median(&rounds.counter_nanoseconds)
    );
    println!("{:<16} {:<42} {:>12} {:>10} {:>8}", "", "", "ns", "x mutex", "at most");
    let mut group = "";
    for speed in &rounds.speeds {
        let shown = if speed.group == group { "" } else { speed.group };
        group = speed.group;
        let Speed { name, nanoseconds, ratio, .. } = speed;
        let verdict = verdict(speed).map_or(String::new(), |(limit, met)| {
            format!("{limit:>8} {}", if met { "met" } else { "MISSED" })
        });
        println!("{shown:<16} {name:<42} {nanoseconds:>12.1} {ratio:>10.1} {verdict}");
    }
    println!("\n{:<59} {:>12}", "memory", "bytes");
    for Size { name, bytes } in memory {
        println!("{:<16} {name:<42} {bytes:>12}", "");
    }
}

fn print_rates(rates: &[Rate]) {
    println!("\n{:<42} {:>12} {:>12} {:>10} {:>8}", "persisted", "updates/s", "without", "ratio", "at least");
    for Rate { name, with, without, ratio, at_least } in rates {
        let verdict = at_least.map_or(String::new(), |limit| {
            format!("{limit:>8} {}", if *ratio >= limit { "met" } else { "MISSED" })
        });
        println!("{name:<42} {with:>12.0} {without:>12.0} {ratio:>10.3} {verdict}");
    }
}

/// The limit, and whether it is met.
fn verdict(speed: &Speed) -> Option<(f64, bool)> {
    speed.limit.map(|limit| (limit, speed.ratio <= limit))
}

fn as_json(rounds: &Rounds, memory: &[Size], rates: &[Rate], quick: bool) -> Value {
    let rates = rates.iter().map(|rate| {
        json!({
            "name": rate.name,
            "updatesPerSecond": rate.with,
            "withoutPersistence": rate.without,
            "ratio": rate.ratio,
            "atLeast": rate.at_least,
        })
    });
    let speeds = rounds.speeds.iter().map(|speed| {
        json!({
            "group": speed.group,
            "name": speed.name,
            "nanoseconds": speed.nanoseconds,
            "timesMutex": speed.ratio,
            "atMost": speed.limit,
            "met": verdict(speed).map(|(_, met)| met),
        })
    });
    json!({
        "quick": quick,
        "rounds": rounds.count,
        "mutexNanoseconds": median(&rounds.counter_nanoseconds),
        "speeds": speeds.collect::<Vec<_>>(),
        "persist": rates.collect::<Vec<_>>(),
        "memory": memory.iter().map(|size| json!({ "name": size.name, "bytes": size.bytes })).collect::<Vec<_>>(),
    })
}
