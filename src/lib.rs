//! Windows that always agree: one truth per topic in Rust, and every window of a Tauri app shows it.
//!
//! Keeps: each topic's newest value and a revision that only grows. Loses, on purpose: what was
//! overwritten before a window pulled it. A change sends every window at most one tiny signal; each
//! window then pulls the newest snapshot and applies it if it is newer. Whatever gets lost, doubled,
//! reordered, reloaded or closed on the way, a window that is left alone ends up right.
//!
//! ```no_run
//! use serde::{Deserialize, Serialize};
//! use statesync::{StateSyncExt, TopicKey};
//!
//! #[derive(Clone, Default, Serialize, Deserialize)]
//! struct Settings {
//!     dark: bool,
//! }
//!
//! const SETTINGS: TopicKey<Settings> = TopicKey::new("settings");
//!
//! # fn run(context: tauri::Context) -> tauri::Result<()> {
//! tauri::Builder::default()
//!     .plugin(statesync::init())
//!     .setup(|app| {
//!         let settings = app.statesync().register(SETTINGS, Settings::default())?;
//!         settings.update(|settings| settings.dark = true)?;
//!         Ok(())
//!     })
//!     .run(context)
//! # }
//! ```
//!
//! In a window: `await subscribe('settings', (settings) => render(settings))`, from the npm package
//! `tauri-plugin-statesync-api`. Give the window the permission `statesync:default` to read, and
//! `statesync:write` with a list of topics to write.
//!
//! [`init`] and [`Builder`] make the plugin; [`StateSyncExt::statesync`] gives its [`StateSync`] from
//! any Tauri manager; [`Topic`] is the handle of one topic, usable from any thread.

mod builder;
mod burst;
mod calls;
mod commands;
mod declared;
mod described;
mod ending;
mod error;
mod first_paint;
mod injected;
mod notify;
mod persist;
mod scope;
mod sessions;
#[cfg(feature = "sqlite")]
mod shared;
mod statesync;
mod trouble;
#[cfg(feature = "typescript")]
pub mod typescript;

pub use builder::{Builder, init};
pub use declared::DeclarationError;
pub use described::Described;
pub use injected::Injected;
pub use statesync::{StateSync, StateSyncExt, Subscription};
pub use statesync_core::{
    ActionError, ActionOutcome, ActionTarget, Inspection, InvalidPattern, InvalidTopicName, LookupError,
    Named, PersistError, RegisterError, RemoveError, Revision, StepError, Topic, TopicFamily, TopicKey,
    TopicName, Transaction, TransactionError, TryUpdateError, UpdateError, Value, Watch, WatchEnded,
};
/// Storage of topics: what [`Builder::persist`] takes, and the storages there are.
pub mod storage {
    pub use statesync_core::persist::*;
}
pub use statesync_core::persist::{Durability, FlushError, Persist, SaveWhen, StorageEvent};
#[cfg(feature = "typescript")]
pub use ts_rs;
