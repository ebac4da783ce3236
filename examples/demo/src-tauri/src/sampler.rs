//! The thread that measures the machine and updates the topics.
//!
//! Keeps: the rhythm the settings ask for; a change of it takes effect within [`LOOK_AT_SETTINGS`].
//! Loses: measurements that the machine is too slow for; they are skipped, not queued.
//! It never waits for a window: an update returns as soon as Rust has the new value.

use std::thread;
use std::time::{Duration, Instant};

use statesync::StateSyncExt;
use tauri::{AppHandle, Runtime};

use crate::processes::ProcessList;
use crate::system::Gauges;
use crate::topics::{PROCESSES, SETTINGS, SYSTEM};

/// How long a changed setting may go unnoticed.
const LOOK_AT_SETTINGS: Duration = Duration::from_millis(50);
/// Reading every process costs more than the rest together, so it has a floor of its own.
const PROCESSES_AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// Starts the thread; it ends with the app.
pub fn start<R: Runtime>(app: &AppHandle<R>) -> Result<(), Box<dyn std::error::Error>> {
    let state = app.statesync();
    let system = state.topic(SYSTEM)?;
    let processes = state.topic(PROCESSES)?;
    let settings = state.topic(SETTINGS)?;
    let mut gauges = Gauges::new()?;
    let mut list = ProcessList::new()?;

    thread::Builder::new().name("sampler".into()).spawn(move || {
        let mut measured: Option<Instant> = None;
        let mut listed: Option<Instant> = None;
        loop {
            let (every, paused) =
                settings.read(|s| (Duration::from_millis(s.refresh_ms.milliseconds()), s.paused));
            if !paused && due(measured, every) {
                measured = Some(Instant::now());
                report("system", system.set(gauges.measure()));
                if due(listed, every.max(PROCESSES_AT_MOST_EVERY)) {
                    listed = Some(Instant::now());
                    report("processes", processes.set(list.measure()));
                }
            }
            let rest = measured.map_or(LOOK_AT_SETTINGS, |at| every.saturating_sub(at.elapsed()));
            thread::sleep(rest.clamp(Duration::from_millis(1), LOOK_AT_SETTINGS));
        }
    })?;
    Ok(())
}

fn due(last: Option<Instant>, every: Duration) -> bool {
    last.is_none_or(|at| at.elapsed() >= every)
}

/// A refused update (a value over the size limit, say) leaves the old value in place and the thread alive.
fn report<T, E: std::fmt::Display>(topic: &str, result: Result<T, E>) {
    if let Err(error) = result {
        eprintln!("{topic} was not updated: {error}");
    }
}
