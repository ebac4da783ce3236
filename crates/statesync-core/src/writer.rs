//! The right to write a topic: one writer at a time, also while its closure runs on the copy.
//!
//! A lock of its own, because a transaction keeps several, for as long as it likes, without borrowing them.
//! It guards no data, so a writer that panicked leaves nothing behind. Readers and pulls never ask for it.

use crate::sync::{Condvar, Mutex, lock, wait};

pub(crate) struct WriterLock {
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    taken: bool,
    /// How many wait: waking nobody costs a system call all the same.
    waiting: u32,
}

impl WriterLock {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new(State::default()), freed: Condvar::new() }
    }

    /// Waits until nobody writes. Whoever calls this has to [`release`](Self::release).
    pub(crate) fn acquire(&self) {
        let mut state = lock(&self.state);
        while state.taken {
            state.waiting += 1;
            state = wait(&self.freed, state);
            state.waiting -= 1;
        }
        state.taken = true;
    }

    pub(crate) fn release(&self) {
        let mut state = lock(&self.state);
        state.taken = false;
        let somebody_waits = state.waiting > 0;
        drop(state);
        if somebody_waits {
            self.freed.notify_one();
        }
    }
}

/// The right to write, for the length of a scope.
pub(crate) struct Writing<'a>(&'a WriterLock);

impl<'a> Writing<'a> {
    pub(crate) fn begin(lock: &'a WriterLock) -> Self {
        lock.acquire();
        Self(lock)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.release();
    }
}
