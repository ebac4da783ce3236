//! The topics of the app, their types, and the actions windows may call. `src/statesync.ts` is made from them.
//!
//! Keeps: what the windows share, and which settings make sense. Loses: all of it when the app ends.

use serde::{Deserialize, Serialize};
use statesync::TopicKey;
use ts_rs::TS;

use crate::timer::Timer;

/// The clock. Windows change it by actions only, so that none can set it to nonsense.
pub const TIMER: TopicKey<Timer> = TopicKey::new("timer").read_only();
/// What the person works on. Windows write its title while the clock adds the seconds.
pub const TASK: TopicKey<Task> = TopicKey::new("task");
/// The rounds that are done.
pub const DIARY: TopicKey<Diary> = TopicKey::new("diary").read_only();
/// How long the phases are, and how fast the clock runs.
pub const SETTINGS: TopicKey<Settings> = TopicKey::new("settings");

/// What somebody works on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// As the person calls it.
    pub title: String,
    /// Seconds of focus it has had.
    pub seconds: u32,
    /// How often somebody was in the way.
    pub interruptions: u32,
}

/// The last rounds, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Diary {
    /// At most twenty.
    pub rounds: Vec<Round>,
}

/// One phase of focus that was not skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Round {
    /// Counted from one since the app began.
    pub number: u32,
    /// The task's title when the round ended.
    pub title: String,
    /// How long it was.
    pub seconds: u32,
}

const MOST_ROUNDS: usize = 20;

impl Diary {
    /// Notes a round and forgets the oldest one when there are too many.
    pub fn note(&mut self, title: String, seconds: u32) {
        let number = self.rounds.last().map_or(1, |last| last.number + 1);
        self.rounds.push(Round { number, title, seconds });
        if self.rounds.len() > MOST_ROUNDS {
            self.rounds.remove(0);
        }
    }
}

/// What a person chooses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// How long one works.
    pub focus_minutes: Minutes,
    /// How long one rests.
    pub pause_minutes: Minutes,
    /// How fast the clock runs.
    pub pace: Pace,
}

impl Default for Settings {
    fn default() -> Self {
        Self { focus_minutes: Minutes(25), pause_minutes: Minutes(5), pace: Pace::Real }
    }
}

/// Whole minutes, 1 to 120. A window that writes anything else is refused, and nothing changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(try_from = "u32", into = "u32")]
#[ts(as = "u32")]
pub struct Minutes(u32);

impl Minutes {
    pub fn seconds(self) -> u32 {
        self.0 * 60
    }
}

impl TryFrom<u32> for Minutes {
    type Error = String;

    fn try_from(minutes: u32) -> Result<Self, String> {
        if (1..=120).contains(&minutes) {
            Ok(Self(minutes))
        } else {
            Err(format!("{minutes} minutes are not 1 to 120"))
        }
    }
}

impl From<Minutes> for u32 {
    fn from(minutes: Minutes) -> Self {
        minutes.0
    }
}

/// How fast the clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Pace {
    /// As clocks do.
    Real,
    /// A minute takes a second, for a look at how it works.
    Fast,
}

/// Everything windows share, declared once.
pub fn declared() -> statesync::Builder {
    statesync::Builder::new()
        .topic(TIMER, Timer::new(&Settings::default()))
        .topic(TASK, Task::default())
        .topic(DIARY, Diary::default())
        .topic(SETTINGS, Settings::default())
        .action(TIMER, "toggle", |timer: &mut Timer, (): ()| timer.running = !timer.running)
        .action(TIMER, "skip", |timer: &mut Timer, (): ()| timer.skip())
        .action(TIMER, "restart", |timer: &mut Timer, (): ()| timer.restart())
        .action(TASK, "interrupted", |task: &mut Task, (): ()| task.interruptions += 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_types_are_those_of_the_topics() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/statesync.ts");
        declared().typescript().check(file).expect("src/statesync.ts is fresh");
    }

    #[test]
    fn minutes_that_make_no_sense_are_refused() {
        for (json, holds) in [("0", false), ("1", true), ("120", true), ("121", false), ("1.5", false)] {
            assert_eq!(serde_json::from_str::<Minutes>(json).is_ok(), holds, "{json}");
        }
    }

    #[test]
    fn the_diary_keeps_the_last_twenty_rounds_and_their_numbers() {
        let mut diary = Diary::default();
        for _ in 0..25 {
            diary.note("read".to_owned(), 60);
        }
        assert_eq!(diary.rounds.len(), MOST_ROUNDS);
        assert_eq!((diary.rounds[0].number, diary.rounds[19].number), (6, 25));
    }
}
