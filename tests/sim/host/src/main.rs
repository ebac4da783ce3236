//! The real core behind one line of JSON in and one line of JSON out.
//!
//! Keeps: one registry, the signals its sessions were sent, nothing else. Loses everything at `reset`. There is
//! no clock and no randomness in here: the driver (`tests/sim/*.ts`) brings both, so a run can be repeated.
//!
//! A line is an array of commands; they run in order, and the answer is
//! `{ "results": [...], "wake": bool, "gone": [sink, ...] }`: one result for each command, whether the core asked
//! for a flush, and which sinks it let go of. A result is `{ "ok": ... }` or `{ "error": { kind, message, ... } }`.

#![allow(clippy::result_large_err, reason = "an error is written out and gone")]

mod action;
mod command;
mod document;
mod world;

use command::Command;
use std::io::{self, BufRead as _, BufWriter, Write as _};
use world::World;

fn main() -> io::Result<()> {
    // Panics of update closures are part of the game; what they say travels in the error.
    std::panic::set_hook(Box::new(|_| {}));
    let mut out = BufWriter::new(io::stdout().lock());
    let mut world = World::new();
    for line in io::stdin().lock().lines() {
        let commands: Vec<Command> = serde_json::from_str(&line?)?;
        let results = commands.into_iter().map(|command| world.run(command)).collect::<Vec<_>>().join(",");
        let (wake, gone) = world.take_news();
        let gone = serde_json::to_string(&gone)?;
        writeln!(out, "{{\"results\":[{results}],\"wake\":{wake},\"gone\":{gone}}}")?;
        out.flush()?;
    }
    Ok(())
}
