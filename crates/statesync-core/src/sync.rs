//! The one place that knows which synchronization primitives are in use, so that loom can replace them.
//!
//! A poisoned lock is taken as it is: user code never runs under these locks (`no-lock-across-calls`),
//! so a panic elsewhere cannot have left half a change behind.

#[cfg(not(loom))]
mod primitives {
    pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use std::thread::{ThreadId, current};
    pub(crate) use std::thread_local;
}

#[cfg(loom)]
mod primitives {
    pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use loom::thread::{ThreadId, current};
    pub(crate) use loom::thread_local;
}

pub(crate) use primitives::{Condvar, Mutex, MutexGuard, ThreadId, current, thread_local};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

/// Locks without a poison check.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits without a poison check.
pub(crate) fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

/// A number that no other call of this process gets. Orders nothing, so loom need not know of it.
pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
