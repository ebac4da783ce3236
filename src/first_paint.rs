//! First paint: a page asks for the topics the app chose before its first script runs.
//!
//! Keeps the app's patterns and the script that asks. Nothing here knows a window or decides what it may
//! read: the script makes an ordinary call, the command `first_paint`, and Tauri and `scope.rs` treat it
//! like any other (`scope-at-every-read`).

use statesync_core::{InvalidPattern, Pattern};

/// Runs at the start of every page when topics were chosen, and not at all otherwise.
const SCRIPT: &str = include_str!("first-paint.js");

/// Which topics pages get at their start, the most important ones first.
#[derive(Default)]
pub(crate) struct FirstPaint {
    patterns: Vec<String>,
}

impl FirstPaint {
    pub(crate) fn choose<P: Into<String>>(&mut self, topics: impl IntoIterator<Item = P>) {
        self.patterns.extend(topics.into_iter().map(Into::into));
    }

    /// The script for pages, where it can do anything: Android's webview tells Tauri no request bodies, so
    /// calls take another way there, which is never synchronous.
    pub(crate) fn script(&self) -> Option<&'static str> {
        let of_use = !self.patterns.is_empty() && !cfg!(target_os = "android");
        of_use.then_some(SCRIPT)
    }

    pub(crate) fn parse(&self) -> Result<Vec<Pattern>, InvalidPattern> {
        self.patterns.iter().map(|pattern| pattern.parse()).collect()
    }
}
