//! Which page wants which topics, and what it said it has.
//!
//! A page is one page load of one webview; its session is its current subscription, numbered by a
//! generation (`one-session-a-page`). Keeps: per window a few pages, each with its newest generation,
//! at most one session and the results of its writes. Loses a session when a newer generation
//! replaces it, when the window reloads or closes, and when it is given up.

use crate::contain::Contained;
use crate::excerpt::excerpt;
use crate::limits::Limits;
use crate::notify::{SignalSink, Slot};
use crate::operation::OperationLog;
use crate::refusal::RequestError;
use crate::registry::{Registry, State, Subscriber, TopicId};
use crate::revision::Revision;
use crate::scope::Scope;
use crate::topic::TopicName;
use crate::wire::{Known, SubscribeRequest, TopicRequest, WriteRequest};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

const MAX_PAGE_ID_BYTES: usize = 64;
/// The longest epoch that is looked at, in bytes.
const MAX_EPOCH_BYTES: usize = 128;

/// The window's label and the page's id. Another window that names this page means another page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PageKey {
    pub(crate) window: Arc<str>,
    pub(crate) page: Arc<str>,
}

pub(crate) struct Session {
    pub(crate) key: PageKey,
    pub(crate) generation: u64,
    pub(crate) subscriptions: Vec<Subscription>,
    /// Indexes of the subscriptions that may be dirty.
    pub(crate) queue: Vec<u32>,
    pub(crate) slot: Slot,
    /// Number of the last signal sent.
    pub(crate) last_number: u64,
    pub(crate) sink: Contained<Arc<dyn SignalSink>>,
}

pub(crate) struct Subscription {
    pub(crate) topic: TopicId,
    pub(crate) readable: bool,
    pub(crate) queued: bool,
    /// What the page last stated (`stated-not-answered`).
    pub(crate) known: Revision,
    /// The revision last named in a signal.
    pub(crate) signalled: Revision,
}

impl Subscription {
    /// `stated-not-answered`: newer than what was signalled, and than what the page says it has.
    pub(crate) fn is_dirty(&self, current: Revision) -> bool {
        self.readable && current > self.signalled && current > self.known
    }
}

pub(crate) struct Page {
    id: Arc<str>,
    pub(crate) generation: u64,
    pub(crate) session: Option<u32>,
    operations: Arc<OperationLog>,
}

#[derive(Default)]
pub(crate) struct Sessions {
    slots: Vec<Option<Session>>,
    /// The pages of each window, the oldest first.
    windows: HashMap<Arc<str>, Vec<Page>>,
}

/// A request whose texts have been checked.
pub(crate) struct Stated {
    pub(crate) name: TopicName,
    pub(crate) known: Option<(String, Revision)>,
}

pub(crate) fn check_page(page: &str) -> Result<(), RequestError> {
    let valid = !page.is_empty()
        && page.len() <= MAX_PAGE_ID_BYTES
        && page.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if valid { Ok(()) } else { Err(RequestError::InvalidPage { page: excerpt(page) }) }
}

pub(crate) fn check_topics(topics: &[TopicRequest], limits: &Limits) -> Result<Vec<Stated>, RequestError> {
    if topics.len() > limits.max_topics_per_session {
        return Err(RequestError::TooManyTopics {
            count: topics.len(),
            limit: limits.max_topics_per_session,
        });
    }
    let mut names = HashSet::with_capacity(topics.len());
    let mut stated = Vec::with_capacity(topics.len());
    for TopicRequest { topic, known } in topics {
        let name = TopicName::new(topic)?;
        if !names.insert(name.clone()) {
            return Err(RequestError::Malformed { reason: format!("topics: \"{name}\" is named twice") });
        }
        let known = match known {
            Some(Known { epoch, revision }) => {
                let revision = revision.parse().map_err(|error: crate::InvalidRevision| {
                    RequestError::InvalidRevision { topic: name.clone(), reason: error.to_string() }
                })?;
                // So long an epoch is another one than Rust's, and not kept.
                let epoch = if epoch.len() > MAX_EPOCH_BYTES { String::new() } else { epoch.clone() };
                Some((epoch, revision))
            }
            None => None,
        };
        stated.push(Stated { name, known });
    }
    Ok(stated)
}

