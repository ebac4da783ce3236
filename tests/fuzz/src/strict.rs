//! Whether everything is asked for, also what no storage can promise for every damage.

use std::sync::atomic::{AtomicBool, Ordering};

static STRICT: AtomicBool = AtomicBool::new(false);

/// From now on everything is.
pub fn turn_on() {
    STRICT.store(true, Ordering::Relaxed);
}

pub fn is_on() -> bool {
    STRICT.load(Ordering::Relaxed)
}
