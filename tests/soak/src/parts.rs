//! The parts of the soak, one after the other; after each, what is left.

use crate::app::{Kind, STATE};
use crate::desk::{Desk, State};
use crate::figures::Figures;
use crate::{Length, stage};
use statesync::StateSyncExt;
use std::thread;
use std::time::{Duration, Instant};
use tauri::{AppHandle, Emitter, Manager};

/// The windows that stay.
const STAY: [&str; 3] = ["stay-0", "stay-1", "stay-2"];
/// So many are opened and closed together.
const TOGETHER: u64 = 4;
/// From one update to the next.
const PACE: Duration = Duration::from_millis(20);
/// Looks during the updates, for the slope.
const LOOKS: u32 = 8;
/// What is closed or garbage has so long to go.
const SETTLE: Duration = Duration::from_secs(3);

/// Plays all parts and prints a line of figures after each.
pub fn play(app: &AppHandle, kind: Kind, length: Length) -> Result<(), String> {
    let page = if kind == Kind::WithPlugin { "index.html" } else { "index.html?plain" };
    for label in STAY {
        stage::open(app, label, page)?;
    }
    for label in STAY {
        stage::await_hello(app, label, 1)?;
    }
    // The first of everything costs more than the next.
    warm_up(app, kind, page)?;
    note("start");
    for round in 0..length.reloads {
        stage::reload(app, STAY[usize::try_from(round).unwrap_or_default() % STAY.len()])?;
    }
    note("reloads");
    for round in 0..length.windows.div_ceil(TOGETHER) {
        open_and_close(app, page, round)?;
    }
    note("windows");
    for look in 1..=LOOKS {
        update(app, kind, length.time / LOOKS)?;
        note(&format!("updates {look}/{LOOKS}"));
    }
    Ok(())
}

fn note(part: &str) {
    thread::sleep(SETTLE);
    let figures = serde_json::to_string(&Figures::now()).expect("numbers are JSON");
    println!("figures {figures} {part}");
}

fn warm_up(app: &AppHandle, kind: Kind, page: &str) -> Result<(), String> {
    for label in STAY.iter().cycle().take(9) {
        stage::reload(app, label)?;
    }
    for round in 0..3 {
        open_and_close(app, page, round)?;
    }
    update(app, kind, Duration::from_secs(3))
}

fn open_and_close(app: &AppHandle, page: &str, round: u64) -> Result<(), String> {
    let labels: Vec<String> = (0..TOGETHER).map(|number| format!("extra-{round}-{number}")).collect();
    for label in &labels {
        stage::open(app, label, page)?;
    }
    for label in &labels {
        stage::await_hello(app, label, 1)?;
    }
    labels.iter().try_for_each(|label| stage::close(app, label))
}

/// Changes the state again and again, and ends when all windows could have shown it.
fn update(app: &AppHandle, kind: Kind, time: Duration) -> Result<(), String> {
    let end = Instant::now() + time;
    let text = "a state as apps have it, of a kilobyte or so. ".repeat(24);
    let mut count = 0;
    while Instant::now() < end {
        count += 1;
        let state = State { count, text: text.clone() };
        if kind == Kind::WithPlugin {
            let topic = app.statesync().topic(STATE).map_err(|error| error.to_string())?;
            topic.set(state).map_err(|error| error.to_string())?;
        } else {
            app.state::<Desk>().look(|papers| papers.state = state.clone());
            app.emit("state", state).map_err(|error| error.to_string())?;
        }
        thread::sleep(PACE);
    }
    Ok(())
}