impl Stated {
    /// The revision the page has in this epoch; zero when what it has is from another one.
    pub(crate) fn revision_in(&self, epoch: &str) -> Revision {
        match &self.known {
            Some((of, revision)) if of == epoch => *revision,
            _ => Revision::ZERO,
        }
    }
}

impl Registry {
    /// Ends every session of a window whose page begins to load anew.
    ///
    /// What its earlier pages wrote stays known for a while: a write of theirs may still arrive a
    /// second time. For a window that is destroyed call [`handle_window_gone`](Self::handle_window_gone).
    pub fn handle_page_load(&self, window: &str) {
        let mut state = self.shared.lock();
        let ended = state.end_sessions(window);
        drop(state);
        drop(ended);
    }

    /// Ends every session of a window that is destroyed, and forgets its pages.
    pub fn handle_window_gone(&self, window: &str) {
        let mut state = self.shared.lock();
        let ended = state.end_sessions(window);
        let pages = state.sessions.windows.remove(window);
        drop(state);
        drop((ended, pages));
    }
}

impl State {
    /// The page's record, made when it is new; the window's oldest one goes when there are too many.
    pub(crate) fn page(
        &mut self,
        window: &str,
        id: &str,
        limits: &Limits,
        ended: &mut Vec<Session>,
    ) -> &mut Page {
        if !self.sessions.windows.contains_key(window) {
            self.sessions.windows.insert(window.into(), Vec::new());
        }
        let pages = self.sessions.windows.get_mut(window).expect("inserted above");
        if let Some(index) = pages.iter().position(|page| &*page.id == id) {
            return &mut self.sessions.windows.get_mut(window).expect("found above")[index];
        }
        let oldest = (pages.len() >= limits.max_pages_per_window).then(|| pages.remove(0));
        pages.push(Page {
            id: id.into(),
            generation: 0,
            session: None,
            operations: Arc::new(OperationLog::new(limits)),
        });
        if let Some(slot) = oldest.and_then(|page| page.session) {
            ended.extend(self.end_session(slot));
        }
        let pages = self.sessions.windows.get_mut(window).expect("inserted above");
        pages.last_mut().expect("pushed above")
    }

    /// Which of these topics the page's session showed it may read when it last subscribed or pulled; `None`
    /// without a session. Capabilities only ever grow while a window lives, so this is never too much.
    pub(crate) fn readable(
        &self,
        window: &str,
        request: &WriteRequest,
        stated: &[Stated],
    ) -> Option<Vec<bool>> {
        let slot = self.sessions.find(window, &request.page, request.generation).ok()?;
        let session = self.sessions.slots.get(slot as usize)?.as_ref()?;
        let readable = |wanted: &Stated| {
            let id = self.topics.find(wanted.name.as_str());
            session
                .subscriptions
                .iter()
                .any(|subscription| Some(subscription.topic) == id && subscription.readable)
        };
        Some(stated.iter().map(readable).collect())
    }

    pub(crate) fn operations(
        &mut self,
        window: &str,
        id: &str,
        limits: &Limits,
        ended: &mut Vec<Session>,
    ) -> Arc<OperationLog> {
        self.page(window, id, limits, ended).operations.clone()
    }

