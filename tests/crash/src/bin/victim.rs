//! Writes as fast as it can, and says what was acknowledged, until it is killed.
//!
//! Lines on the standard output: `begin NUMBER REVISION NUMBER REVISION TOLD` with what both topics began with, then
//! `durable NUMBER REVISION` after a durable write has returned, and `seen NUMBER REVISION` after one that is saved
//! later.

use statesync_core::Topic;
use statesync_crash::{Life, Payload, payload, storage};
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    let life = Life::begin(storage(&arguments[1], Path::new(&arguments[2])));
    let at = |topic: &Topic<Payload>| format!("{} {}", topic.read(|value| value.0), topic.revision());
    for topic in [&life.durable, &life.debounced] {
        topic.read(|value| assert_eq!(*value, payload(value.0), "a value is whole"));
    }
    say(&format!("begin {} {} {}", at(&life.durable), at(&life.debounced), life.told().join(",")));
    let registry = life.registry.clone();
    thread::spawn(move || {
        let start = Instant::now();
        loop {
            registry.poll_saves(start.elapsed());
            thread::park_timeout(Duration::from_micros(200));
        }
    });
    for number in life.durable.read(|value| value.0) + 1.. {
        let revision = life.durable.set(payload(number)).expect("a durable write");
        say(&format!("durable {number} {revision}"));
        for step in 0..3 {
            let number = number * 10 + step;
            let revision = life.debounced.set(payload(number)).expect("a write");
            say(&format!("seen {number} {revision}"));
        }
    }
}

/// One write of one line: a pipe keeps it whole, also when the writer is killed right after.
fn say(line: &str) {
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).expect("somebody reads");
}
