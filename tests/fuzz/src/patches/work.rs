//! How much work a patch may be: a few times what it takes to read its value and its text once, and never more than what
//! it takes to read one value of the largest size beside that. Everything is measured on the same machine in the same run.

use crate::requests::door;
use serde_json::Value;
use std::hint::black_box;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How often the value and the patch may be read for it.
const TIMES: u32 = 20;
/// How often it is tried before it counts as too slow: other programs run too.
const TRIES: u32 = 4;
/// A text to measure with, and how much longer the largest value is by default.
const SAMPLE: usize = 2 << 20;
const LARGEST: u32 = 8;

/// What a call returned and how long it took.
pub fn timed<T>(call: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let result = call();
    (result, began.elapsed())
}

/// Checks that a patch took no longer than it may. `again` makes it on a topic of its own.
pub fn check(
    mut time: Duration,
    value: &Value,
    patch: &Value,
    mut again: impl FnMut() -> Option<Duration>,
) -> Result<(), String> {
    // Nothing that is over at once needs a yardstick.
    if time < Duration::from_millis(20) {
        return Ok(());
    }
    let reading = reading(&value.to_string()) + reading(&patch.to_string());
    let most = reading * TIMES + largest();
    for _ in 1..TRIES {
        if time <= most {
            return Ok(());
        }
        time = again().unwrap_or(time).min(time);
    }
    if time <= most {
        return Ok(());
    }
    Err(format!(
        "it took {time:?}, and reading its value and its text once takes {reading:?}: more than {TIMES} times"
    ))
}

/// What it takes to read a value of the largest size.
fn largest() -> Duration {
    static SAMPLE_READING: OnceLock<Duration> = OnceLock::new();
    *SAMPLE_READING.get_or_init(|| reading(&format!("[{}0]", "0,".repeat(SAMPLE / 2)))) * LARGEST
}

/// How long it takes to parse a text, the better of two times.
fn reading(text: &str) -> Duration {
    let once = || timed(|| black_box(door::read(text).is_ok())).1;
    once().min(once())
}
