//! A palette mixer: one window to mix colors in, one that shows them at work.
//!
//! Each palette is a topic of its own, a member of one family (`topics`). Windows change palettes by actions
//! (`palette`), a color that wanders from one palette to another is a transaction (`wander`), and a thread lets a color
//! drift (`drift`). Nothing here sends anything to a window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod drift;
mod palette;
mod topics;
mod wander;

fn main() {
    tauri::Builder::default()
        .plugin(topics::declared().build())
        .invoke_handler(tauri::generate_handler![wander::move_swatch])
        .setup(|app| {
            topics::register(app.handle())?;
            drift::start(app.handle())
        })
        .run(tauri::generate_context!())
        .expect("the mixer runs");
}
