//! Revisions that may be handed out, because a storage knows that they may have been (`monotone`).
//!
//! A storage has one number: no topic in it was ever above it. It is raised and synced *before* revisions up to
//! it are used, in blocks so large that a writer does not wait for that. A next life of the app begins above
//! it, so whoever holds a revision from before a crash never meets another value under that or a lower one.
//! When the app ends in order the number goes down to what was really used.

use crate::revision::Revision;
use std::sync::atomic::{AtomicU64, Ordering};

/// Revisions reserved at a time: at 15 million updates in a second they last five minutes, and a `u64` has
/// four thousand million of them.
const BLOCK: u64 = 1 << 32;

#[derive(Debug, Default)]
pub(crate) struct Reservation {
    limit: AtomicU64,
}

impl Reservation {
    /// Nothing above this may be handed out.
    pub(crate) fn limit(&self) -> Revision {
        Revision::new(self.limit.load(Ordering::Acquire))
    }

    pub(crate) fn set(&self, limit: Revision) {
        self.limit.store(limit.get(), Ordering::Release);
    }

    /// Whether it is time to reserve more, for a topic that is at this revision.
    pub(crate) fn is_low_at(&self, revision: Revision) -> bool {
        let limit = self.limit.load(Ordering::Relaxed);
        limit.saturating_sub(revision.get()) < BLOCK / 2 && limit < u64::MAX
    }

    /// What to reserve for a topic at this revision.
    pub(crate) fn above(revision: Revision) -> Revision {
        Revision::new(revision.get().saturating_add(BLOCK))
    }
}
