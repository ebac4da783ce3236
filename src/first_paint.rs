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

#[cfg(test)]
mod tests {
    use super::FirstPaint;

    #[test]
    fn an_app_that_chooses_nothing_puts_no_script_into_its_pages() {
        let mut first = FirstPaint::default();
        assert_eq!(first.script(), None);
        first.choose(["settings"]);
        assert!(first.script().is_some());
    }

    #[test]
    fn the_script_has_nothing_of_the_app_in_it() {
        let mut first = FirstPaint::default();
        first.choose(["settings"]);
        let before = first.script();
        first.choose(["</script>"]);
        assert_eq!(first.script(), before);
    }

    #[test]
    fn patterns_are_those_of_permissions_and_a_bad_one_is_quoted() {
        let mut first = FirstPaint::default();
        first.choose(["settings", "cart:*"]);
        assert_eq!(first.parse().unwrap().len(), 2);
        first.choose(["cart:**".to_owned()]);
        assert!(first.parse().unwrap_err().to_string().contains("\"cart:**\""));
    }
}
