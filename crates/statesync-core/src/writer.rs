//! The right to write a topic: one writer at a time, also while its closure runs on the copy.
//!
//! A lock of its own, because a transaction keeps several, for as long as it likes, without borrowing them.
//! It guards no data, so a writer that panicked leaves nothing behind. Readers and pulls never ask for it.

use crate::sync::{Condvar, Mutex, lock, wait};

pub(crate) struct WriterLock {
    taken: Mutex<bool>,
    freed: Condvar,
}

impl WriterLock {
    pub(crate) fn new() -> Self {
        Self { taken: Mutex::new(false), freed: Condvar::new() }
    }

    /// Waits until nobody writes. Whoever calls this has to [`release`](Self::release).
    pub(crate) fn acquire(&self) {
        let mut taken = lock(&self.taken);
        while *taken {
            taken = wait(&self.freed, taken);
        }
        *taken = true;
    }

    pub(crate) fn release(&self) {
        *lock(&self.taken) = false;
        self.freed.notify_one();
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
