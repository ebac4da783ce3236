//! Counts the time of the tasks somebody works on.
//!
//! Keeps nothing but the moment of its last look. Loses the time the machine sleeps.

use std::{
    thread,
    time::{Duration, Instant},
};

use statesync::StateSyncExt;
use tauri::{AppHandle, Runtime};

use crate::topics::TASKS;

const EVERY: Duration = Duration::from_millis(100);

/// Starts the thread. It changes `tasks` ten times a second while a task is running, and otherwise nothing.
pub fn start<R: Runtime>(app: &AppHandle<R>) -> Result<(), Box<dyn std::error::Error>> {
    let tasks = app.statesync().topic(TASKS)?;
    thread::spawn(move || {
        let mut last = Instant::now();
        loop {
            thread::sleep(EVERY);
            let now = Instant::now();
            let passed = u64::try_from((now - last).as_millis()).unwrap_or(0);
            last = now;
            let counted = tasks.update_if_changed(|list| {
                for task in list.tasks.values_mut().filter(|task| task.running) {
                    task.spent_ms += passed;
                }
            });
            if counted.is_err() {
                return;
            }
        }
    });
    Ok(())
}
