//! A process that saves on command: `saver STORAGE DIR`.
//!
//! Says `begin NUMBER TOLD`, and then answers each number on its standard input: `saved`, or `refused WHY`.

use statesync_crash::{Life, payload, storage};
use std::io::{BufRead, Write};
use std::path::Path;

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    let life = Life::begin(storage(&arguments[1], Path::new(&arguments[2])));
    say(&format!("begin {} {}", life.durable.read(|value| value.0), life.told().join(",")));
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        match life.durable.set(payload(line.parse().expect("a number"))) {
            Ok(_) => say("saved"),
            Err(error) => say(&format!("refused {error}")),
        }
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()).expect("somebody reads");
}
