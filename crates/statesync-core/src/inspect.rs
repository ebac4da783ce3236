//! A look at everything: topics, sessions, counters. For people and devtools; costs one walk under the lock.

use crate::notify::Slot;
use crate::registry::{Registry, State};
use crate::revision::Revision;
use crate::scope::Scope;
use crate::session::Session;
use crate::topic::TopicName;
use serde::Serialize;

/// What a registry holds at one moment.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// This life of the counters.
    pub epoch: String,
    /// Every topic that is registered or wanted, by name.
    pub topics: Vec<TopicInspection>,
    /// Every session.
    pub sessions: Vec<SessionInspection>,
    /// What happened since the start.
    pub counters: Counters,
}

/// One topic.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TopicInspection {
    /// Its name.
    #[cfg_attr(test, ts(type = "string"))]
    pub topic: TopicName,
    /// Its revision; zero when sessions want it and nobody has registered it.
    #[cfg_attr(test, ts(type = "string"))]
    pub revision: Revision,
    /// Bytes of its JSON, if anybody has pulled this revision.
    pub bytes: Option<usize>,
    /// How many sessions want it.
    pub subscribers: usize,
}

/// One session.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SessionInspection {
    /// The page's id.
    pub page: String,
    /// The session's number.
    pub generation: u64,
    /// Label of the window.
    pub window: String,
    /// What it wants and has.
    pub topics: Vec<SubscriptionInspection>,
    /// The signal under way, if any.
    pub unacknowledged: Option<UnacknowledgedSignal>,
}

/// One topic of one session.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionInspection {
    /// Its name.
    #[cfg_attr(test, ts(type = "string"))]
    pub topic: TopicName,
    /// What the page last said it has.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub known: Option<Revision>,
    /// The revision last named in a signal.
    #[cfg_attr(test, ts(type = "string"))]
    pub signalled: Revision,
    /// How many revisions the page is behind, by its own word.
    pub lag: u64,
}

/// A signal the page has not answered.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct UnacknowledgedSignal {
    /// Its number.
    pub number: u64,
    /// How often it was sent.
    pub attempts: u32,
}

/// Sums since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// Commits.
    pub updates: u64,
    /// Signals, re-sent ones not counted.
    pub signals: u64,
    /// Signals sent again.
    pub resends: u64,
    /// Pulls, subscribes and single snapshots; empty pulls not counted.
    pub pulls: u64,
    /// Snapshots given out.
    pub snapshots: u64,
    /// "Unchanged" given out.
    pub unchanged: u64,
    /// Topics refused: unknown, or not for that window.
    pub denied: u64,
    /// Sessions given up.
    pub dropped: u64,
}

impl Registry {
    /// How many commits there were since the start. Costs one short lock.
    pub fn commits(&self) -> u64 {
        self.shared.lock().counters.updates
    }

    /// What the registry holds now. Names and numbers only, never a value.
    pub fn inspect(&self) -> Inspection {
        let state = self.shared.lock();
        // Nothing is taken out under the lock: the last clone of a snapshot would be dropped here.
        let mut topics: Vec<_> = state
            .topics
            .iter()
            .map(|entry| TopicInspection {
                topic: entry.name.clone(),
                revision: entry.revision(),
                bytes: entry.current.as_ref().and_then(|snapshot| snapshot.bytes()),
                subscribers: entry.subscribers.len(),
            })
            .collect();
        let sessions = state.sessions.iter().map(|session| state.inspect_session(session)).collect();
        let counters = state.counters;
        drop(state);
        topics.sort_by(|a, b| a.topic.cmp(&b.topic));
        Inspection { epoch: self.shared.epoch.clone(), topics, sessions, counters }
    }
}

impl Inspection {
    /// The same without the topics that `scope` does not allow.
    #[must_use]
    pub fn only(mut self, scope: &Scope) -> Self {
        self.topics.retain(|topic| scope.allows(topic.topic.as_str()));
        for session in &mut self.sessions {
            session.topics.retain(|topic| scope.allows(topic.topic.as_str()));
        }
        self
    }
}

impl State {
    fn inspect_session(&self, session: &Session) -> SessionInspection {
        SessionInspection {
            page: session.key.page.to_string(),
            generation: session.generation,
            window: session.key.window.to_string(),
            topics: session
                .subscriptions
                .iter()
                .map(|subscription| {
                    let entry = self.topics.entry(subscription.topic);
                    SubscriptionInspection {
                        topic: entry.name.clone(),
                        known: (subscription.known > Revision::ZERO).then_some(subscription.known),
                        signalled: subscription.signalled,
                        lag: entry.revision().get().saturating_sub(subscription.known.get()),
                    }
                })
                .collect(),
            unacknowledged: match session.slot {
                Slot::Free => None,
                Slot::Unacknowledged { number, resends, .. } => {
                    Some(UnacknowledgedSignal { number, attempts: resends + 1 })
                }
            },
        }
    }
}
