//! Real windows: statesync against what people write by hand, a plain `emit` of the full state.
//!
//! Both contenders live in the same windows, carry the same state, apply it with the same code and report
//! with the same command. Single changes take turns, so that whatever else the machine does falls on both;
//! bursts do not, so that the garbage of one contender is not swept in the other one's time. Prints
//! tables with ratios, and writes `windows.json`. `--quick` measures only what is promised. Build with
//! `--release`; `cargo xtask bench windows` does all of it.

mod contender;
mod drive;
mod plan;
mod processes;
mod report;
mod reports;
mod stage;
mod state;
mod summary;

use reports::Reports;
use summary::Summary;
use tauri::{AppHandle, RunEvent};

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    tauri::Builder::default()
        .plugin(statesync::init())
        .manage(Reports::default())
        .invoke_handler(tauri::generate_handler![
            reports::scene,
            reports::ready,
            reports::applied,
            reports::tallied
        ])
        .setup(move |app| {
            let app = app.handle().clone();
            std::thread::spawn(move || {
                let outcome = measure(&app, quick);
                if let Err(error) = &outcome {
                    eprintln!("the benchmark failed: {error}");
                }
                app.exit(i32::from(outcome.is_err()));
            });
            Ok(())
        })
        .build(tauri::generate_context!())
        .expect("the benchmark's configuration is valid")
        .run(|_, event| {
            // Between two scenes there is no window; that is not the end.
            if let RunEvent::ExitRequested { code: None, api, .. } = event {
                api.prevent_exit();
            }
        });
}

fn measure(app: &AppHandle, quick: bool) -> Result<(), String> {
    if cfg!(debug_assertions) {
        println!("a debug build: the numbers say nothing about a release");
    }
    let mut summaries = Vec::new();
    for scene in plan::scenes(quick) {
        println!("windows: {}, state: {}", scene.windows, plan::size_name(scene.bytes));
        summaries.push(Summary::new(&scene, &drive::run(app, &scene)?));
    }
    let figures = report::figures(&summaries);
    report::print(&summaries, &figures);
    let file = report::write(&summaries, &figures, quick).map_err(|error| error.to_string())?;
    println!("\nwritten to {}", file.display());
    Ok(())
}
