//! The TypeScript side of the wire, written from these types into `guest-js/bindings`.
//!
//! Compares by default; writes when `UPDATE_BINDINGS` is set (`cargo xtask bindings`).

use crate::inspect::{
    Counters, Inspection, SessionInspection, SubscriptionInspection, TopicInspection, UnacknowledgedSignal,
};
use crate::wire::{
    ErrorBody, Known, PullRequest, Signal, SignalTopic, SubscribeRequest, TopicRequest, WriteRequest,
};
use crate::{Registry, Scope, TopicKey};
use serde::Deserialize;
use std::fmt::Write as _;
use std::path::Path;
use ts_rs::{Config, TS};

/// The answer to a pull or a subscribe, as `pull.rs` writes it.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct PullAnswer {
    /// This life of the counters.
    epoch: String,
    /// One result per topic of the request, in its order.
    results: Vec<PullResult>,
}

/// One topic's part of an answer.
#[derive(Debug, Deserialize, TS)]
#[serde(untagged, deny_unknown_fields)]
#[allow(dead_code)]
enum PullResult {
    Snapshot {
        topic: String,
        revision: String,
        #[ts(type = "unknown")]
        data: serde_json::Value,
    },
    Unchanged {
        topic: String,
        revision: String,
        #[ts(type = "true")]
        unchanged: bool,
    },
    Failed {
        topic: String,
        error: TopicFailure,
    },
}

/// The answer to a write, as `write.rs` writes it.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct WriteAnswer {
    /// The revision this write made.
    revision: String,
    /// What an action returned.
    #[serde(default)]
    #[ts(type = "unknown", optional)]
    result: Option<serde_json::Value>,
    /// This life of the counters.
    epoch: String,
    /// What the topics of the request are after the write, all at the same moment.
    results: Vec<WriteResult>,
}

/// One topic's part of the answer to a write.
#[derive(Debug, Deserialize, TS)]
#[serde(untagged, deny_unknown_fields)]
#[allow(dead_code)]
enum WriteResult {
    Pulled(PullResult),
    /// At this revision it has the data that was written.
    Written {
        topic: String,
        revision: String,
        #[ts(type = "true")]
        written: bool,
    },
}

/// Why one topic has no snapshot.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct TopicFailure {
    kind: String,
    message: String,
}

/// A single topic's snapshot for simple clients.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct SnapshotAnswer {
    revision: String,
    #[ts(type = "unknown")]
    data: serde_json::Value,
}

fn bindings() -> String {
    let config = Config::new().with_large_int("number");
    let mut out = String::from(
        "// Generated from Rust by `cargo xtask bindings`. Do not edit.\n// What travels between a page and the plugin; see docs/protocol.md.\n",
    );
    macro_rules! declare {
        ($($type:ty),+ $(,)?) => {
            $({
                let docs = <$type as TS>::docs().unwrap_or_default();
                let _ = write!(out, "\n{}export {}\n", docs, <$type as TS>::decl(&config));
            })+
        };
    }
    declare!(
        SubscribeRequest,
        PullRequest,
        TopicRequest,
        Known,
        PullAnswer,
        PullResult,
        TopicFailure,
        SnapshotAnswer,
        Signal,
        SignalTopic,
        WriteRequest,
        WriteAnswer,
        WriteResult,
        ErrorBody,
        Inspection,
        TopicInspection,
        SessionInspection,
        SubscriptionInspection,
        UnacknowledgedSignal,
        Counters,
    );
    out
}

#[test]
fn the_committed_bindings_are_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-js/bindings/wire.ts");
    let fresh = bindings();
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == fresh, "guest-js/bindings/wire.ts is stale: run `cargo xtask bindings`");
}

struct Nowhere;

impl crate::SignalSink for Nowhere {
    fn send(&self, _: &Signal) {}
}

#[test]
fn answers_have_the_declared_shape() {
    let registry = Registry::new("e");
    registry.register(TopicKey::<u32>::new("count"), 7).unwrap();
    let known = |revision: &str| Some(Known { epoch: "e".into(), revision: revision.into() });
    let stated = |topic: &str, known| TopicRequest { topic: topic.into(), known };
    let request = SubscribeRequest {
        page: "p".into(),
        generation: 1,
        topics: vec![stated("count", known("1")), stated("missing", None)],
    };
    let sink = std::sync::Arc::new(Nowhere);
    let answer = registry.handle_subscribe("w", &request, &Scope::everything(), sink).unwrap();
    let answer: PullAnswer = serde_json::from_str(&answer).unwrap();
    assert!(matches!(answer.results[0], PullResult::Unchanged { .. }));
    assert!(matches!(answer.results[1], PullResult::Failed { .. }));
    let request =
        PullRequest { page: "p".into(), generation: 1, seen: 0, topics: vec![stated("count", None)] };
    let answer = registry.handle_pull("w", &request, &Scope::everything()).unwrap();
    let answer: PullAnswer = serde_json::from_str(&answer).unwrap();
    assert!(matches!(answer.results[0], PullResult::Snapshot { .. }));
    let answer = registry.handle_snapshot("w", "count", &Scope::everything()).unwrap();
    serde_json::from_str::<SnapshotAnswer>(&answer).unwrap();
}
