//! How fast a topic can be written while a thread saves it to real files, against the same topic in memory only.
//!
//! Slices of time are taken in turns, long enough for a few saves to fall into each. What is compared is the number of
//! updates in a slice; the saver sleeps and saves as in an app.

use crate::rounds::median;
use crate::value::{LARGE, Large, SMALL, Small};
use statesync_core::persist::{Files, Persist};
use statesync_core::{Registry, Topic, TopicKey, Value};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The rate of updates of a persisted topic.
pub struct Rate {
    pub name: &'static str,
    /// Updates in a second.
    pub with: f64,
    pub without: f64,
    /// The first through the second, the median of all turns.
    pub ratio: f64,
    /// The smallest ratio this may have.
    pub at_least: Option<f64>,
}

pub fn measure(quick: bool) -> Vec<Rate> {
    let turns = if quick { 5 } else { 15 };
    vec![
        compare("update, debounced", Some(0.9), turns, SMALL, Small::default(), |small| small.count += 1),
        compare("update of 100 KB, debounced", None, turns, LARGE, Large::new(), |large| large.count += 1),
    ]
}

/// Wakes the saver.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

fn compare<T: Value>(
    name: &'static str,
    at_least: Option<f64>,
    turns: usize,
    key: TopicKey<T>,
    initial: T,
    change: impl Fn(&mut T),
) -> Rate {
    let target = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target"));
    let dir = tempfile::tempdir_in(target).expect("a directory");
    let plain = Registry::new("bench").register(key.clone(), initial.clone()).expect("new");
    let registry = Registry::new("bench");
    let bell = Arc::new(Bell::default());
    let ring = bell.clone();
    let wake = move || {
        *ring.rung.lock().expect("no panic") = true;
        ring.heard.notify_one();
    };
    registry.persist_with(Arc::new(Files::in_dir(dir.path())), wake, |event| eprintln!("{event}"));
    registry.persist(key.clone(), Persist::new()).expect("a rule");
    let persisted = registry.register(key, initial).expect("new");
    let done = AtomicBool::new(false);
    let (mut with, mut without, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    thread::scope(|scope| {
        scope.spawn(|| save(&registry, &bell, &done));
        for _ in 0..turns {
            without.push(rate(&plain, &change));
            with.push(rate(&persisted, &change));
            ratios.push(with.last().expect("pushed") / without.last().expect("pushed"));
        }
        done.store(true, Ordering::Relaxed);
        bell.heard.notify_one();
    });
    let files = std::fs::read_dir(dir.path()).expect("it is there").count();
    assert!(files > 2, "it was saved meanwhile");
    Rate { name, with: median(&with), without: median(&without), ratio: median(&ratios), at_least }
}

/// Updates in a second, over a slice of time.
fn rate<T: Value>(topic: &Topic<T>, change: &impl Fn(&mut T)) -> f64 {
    let start = Instant::now();
    let mut updates = 0_u32;
    while start.elapsed() < Duration::from_millis(400) {
        for _ in 0..16 {
            topic.update(change).expect("an update");
        }
        updates += 16;
    }
    f64::from(updates) / start.elapsed().as_secs_f64()
}

fn save(registry: &Registry, bell: &Bell, done: &AtomicBool) {
    let start = Instant::now();
    while !done.load(Ordering::Relaxed) {
        let next =
            registry.poll_saves(start.elapsed()).unwrap_or(start.elapsed() + Duration::from_millis(50));
        let pause = next.saturating_sub(start.elapsed());
        let rung = bell.rung.lock().expect("no panic");
        let waited = bell.heard.wait_timeout_while(rung, pause, |rung| !*rung);
        *waited.expect("no panic").0 = false;
    }
}
