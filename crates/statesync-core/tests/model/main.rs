//! Random operations on the registry, held against a plain model that knows only the rules.
#![cfg(not(loom))]

mod operation;

use operation::{Operation, operation};
use proptest::prelude::*;
use statesync_core::{
    Known, Limits, PullRequest, Registry, RequestError, Revision, Scope, Signal, SignalSink, StepError,
    SubscribeRequest, Topic, TopicKey, TopicRequest, TransactionError, TryUpdateError, WriteRequest,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const KEYS: [TopicKey<u64>; 3] = [TopicKey::new("a"), TopicKey::new("b"), TopicKey::new("hidden")];
const PAGES: usize = 3;

/// What the rules say a session is.
#[derive(Debug, Default)]
struct ModelSession {
    topics: Vec<usize>,
    known: BTreeMap<usize, u64>,
    signalled: BTreeMap<usize, u64>,
    unacknowledged: Option<Unacknowledged>,
    number: u64,
}

#[derive(Debug)]
struct Unacknowledged {
    topics: BTreeSet<usize>,
    resends: u32,
    due: Duration,
}

#[derive(Default)]
struct ModelPage {
    generation: u64,
    session: Option<ModelSession>,
    /// What the page itself has, and the newest signal it received.
    has: BTreeMap<usize, u64>,
    received: u64,
}

#[derive(Default)]
struct Inbox(Mutex<Vec<Signal>>);

impl SignalSink for Inbox {
    fn send(&self, signal: &Signal) {
        self.0.lock().unwrap().push(signal.clone());
    }
}

struct World {
    registry: Registry,
    scope: Scope,
    woken: Arc<AtomicBool>,
    now: Duration,
    handles: Vec<Option<Topic<u64>>>,
    values: Vec<Option<(u64, u64)>>,
    /// The revision at which each topic was removed last.
    removed: Vec<u64>,
    operations: u64,
    pages: Vec<ModelPage>,
    inboxes: Vec<Arc<Inbox>>,
}

impl World {
    fn new() -> Self {
        let woken = Arc::new(AtomicBool::new(false));
        let flag = woken.clone();
        let wake = move || flag.store(true, Ordering::SeqCst);
        Self {
            registry: Registry::with_host("e", Limits::default(), Scope::default(), wake),
            scope: Scope::parse(["*"], ["hidden"]).unwrap(),
            woken,
            now: Duration::ZERO,
            handles: vec![None; KEYS.len()],
            values: vec![None; KEYS.len()],
            removed: vec![0; KEYS.len()],
            operations: 0,
            pages: (0..PAGES).map(|_| ModelPage::default()).collect(),
            inboxes: (0..PAGES).map(|_| Arc::default()).collect(),
        }
    }

    fn revision(&self, topic: usize) -> u64 {
        self.values[topic].map_or(self.removed[topic], |(revision, _)| revision)
    }

    fn readable(topic: usize) -> bool {
        KEYS[topic].name() != "hidden"
    }

    fn request(&self, page: usize, topics: &[usize], knows: bool) -> Vec<TopicRequest> {
        let has = &self.pages[page].has;
        let stated = |topic: &usize| {
            has.get(topic).map(|revision| Known { epoch: "e".into(), revision: revision.to_string() })
        };
        topics
            .iter()
            .map(|topic| TopicRequest {
                topic: KEYS[*topic].name().into(),
                known: stated(topic).filter(|_| knows),
            })
            .collect()
    }

    /// Checks an answer against the model, and lets the page have it.
    fn check_answer(&mut self, page: usize, topics: &[usize], knows: bool, answer: &str) {
        let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
        assert_eq!(answer["results"].as_array().unwrap().len(), topics.len());
        for (topic, result) in topics.iter().zip(answer["results"].as_array().unwrap()) {
            assert_eq!(result["topic"], KEYS[*topic].name());
            let Some((revision, value)) = self.values[*topic].filter(|_| Self::readable(*topic)) else {
                assert_eq!(result["error"]["kind"], "unknown-topic");
                continue;
            };
            assert_eq!(result["revision"], revision.to_string());
            let had = self.pages[page].has.insert(*topic, revision);
            if knows && had == Some(revision) {
                assert_eq!(result["unchanged"], true);
            } else {
                assert_eq!(result["data"], value);
            }
        }
    }

    fn run(&mut self, operation: Operation) {
        match operation {
            Operation::Register { topic } => {
                let result = self.registry.register(KEYS[topic].clone(), 0);
                assert_eq!(result.is_ok(), self.values[topic].is_none());
                if let Ok(handle) = result {
                    self.handles[topic] = Some(handle);
                    self.values[topic] = Some((self.removed.iter().max().unwrap() + 1, 0));
                }
            }
            Operation::Set { topic, value } => self.write(topic, |t| t.set(value).ok(), |_| Some(value)),
            Operation::Add { topic } => self.write(
                topic,
                |t| t.update(|n| *n = n.wrapping_add(1)).ok(),
                |value| Some(value.wrapping_add(1)),
            ),
            Operation::Refuse { topic } => self.write(
                topic,
                |t| match t.try_update(|n| {
                    *n = 0;
                    Err("no")
                }) {
                    Err(TryUpdateError::Refused("no")) => None,
                    other => panic!("{other:?}"),
                },
                |_| None,
            ),
            Operation::Panic { topic } => self.write(
                topic,
                |t| t.update(|_| std::panic::resume_unwind(Box::new("boom"))).ok(),
                |_| None,
            ),
            Operation::CompareAndSet { topic, behind, value } => {
                let base = Revision::new(self.revision(topic).saturating_sub(behind));
                self.write(
                    topic,
                    |t| t.compare_and_set(base, value).ok(),
                    |_| (behind == 0).then_some(value),
                );
            }
            Operation::Subscribe { page, step, topics } => self.subscribe(page, step, &topics),
            Operation::Pull { page, sees, knows } => self.pull(page, sees, knows),
            Operation::Wait { ms } => self.now += Duration::from_millis(ms),
            Operation::Flush => self.flush(),
            Operation::WindowGone { page } => {
                self.registry.handle_window_gone(&format!("w{page}"));
                self.pages[page] = ModelPage::default();
                self.inboxes[page] = Arc::default();
            }
            Operation::Remove { topic } => self.remove(topic),
            Operation::Keep { topic } => {
                self.write(topic, |t| t.update_if_changed(|n| *n += 0).unwrap(), |_| None);
            }
            Operation::Transact { values, refused } => self.transact(&values, refused),
            Operation::PageSet { page, topic, behind, value } => self.page_set(page, topic, behind, value),
        }
    }

    fn remove(&mut self, topic: usize) {
        let removed = self.registry.remove(&KEYS[topic]);
        let Some((revision, value)) = self.values[topic].take() else {
            assert_eq!(removed.unwrap_err().kind(), "unknown-topic");
            return;
        };
        removed.unwrap();
        self.removed[topic] = revision + 1;
        let handle = self.handles[topic].take().unwrap();
        assert_eq!((handle.get(), handle.is_removed()), (value, true));
        assert_eq!(handle.set(0).unwrap_err().kind(), "removed");
    }

    /// All or nothing, each changed topic one revision.
    fn transact(&mut self, values: &[(usize, u64)], refused: bool) {
        let known = values.iter().all(|(topic, _)| self.values[*topic].is_some());
        let done: Result<(), TransactionError<StepError>> = self.registry.transaction(|tx| {
            for (topic, value) in values {
                tx.set(&KEYS[*topic], *value)?;
                assert_eq!(tx.get(&KEYS[*topic])?, *value);
            }
            if refused { tx.update(TopicKey::<u64>::new("missing"), |_| {}) } else { Ok(()) }
        });
        assert_eq!(done.is_ok(), known && !refused);
        if done.is_ok() {
            let last: BTreeMap<usize, u64> = values.iter().copied().collect();
            for (topic, value) in last {
                self.values[topic] = Some((self.revision(topic) + 1, value));
            }
        }
        for topic in 0..KEYS.len() {
            let found = self.handles[topic].as_ref().map(|topic| (topic.revision().get(), topic.get()));
            assert_eq!(found, self.values[topic]);
        }
    }

    fn page_set(&mut self, page: usize, topic: usize, behind: Option<u64>, value: u64) {
        self.operations += 1;
        let model = &self.pages[page];
        let topics = model.session.as_ref().map(|session| session.topics.clone()).unwrap_or_default();
        let request = WriteRequest {
            page: "p".into(),
            generation: model.generation,
            operation: self.operations.to_string(),
            topic: KEYS[topic].name().into(),
            action: None,
            base: behind.map(|behind| self.revision(topic).saturating_sub(behind).to_string()),
            topics: self.request(page, &topics, true),
        };
        let window = format!("w{page}");
        let answer = self.registry.handle_set(&window, &request, value.into(), &self.scope);
        let Some((revision, _)) = self.values[topic].filter(|_| Self::readable(topic)) else {
            assert_eq!(answer.unwrap_err().kind(), "unknown-topic");
            return;
        };
        if behind.is_some_and(|behind| behind > 0) {
            let body = answer.unwrap_err().body();
            assert_eq!((body.kind.as_str(), body.revision), ("conflict", Some(Revision::new(revision))));
            assert_eq!(body.data.is_some(), topics.contains(&topic), "its session shows it, or not");
            return;
        }
        self.values[topic] = Some((revision + 1, value));
        let answer = answer.unwrap();
        let parsed: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(parsed["revision"], (revision + 1).to_string());
        if let Some(place) = topics.iter().position(|wanted| *wanted == topic) {
            assert_eq!(parsed["results"][place]["written"], true);
            self.pages[page].has.insert(topic, revision + 1);
        }
        let others: Vec<_> = topics.iter().copied().filter(|other| *other != topic).collect();
        let results = parsed["results"].as_array().unwrap().iter();
        let results: Vec<_> = results.filter(|result| result["topic"] != KEYS[topic].name()).collect();
        self.check_answer(page, &others, true, &serde_json::json!({ "results": results }).to_string());
    }

    fn write(
        &mut self,
        topic: usize,
        real: impl FnOnce(&Topic<u64>) -> Option<Revision>,
        model: impl FnOnce(u64) -> Option<u64>,
    ) {
        let (Some(handle), Some((revision, value))) = (&self.handles[topic], self.values[topic]) else {
            return;
        };
        let written = real(handle);
        if let Some(value) = model(value) {
            self.values[topic] = Some((revision + 1, value));
        }
        let (revision_now, value_now) = self.values[topic].unwrap();
        assert_eq!(written.map(Revision::get), (revision_now > revision).then_some(revision_now));
        assert_eq!((handle.revision().get(), handle.get()), (revision_now, value_now));
    }

    fn subscribe(&mut self, page: usize, step: u64, topics: &[usize]) {
        let generation = self.pages[page].generation + step;
        let inbox = Arc::new(Inbox::default());
        let request =
            SubscribeRequest { page: "p".into(), generation, topics: self.request(page, topics, true) };
        let window = format!("w{page}");
        let answer = self.registry.handle_subscribe(&window, &request, &self.scope, inbox.clone());
        if step == 0 {
            assert!(matches!(answer, Err(RequestError::Superseded { .. } | RequestError::Malformed { .. })));
            return;
        }
        let known = topics
            .iter()
            .filter_map(|t| self.pages[page].has.get(t).map(|revision| (*t, *revision)))
            .collect();
        let signalled = topics.iter().map(|topic| (*topic, self.revision(*topic))).collect();
        let session = ModelSession { topics: topics.to_vec(), known, signalled, ..ModelSession::default() };
        self.pages[page].generation = generation;
        self.pages[page].session = (!topics.is_empty()).then_some(session);
        self.pages[page].received = 0;
        self.inboxes[page] = inbox;
        self.check_answer(page, topics, true, &answer.unwrap());
    }

    fn pull(&mut self, page: usize, sees: bool, knows: bool) {
        let newest = self.inboxes[page].0.lock().unwrap().last().map_or(0, |signal| signal.number);
        let model = &mut self.pages[page];
        if sees {
            model.received = newest;
        }
        let (received, generation) = (model.received, model.generation);
        let topics = model.session.as_ref().map(|session| session.topics.clone());
        let request = PullRequest {
            page: "p".into(),
            generation,
            seen: received,
            topics: self.request(page, topics.as_deref().unwrap_or_default(), knows),
        };
        let answer = self.registry.handle_pull(&format!("w{page}"), &request, &self.scope);
        let Some(topics) = topics else {
            assert_eq!(answer, Err(RequestError::UnknownSession));
            return;
        };
        let model = &mut self.pages[page];
        let has = model.has.clone();
        let session = model.session.as_mut().unwrap();
        for topic in &topics {
            session.known.insert(*topic, if knows { has.get(topic).copied().unwrap_or(0) } else { 0 });
        }
        if session.number == received {
            session.unacknowledged = None;
        }
        self.check_answer(page, &topics, knows, &answer.unwrap());
    }

    /// What a flush has to send, by the rules, and what it sends.
    fn flush(&mut self) {
        self.woken.store(false, Ordering::SeqCst);
        let before: Vec<_> = self.inboxes.iter().map(|inbox| inbox.0.lock().unwrap().len()).collect();
        self.registry.poll_flush(self.now).deliver();
        for (page, before) in before.into_iter().enumerate() {
            let sent: Vec<_> = self.inboxes[page].0.lock().unwrap()[before..].to_vec();
            let expected = self.expected_signal(page);
            assert_eq!(sent.len(), usize::from(expected.is_some()), "one signal at most, when it is due");
            if let (Some(signal), Some((number, topics))) = (sent.first(), expected) {
                let named: BTreeMap<_, _> =
                    signal.topics.iter().map(|t| (t.topic.to_string(), t.revision.get())).collect();
                let expected: BTreeMap<_, _> =
                    topics.iter().map(|t| (KEYS[*t].name().to_string(), self.revision(*t))).collect();
                assert_eq!((signal.number, named), (number, expected));
            }
        }
    }

    fn expected_signal(&mut self, page: usize) -> Option<(u64, BTreeSet<usize>)> {
        let revisions: Vec<_> = (0..KEYS.len()).map(|topic| self.revision(topic)).collect();
        let model = &mut self.pages[page];
        let session = model.session.as_mut()?;
        let known = |topic: &usize| session.known.get(topic).copied().unwrap_or(0);
        let dirty = session
            .topics
            .iter()
            .copied()
            .filter(|t| Self::readable(*t))
            .filter(|t| revisions[*t] > session.signalled[t] && revisions[*t] > known(t));
        let mut topics: BTreeSet<_> = dirty.collect();
        let resends = match &session.unacknowledged {
            None if topics.is_empty() => return None,
            None => 0,
            Some(waiting) if waiting.due > self.now => return None,
            Some(waiting) if waiting.resends == 5 => {
                model.session = None;
                return None;
            }
            Some(waiting) => {
                topics.extend(&waiting.topics);
                waiting.resends + 1
            }
        };
        for topic in &topics {
            session.signalled.insert(*topic, revisions[*topic]);
        }
        session.number += 1;
        let due = self.now + Duration::from_secs(1 << resends);
        session.unacknowledged = Some(Unacknowledged { topics: topics.clone(), resends, due });
        Some((session.number, topics))
    }

    /// `one-unacked-signal`: whoever is dirty with a free slot has a flush coming.
    fn check_wake(&self) {
        let owes_a_signal = self.pages.iter().filter_map(|page| page.session.as_ref()).any(|session| {
            session.unacknowledged.is_none()
                && session.topics.iter().any(|topic| {
                    let revision = self.revision(*topic);
                    let known = session.known.get(topic).copied().unwrap_or(0);
                    Self::readable(*topic) && revision > session.signalled[topic] && revision > known
                })
        });
        assert!(
            !owes_a_signal || self.woken.load(Ordering::SeqCst),
            "a dirty session is left without a flush"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn the_registry_does_what_the_rules_say(operations in prop::collection::vec(operation(), 1..80)) {
        let mut world = World::new();
        for operation in operations {
            world.run(operation);
            world.check_wake();
            let sessions = world.pages.iter().filter(|page| page.session.is_some()).count();
            assert_eq!(world.registry.inspect().sessions.len(), sessions);
        }
    }
}
