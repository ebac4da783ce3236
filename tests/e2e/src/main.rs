//! Real windows: opens them, breaks them, and checks that all of them agree with Rust.
//!
//! The program is the whole test. A worker thread plays the scenarios (`scenarios`, in order, by `runner`): it opens
//! windows (`stage`), gives their pages orders by `eval` (`page`), and reads what they answer through two commands of
//! this app (`desk`). It prints one line per scenario and then how many passed and failed.
//!
//! `statesync-e2e [--list] [NAME]...` plays the scenarios whose names contain one of these words, or all.

// A `stage` and a page's `state` are two words of this program.
#![allow(clippy::similar_names)]

mod burst;
mod desk;
mod digest;
mod files;
mod folder;
mod ledger;
mod memory;
mod other_app;
mod page;
mod runner;
mod scenarios;
mod stage;
mod topics;

use std::env;
use std::thread;
use tauri::RunEvent;

/// The configuration and the pages, which are embedded once.
fn context() -> tauri::Context {
    tauri::generate_context!()
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    other_app::play_if_asked(&words);
    if words.iter().any(|word| word == "--list") {
        return runner::list(&words);
    }
    let kept = folder::of("kept");
    topics::store_earlier(&kept);
    let app = tauri::Builder::default()
        .plugin(
            statesync::Builder::new()
                .max_value_bytes(topics::MAX_VALUE_BYTES)
                .public_event(topics::EVENT, topics::PUBLIC)
                .first_paint(topics::FIRST)
                .family(topics::KEPT)
                .persist(topics::KEPT, statesync::Persist::new())
                .persist_in(statesync::storage::Files::in_dir(&kept))
                .topic(topics::SHARED, topics::Tally::default())
                .persist(
                    topics::SHARED,
                    statesync::Persist::new().in_storage(topics::shared_database(&folder::of(""))),
                )
                .family(topics::ACTED)
                .action(topics::ACTED, "add", topics::add)
                .action(topics::ACTED, "clear", |tally: &mut topics::Tally, (): ()| tally.count = 0)
                .build(),
        )
        .manage(desk::Desk::default())
        .invoke_handler(tauri::generate_handler![
            desk::hello,
            desk::reply,
            files::save_file,
            files::load_file,
            files::clear_file
        ])
        .setup(move |app| {
            let app = app.handle().clone();
            // Not on the main thread: a window made there would wait for itself.
            thread::spawn(move || runner::run(&app, &words));
            Ok(())
        })
        .build(context())
        .expect("the app is configured");
    let code = app.run_return(|_, event| {
        // The last window's end is not the program's: the runner ends it.
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
        }
    });
    folder::remove();
    std::process::exit(code);
}
