//! Every bound of the core in one place (`bounded`).

use std::time::Duration;

/// What is bounded, and by how much.
///
/// ```
/// let limits = statesync_core::Limits { max_value_bytes: 1 << 20, ..Default::default() };
/// assert_eq!(limits.max_topics_per_session, 1024);
/// ```
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest JSON of one value, in bytes, for snapshots and for writes from windows. 16 MiB.
    pub max_value_bytes: usize,
    /// Largest answer with the first snapshots of a page, in bytes; what does not fit is pulled. 256 KiB.
    pub max_first_paint_bytes: usize,
    /// Topics one page may subscribe to. 1024.
    pub max_topics_per_session: usize,
    /// Pages remembered per window (one is alive, the others are on their way out). 4.
    pub max_pages_per_window: usize,
    /// Ids of a page's operations that are known to be used, beside the last 8 of each topic, whose results are kept:
    /// so a write that arrives again is not made again. 65,536, which take about a megabyte.
    pub max_operations_per_page: usize,
    /// Largest list of topics in a signal, in bytes of JSON; a longer one says "pull everything".
    /// 4096, well below the 8 KiB from which on a Channel message takes a second fetch.
    pub max_signal_bytes: usize,
    /// How long a signal may stay unanswered before it is sent again; doubles with each try. 1 s.
    pub resend_after: Duration,
    /// How often a signal is sent again before the session is given up. 5.
    pub max_resends: u32,
    /// Shortest time between two rounds of plain events. 50 ms.
    pub public_event_interval: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_value_bytes: 16 << 20,
            max_first_paint_bytes: 256 << 10,
            max_topics_per_session: 1024,
            max_pages_per_window: 4,
            max_operations_per_page: 1 << 16,
            max_signal_bytes: 4096,
            resend_after: Duration::from_secs(1),
            max_resends: 5,
            public_event_interval: Duration::from_millis(50),
        }
    }
}
