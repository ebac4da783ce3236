//! Who has to hear of a change, and when: one unanswered signal per session (`one-unacked-signal`).
//!
//! A commit marks the topic's sessions and asks for a flush; the flush sends each dirty session whose
//! slot is free one numbered signal. Until the page has answered that one, it gets no other: a window
//! that is blocked costs one signal and a few re-sends, whatever the write rate. After those the
//! session is given up (`give-up`), and the page subscribes afresh.

use crate::contain::contain;
use crate::registry::{Registry, State, Topics};
use crate::scope::Scope;
use crate::session::Session;
use crate::sync::MutexGuard;
use crate::wire::{Signal, SignalTopic};
use std::sync::Arc;
use std::time::Duration;

/// Where a session's signals go: in an app, its Channel.
///
/// `send` is called by the host with no lock held; it must not block, and whether the signal arrives
/// is not its business: a signal that gets lost is sent again.
pub trait SignalSink: Send + Sync {
    /// Sends a signal to the page.
    fn send(&self, signal: &Signal);
}

/// What a host has to do now, and when to ask again.
#[derive(Default)]
#[must_use = "a signal that is not sent is sent again only after a second"]
pub struct Flush {
    /// Signals, each with where it goes.
    pub signals: Vec<OutgoingSignal>,
    /// Public topics that changed, for the plain event.
    pub events: Vec<SignalTopic>,
    /// When to flush again at the latest, on the clock that `now` came from.
    pub next: Option<Duration>,
    /// Sessions that were given up; their sinks go with this.
    ended: Vec<Session>,
}

/// One signal on its way out.
pub struct OutgoingSignal {
    /// The window's label.
    pub window: Arc<str>,
    /// Where it goes.
    pub sink: Arc<dyn SignalSink>,
    /// What it says.
    pub signal: Signal,
    /// How many signals of this session went unanswered before it.
    pub resends: u32,
}

impl Flush {
    /// Sends the signals. A sink that panics does not keep the others from theirs (`isolation`).
    pub fn deliver(&self) {
        for outgoing in &self.signals {
            contain("a sink", || outgoing.sink.send(&outgoing.signal));
        }
    }

    fn trace(&self) {
        for OutgoingSignal { window, signal, resends, .. } in &self.signals {
            for SignalTopic { topic, revision } in &signal.topics {
                tracing::trace!(target: "statesync::flush", %window, %topic, %revision, number = signal.number);
            }
            if *resends > 0 {
                tracing::debug!(target: "statesync::resync", %window, resends, "signal sent again");
            }
        }
        for session in &self.ended {
            tracing::debug!(target: "statesync::resync", window = %session.key.window, "session given up");
        }
    }

    /// How many sessions were given up.
    pub fn dropped(&self) -> usize {
        self.ended.len()
    }
}

/// Whether the host is going to flush.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Flushing {
    /// Nothing has to go out.
    #[default]
    Idle,
    /// It was woken. The flush leads to `Idle`, a wake that panicked to `Missed`.
    Asked,
    /// Something has to go out, and the host does not know. The next commit wakes it again.
    Missed,
}

impl Flushing {
    /// True: the host has to be woken.
    pub(crate) fn ask(&mut self) -> bool {
        std::mem::replace(self, Self::Asked) != Self::Asked
    }
}

/// A session's one place for a signal under way.
pub(crate) enum Slot {
    /// Nothing is under way. Leads to `Unacknowledged` at the flush that finds the session dirty.
    Free,
    /// Waiting for a call of the page with `seen` equal to `number`, which leads to `Free`; at `due` it
    /// is sent again under a new number, after `resends` of them the session ends.
    Unacknowledged { number: u64, resends: u32, due: Duration, topics: Vec<u32> },
}

/// The plain event for generic clients: opt-in, coalesced, at most one round per interval.
pub(crate) struct Events {
    public: Scope,
    queue: Vec<crate::registry::TopicId>,
    not_before: Duration,
}

impl Events {
    pub(crate) fn new(public: Scope) -> Self {
        Self { public, queue: Vec::new(), not_before: Duration::ZERO }
    }
}

impl State {
    /// Marks a topic dirty for everybody who wants it. True: the host has to be woken.
    pub(crate) fn mark_dirty(&mut self, id: crate::registry::TopicId) -> bool {
        let Self { topics, sessions, events, flushing, .. } = self;
        let entry = topics.entry_mut(id);
        let mut wake = *flushing == Flushing::Missed;
        if !entry.event_queued && events.public.allows(entry.name.as_str()) {
            entry.event_queued = true;
            events.queue.push(id);
            wake = true;
        }
        for subscriber in &entry.subscribers {
            let Some(session) = sessions.get_mut(subscriber.session) else {
                continue;
            };
            let subscription = &mut session.subscriptions[subscriber.index as usize];
            if subscription.readable && !subscription.queued {
                subscription.queued = true;
                session.queue.push(subscriber.index);
                wake |= matches!(session.slot, Slot::Free);
            }
        }
        wake && flushing.ask()
    }

