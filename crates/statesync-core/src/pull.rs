//! Answering a pull: one consistent cut of all topics it names, turned into JSON after the lock.
//!
//! Rust keeps no memory of what it answered, only of what the page stated (`stated-not-answered`): an
//! answer that gets lost is asked for again.

use crate::contain::contain;
use crate::json::JsonError;
use crate::refusal::RequestError;
use crate::registry::{Registry, State};
use crate::revision::Revision;
use crate::scope::Scope;
use crate::session::{Stated, check_page, check_topics};
use crate::snapshot::AnySnapshot;
use crate::topic::TopicName;
use crate::wire::{ErrorBody, PullRequest};
use std::fmt::Write as _;
use std::sync::Arc;

/// What a pull found for one topic.
pub(crate) struct Found {
    pub(crate) topic: TopicName,
    pub(crate) state: FoundState,
}

pub(crate) enum FoundState {
    /// The page has this revision already.
    Unchanged(Revision),
    Newer(Arc<dyn AnySnapshot>),
    /// The page just wrote this revision, and can compute its data.
    Written(Revision),
    /// No such topic, or not for this window.
    Unknown,
}

impl FoundState {
    /// Whether it is the snapshot of this revision.
    pub(crate) fn is_newer_at(&self, revision: Revision) -> bool {
        matches!(self, Self::Newer(snapshot) if snapshot.revision() == revision)
    }
}

/// Which of these topics a scope allows.
pub(crate) fn readable(stated: &[Stated], scope: &Scope) -> Vec<bool> {
    stated.iter().map(|stated| scope.allows(stated.name.as_str())).collect()
}

impl Registry {
    /// Answers what is newer than what the page says it has, and takes its acknowledgement.
    ///
    /// # Errors
    /// [`RequestError::UnknownSession`] and [`RequestError::Superseded`] when the page has to subscribe
    /// afresh; others for bad input. One topic's error is part of the answer and fails no other topic.
    pub fn handle_pull(
        &self,
        window: &str,
        request: &PullRequest,
        scope: &Scope,
    ) -> Result<String, RequestError> {
        check_page(&request.page)?;
        let stated = check_topics(&request.topics, &self.shared.limits)?;
        let readable = readable(&stated, scope);
        let mut state = self.shared.lock();
        let slot = match state.sessions.find(window, &request.page, request.generation) {
            Ok(slot) => slot,
            Err(error) => {
                drop(state);
                contain("tracing", || {
                    tracing::debug!(target: "statesync::resync", window, kind = error.kind());
                });
                return Err(error);
            }
        };
        state.state_known(slot, &stated, &readable, &self.shared.epoch);
        let wake = state.acknowledge(slot, request.seen);
        if !stated.is_empty() {
            state.counters.pulls += 1;
        }
        let cut = state.cut(&stated, &readable, &self.shared.epoch);
        drop(state);
        self.shared.wake_if(wake);
        Ok(self.render(window, &cut))
    }

    /// One topic as plain `{ revision, data }`, for simple clients.
    ///
    /// # Errors
    /// [`RequestError`]: bad name, unknown (or not readable for this window), too large, unserializable.
    pub fn handle_snapshot(&self, window: &str, topic: &str, scope: &Scope) -> Result<String, RequestError> {
        let name = TopicName::new(topic)?;
        let stated = [Stated { name, known: None }];
        let mut state = self.shared.lock();
        state.counters.pulls += 1;
        let mut cut = state.cut(&stated, &readable(&stated, scope), &self.shared.epoch);
        drop(state);
        let found = cut.remove(0);
        let FoundState::Newer(snapshot) = &found.state else {
            contain("tracing", || tracing::debug!(target: "statesync::denied", window, topic));
            return Err(RequestError::UnknownTopic { topic: found.topic });
        };
        let json = snapshot
            .json(self.shared.limits.max_value_bytes)
            .map_err(|error| error.of(found.topic.clone()))?;
        Ok(format!("{{\"revision\":\"{}\",\"data\":{json}}}", snapshot.revision()))
    }

