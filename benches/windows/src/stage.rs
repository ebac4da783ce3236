//! Real windows, side by side.

use crate::reports::{Reports, Tally};
use statesync::StateSyncExt;
use std::thread;
use std::time::{Duration, Instant};
use tauri::{AppHandle, LogicalPosition, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

const WIDTH: f64 = 330.0;
const HEIGHT: f64 = 200.0;
const COLUMNS: usize = 4;
const POLL: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(60);

/// Open windows that follow both contenders; closed when this is dropped.
pub struct Stage {
    app: AppHandle,
    windows: Vec<WebviewWindow>,
}

impl Stage {
    /// Opens the windows and waits until they are ready. Not to be called on the main thread.
    pub fn open(app: &AppHandle, scene: &str, count: usize) -> Result<Self, String> {
        let labels: Vec<String> = (0..count).map(|number| format!("{scene}-{number}")).collect();
        app.state::<Reports>().begin(scene, &labels);
        let mut stage = Self { app: app.clone(), windows: Vec::new() };
        for (number, label) in labels.iter().enumerate() {
            let window = WebviewWindowBuilder::new(app, label, WebviewUrl::App("index.html".into()))
                .title(label)
                .inner_size(WIDTH, HEIGHT)
                .build()
                .map_err(|error| error.to_string())?;
            let place = LogicalPosition::new(
                step(number % COLUMNS, WIDTH + 10.0),
                step(number / COLUMNS, HEIGHT + 40.0),
            );
            window.set_position(place).map_err(|error| error.to_string())?;
            stage.windows.push(window);
        }
        stage.reports().all_ready()?;
        Ok(stage)
    }

    pub fn reports(&self) -> &Reports {
        self.app.state::<Reports>().inner()
    }

    /// Waits until no page has a signal to answer, and then a little longer.
    pub fn all_quiet(&self, then: Duration) -> Result<(), String> {
        let start = Instant::now();
        loop {
            let sessions = self.app.statesync().inspect().sessions;
            if sessions.iter().all(|session| session.unacknowledged.is_none()) {
                thread::sleep(then);
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("a page has not answered its signal after {PATIENCE:?}"));
            }
            thread::sleep(POLL);
        }
    }

    /// What every page did so far, in the order of the labels.
    pub fn tallies(&self) -> Result<Vec<Tally>, String> {
        self.reports().forget_tallies();
        for window in &self.windows {
            window.eval("window.tally()").map_err(|error| error.to_string())?;
        }
        self.reports().all_tallied()
    }
}

fn step(number: usize, size: f64) -> f64 {
    u32::try_from(number).map_or(0.0, f64::from) * size
}

impl Drop for Stage {
    fn drop(&mut self) {
        for window in &self.windows {
            // A window that is gone already needs no closing.
            let _ = window.destroy();
        }
    }
}
