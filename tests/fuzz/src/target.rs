//! What a target is: how its cases are drawn, tried and made smaller.

use crate::chance::Chance;
use std::time::Duration;

/// Something that is fuzzed.
pub trait Target {
    /// As on the command line.
    const NAME: &'static str;
    /// How many runs the test command plays.
    const QUICK: u64;
    /// One input.
    type Case: Clone + Send;

    /// The case of this run. The first runs are the attacks that were once found.
    fn draw(run: u64, chance: &mut Chance) -> Self::Case;

    /// Tries a case, and says how much was tried.
    ///
    /// # Errors
    /// What does not hold.
    fn check(case: &Self::Case) -> Result<u64, String>;

    /// Smaller cases that may fail too, the smallest first.
    fn smaller(_: &Self::Case) -> impl Iterator<Item = Self::Case> {
        std::iter::empty()
    }

    /// The case for people.
    fn show(case: &Self::Case) -> String;
}

/// What the command line asks for.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub seed: Option<u64>,
    pub from: u64,
    pub runs: Option<u64>,
    pub time: Option<Duration>,
    pub workers: u64,
    pub strict: bool,
}

/// The lists that are left when parts of a list are taken out: halves first, single elements last.
pub fn without_parts<T: Clone>(list: &[T]) -> impl Iterator<Item = Vec<T>> {
    let sizes =
        std::iter::successors(Some(list.len().div_ceil(2)), |size| (*size > 1).then(|| size.div_ceil(2)));
    let parts = sizes.filter(|size| *size > 0).flat_map(move |size| {
        (0..list.len()).step_by(size).map(move |begin| (begin, (begin + size).min(list.len())))
    });
    parts.map(|(begin, end)| [&list[..begin], &list[end..]].concat())
}

/// A text with at most so many characters, and how many bytes it had.
pub fn shortened(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most).collect();
    format!("{kept}... ({} bytes)", text.len())
}
