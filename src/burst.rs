//! Holding a flush back while writers are in the middle of a burst, so that the burst costs a window one
//! signal and one pull instead of two of each.
//!
//! Loses nothing: a flush that is held back runs a moment later, and is held back once. A single change is
//! never held back.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// More commits than this between the call for a flush and the flush itself, which takes a fraction of a
/// millisecond, are a burst.
const BURST_COMMITS: u64 = 16;

/// How long a flush is held back.
pub(crate) const BURST_PAUSE: Duration = Duration::from_millis(2);

/// Watches how many commits fall between the call for a flush and the flush.
#[derive(Default)]
pub(crate) struct BurstWatch(Mutex<Watch>);

#[derive(Clone, Copy, Default)]
enum Watch {
    /// No flush was called for.
    #[default]
    Idle,
    /// A flush was called for when there had been this many commits. The flush leads to `Idle`, or in a
    /// burst to `HeldBack`.
    Woken(u64),
    /// A flush was held back. The next one leads to `Idle`.
    HeldBack,
}

impl BurstWatch {
    /// A flush was called for, after this many commits.
    pub(crate) fn woken(&self, commits: u64) {
        self.replace(|_| Watch::Woken(commits));
    }

    /// Whether the flush that is about to run, after this many commits, has to wait for `BURST_PAUSE`.
    pub(crate) fn holds_back(&self, commits: u64) -> bool {
        let next = self.replace(|watch| match watch {
            Watch::Woken(before) if commits.saturating_sub(before) > BURST_COMMITS => Watch::HeldBack,
            _ => Watch::Idle,
        });
        matches!(next, Watch::HeldBack)
    }

    fn replace(&self, change: impl FnOnce(Watch) -> Watch) -> Watch {
        let mut watch = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *watch = change(*watch);
        *watch
    }
}

#[cfg(test)]
mod tests {
    use super::{BURST_COMMITS, BurstWatch};

    #[test]
    fn a_single_change_is_not_held_back() {
        let watch = BurstWatch::default();
        watch.woken(1);
        assert!(!watch.holds_back(1));
        watch.woken(100);
        assert!(!watch.holds_back(100 + BURST_COMMITS));
    }

    #[test]
    fn a_burst_is_held_back_once() {
        let watch = BurstWatch::default();
        watch.woken(1);
        assert!(watch.holds_back(1_000));
        assert!(!watch.holds_back(2_000));
        watch.woken(2_000);
        assert!(watch.holds_back(3_000));
    }

    #[test]
    fn a_flush_nobody_called_for_is_not_held_back() {
        let watch = BurstWatch::default();
        watch.woken(1);
        assert!(!watch.holds_back(1));
        assert!(!watch.holds_back(1_000_000));
    }
}
