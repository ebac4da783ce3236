//! Saying that something is wrong, in ways that cannot fail themselves, and catching what the app's code panics.

use std::fmt::Display;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A line on the standard error output, or none: that may be a full disk, or a pipe whose other end is closed, and
/// `eprintln!` panics then.
pub(crate) fn say(line: &dyn Display) {
    let line = format!("statesync: {line}\n");
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Runs code that may panic: the app's, and whoever listens to `tracing`.
///
/// # Errors
/// What the panic said.
pub(crate) fn caught<U>(run: impl FnOnce() -> U) -> Result<U, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text =
            text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given").to_owned();
        // What it carries may panic once more when it is dropped.
        catch_unwind(AssertUnwindSafe(|| drop(panic))).unwrap_or_else(std::mem::forget);
        text
    })
}

/// Tells who listens to `tracing`, and the standard error output.
macro_rules! tell {
    ($target:literal, $($message:tt)+) => {{
        let _ = $crate::trouble::caught(|| tracing::error!(target: $target, $($message)+));
        $crate::trouble::say(&format_args!($($message)+));
    }};
}
pub(crate) use tell;
