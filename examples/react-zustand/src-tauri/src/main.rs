//! A task list in two windows: one works on it, the other one shows how the day goes and has the settings.
//!
//! Everything the windows show lives in three topics (`topics`). Windows write two of them through the plugin, a thread
//! counts time in one (`clock`), and the third follows from the first. Nothing here sends anything to a window; that is the
//! plugin's job.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod clock;
mod topics;

use statesync::StateSyncExt;
use topics::{SETTINGS, SUMMARY, Settings, TASKS, TaskList};

/// The app's topics and actions, declared once: the plugin and `src/statesync.ts` are both made of this.
fn declared() -> statesync::Builder {
    let list = TaskList::example();
    let summary = list.summary();
    statesync::Builder::new()
        .topic(TASKS, list)
        .topic(SETTINGS, Settings::default())
        .topic(SUMMARY, summary)
        .action(TASKS, "add", topics::add)
        .action(TASKS, "clear_done", topics::clear_done)
}

fn main() {
    tauri::Builder::default()
        .plugin(declared().build())
        .setup(|app| {
            let summary = app.statesync().topic(SUMMARY)?;
            let follow = move |list: &TaskList, _| {
                let _ = summary.update_if_changed(|old| *old = list.summary());
            };
            app.statesync().on_change(TASKS, follow)?.forever();
            clock::start(app.handle())?;
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("the task list runs");
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_pages_have_the_types_of_today() {
        super::declared().typescript().check("../src/statesync.ts").unwrap();
    }
}
