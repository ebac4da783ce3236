//! Lets the last color of the open palette drift round the wheel, sixty times a second, while somebody wants that.
//!
//! Keeps: the color's hue, in Rust. Loses: every hue that no window had time to show.

use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use statesync::{StateSync, StateSyncExt};
use tauri::{AppHandle, Runtime};

use crate::topics::{PALETTES, STUDIO, Studio};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const STEP: Duration = Duration::from_millis(16);
const REST: Duration = Duration::from_secs(3600);

/// Starts the thread. It ends with the app.
pub fn start<R: Runtime>(app: &AppHandle<R>) -> Outcome {
    let (tell, told) = mpsc::channel();
    let follow = move |studio: &Studio, _| {
        // The thread is gone only when the app is.
        let _ = tell.send(studio.clone());
    };
    app.statesync().on_change(STUDIO, follow)?.forever();
    let app = app.clone();
    thread::Builder::new().name("drift".to_owned()).spawn(move || {
        let mut drifting = None;
        loop {
            match told.recv_timeout(if drifting.is_some() { STEP } else { REST }) {
                Ok(studio) => drifting = studio.drift.then_some(studio.open),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(Err(error)) = drifting.as_deref().map(|open| step(app.statesync(), open)) {
                eprintln!("the color could not drift: {error}");
            }
        }
    })?;
    Ok(())
}

fn step<R: Runtime>(state: &StateSync<R>, open: &str) -> Outcome {
    state.topic(PALETTES.key(open)?)?.update(|palette| {
        if let Some(swatch) = palette.swatches.last_mut() {
            swatch.hue = (swatch.hue + 1) % 360;
        }
    })?;
    Ok(())
}
