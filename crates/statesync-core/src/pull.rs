//! Answering a pull: one consistent cut of all topics it names, turned into JSON after the lock.
//!
//! Rust keeps no memory of what it answered, only of what the page stated (`stated-not-answered`): an
//! answer that gets lost is asked for again.

use crate::contain::contain;
use crate::json::JsonError;
use crate::refusal::RequestError;
use crate::registry::{Registry, State};
use crate::reply::{READY_BYTES, Reply};
use crate::revision::Revision;
use crate::scope::Scope;
use crate::session::{Stated, check_page, check_topics};
use crate::snapshot::{AnySnapshot, MadeJson};
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
    /// Newer, by its JSON alone: dropping this runs no code of the app.
    Made(Revision, MadeJson),
    /// The page just wrote this revision, and can compute its data.
    Written(Revision),
    /// No such topic, or not for this window.
    Unknown,
}

impl FoundState {
    /// Revision and JSON of what is newer, made if it has to be. No lock may be held.
    pub(crate) fn json(&self, max_bytes: usize) -> Option<(Revision, MadeJson)> {
        match self {
            Self::Newer(snapshot) => Some((snapshot.revision(), snapshot.json(max_bytes))),
            Self::Made(revision, json) => Some((*revision, json.clone())),
            Self::Unchanged(_) | Self::Written(_) | Self::Unknown => None,
        }
    }

