//! This program as another, small app: a process of its own, for what happens when one ends.
//!
//! `statesync-e2e --app WAY DIR` keeps a number in DIR, saved on exit only, counts it up, and ends that WAY. Restarting
//! ways do so once. `statesync-e2e --app share DIR` counts up in the database that this program shares, once for each line
//! of its input.

use crate::topics::{SHARED, Tally, count_now, shared_database};
use statesync::storage::Files;
use statesync::{Persist, SaveWhen, StateSyncExt, TopicKey};
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tauri::{AppHandle, WebviewUrl, WebviewWindowBuilder};

const COUNT: TopicKey<u32> = TopicKey::new("count");

/// Plays the app when the command line asks for it, and does not return then.
pub fn play_if_asked(words: &[String]) {
    if let [mark, way, dir] = words
        && mark == "--app"
    {
        match way.as_str() {
            "share" => share(dir.as_ref()),
            way => run(way.to_owned(), dir.into()),
        }
        std::process::exit(0);
    }
}

/// Starts it as a process of its own.
pub fn start(way: &str, dir: &Path) -> Result<Child, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(["--app", way]).arg(dir).stdin(Stdio::piped());
    command.spawn().map_err(|error| format!("it does not start: {error}"))
}

/// The number that is stored there.
pub fn stored(dir: &Path) -> Option<u64> {
    let text = std::fs::read(dir.join("count.json")).ok()?;
    serde_json::from_slice::<serde_json::Value>(&text).ok()?["data"].as_u64()
}

fn run(way: String, dir: PathBuf) {
    let plugin = statesync::Builder::new()
        .topic(COUNT, 0)
        .persist(COUNT, Persist::new().when(SaveWhen::OnExit))
        .persist_in(Files::in_dir(dir));
    tauri::Builder::default()
        .plugin(plugin.build())
        .setup(move |app| {
            let app = app.handle().clone();
            // Not in here: the event loop is to run when the app ends.
            std::thread::spawn(move || end(&app, &way).expect("it can end"));
            Ok(())
        })
        .run(crate::context())
        .expect("it runs");
}

fn share(dir: &Path) {
    let plugin = statesync::Builder::new().topic(SHARED, Tally::default());
    tauri::Builder::default()
        .plugin(plugin.persist(SHARED, Persist::new().in_storage(shared_database(dir))).build())
        .setup(|app| {
            let app = app.handle().clone();
            std::thread::spawn(move || {
                for _ in std::io::stdin().lines() {
                    let shared = app.statesync().topic(SHARED).expect("it is declared");
                    shared.update(count_now).expect("it counts");
                }
                app.exit(0);
            });
            Ok(())
        })
        .run(crate::context())
        .expect("it runs");
}

fn end(app: &AppHandle, way: &str) -> Result<(), Box<dyn std::error::Error>> {
    let count = app.statesync().topic(COUNT)?;
    count.update(|count| *count += 1)?;
    let restarts = count.get() == 1;
    let handle = app.clone();
    match way {
        "restart" if restarts => app.restart(),
        "restart-on-main-thread" if restarts => app.run_on_main_thread(move || handle.restart())?,
        "request-restart" if restarts => app.request_restart(),
        "last-window" => {
            let window =
                WebviewWindowBuilder::new(app, "last", WebviewUrl::App("index.html".into())).build()?;
            window.close()?;
        }
        _ => app.exit(0),
    }
    Ok(())
}
