//! A pomodoro timer: a large window, a small one that stays on top, and one clock in Rust.
//!
//! What the windows show is in four topics (`topics`), what one can do to the clock is in `timer`, and a thread lets its
//! seconds pass (`clock`). Nothing here sends anything to a window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod clock;
mod timer;
mod topics;

fn main() {
    tauri::Builder::default()
        .plugin(topics::declared().build())
        .setup(|app| clock::start(app.handle()))
        .run(tauri::generate_context!())
        .expect("the timer runs");
}
