//! What a subscriber of `tracing` (for one, the devtools of Tauri) is told: names and numbers, never a value, and
//! never while a lock is held.
#![cfg(not(loom))]

use serde_json::json;
use statesync_core::{Registry, Scope, Signal, SignalSink, TopicKey, parse_request};
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const TEXT: TopicKey<String> = TopicKey::new("text");
const VALUE: &str = "the-value-itself";

/// Writes every event down, and looks at the registry while it does.
struct Recorder {
    registry: Registry,
    events: Arc<Mutex<Vec<String>>>,
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        // Waits for ever if the registry's lock is held (`no-lock-across-calls`).
        self.registry.inspect();
        let mut line = Line(event.metadata().target().to_string());
        event.record(&mut line);
        self.events.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Nowhere;

impl SignalSink for Nowhere {
    fn send(&self, _: &Signal) {}
}

#[test]
fn events_name_topic_revision_window_and_bytes_and_never_the_value() {
    let registry = Registry::new("e");
    let events = Arc::new(Mutex::new(Vec::new()));
    let recorder = Recorder { registry: registry.clone(), events: events.clone() };
    tracing::subscriber::with_default(recorder, || {
        let text = registry.register(TEXT, VALUE.into()).unwrap();
        let topics = json!([{ "topic": "text" }, { "topic": "missing" }]);
        let request = parse_request(json!({ "page": "p", "generation": 1, "topics": topics })).unwrap();
        registry.handle_subscribe("main", &request, &Scope::everything(), Arc::new(Nowhere)).unwrap();
        text.update(|text| text.push('!')).unwrap();
        for second in [0, 1, 3, 7, 15, 31, 63] {
            registry.poll_flush(Duration::from_secs(second)).deliver();
        }
    });
    let events = events.lock().unwrap();
    for expected in [
        "statesync::update topic=text revision=2",
        "statesync::pull topic=text revision=1 window=\"main\" bytes=18",
        "statesync::denied window=\"main\" topic=missing",
        "statesync::flush window=main topic=text revision=2 number=1",
        "statesync::resync message=signal sent again window=main resends=1",
        "statesync::resync message=session given up window=main",
    ] {
        assert!(events.iter().any(|event| event == expected), "no {expected:?} in {events:#?}");
    }
    assert!(events.iter().all(|event| !event.contains(VALUE)), "{events:#?}");
}
