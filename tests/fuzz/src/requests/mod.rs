//! Calls of pages, well-formed and hostile, from windows with different permissions.
//!
//! Every call is made in two apps that differ in nothing but the values of hidden topics. A window that may not read
//! those gets the same answers from both, to the letter: whatever it learns, it is nothing about the values.

mod attacks;
pub mod door;
mod draw;
mod echo;
mod judge;
mod shape;
mod world;

use crate::chance::Chance;
use crate::memory;
use crate::target::{Target, shortened, without_parts};
use judge::Judge;
use serde_json::Value;
use std::time::Duration;
use world::World;

pub const EPOCH: &str = "fuzz";

/// What refused calls may leave in memory: a few of the largest texts of a run, and what the allocator keeps.
const MOST_LEFT: u64 = 48 << 20;

/// A command of the plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Subscribe,
    Pull,
    Snapshot,
    FirstPaint,
    Set,
    Patch,
    Action,
    Inspect,
}

impl Command {
    pub fn writes(self) -> bool {
        matches!(self, Self::Set | Self::Patch | Self::Action)
    }
}

/// What a page calls.
#[derive(Clone, Debug)]
pub struct Call {
    pub window: usize,
    pub command: Command,
    pub arguments: Value,
}

/// What happens.
#[derive(Clone, Debug)]
pub enum Step {
    Call(Call),
    /// Rust changes the topic.
    Renew(usize),
    Flush(Duration),
    Reload(usize),
    Close(usize),
}

/// An app and what happens to it.
#[derive(Clone)]
pub struct Case {
    seed: u64,
    limit: usize,
    steps: Vec<Step>,
}

/// The target.
pub struct Requests;

impl Target for Requests {
    const NAME: &'static str = "requests";
    const QUICK: u64 = 1_500;
    type Case = Case;

    fn draw(run: u64, chance: &mut Chance) -> Case {
        let seed = chance.number();
        if let Some((limit, steps)) = attacks::attack(run) {
            return Case { seed, limit, steps };
        }
        let limit = *chance.pick(&[300, 4_000, 100_000, 1_000_000]);
        Case { seed, limit, steps: draw::steps(chance) }
    }

    fn check(case: &Case) -> Result<u64, String> {
        let sent: usize = case.steps.iter().map(bytes).sum();
        let before = if sent > 16 << 20 { memory::resident() } else { None };
        let mut app = World::new(case.seed, case.limit);
        let mut twin = World::new(!case.seed, case.limit);
        let mut judge = Judge::default();
        for (place, step) in case.steps.iter().enumerate() {
            play(&mut app, &mut twin, &mut judge, step)
                .map_err(|problem| format!("{problem}\n  at step {place}: {}", show(step)))?;
        }
        let left = before.zip(memory::resident()).map_or(0, |(before, after)| after.saturating_sub(before));
        if left > MOST_LEFT {
            let sent = sent >> 20;
            return Err(format!("{} MiB are left in memory of calls with {sent} MiB", left >> 20));
        }
        Ok(case.steps.len() as u64)
    }

    fn smaller(case: &Case) -> impl Iterator<Item = Case> {
        without_parts(&case.steps).map(|steps| Case { steps, ..*case })
    }

    fn show(case: &Case) -> String {
        let steps: Vec<_> = case.steps.iter().take(40).map(show).collect();
        format!("limit {} bytes, {} steps:\n  {}", case.limit, case.steps.len(), steps.join("\n  "))
    }
}

fn bytes(step: &Step) -> usize {
    if let Step::Call(call) = step { call.arguments.to_string().len() } else { 0 }
}

fn show(step: &Step) -> String {
    match step {
        Step::Call(Call { window, command, arguments }) => {
            let label = world::windows()[*window].label;
            format!("{label} calls {command:?} {}", shortened(&arguments.to_string(), 500))
        }
        Step::Renew(topic) => format!("Rust sets {}", world::TOPICS[*topic]),
        other => format!("{other:?}"),
    }
}

fn play(app: &mut World, twin: &mut World, judge: &mut Judge, step: &Step) -> Result<(), String> {
    match step {
        Step::Call(call) => judge.call(app, twin, call)?,
        Step::Renew(topic) => {
            app.renew(*topic);
            twin.renew(*topic);
        }
        Step::Flush(after) => {
            let signals = (app.flush(*after), twin.flush(*after));
            Judge::signals(app, &signals.0, &signals.1)?;
        }
        Step::Reload(window) => {
            app.reload(*window);
            twin.reload(*window);
        }
        Step::Close(window) => {
            app.close(*window);
            twin.close(*window);
            judge.forget(*window);
        }
    }
    let (ours, theirs) = (app.revisions(), twin.revisions());
    if ours != theirs {
        return Err(format!(
            "what happens depends on a hidden value: the revisions are {ours:?} and {theirs:?}"
        ));
    }
    Ok(())
}
