//! A small system monitor: a few windows, one truth in Rust.
//!
//! Everything a window shows lives in one of four topics (`topics`). One thread measures the machine and
//! updates two of them (`sampler`), windows change the third through the plugin, and the fourth only
//! counts (`burst`). Nothing here sends anything to a window; that is the plugin's job.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod burst;
mod processes;
mod sampler;
mod system;
mod topics;
mod truth;
mod windows;

fn main() {
    tauri::Builder::default()
        .plugin(topics::declared().build())
        .invoke_handler(tauri::generate_handler![windows::open_window, burst::burst, truth::truth])
        .setup(|app| {
            sampler::start(app.handle())?;
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("the monitor runs");
}
