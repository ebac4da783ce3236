//! What pages told the test program, and waiting for more of it.
//!
//! Keeps: which loads of a page said hello, by window, and the answers somebody still waits for. Loses: late answers.

use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tauri::{State, Webview};

#[derive(Default)]
pub struct Desk {
    papers: Mutex<Papers>,
    news: Condvar,
}

#[derive(Default)]
pub struct Papers {
    /// The hellos of each window, oldest first; each names a load of the page.
    pub hellos: HashMap<String, Vec<String>>,
    last_order: u64,
    /// `None` while the page is at it.
    answers: HashMap<u64, Option<Outcome>>,
}

/// How an order ended.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Value(Value),
    Error(String),
}

impl Desk {
    /// Waits until `find` finds something, at most this long.
    pub fn wait<T>(&self, limit: Duration, mut find: impl FnMut(&mut Papers) -> Option<T>) -> Option<T> {
        let end = Instant::now() + limit;
        let mut papers = self.papers.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = find(&mut papers) {
                return Some(found);
            }
            let rest = end.checked_duration_since(Instant::now())?;
            papers = self.news.wait_timeout(papers, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A number for an order whose answer will be waited for.
    pub fn number_order(&self) -> u64 {
        let mut papers = self.papers.lock().unwrap_or_else(PoisonError::into_inner);
        papers.last_order += 1;
        let number = papers.last_order;
        papers.answers.insert(number, None);
        number
    }

    /// Waits for the answer of an order; after that the order is forgotten.
    pub fn answer(&self, order: u64, limit: Duration) -> Option<Outcome> {
        let answer = self.wait(limit, |papers| papers.answers.get_mut(&order).and_then(Option::take));
        self.papers.lock().unwrap_or_else(PoisonError::into_inner).answers.remove(&order);
        answer
    }

    /// Forgets the hellos of a window that is gone.
    pub fn forget(&self, label: &str) {
        self.file(|papers| drop(papers.hellos.remove(label)));
    }

    fn file(&self, change: impl FnOnce(&mut Papers)) {
        change(&mut self.papers.lock().unwrap_or_else(PoisonError::into_inner));
        self.news.notify_all();
    }
}

/// A page is there and listens to orders.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands arguments over by value.
pub fn hello(webview: Webview, desk: State<'_, Desk>, load: String) {
    desk.file(|papers| papers.hellos.entry(webview.label().to_owned()).or_default().push(load));
}

/// A page has obeyed an order, or could not.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands arguments over by value.
pub fn reply(desk: State<'_, Desk>, id: u64, outcome: Outcome) {
    desk.file(|papers| {
        if let Some(answer) = papers.answers.get_mut(&id) {
            *answer = Some(outcome);
        }
    });
}
