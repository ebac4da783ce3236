//! The thread that lets seconds pass.
//!
//! Keeps: that a second which leaves the clock arrives in the task, and that a finished round is in the diary when the
//! next phase begins; each is one transaction, so no window ever sees half of it. Loses: fractions of a second when the
//! settings change.

use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use statesync::{StateSync, StateSyncExt};
use tauri::{AppHandle, Runtime};

use crate::{
    timer::Phase,
    topics::{DIARY, Pace, SETTINGS, Settings, TASK, TIMER},
};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// How long one second of the clock takes.
fn second(pace: Pace) -> Duration {
    match pace {
        Pace::Real => Duration::from_secs(1),
        Pace::Fast => Duration::from_secs(1) / 60,
    }
}

/// Starts the thread. It ends with the app.
pub fn start<R: Runtime>(app: &AppHandle<R>) -> Outcome {
    let (chosen, choices) = mpsc::channel();
    let tell = move |settings: &Settings, _| {
        // The thread is gone only when the app is.
        let _ = chosen.send(settings.clone());
    };
    app.statesync().on_change(SETTINGS, tell)?.forever();
    let app = app.clone();
    thread::Builder::new().name("clock".to_owned()).spawn(move || {
        let mut pace = Settings::default().pace;
        loop {
            let done = match choices.recv_timeout(second(pace)) {
                Ok(settings) => {
                    pace = settings.pace;
                    choose(app.statesync(), &settings)
                }
                Err(RecvTimeoutError::Timeout) => pass(app.statesync()),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if let Err(error) = done {
                eprintln!("the clock could not be set: {error}");
            }
        }
    })?;
    Ok(())
}

fn choose<R: Runtime>(state: &StateSync<R>, settings: &Settings) -> Outcome {
    state.topic(TIMER)?.update_if_changed(|timer| timer.choose(settings))?;
    Ok(())
}

/// One second of the clock, in every topic that counts it.
fn pass<R: Runtime>(state: &StateSync<R>) -> Outcome {
    state.transaction(|tx| {
        let before = tx.get(TIMER)?;
        if !before.running {
            return Ok(());
        }
        let mut ended = None;
        tx.update(TIMER, |timer| ended = timer.pass())?;
        if before.phase == Phase::Focus {
            tx.update(TASK, |task| task.seconds += 1)?;
        }
        if let Some((Phase::Focus, seconds)) = ended {
            let title = tx.read(TASK, |task| task.title.clone())?;
            tx.update(DIARY, |diary| diary.note(title, seconds))?;
        }
        Ok::<_, statesync::StepError>(())
    })?;
    Ok(())
}
