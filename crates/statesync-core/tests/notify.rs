//! What a flush sends: signals that say "everything", the plain event, and sessions that are given up.
#![cfg(not(loom))]

use serde_json::{Value, json};
use statesync_core::{
    Limits, Registry, RequestError, Scope, Signal, SignalSink, SubscribeRequest, TopicKey, parse_request,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const COUNT: TopicKey<u32> = TopicKey::new("count");
const PRIVATE: TopicKey<u32> = TopicKey::new("private");

#[derive(Default)]
struct Inbox(Mutex<Vec<Signal>>);

impl SignalSink for Inbox {
    fn send(&self, signal: &Signal) {
        self.0.lock().unwrap().push(signal.clone());
    }
}

fn registry() -> Registry {
    let public = Scope::parse(["count"], []).unwrap();
    Registry::with_host("e", Limits::default(), public, || {})
}

fn subscribe(registry: &Registry, topics: &[String]) -> Arc<Inbox> {
    let inbox = Arc::new(Inbox::default());
    let topics: Vec<_> = topics.iter().map(|topic| json!({ "topic": topic })).collect();
    let request = json!({ "page": "p", "generation": 1, "topics": topics });
    let request: SubscribeRequest = parse_request(request).unwrap();
    registry.handle_subscribe("w", &request, &Scope::everything(), inbox.clone()).unwrap();
    inbox
}

fn pull(registry: &Registry, seen: u64) -> Result<Value, RequestError> {
    let request = json!({ "page": "p", "generation": 1, "seen": seen, "topics": [] });
    let answer = registry.handle_pull("w", &parse_request(request)?, &Scope::everything())?;
    Ok(serde_json::from_str(&answer).unwrap())
}

#[test]
fn the_plain_event_is_coalesced_bounded_in_rate_and_ends_with_the_last_revision() {
    let registry = registry();
    let count = registry.register(COUNT, 0).unwrap();
    let private = registry.register(PRIVATE, 0).unwrap();
    let mut events = Vec::new();
    let mut now = Duration::ZERO;
    for n in 0..100 {
        count.set(n).unwrap();
        private.set(n).unwrap();
        let flush = registry.poll_flush(now);
        events.extend(flush.events.iter().map(|event| (now, event.topic.to_string(), event.revision.get())));
        now += Duration::from_millis(10);
    }
    now += Limits::default().public_event_interval;
    let rest = registry.poll_flush(now).events;
    events.extend(rest.iter().map(|event| (now, event.topic.to_string(), event.revision.get())));
    assert!(events.iter().all(|(_, topic, _)| topic == "count"));
    assert_eq!(events.last().unwrap().2, 101, "the last revision is always named");
    assert!(events.len() <= 21, "{} events in a second", events.len());
    assert!(events.windows(2).all(|pair| pair[1].2 > pair[0].2));
}

#[test]
fn a_signal_of_too_many_topics_says_everything_and_stays_small() {
    let registry = registry();
    let names: Vec<_> = (0..1000).map(|n| format!("topic-with-quite-a-long-name:{n}")).collect();
    let inbox = subscribe(&registry, &names);
    for name in names {
        registry.register(TopicKey::<u32>::new(name.leak()), 1).unwrap();
    }
    registry.poll_flush(Duration::ZERO).deliver();
    let signals = inbox.0.lock().unwrap();
    assert_eq!(signals.len(), 1);
    assert!(signals[0].all && signals[0].topics.is_empty());
    assert!(serde_json::to_string(&signals[0]).unwrap().len() < 100);
}

#[test]
fn a_silent_page_gets_five_more_tries_and_is_given_up() {
    let registry = registry();
    let count = registry.register(COUNT, 0).unwrap();
    let inbox = subscribe(&registry, &["count".into()]);
    let mut sent_at = Vec::new();
    for second in 0..120 {
        count.update(|n| *n += 1).unwrap();
        let flush = registry.poll_flush(Duration::from_secs(second));
        if !flush.signals.is_empty() {
            sent_at.push(second);
        }
        flush.deliver();
    }
    assert_eq!(sent_at, [0, 1, 3, 7, 15, 31], "once, and after 1, 2, 4, 8 and 16 s");
    assert_eq!(pull(&registry, 6).unwrap_err().kind(), "unknown-session");
    let inspection = registry.inspect();
    assert_eq!((inspection.sessions.len(), inspection.counters.dropped), (0, 1));
    let numbers: Vec<_> = inbox.0.lock().unwrap().iter().map(|signal| signal.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn only_the_newest_number_frees_the_slot() {
    let registry = registry();
    let count = registry.register(COUNT, 0).unwrap();
    let inbox = subscribe(&registry, &["count".into()]);
    count.set(1).unwrap();
    registry.poll_flush(Duration::ZERO).deliver();
    registry.poll_flush(Duration::from_secs(1)).deliver();
    assert_eq!(inbox.0.lock().unwrap().len(), 2);
    pull(&registry, 1).unwrap();
    assert!(registry.inspect().sessions[0].unacknowledged.is_some(), "an older number is no answer");
    pull(&registry, 3).unwrap();
    assert!(registry.inspect().sessions[0].unacknowledged.is_some(), "nor is one that was never sent");
    pull(&registry, 2).unwrap();
    assert!(registry.inspect().sessions[0].unacknowledged.is_none());
}