    /// Takes the page's word for the newest signal it saw. True: the host has to be woken, because a
    /// session with a free slot is dirty.
    pub(crate) fn acknowledge(&mut self, slot: u32, seen: u64) -> bool {
        let Some(session) = self.sessions.get_mut(slot) else { return false };
        match session.slot {
            Slot::Unacknowledged { number, .. } if number == seen => session.slot = Slot::Free,
            Slot::Unacknowledged { .. } => return false,
            Slot::Free => {}
        }
        !session.queue.is_empty() && self.flushing.ask()
    }
}

impl Registry {
    /// Collects the signals that have to go out now. Send them with no lock held, on the thread that
    /// may talk to windows, and call this again when woken and at [`Flush::next`].
    pub fn poll_flush(&self, now: Duration) -> Flush {
        let mut state = self.shared.lock();
        // First this, then read: a commit after this line asks for the next flush.
        state.flushing = Flushing::Idle;
        let mut flush = Flush::default();
        for slot in state.sessions.slots() {
            self.flush_session(&mut state, slot, now, &mut flush);
        }
        self.flush_events(&mut state, now, &mut flush);
        drop(state);
        contain("tracing", || flush.trace());
        flush
    }

    fn flush_session(&self, state: &mut MutexGuard<'_, State>, slot: u32, now: Duration, flush: &mut Flush) {
        let limits = &self.shared.limits;
        let State { topics, sessions, counters, .. } = &mut **state;
        let Some(session) = sessions.get_mut(slot) else {
            return;
        };
        let (resends, mut named) = match &mut session.slot {
            Slot::Free => (0, Vec::new()),
            Slot::Unacknowledged { due, .. } if *due > now => {
                earliest(&mut flush.next, *due);
                return;
            }
            Slot::Unacknowledged { resends, .. } if *resends >= limits.max_resends => {
                counters.dropped += 1;
                flush.ended.extend(state.end_session(slot));
                return;
            }
            Slot::Unacknowledged { resends, topics, .. } => (*resends + 1, std::mem::take(topics)),
        };
        session.take_dirty(topics, &mut named);
        if named.is_empty() {
            return;
        }
        if resends > 0 {
            counters.resends += 1;
        } else {
            counters.signals += 1;
        }
        let signal = session.next_signal(topics, &named, limits.max_signal_bytes);
        let due = now + limits.resend_after * 2u32.saturating_pow(resends);
        session.slot = Slot::Unacknowledged { number: signal.number, resends, due, topics: named };
        earliest(&mut flush.next, due);
        let (window, sink) = (session.key.window.clone(), Arc::clone(&session.sink));
        flush.signals.push(OutgoingSignal { window, sink, signal, resends });
    }

    fn flush_events(&self, state: &mut MutexGuard<'_, State>, now: Duration, flush: &mut Flush) {
        let State { topics, events, .. } = &mut **state;
        if events.queue.is_empty() {
            return;
        }
        if events.not_before > now {
            earliest(&mut flush.next, events.not_before);
            return;
        }
        events.not_before = now + self.shared.limits.public_event_interval;
        for id in events.queue.drain(..) {
            let entry = topics.entry_mut(id);
            entry.event_queued = false;
            flush.events.push(SignalTopic { topic: entry.name.clone(), revision: entry.revision() });
            topics.forget_if_unused(id);
        }
    }
}

impl Session {
    /// Moves the topics that are dirty (`stated-not-answered`) from the queue to `named`.
    fn take_dirty(&mut self, topics: &Topics, named: &mut Vec<u32>) {
        for index in self.queue.drain(..) {
            let subscription = &mut self.subscriptions[index as usize];
            subscription.queued = false;
            let current = topics.entry(subscription.topic).revision();
            if subscription.is_dirty(current) && !named.contains(&index) {
                named.push(index);
            }
        }
    }

    /// The next signal, naming these subscriptions at their current revisions.
    fn next_signal(&mut self, topics: &Topics, named: &[u32], max_bytes: usize) -> Signal {
        /// `{"topic":"","revision":""},` around a name and at most twenty digits.
        const BYTES_AROUND_A_NAME: usize = 48;
        self.last_number += 1;
        let mut signal =
            Signal { number: self.last_number, topics: Vec::with_capacity(named.len()), all: false };
        let mut bytes = 0;
        for &index in named {
            let subscription = &mut self.subscriptions[index as usize];
            let entry = topics.entry(subscription.topic);
            subscription.signalled = entry.revision();
            bytes += entry.name.as_str().len() + BYTES_AROUND_A_NAME;
            signal.topics.push(SignalTopic { topic: entry.name.clone(), revision: subscription.signalled });
        }
        if bytes > max_bytes {
            signal.topics.clear();
            signal.all = true;
        }
        signal
    }
}

fn earliest(next: &mut Option<Duration>, due: Duration) {
    *next = Some(next.map_or(due, |next| next.min(due)));
}
