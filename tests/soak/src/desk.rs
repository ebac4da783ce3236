//! What pages report.

use serde::{Deserialize, Serialize};
use statesync::ts_rs::TS;
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tauri::Webview;

/// What the windows show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(crate = "statesync::ts_rs")]
pub struct State {
    pub count: u32,
    pub text: String,
}

#[derive(Default)]
pub struct Desk {
    papers: Mutex<Papers>,
    news: Condvar,
}

#[derive(Default)]
pub struct Papers {
    /// How many pages of each window have said hello.
    pub hellos: HashMap<String, u64>,
    /// What a page without the plugin begins with.
    pub state: State,
    /// Milliseconds from a call to its answer.
    pub reads: Vec<f64>,
    pub writes: Vec<f64>,
    /// What pages found to be wrong.
    pub wrong: Vec<String>,
    pub calls: u64,
    pub refusals: HashMap<String, u64>,
}

impl Desk {
    pub fn look<T>(&self, look: impl FnOnce(&mut Papers) -> T) -> T {
        look(&mut self.lock())
    }

    /// Waits until there is something, at most so long.
    pub fn wait<T>(&self, limit: Duration, mut find: impl FnMut(&mut Papers) -> Option<T>) -> Option<T> {
        let end = Instant::now() + limit;
        let mut papers = self.lock();
        loop {
            if let Some(found) = find(&mut papers) {
                return Some(found);
            }
            let rest = end.checked_duration_since(Instant::now())?;
            papers = self.news.wait_timeout(papers, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn file(&self, change: impl FnOnce(&mut Papers)) {
        change(&mut self.lock());
        self.news.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A page is there and shows what it should.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands arguments over by value.
pub fn hello(webview: Webview, desk: tauri::State<'_, Desk>, load: String) {
    drop(load);
    desk.file(|papers| *papers.hellos.entry(webview.label().to_owned()).or_default() += 1);
}

/// What a page without the plugin shows first.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands arguments over by value.
pub fn state(desk: tauri::State<'_, Desk>) -> State {
    desk.look(|papers| papers.state.clone())
}

/// How long answers took.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands arguments over by value.
pub fn trips(desk: tauri::State<'_, Desk>, reads: Vec<f64>, writes: Vec<f64>) {
    desk.file(|papers| {
        papers.reads.extend(reads);
        papers.writes.extend(writes);
    });
}

/// A page got something it should not.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands arguments over by value.
pub fn wrong(desk: tauri::State<'_, Desk>, what: String) {
    desk.file(|papers| papers.wrong.push(what));
}

/// So many calls were made, and all in all so many were refused.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands arguments over by value.
pub fn called(desk: tauri::State<'_, Desk>, calls: u64, refusals: HashMap<String, u64>) {
    desk.file(|papers| {
        papers.calls += calls;
        papers.refusals = refusals;
    });
}

/// Takes whatever is given, off the main thread, as the plugin's commands do.
#[tauri::command]
pub async fn swallow(given: serde_json::Value) {
    drop(given);
}
