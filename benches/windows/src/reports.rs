//! What the windows report, and waiting for it. The same light command for both contenders, so that what
//! reporting costs falls on both alike.

// Tauri hands its arguments to a command by value.
#![allow(clippy::needless_pass_by_value)]

use crate::contender::Contender;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tauri::{State, WebviewWindow, command};

/// Longer than anything that is measured takes.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a page did since it was loaded.
#[derive(Clone, Copy, Default, Deserialize)]
pub struct Tally {
    pub applies: Applies,
    pub signals: u64,
    pub pulls: u64,
    pub acknowledgements: u64,
}

/// How often each contender's state was applied.
#[derive(Clone, Copy, Default, Deserialize)]
pub struct Applies {
    pub statesync: u64,
    pub emit: u64,
}

impl Tally {
    /// What was done since the earlier tally.
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            applies: Applies {
                statesync: self.applies.statesync - earlier.applies.statesync,
                emit: self.applies.emit - earlier.applies.emit,
            },
            signals: self.signals - earlier.signals,
            pulls: self.pulls - earlier.pulls,
            acknowledgements: self.acknowledgements - earlier.acknowledgements,
        }
    }
}

impl Applies {
    pub fn of(self, contender: Contender) -> u64 {
        match contender {
            Contender::Statesync => self.statesync,
            Contender::Emit => self.emit,
        }
    }
}

/// The newest report of one window.
#[derive(Default)]
struct Window {
    ready: bool,
    applied: HashMap<Contender, (u64, Instant)>,
    tally: Option<Tally>,
}

/// Everything that was reported, by window.
#[derive(Default)]
pub struct Reports {
    scene: Mutex<String>,
    windows: Mutex<HashMap<String, Window>>,
    news: Condvar,
}

impl Reports {
    /// Begins anew with these windows, which show the state of this name.
    pub fn begin(&self, scene: &str, labels: &[String]) {
        *lock(&self.scene) = scene.into();
        *lock(&self.windows) = labels.iter().map(|label| (label.clone(), Window::default())).collect();
    }

    /// Waits until every window follows both contenders.
    pub fn all_ready(&self) -> Result<(), String> {
        self.wait("getting ready", |window| window.ready.then_some(())).map(|_| ())
    }

    /// Waits until every window has applied this count, and says when the last one did.
    pub fn all_applied(&self, contender: Contender, count: u64) -> Result<Instant, String> {
        let applied = self.wait("applying a state", |window| match window.applied.get(&contender) {
            Some((shown, at)) if *shown >= count => Some(*at),
            _ => None,
        })?;
        Ok(applied.into_iter().max().unwrap_or_else(Instant::now))
    }

    /// Forgets the tallies that came so far.
    pub fn forget_tallies(&self) {
        for window in lock(&self.windows).values_mut() {
            window.tally = None;
        }
    }

    /// Waits for a tally of every window. In the order of the labels.
    pub fn all_tallied(&self) -> Result<Vec<Tally>, String> {
        self.wait("tallying", |window| window.tally)
    }

    fn wait<T>(&self, what: &str, report: impl Fn(&Window) -> Option<T>) -> Result<Vec<T>, String> {
        let start = Instant::now();
        let mut windows = lock(&self.windows);
        loop {
            let mut labels: Vec<_> = windows.keys().collect();
            labels.sort();
            let (mut reports, mut late) = (Vec::new(), Vec::new());
            for label in labels {
                match report(&windows[label]) {
                    Some(report) => reports.push(report),
                    None => late.push(label.as_str()),
                }
            }
            if late.is_empty() {
                return Ok(reports);
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("still {what} after {PATIENCE:?}: {}", late.join(", ")));
            }
            windows = self.news.wait_timeout(windows, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn update(&self, label: &str, change: impl FnOnce(&mut Window)) {
        if let Some(window) = lock(&self.windows).get_mut(label) {
            change(window);
        }
        self.news.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name of the topic and of the event that the windows follow now.
#[command]
pub fn scene(reports: State<'_, Reports>) -> String {
    lock(&reports.scene).clone()
}

#[command]
pub fn ready(window: WebviewWindow, reports: State<'_, Reports>) {
    reports.update(window.label(), |window| window.ready = true);
}

#[command]
pub fn applied(window: WebviewWindow, reports: State<'_, Reports>, contender: Contender, count: u64) {
    let now = Instant::now();
    reports.update(window.label(), |window| {
        window.applied.insert(contender, (count, now));
    });
}

#[command]
pub fn tallied(window: WebviewWindow, reports: State<'_, Reports>, tally: Tally) {
    reports.update(window.label(), |window| window.tally = Some(tally));
}