    pub(crate) fn begin_session(
        &mut self,
        window: &str,
        request: &SubscribeRequest,
        stated: &[Stated],
        scope: &Scope,
        epoch: &str,
        sink: Arc<dyn SignalSink>,
    ) {
        let slot = self.sessions.free_slot();
        let mut subscriptions = Vec::with_capacity(stated.len());
        for topic in stated {
            let id = self.topics.find_or_insert(&topic.name);
            let readable = scope.allows(topic.name.as_str());
            let entry = self.topics.entry_mut(id);
            entry.subscribers.push(Subscriber {
                session: slot,
                index: u32::try_from(subscriptions.len()).expect("bounded by the limits"),
            });
            subscriptions.push(Subscription {
                topic: id,
                readable,
                queued: false,
                known: topic.revision_in(epoch),
                signalled: entry.revision(),
            });
        }
        let pages = self.sessions.windows.get_mut(window).expect("the page has a record");
        let page = pages.iter_mut().find(|page| *page.id == *request.page).expect("the page has a record");
        page.session = Some(slot);
        let key = PageKey { window: window.into(), page: page.id.clone() };
        self.sessions.slots[slot as usize] = Some(Session {
            key,
            generation: request.generation,
            subscriptions,
            queue: Vec::new(),
            slot: Slot::Free,
            last_number: 0,
            sink: Contained::new(sink),
        });
    }

    fn end_sessions(&mut self, window: &str) -> Vec<Session> {
        let pages = self.sessions.windows.get(window).map_or(&[][..], |pages| pages);
        let slots: Vec<_> = pages.iter().filter_map(|page| page.session).collect();
        slots.into_iter().filter_map(|slot| self.end_session(slot)).collect()
    }

    /// Takes a session out. Drop it after the lock: its sink is the host's.
    pub(crate) fn end_session(&mut self, slot: u32) -> Option<Session> {
        let session = self.sessions.slots.get_mut(slot as usize)?.take()?;
        for subscription in &session.subscriptions {
            self.topics.remove_subscriber(subscription.topic, slot);
        }
        if let Some(pages) = self.sessions.windows.get_mut(&session.key.window) {
            for page in pages.iter_mut().filter(|page| page.session == Some(slot)) {
                page.session = None;
            }
        }
        Some(session)
    }
}

impl Sessions {
    fn free_slot(&mut self) -> u32 {
        let index = self.slots.iter().position(Option::is_none).unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        u32::try_from(index).expect("fewer than 2^32 sessions")
    }

    /// The session of this page and generation.
    pub(crate) fn find(&self, window: &str, page: &str, generation: u64) -> Result<u32, RequestError> {
        let page = self
            .windows
            .get(window)
            .and_then(|pages| pages.iter().find(|known| &*known.id == page))
            .ok_or(RequestError::UnknownSession)?;
        if generation < page.generation {
            return Err(RequestError::Superseded { generation, newest: page.generation });
        }
        match page.session {
            Some(slot) if generation == page.generation => Ok(slot),
            _ => Err(RequestError::UnknownSession),
        }
    }

    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut Session> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.slots.iter().flatten()
    }

    /// The slots in use.
    pub(crate) fn slots(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.slots.len()).expect("fewer than 2^32 sessions")
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use crate::{Registry, RequestError, Scope, TopicKey, WriteRequest, parse_request};
    use serde_json::json;

    const COUNT: TopicKey<u32> = TopicKey::new("count");

    fn write(registry: &Registry) -> Result<String, RequestError> {
        let request = json!({ "page": "p", "operation": "w1", "topic": "count" });
        let request: WriteRequest = parse_request(request)?;
        registry.handle_set("main", &request, json!(7), &Scope::everything())
    }

    #[test]
    fn a_write_that_arrives_again_after_a_reload_takes_effect_once() {
        let registry = Registry::new("epoch");
        let count = registry.register(COUNT, 1).unwrap();
        let revision = write(&registry).unwrap();
        registry.handle_page_load("main");
        count.set(8).unwrap();
        assert_eq!(write(&registry), Ok(revision));
        assert_eq!(count.get(), 8);
    }

    #[test]
    fn a_destroyed_window_leaves_nothing_behind() {
        let registry = Registry::new("epoch");
        registry.register(COUNT, 1).unwrap();
        write(&registry).unwrap();
        registry.handle_window_gone("main");
        assert!(registry.shared.lock().sessions.windows.is_empty());
    }
}
