//! When a changed topic is saved. No clock: the host says what time it is.

use super::options::SaveWhen;
use crate::revision::Revision;
use std::time::Duration;

/// Where a topic is between a change and its save.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// No change was seen. The first one leads to `Waiting`.
    #[default]
    Rest,
    /// Saved at `due`, unless it is at another revision by then and `until` is not over; then later.
    Waiting { due: Duration, until: Duration, seen: Revision },
}

impl Schedule {
    /// Looks at a changed topic; `None` when it is due, else when to look again.
    pub(crate) fn look(&mut self, when: SaveWhen, now: Duration, at: Revision) -> Option<Duration> {
        let SaveWhen::Debounced { quiet, at_most } = when else { return None };
        let (due, until) = match *self {
            Self::Rest => (now + quiet, now + at_most),
            Self::Waiting { due, until, seen } if now >= due => {
                if seen == at || now >= until {
                    return None;
                }
                (now + quiet, until)
            }
            Self::Waiting { due, .. } => return Some(due),
        };
        let due = due.min(until);
        *self = Self::Waiting { due, until, seen: at };
        (due > now).then_some(due)
    }
}

/// The pause after this many failures in a row: 100 ms, doubling up to 30 s.
pub(crate) fn pause_after(failures: u32) -> Duration {
    let doubled = Duration::from_millis(100).saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(Duration::from_secs(30))
}

#[cfg(test)]
mod tests {
    use super::{Schedule, pause_after};
    use crate::persist::options::SaveWhen;
    use crate::revision::Revision;
    use std::time::Duration;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    const DEBOUNCED: SaveWhen =
        SaveWhen::Debounced { quiet: Duration::from_millis(100), at_most: Duration::from_millis(250) };

    #[test]
    fn a_single_change_is_due_after_the_quiet_time() {
        let mut schedule = Schedule::Rest;
        assert_eq!(schedule.look(DEBOUNCED, ms(0), Revision::new(2)), Some(ms(100)));
        assert_eq!(schedule.look(DEBOUNCED, ms(50), Revision::new(2)), Some(ms(100)));
        assert_eq!(schedule.look(DEBOUNCED, ms(100), Revision::new(2)), None);
    }

    #[test]
    fn changes_without_a_pause_are_due_when_the_longest_wait_is_over() {
        let mut schedule = Schedule::Rest;
        let mut now = 0;
        let mut revision = 2;
        while let Some(next) = schedule.look(DEBOUNCED, ms(now), Revision::new(revision)) {
            assert!(next > ms(now), "time goes on");
            now = u64::try_from(next.as_millis()).unwrap();
            revision += 1;
        }
        assert_eq!(now, 250);
    }

    #[test]
    fn what_is_saved_immediately_is_due_at_once() {
        assert_eq!(Schedule::Rest.look(SaveWhen::Immediately, ms(7), Revision::new(2)), None);
        let at_once = SaveWhen::Debounced { quiet: ms(0), at_most: ms(0) };
        assert_eq!(Schedule::Rest.look(at_once, ms(7), Revision::new(2)), None);
    }

    #[test]
    fn pauses_double_up_to_half_a_minute() {
        assert_eq!([1, 2, 3].map(pause_after), [ms(100), ms(200), ms(400)]);
        assert_eq!(pause_after(1000), Duration::from_secs(30));
    }
}
