//! Texts that repeat what somebody sent, cut to a length that can be kept and shown.

use std::fmt::Display;

/// The most bytes of a text that repeats input.
pub(crate) const MAX_EXCERPT_BYTES: usize = 200;

/// The beginning of a text: at most 200 bytes, cut between two characters, and `…` where something is missing.
pub(crate) fn excerpt(text: impl Into<String>) -> String {
    cut(text.into(), MAX_EXCERPT_BYTES)
}

/// As [`excerpt`], of anything that can be shown, without making all of its text.
pub(crate) fn excerpt_of(shown: &impl Display) -> String {
    struct Bounded(String);
    impl std::fmt::Write for Bounded {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            let left = (MAX_EXCERPT_BYTES + 4).saturating_sub(self.0.len());
            self.0.push_str(&text[..boundary(text, left)]);
            if self.0.len() > MAX_EXCERPT_BYTES { Err(std::fmt::Error) } else { Ok(()) }
        }
    }
    let mut bounded = Bounded(String::new());
    // The only error is the one above: there is enough of it.
    let _ = std::fmt::write(&mut bounded, format_args!("{shown}"));
    excerpt(bounded.0)
}

/// The first `max_bytes` of a text at most, cut between two characters, and `…` where something is missing.
pub(crate) fn cut(mut text: String, max_bytes: usize) -> String {
    if text.len() > max_bytes {
        text.truncate(boundary(&text, max_bytes));
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

/// The last place between two characters that is not after `at_most`.
fn boundary(text: &str, at_most: usize) -> usize {
    (0..=at_most.min(text.len())).rev().find(|&place| text.is_char_boundary(place)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{MAX_EXCERPT_BYTES, excerpt, excerpt_of};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_excerpt_is_a_beginning_of_the_text_of_at_most_200_bytes(text in "\\PC{0,300}") {
            let cut = excerpt(text.clone());
            prop_assert_eq!(&excerpt_of(&text), &cut);
            if let Some(beginning) = cut.strip_suffix('…').filter(|_| text.len() > MAX_EXCERPT_BYTES) {
                prop_assert!(beginning.len() <= MAX_EXCERPT_BYTES && beginning.len() + 4 > MAX_EXCERPT_BYTES);
                prop_assert!(text.starts_with(beginning));
            } else {
                prop_assert_eq!(cut, text);
            }
        }
    }

    #[test]
    fn an_excerpt_keeps_no_more_memory_than_it_has_text() {
        assert!(excerpt("é".repeat(1 << 20)).capacity() < 1024);
    }
}
