//! Two windows, one topic: Rust counts, a window writes, and in the end both show what Rust holds. It prints what it
//! found and ends by itself.

use std::{
    collections::BTreeMap,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use statesync::{StateSyncExt, Topic, TopicKey};
use tauri::{AppHandle, State, WebviewWindow};

#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Note {
    text: String,
    count: u64,
}

/// What a window says it shows.
struct Sight {
    window: String,
    note: Note,
    revision: String,
}

const NOTE: TopicKey<Note> = TopicKey::new("note");
const WINDOWS: [&str; 2] = ["left", "right"];
const COUNTED: u64 = 100;
const WRITTEN: &str = "written by a window";
/// Without any news for so long, nothing more will come.
const PATIENCE: Duration = Duration::from_secs(60);

#[tauri::command]
fn saw(window: WebviewWindow, note: Note, revision: String, sights: State<'_, Sender<Sight>>) {
    let window = window.label().to_owned();
    let _ = sights.send(Sight { window, note, revision });
}

fn main() {
    let (sender, sights) = channel();
    tauri::Builder::default()
        .plugin(statesync::Builder::new().topic(NOTE, Note::default()).build())
        .manage(sender)
        .invoke_handler(tauri::generate_handler![saw])
        .setup(|app| {
            let note = app.statesync().topic(NOTE)?;
            let app = app.handle().clone();
            thread::spawn(move || conclude(&app, &note, &watch(&note, &sights)));
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("the app runs");
}

/// Counts as soon as both windows show something, and returns the last sight of each once they agree or fall silent.
fn watch(note: &Topic<Note>, sights: &Receiver<Sight>) -> BTreeMap<String, Sight> {
    let mut last = BTreeMap::new();
    let mut counted = false;
    while let Ok(sight) = sights.recv_timeout(PATIENCE) {
        last.insert(sight.window.clone(), sight);
        if !counted && last.len() == WINDOWS.len() {
            counted = true;
            for _ in 0..COUNTED {
                note.update(|note| note.count += 1).expect("an update is taken");
            }
        }
        if WINDOWS.iter().all(|window| last.get(*window).is_some_and(|sight| agrees(note, sight))) {
            break;
        }
    }
    last
}

/// Whether a window shows the end of the story, as Rust holds it.
fn agrees(note: &Topic<Note>, sight: &Sight) -> bool {
    let end = Note { text: WRITTEN.to_owned(), count: COUNTED };
    note.get() == end && sight.note == end && sight.revision == note.revision().to_string()
}

fn conclude(app: &AppHandle, note: &Topic<Note>, last: &BTreeMap<String, Sight>) {
    let mut failed = 0;
    for window in WINDOWS {
        let good = last.get(window).is_some_and(|sight| agrees(note, sight));
        failed += i32::from(!good);
        println!("test the {window} window of a packaged app agrees ... {}", if good { "ok" } else { "FAILED" });
    }
    println!("{} passed, {failed} failed", 2 - failed);
    app.exit(failed);
}
