//! The app that is played with: the same windows, commands and pages with the plugin and without it.

use crate::desk::{self, Desk, State};
use crate::{Length, hostile, parts};
use serde_json::{Value, json};
use statesync::{Builder, Persist, TopicFamily, TopicKey};
use std::thread;
use std::time::Duration;
use tauri::{AppHandle, RunEvent};

pub const STATE: TopicKey<State> = TopicKey::new("state");
/// The topic of the page that works as usual.
pub const QUIET: TopicKey<State> = TopicKey::new("quiet");
pub const KEPT: TopicKey<Value> = TopicKey::new("kept");
const OPEN: TopicKey<Value> = TopicKey::new("open");
const LIST: TopicKey<Vec<u32>> = TopicKey::new("list");
const COUNT: TopicKey<u32> = TopicKey::new("count");
const FORM: TopicKey<State> = TopicKey::new("form");
const CART: TopicFamily<Vec<String>> = TopicFamily::new("cart:{id}");

/// The largest value of a topic: a list of a million fits.
const MAX_VALUE_BYTES: usize = 4 << 20;

/// Which app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    WithPlugin,
    Without,
    /// With the plugin, and topics to attack.
    Attacked,
}

/// Runs it to its end. False when something did not hold.
pub fn run(kind: Kind, length: Length) -> bool {
    if kind == Kind::Attacked {
        // One of its actions panics on purpose, thousands of times.
        std::panic::set_hook(Box::new(|_| {}));
    }
    let builder = match kind {
        Kind::Without => tauri::Builder::default(),
        Kind::WithPlugin => tauri::Builder::default().plugin(plugin().build()),
        Kind::Attacked => tauri::Builder::default().plugin(attacked().build()),
    };
    let app = builder
        .manage(Desk::default())
        .invoke_handler(tauri::generate_handler![
            desk::hello,
            desk::state,
            desk::trips,
            desk::wrong,
            desk::called,
            desk::swallow
        ])
        .setup(move |app| {
            let app = app.handle().clone();
            // Not on the main thread: a window made there would wait for itself.
            thread::spawn(move || {
                let played = play(&app, kind, length);
                if let Err(problem) = &played {
                    println!("failed: {problem}");
                }
                app.exit(i32::from(played.is_err()));
            });
            Ok(())
        })
        .build(tauri::generate_context!())
        .expect("the app is configured");
    let code = app.run_return(|_, event| {
        // Between two parts there may be no window; that is not the end.
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
        }
    });
    code == 0
}

fn play(app: &AppHandle, kind: Kind, length: Length) -> Result<(), String> {
    match kind {
        Kind::Attacked => hostile::play(app, length),
        Kind::WithPlugin | Kind::Without => parts::play(app, kind, length),
    }
}

fn plugin() -> Builder {
    Builder::new().topic(STATE, State::default())
}

fn attacked() -> Builder {
    let folder = hostile::folder();
    plugin()
        .max_value_bytes(MAX_VALUE_BYTES)
        .persist_in(statesync::storage::Files::in_dir(folder))
        .topic(QUIET, State::default())
        .topic(KEPT, json!({}))
        .persist(KEPT, Persist::new())
        .topic(OPEN, json!({ "a": [1, 2, 3] }))
        .topic(LIST, vec![0; 1_000_000])
        .topic(COUNT, 0)
        .topic(FORM, State::default())
        .family(CART)
        .first_paint(["form", "count"])
        .action(OPEN, "add", |open, value: Value| *open = value)
        .action(COUNT, "add", |count, by: u32| *count = count.wrapping_add(by))
        .action(FORM, "panic", |_, _: Value| -> () { panic!("on purpose") })
        .action(FORM, "fail", |_, _: Value| Err::<(), _>("it may not be"))
        .action(LIST, "add", |list, number: u32| {
            // A writer that takes its time.
            thread::sleep(Duration::from_millis(300));
            list.push(number);
        })
}
