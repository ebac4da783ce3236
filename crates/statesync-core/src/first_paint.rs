//! The first snapshots of a page, taken before its first script runs: one cut of the topics that the app
//! chose and the window may read, as far as they fit.
//!
//! Keeps nothing. Loses, on purpose, the topics that would make the answer too large: the page pulls those
//! like any other. What the page does with the rest is to state it as `known` when it subscribes.

use crate::contain::contain;
use crate::pull::{Found, FoundState};
use crate::registry::{Entry, Registry, State};
use crate::reply::{READY_BYTES, Reply};
use crate::scope::{Pattern, Scope};
use crate::snapshot::AnySnapshot;
use std::sync::Arc;

/// What a topic takes in the answer beside its name, its revision and its data.
const ENVELOPE: usize = r#",{"topic":"","revision":"","data":}"#.len();

impl Registry {
    /// The newest snapshots of the topics that one of `chosen` covers and `scope` allows, read as one cut
    /// (`one-cut`), in the shape of a pull's answer. Needs no session and makes none.
    ///
    /// Topics come in the order of the patterns, then by name. One is left out when it cannot be read as
    /// JSON, or when the answer would have more than [`Limits::max_first_paint_bytes`] with it; smaller ones
    /// after it may still fit.
    ///
    /// ```
    /// # use statesync_core::{Registry, Scope, TopicKey};
    /// # const COUNT: TopicKey<u32> = TopicKey::new("count");
    /// let registry = Registry::new("e");
    /// registry.register(COUNT, 7)?;
    /// let chosen = ["count".parse()?];
    /// assert_eq!(
    ///     registry.handle_first_paint("main", &chosen, &Scope::everything()),
    ///     r#"{"epoch":"e","results":[{"topic":"count","revision":"1","data":7}]}"#
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`Limits::max_first_paint_bytes`]: crate::Limits::max_first_paint_bytes
    pub fn handle_first_paint(&self, window: &str, chosen: &[Pattern], scope: &Scope) -> String {
        let cut = self.shared.lock().chosen(chosen, scope);
        self.first_paint(window, cut)
    }

    /// As [`handle_first_paint`](Self::handle_first_paint), and never blocks: the answer may be left to be made.
    pub fn accept_first_paint(&self, window: &str, chosen: &[Pattern], scope: &Scope) -> Reply {
        let mut room = READY_BYTES;
        let made = |snapshot: &Arc<dyn AnySnapshot>| FoundState::made(&**snapshot, &mut room);
        let made = self.shared.lock().chosen_as(chosen, scope, made);
        if let Some(made) = made {
            return Reply::Ready(self.first_paint(window, made));
        }
        let (registry, window) = (self.clone(), window.to_owned());
        let (chosen, scope) = (chosen.to_vec(), scope.clone());
        Reply::pending(move || Ok(registry.handle_first_paint(&window, &chosen, &scope)))
    }

    /// The answer with as much of the cut as fits.
    fn first_paint(&self, window: &str, mut cut: Vec<(usize, Found)>) -> String {
        cut.sort_by(|(place, one), (other_place, other)| {
            (place, one.topic.as_str()).cmp(&(other_place, other.topic.as_str()))
        });
        let mut room =
            self.shared.limits.max_first_paint_bytes.saturating_sub(self.render(window, &[]).len());
        let mut fitting = Vec::with_capacity(cut.len());
        for (_, found) in cut {
            let Some(bytes) = self.bytes_of(&found) else { continue };
            if bytes <= room {
                room -= bytes;
                fitting.push(found);
            }
        }
        let answer = self.render(window, &fitting);
        let (topics, bytes) = (fitting.len(), answer.len());
        self.shared.lock().counters.snapshots += u64::try_from(topics).unwrap_or(u64::MAX);
        contain("tracing", || tracing::debug!(target: "statesync::first_paint", window, topics, bytes));
        answer
    }

    /// What it takes in the answer; `None` when it is no JSON. The JSON made here is the one that pulls share.
    fn bytes_of(&self, found: &Found) -> Option<usize> {
        let (revision, data) = found.state.json(self.shared.limits.max_value_bytes)?;
        Some(ENVELOPE + found.topic.as_str().len() + revision.to_string().len() + data.ok()?.len())
    }
}

impl State {
    /// The registered topics that are chosen and allowed, each with the place of its pattern.
    fn chosen(&self, chosen: &[Pattern], scope: &Scope) -> Vec<(usize, Found)> {
        let newer = |snapshot: &Arc<dyn AnySnapshot>| Some(FoundState::Newer(snapshot.clone()));
        self.chosen_as(chosen, scope, newer).expect("a snapshot can be cloned")
    }

    /// The same, unless `newer` gives up on one of them.
    fn chosen_as(
        &self,
        chosen: &[Pattern],
        scope: &Scope,
        mut newer: impl FnMut(&Arc<dyn AnySnapshot>) -> Option<FoundState>,
    ) -> Option<Vec<(usize, Found)>> {
        let pick = |entry: &Entry| {
            let name = entry.name.as_str();
            let place = chosen.iter().position(|pattern| pattern.matches(name))?;
            let snapshot = entry.current.as_ref().filter(|_| scope.allows(name))?;
            Some(newer(snapshot).map(|state| (place, Found { topic: entry.name.clone(), state })))
        };
        self.topics.iter().filter_map(pick).collect()
    }
}
