//! Reads for a host that must not block: what is ready is answered, and nothing of the app's code runs before it is
//! asked for.
#![cfg(not(loom))]

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use statesync_core::{
    Pattern, PullRequest, Registry, Reply, RequestError, Scope, Signal, SignalSink, SubscribeRequest, Topic,
    TopicKey, parse_request,
};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

const SLOW: TopicKey<Slow> = TopicKey::new("slow");
const TEXT: TopicKey<String> = TopicKey::new("text");

/// Says that its `Serialize` began, and ends it when it is told to.
struct Gate {
    began: SyncSender<()>,
    go_on: Mutex<Receiver<()>>,
}

#[derive(Clone, Default)]
struct Slow(Option<Arc<Gate>>);

impl Serialize for Slow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(gate) = &self.0 {
            gate.began.send(()).unwrap();
            gate.go_on.lock().unwrap().recv().unwrap();
        }
        serializer.serialize_str("value")
    }
}

/// A value whose `Serialize` has to be waited for and told to end.
fn gated() -> (Slow, Receiver<()>, SyncSender<()>) {
    let (began, begins) = sync_channel(8);
    let (go_on, goes_on) = sync_channel(8);
    (Slow(Some(Arc::new(Gate { began, go_on: Mutex::new(goes_on) }))), begins, go_on)
}

impl<'de> Deserialize<'de> for Slow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|_| Self(None))
    }
}

struct Nowhere;
impl SignalSink for Nowhere {
    fn send(&self, _: &Signal) {}
}

fn registry() -> (Registry, Topic<Slow>, Topic<String>) {
    let registry = Registry::new("e");
    let slow = registry.register(SLOW, Slow::default()).unwrap();
    let text = registry.register(TEXT, "text".into()).unwrap();
    (registry, slow, text)
}

fn subscribe(registry: &Registry, generation: u64, topic: &str) -> Result<Reply, RequestError> {
    let request =
        serde_json::json!({ "page": "p", "generation": generation, "topics": [{ "topic": topic }] });
    let request: SubscribeRequest = parse_request(request).unwrap();
    registry.accept_subscribe("w", &request, &Scope::everything(), Arc::new(Nowhere))
}

fn pull(registry: &Registry, topic: &str) -> Result<Reply, RequestError> {
    let request =
        serde_json::json!({ "page": "p", "generation": 1, "seen": 0, "topics": [{ "topic": topic }] });
    let request: PullRequest = parse_request(request).unwrap();
    registry.accept_pull("w", &request, &Scope::everything())
}

fn first_paint(registry: &Registry, topic: &str) -> Reply {
    let chosen: Pattern = topic.parse().unwrap();
    registry.accept_first_paint("w", &[chosen], &Scope::everything())
}

fn snapshot(registry: &Registry, topic: &str) -> Reply {
    registry.accept_snapshot("w", topic, &Scope::everything()).unwrap()
}

/// The same reads of one topic.
fn reads(registry: &Registry, topic: &str) -> [Reply; 3] {
    [pull(registry, topic).unwrap(), snapshot(registry, topic), first_paint(registry, topic)]
}

#[test]
fn a_read_is_ready_once_the_json_is_made_and_is_the_same_answer() {
    let (registry, ..) = registry();
    assert!(matches!(subscribe(&registry, 1, "text"), Ok(Reply::Pending(_))));
    let made = reads(&registry, "text").map(|reply| match reply {
        Reply::Pending(pending) => pending.make().unwrap(),
        Reply::Ready(answer) => panic!("no JSON was made, but the answer is {answer}"),
    });
    let ready = reads(&registry, "text").map(|reply| match reply {
        Reply::Ready(answer) => answer,
        Reply::Pending(_) => panic!("the JSON is made"),
    });
    assert_eq!(ready, made);
    assert!(matches!(subscribe(&registry, 2, "text"), Ok(Reply::Ready(_))));
}

#[test]
fn no_read_waits_for_json_in_the_making() {
    let (registry, slow, _) = registry();
    assert!(matches!(subscribe(&registry, 1, "slow"), Ok(Reply::Pending(_))));
    let (value, begins, go_on) = gated();
    slow.set(value).unwrap();
    let other = registry.clone();
    let making = thread::spawn(move || snapshot(&other, "slow").make().unwrap());
    begins.recv().unwrap();
    for reply in reads(&registry, "slow") {
        assert!(matches!(reply, Reply::Pending(_)));
    }
    assert!(registry.inspect().topics.iter().all(|topic| topic.bytes.is_none()));
    go_on.send(()).unwrap();
    assert_eq!(making.join().unwrap(), r#"{"revision":"2","data":"value"}"#);
    for reply in reads(&registry, "slow") {
        assert!(matches!(reply, Reply::Ready(_)));
    }
}

#[test]
fn a_session_is_there_before_the_first_answer_is_made() {
    let (registry, ..) = registry();
    let Reply::Pending(pending) = subscribe(&registry, 1, "text").unwrap() else { panic!("no JSON is made") };
    assert_eq!(registry.inspect().sessions.len(), 1);
    assert!(matches!(subscribe(&registry, 1, "text"), Err(RequestError::Superseded { .. })));
    assert!(pending.make().unwrap().contains(r#""data":"text""#));
}

#[test]
fn what_is_pending_is_answered_with_the_state_at_its_making() {
    let (registry, _, text) = registry();
    let Reply::Pending(pending) = snapshot(&registry, "text") else { panic!("no JSON is made") };
    text.set("newer".into()).unwrap();
    assert_eq!(pending.make().unwrap(), r#"{"revision":"2","data":"newer"}"#);
    text.set("newest".into()).unwrap();
    let Reply::Pending(pending) = snapshot(&registry, "text") else { panic!("no JSON is made") };
    registry.remove(TEXT).unwrap();
    assert!(matches!(pending.make(), Err(RequestError::UnknownTopic { .. })));
}

#[test]
fn a_read_is_counted_once() {
    let (registry, ..) = registry();
    let counts = || {
        let counters = registry.inspect().counters;
        (counters.pulls, counters.snapshots, counters.denied)
    };
    let reply = snapshot(&registry, "text");
    assert_eq!(counts(), (1, 0, 0));
    reply.make().unwrap();
    assert_eq!(counts(), (1, 1, 0));
    snapshot(&registry, "text").make().unwrap();
    assert_eq!(counts(), (2, 2, 0));
    registry.accept_snapshot("w", "none", &Scope::everything()).unwrap_err();
    assert_eq!(counts(), (3, 2, 1));
}

#[test]
fn a_large_answer_is_never_copied_at_once() {
    let (registry, _, text) = registry();
    text.set("x".repeat(2 << 20)).unwrap();
    snapshot(&registry, "text").make().unwrap();
    assert!(matches!(snapshot(&registry, "text"), Reply::Pending(_)));
}
