//! The clock's own rules: seconds pass, phases follow each other.
//!
//! Keeps: where in which phase the clock is. Loses: how it got there; the diary knows.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::topics::Settings;

/// The clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Timer {
    /// What one does at the moment.
    pub phase: Phase,
    /// Whether seconds pass.
    pub running: bool,
    /// Seconds left of the phase.
    pub remaining: u32,
    /// Seconds the phase lasts.
    pub length: u32,
    /// Seconds of the phases to come.
    lengths: Lengths,
}

/// What one does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Working.
    Focus,
    /// Resting.
    Pause,
}

/// Seconds each phase lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
struct Lengths {
    focus: u32,
    pause: u32,
}

impl Lengths {
    fn of(self, phase: Phase) -> u32 {
        match phase {
            Phase::Focus => self.focus,
            Phase::Pause => self.pause,
        }
    }
}

impl From<&Settings> for Lengths {
    fn from(settings: &Settings) -> Self {
        Self { focus: settings.focus_minutes.seconds(), pause: settings.pause_minutes.seconds() }
    }
}

impl Timer {
    /// A clock that waits for its first phase of focus.
    pub fn new(settings: &Settings) -> Self {
        let lengths = Lengths::from(settings);
        let length = lengths.focus;
        Self { phase: Phase::Focus, running: false, remaining: length, length, lengths }
    }

    /// Takes over what was chosen: at once for a phase that has not begun, else from the next one on.
    pub fn choose(&mut self, settings: &Settings) {
        self.lengths = Lengths::from(settings);
        if self.remaining == self.length {
            self.restart();
        }
    }

    /// The phase from its beginning.
    pub fn restart(&mut self) {
        self.length = self.lengths.of(self.phase);
        self.remaining = self.length;
    }

    /// The next phase, though this one is not over.
    pub fn skip(&mut self) {
        self.phase = match self.phase {
            Phase::Focus => Phase::Pause,
            Phase::Pause => Phase::Focus,
        };
        self.restart();
    }

    /// One second passes, if the clock runs. Answers the phase that ended with it, and how long that was.
    pub fn pass(&mut self) -> Option<(Phase, u32)> {
        if !self.running {
            return None;
        }
        self.remaining = self.remaining.saturating_sub(1);
        if self.remaining > 0 {
            return None;
        }
        let ended = (self.phase, self.length);
        self.skip();
        Some(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(focus: u32, pause: u32) -> Settings {
        let minutes = |minutes: u32| minutes.try_into().expect("valid minutes");
        Settings { focus_minutes: minutes(focus), pause_minutes: minutes(pause), ..Settings::default() }
    }

    #[test]
    fn a_clock_that_does_not_run_stands_still() {
        let mut timer = Timer::new(&chosen(1, 1));
        assert_eq!(timer.pass(), None);
        assert_eq!(timer.remaining, 60);
    }

    #[test]
    fn a_phase_ends_with_its_last_second_and_the_next_one_begins() {
        let mut timer = Timer::new(&chosen(1, 2));
        timer.running = true;
        let ends: Vec<_> = (0..60).map(|_| timer.pass()).collect();
        assert_eq!(ends.iter().flatten().collect::<Vec<_>>(), [&(Phase::Focus, 60)]);
        assert_eq!(ends[59], Some((Phase::Focus, 60)));
        assert_eq!((timer.phase, timer.remaining), (Phase::Pause, 120));
    }

    #[test]
    fn a_new_choice_waits_for_the_end_of_a_phase_that_has_begun() {
        let mut timer = Timer::new(&chosen(1, 1));
        timer.choose(&chosen(2, 1));
        assert_eq!(timer.remaining, 120);
        timer.running = true;
        timer.pass();
        timer.choose(&chosen(3, 4));
        assert_eq!((timer.remaining, timer.length), (119, 120));
        timer.skip();
        assert_eq!(timer.remaining, 240);
    }
}
