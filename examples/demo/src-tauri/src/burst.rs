//! A thousand updates as fast as a thread can make them.
//!
//! Keeps: the last value, in every window. Loses: the values in between, which nobody could have seen; a
//! window hears of a burst once or twice, not a thousand times.

use std::time::Instant;

use serde::Serialize;
use statesync::StateSyncExt;
use tauri::{AppHandle, Runtime};

use crate::topics::{BURST, now_ms};

const UPDATES: u64 = 1000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finished {
    updates: u64,
    microseconds: u64,
    count: u64,
}

/// Answers when the last update is done; the windows learn of it by themselves.
#[tauri::command]
pub async fn burst<R: Runtime>(app: AppHandle<R>) -> Result<Finished, String> {
    tauri::async_runtime::spawn_blocking(move || run(&app))
        .await
        .map_err(|error| format!("the burst's thread ended early: {error}"))?
}

fn run<R: Runtime>(app: &AppHandle<R>) -> Result<Finished, String> {
    let topic = app.statesync().topic(BURST).map_err(|error| error.to_string())?;
    let began = Instant::now();
    for _ in 0..UPDATES {
        topic
            .update(|burst| {
                burst.count += 1;
                burst.updated_at = now_ms();
            })
            .map_err(|error| error.to_string())?;
    }
    Ok(Finished {
        updates: UPDATES,
        microseconds: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        count: topic.read(|burst| burst.count),
    })
}