    /// By its JSON, if that is made and no longer than the room that is left, which becomes less.
    pub(crate) fn made(snapshot: &dyn AnySnapshot, room: &mut usize) -> Option<Self> {
        let json = snapshot.made_json()?;
        *room = room.checked_sub(json.as_ref().map_or(0, |json| json.len()))?;
        Some(Self::Made(snapshot.revision(), json))
    }

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
        self.accept_pull(window, request, scope)?.make()
    }

    /// As [`handle_pull`](Self::handle_pull), and never blocks: the acknowledgement counts at once, the answer
    /// may be left to be made.
    ///
    /// # Errors
    /// As [`handle_pull`](Self::handle_pull).
    pub fn accept_pull(
        &self,
        window: &str,
        request: &PullRequest,
        scope: &Scope,
    ) -> Result<Reply, RequestError> {
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
        let made = state.made_cut(&stated, &readable, &self.shared.epoch);
        drop(state);
        self.shared.wake_if(wake);
        Ok(self.reply(window, stated, readable, made))
    }

    /// One topic as plain `{ revision, data }`, for simple clients.
    ///
    /// # Errors
    /// [`RequestError`]: bad name, unknown (or not readable for this window), too large, unserializable.
    pub fn handle_snapshot(&self, window: &str, topic: &str, scope: &Scope) -> Result<String, RequestError> {
        self.accept_snapshot(window, topic, scope)?.make()
    }

    /// As [`handle_snapshot`](Self::handle_snapshot), and never blocks: the answer may be left to be made.
    ///
    /// # Errors
    /// As [`handle_snapshot`](Self::handle_snapshot).
    pub fn accept_snapshot(&self, window: &str, topic: &str, scope: &Scope) -> Result<Reply, RequestError> {
        let stated = [Stated { name: TopicName::new(topic)?, known: None }];
        let readable = readable(&stated, scope);
        let mut state = self.shared.lock();
        state.counters.pulls += 1;
        let made = state.made_cut(&stated, &readable, &self.shared.epoch);
        drop(state);
        if let Some(mut made) = made {
            return self.plain(window, made.remove(0)).map(Reply::Ready);
        }
        let (registry, window) = (self.clone(), window.to_owned());
        Ok(Reply::pending(move || {
            let mut cut = registry.shared.lock().cut(&stated, &readable, &registry.shared.epoch);
            registry.plain(&window, cut.remove(0))
        }))
    }

    /// The answer to a snapshot.
    fn plain(&self, window: &str, found: Found) -> Result<String, RequestError> {
        let Some((revision, json)) = found.state.json(self.shared.limits.max_value_bytes) else {
            contain("tracing", || tracing::debug!(target: "statesync::denied", window, topic = %found.topic));
            return Err(RequestError::UnknownTopic { topic: found.topic });
        };
        let json = json.map_err(|error| error.of(found.topic))?;
        Ok(format!("{{\"revision\":\"{revision}\",\"data\":{json}}}"))
    }

    /// The answer to a pull or subscribe of these topics: `made`, or a cut that is taken when it is made.
    pub(crate) fn reply(
        &self,
        window: &str,
        stated: Vec<Stated>,
        readable: Vec<bool>,
        made: Option<Vec<Found>>,
    ) -> Reply {
        if let Some(made) = made {
            return Reply::Ready(self.render(window, &made));
        }
        let (registry, window) = (self.clone(), window.to_owned());
        Reply::pending(move || {
            let cut = registry.shared.lock().cut(&stated, &readable, &registry.shared.epoch);
            Ok(registry.render(&window, &cut))
        })
    }

    /// The answer as JSON. No lock is held: this is where values become JSON, once per revision.
    pub(crate) fn render(&self, window: &str, cut: &[Found]) -> String {
        let json_of = |found: &Found| found.state.json(self.shared.limits.max_value_bytes);
        let made: Vec<_> = cut.iter().map(json_of).collect();
        let bytes: usize = made.iter().flatten().flat_map(|(_, json)| json).map(|json| json.len()).sum();
        let mut out = String::with_capacity(bytes + 200 * cut.len() + 64);
        let epoch = serde_json::to_string(&self.shared.epoch).expect("text is JSON");
        let _ = write!(out, "{{\"epoch\":{epoch},\"results\":[");
        for (index, (Found { topic, state }, made)) in cut.iter().zip(made).enumerate() {
            if index > 0 {
                out.push(',');
            }
            let _ = match (made, state) {
                (Some((revision, Ok(data))), _) => {
                    contain("tracing", || {
                        tracing::trace!(target: "statesync::pull", %topic, %revision, window, bytes = data.len());
                    });
                    write!(out, "{{\"topic\":\"{topic}\",\"revision\":\"{revision}\",\"data\":{data}}}")
                }
                (Some((_, Err(error))), _) => write_error(&mut out, topic, &error.of(topic.clone())),
                (None, FoundState::Unchanged(revision)) => {
                    write!(out, "{{\"topic\":\"{topic}\",\"revision\":\"{revision}\",\"unchanged\":true}}")
                }
                (None, FoundState::Written(revision)) => {
                    write!(out, "{{\"topic\":\"{topic}\",\"revision\":\"{revision}\",\"written\":true}}")
                }
                (None, _) => {
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
        let newer = |snapshot: &Arc<dyn AnySnapshot>| Some(FoundState::Newer(snapshot.clone()));
        self.cut_of(stated, readable, epoch, newer).expect("a snapshot can be cloned")
    }

    /// The same cut, if its answer is ready: the JSON of all of it is made, and not much.
    pub(crate) fn made_cut(
        &mut self,
        stated: &[Stated],
        readable: &[bool],
        epoch: &str,
    ) -> Option<Vec<Found>> {
        let mut room = READY_BYTES;
        self.cut_of(stated, readable, epoch, |snapshot| FoundState::made(&**snapshot, &mut room))
    }

    /// A cut, unless `newer` gives up on a snapshot that is; nothing is counted then.
    fn cut_of(
        &mut self,
        stated: &[Stated],
        readable: &[bool],
        epoch: &str,
        mut newer: impl FnMut(&Arc<dyn AnySnapshot>) -> Option<FoundState>,
    ) -> Option<Vec<Found>> {
        let mut cut = Vec::with_capacity(stated.len());
        for (wanted, readable) in stated.iter().zip(readable) {
            let id = readable.then(|| self.topics.find(wanted.name.as_str())).flatten();
            let state = match id.and_then(|id| self.topics.entry(id).current.as_ref()) {
                Some(snapshot) if snapshot.revision() == wanted.revision_in(epoch) => {
                    FoundState::Unchanged(snapshot.revision())
                }
                Some(snapshot) => newer(snapshot)?,
                None => FoundState::Unknown,
            };
            cut.push(Found { topic: wanted.name.clone(), state });
        }
        for Found { state, .. } in &cut {
            let count = match state {
                FoundState::Unchanged(_) => &mut self.counters.unchanged,
                FoundState::Unknown => &mut self.counters.denied,
                FoundState::Newer(_) | FoundState::Made(..) | FoundState::Written(_) => {
                    &mut self.counters.snapshots
                }
            };
            *count += 1;
        }
        Some(cut)
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