    /// The answer as JSON. No lock is held: this is where values become JSON, once per revision.
    pub(crate) fn render(&self, window: &str, cut: &[Found]) -> String {
        let mut bodies = Vec::with_capacity(cut.len());
        for found in cut {
            bodies.push(match &found.state {
                FoundState::Newer(snapshot) => snapshot.json(self.shared.limits.max_value_bytes),
                _ => Ok("".into()),
            });
        }
        let bytes: usize = bodies.iter().flatten().map(|body| body.len() + 200).sum();
        let mut out = String::with_capacity(bytes + 64);
        let epoch = serde_json::to_string(&self.shared.epoch).expect("text is JSON");
        let _ = write!(out, "{{\"epoch\":{epoch},\"results\":[");
        for (index, (found, body)) in cut.iter().zip(bodies).enumerate() {
            let topic = &found.topic;
            if index > 0 {
                out.push(',');
            }
            let _ = match (&found.state, body) {
                (FoundState::Unchanged(revision), _) => {
                    write!(out, "{{\"topic\":\"{topic}\",\"revision\":\"{revision}\",\"unchanged\":true}}")
                }
                (FoundState::Written(revision), _) => {
                    write!(out, "{{\"topic\":\"{topic}\",\"revision\":\"{revision}\",\"written\":true}}")
                }
                (FoundState::Newer(snapshot), Ok(data)) => {
                    let revision = snapshot.revision();
                    contain("tracing", || {
                        tracing::trace!(target: "statesync::pull", %topic, %revision, window, bytes = data.len());
                    });
                    write!(out, "{{\"topic\":\"{topic}\",\"revision\":\"{revision}\",\"data\":{data}}}")
                }
                (FoundState::Newer(_), Err(error)) => write_error(&mut out, topic, &error.of(topic.clone())),
                (FoundState::Unknown, _) => {
                    contain("tracing", || tracing::debug!(target: "statesync::denied", window, %topic));
                    write_error(&mut out, topic, &RequestError::UnknownTopic { topic: topic.clone() })
                }
            };
        }
        out.push_str("]}");
        out
    }
}

fn write_error(out: &mut String, topic: &TopicName, error: &RequestError) -> std::fmt::Result {
    let ErrorBody { kind, message, .. } = error.body();
    let message = serde_json::to_string(&message).expect("text is JSON");
    write!(out, "{{\"topic\":\"{topic}\",\"error\":{{\"kind\":\"{kind}\",\"message\":{message}}}}}")
}

impl JsonError {
    pub(crate) fn of(self, topic: TopicName) -> RequestError {
        match self {
            Self::TooLarge { limit } => RequestError::TooLarge { topic, limit },
            Self::UnsafeInteger { path, number } => RequestError::UnsafeInteger { topic, path, number },
            Self::Unserializable { reason } => RequestError::Unserializable { topic, reason },
        }
    }
}

impl State {
    /// What these topics are at this moment, all of them at the same one (`one-cut`), as far as they are
    /// readable.
    pub(crate) fn cut(&mut self, stated: &[Stated], readable: &[bool], epoch: &str) -> Vec<Found> {
        let mut cut = Vec::with_capacity(stated.len());
        for (wanted, readable) in stated.iter().zip(readable) {
            let current = readable
                .then(|| self.topics.find(wanted.name.as_str()))
                .flatten()
                .and_then(|id| self.topics.entry(id).current.clone());
            let state = match current {
                Some(snapshot) if snapshot.revision() == wanted.revision_in(epoch) => {
                    self.counters.unchanged += 1;
                    FoundState::Unchanged(snapshot.revision())
                }
                Some(snapshot) => {
                    self.counters.snapshots += 1;
                    FoundState::Newer(snapshot)
                }
                None => {
                    self.counters.denied += 1;
                    FoundState::Unknown
                }
            };
            cut.push(Found { topic: wanted.name.clone(), state });
        }
        cut
    }

    /// Believes what the page states it has, and what its window may read by now.
    fn state_known(&mut self, slot: u32, stated: &[Stated], readable: &[bool], epoch: &str) {
        let Self { topics, sessions, .. } = self;
        let Some(session) = sessions.get_mut(slot) else {
            return;
        };
        for (place, wanted) in stated.iter().enumerate() {
            let Some(id) = topics.find(wanted.name.as_str()) else {
                continue;
            };
            let subscriptions = &mut session.subscriptions;
            // A page names its topics in the order it subscribed to them, mostly.
            let found = match subscriptions.get(place) {
                Some(subscription) if subscription.topic == id => Some(place),
                _ => subscriptions.iter().position(|subscription| subscription.topic == id),
            };
            if let Some(index) = found {
                let subscription = &mut subscriptions[index];
                subscription.known = wanted.revision_in(epoch);
                subscription.readable = readable[place];
                // A page that says it has less than it once said is dirty again.
                if subscription.is_dirty(topics.entry(id).revision()) && !subscription.queued {
                    subscription.queued = true;
                    session.queue.push(u32::try_from(index).expect("bounded by the limits"));
                }
            }
        }
    }
}
