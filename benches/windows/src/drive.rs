//! The two drives: one change at a time, and a burst.

use crate::contender::{Carriers, Contender};
use crate::plan::Scene;
use crate::processes::Meter;
use crate::reports::Tally;
use crate::stage::Stage;
use crate::state::State;
use std::time::{Duration, Instant};
use tauri::AppHandle;

/// Changes of one contender in a row before it is the other one's turn.
const BLOCK: usize = 5;
/// Changes before anything is measured.
const WARM_UP: usize = 3;
/// A window that is quiet may still have something to do, such as to take the answer of its last call.
const LAST_STEPS: Duration = Duration::from_millis(50);

/// Before each burst: what the one before left behind (garbage, most of all) shall not count for this one.
const REST: Duration = Duration::from_secs(1);

/// What one burst took.
pub struct Burst {
    /// Until all windows had applied the last state.
    pub total: Duration,
    /// That long the thread that changed the state was busy with it.
    pub writer: Duration,
    pub cpu: Option<Duration>,
    /// What each page did meanwhile.
    pub tallies: Vec<Tally>,
}

/// Everything measured of one contender in one scene.
pub struct Measured {
    pub contender: Contender,
    /// Milliseconds until all windows had applied a change.
    pub single: Vec<f64>,
    pub bursts: Vec<Burst>,
}

/// Opens the windows of a scene and drives both contenders: single changes in turns, then one's bursts and
/// then the other's.
pub fn run(app: &AppHandle, scene: &Scene) -> Result<[Measured; 2], String> {
    let name: &'static str = format!("windows-{}-bytes-{}", scene.windows, scene.bytes).leak();
    let mut carriers = Carriers::new(app, name, &State::of_size(scene.bytes))?;
    let stage = Stage::open(app, name, scene.windows)?;
    let mut measured =
        Contender::BOTH.map(|contender| Measured { contender, single: Vec::new(), bursts: Vec::new() });
    for contender in Contender::BOTH {
        for _ in 0..WARM_UP {
            one_change(&stage, &mut carriers, contender)?;
        }
    }
    while measured[0].single.len() < scene.singles {
        for of in &mut measured {
            for _ in 0..BLOCK {
                let took = one_change(&stage, &mut carriers, of.contender)?;
                of.single.push(took.as_secs_f64() * 1e3);
            }
        }
    }
    for of in &mut measured {
        for _ in 0..scene.bursts {
            of.bursts.push(burst(&stage, &mut carriers, of.contender, scene.updates)?);
        }
    }
    Ok(measured)
}

/// Changes the state once, and waits until every window has applied it.
fn one_change(stage: &Stage, carriers: &mut Carriers, contender: Contender) -> Result<Duration, String> {
    let goal = carriers.count(contender) + 1;
    let start = Instant::now();
    carriers.change(contender, goal)?;
    let shown = stage.reports().all_applied(contender, goal)?;
    Ok(shown - start)
}

/// Changes the state as fast as it goes, and waits until every window has applied the
/// last one. CPU time is measured until nothing is under way any more: acknowledgements count.
fn burst(
    stage: &Stage,
    carriers: &mut Carriers,
    contender: Contender,
    updates: usize,
) -> Result<Burst, String> {
    let before = stage.tallies()?;
    stage.all_quiet(REST)?;
    let meter = Meter::start();
    let goal = carriers.count(contender) + updates as u64;
    let start = Instant::now();
    for _ in 0..updates {
        carriers.change(contender, goal)?;
    }
    let writer = start.elapsed();
    let total = stage.reports().all_applied(contender, goal)? - start;
    stage.all_quiet(LAST_STEPS)?;
    let cpu = meter.stop();
    let after = stage.tallies()?;
    let tallies = after.iter().zip(&before).map(|(after, before)| after.since(before)).collect();
    Ok(Burst { total, writer, cpu, tallies })
}
