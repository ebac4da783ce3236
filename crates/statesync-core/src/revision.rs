//! A topic's revision: a `u64` that only grows, on the wire a canonical decimal string.

use crate::excerpt::excerpt;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// How often a topic has changed. Never goes back, never repeats for another value (`monotone`).
///
/// Zero means "nothing known yet": no topic ever has it, a topic's first value has revision 1.
/// JSON carries it as text, because JavaScript numbers end at 2^53.
///
/// ```
/// use statesync_core::Revision;
///
/// let revision: Revision = "42".parse()?;
/// assert_eq!(revision.to_string(), "42");
/// assert!("042".parse::<Revision>().is_err());
/// # Ok::<(), statesync_core::InvalidRevision>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u64);

impl Revision {
    /// "Nothing known yet".
    pub const ZERO: Self = Self(0);

    /// The revision with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number behind the text.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The one after this, or `None` at the end of `u64`: nothing wraps or saturates.
    pub(crate) const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not a canonical revision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is not a canonical revision: use the decimal text of a u64, without sign or leading zero"
)]
pub struct InvalidRevision {
    text: String,
}

impl FromStr for Revision {
    type Err = InvalidRevision;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let canonical =
            text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
        match text.parse() {
            Ok(number) if canonical => Ok(Self(number)),
            _ => Err(InvalidRevision { text: excerpt(text) }),
        }
    }
}

impl Serialize for Revision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Revision {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Revision;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_number_survives_its_text(number: u64) {
            let revision = Revision::new(number);
            prop_assert_eq!(revision.to_string().parse::<Revision>().unwrap(), revision);
        }

        #[test]
        fn only_canonical_text_is_a_revision(text in "[-+0-9 a-f.]{0,24}") {
            if let Ok(revision) = text.parse::<Revision>() {
                prop_assert_eq!(revision.to_string(), text);
            }
        }
    }

    #[test]
    fn signs_zeros_blanks_and_overflow_are_refused() {
        for text in ["", "-1", "+1", "00", "01", " 1", "1 ", "1.0", "18446744073709551616", "1e3"] {
            assert!(text.parse::<Revision>().is_err(), "{text:?} was taken");
        }
        assert!("18446744073709551615".parse::<Revision>().is_ok());
    }

    #[test]
    fn the_last_revision_has_no_next() {
        assert_eq!(Revision::new(u64::MAX).next(), None);
    }
}
