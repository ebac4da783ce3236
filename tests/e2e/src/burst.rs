//! Updates from a thread of Rust while windows do something else.

use crate::topics::{Tally, count_up};
use statesync::Topic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Rust writes this many updates between two breaths.
const STROKE: u64 = 20;
/// A breath lets windows write in between; it paces the load and proves nothing.
const BREATH: Duration = Duration::from_millis(2);

/// A thread that counts a topic up until it is told to stop.
pub struct Burst {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<u64, String>>,
}

impl Burst {
    /// Counts up at least `least` times, with about so many bytes each time, and on until [`finish`](Self::finish).
    pub fn start(topic: &Topic<Tally>, least: u64, bytes: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (topic, told) = (topic.clone(), stop.clone());
        let thread = thread::spawn(move || {
            let mut done = 0;
            while done < least || !told.load(Ordering::Relaxed) {
                for _ in 0..STROKE {
                    count_up(&topic, bytes).map_err(|error| error.to_string())?;
                }
                done += STROKE;
                thread::sleep(BREATH);
            }
            Ok(done)
        });
        Self { stop, thread }
    }

    /// Whether it still writes.
    pub fn is_on(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Lets it stop, and says how many updates there were.
    pub fn finish(self) -> Result<u64, String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the burst's thread panicked".to_owned())?
    }
}
