//! Bad input at every door gives its own error kind, and changes nothing.
#![cfg(not(loom))]

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use statesync_core::{
    Limits, LookupError, PullRequest, RegisterError, Registry, RequestError, Revision, Scope, Signal,
    SignalSink, SubscribeRequest, Topic, TopicKey, TryUpdateError, UpdateError, WriteRequest, parse_request,
};
use std::sync::Arc;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Settings {
    theme: String,
    size: u8,
}

const SETTINGS: TopicKey<Settings> = TopicKey::new("settings");
const OTHER: TopicKey<u32> = TopicKey::new("other");
const LATE: TopicKey<u32> = TopicKey::new("late");
/// The name of SETTINGS with another type.
const WRONG: TopicKey<u32> = TopicKey::new("settings");

struct Nowhere;
impl SignalSink for Nowhere {
    fn send(&self, _: &Signal) {}
}

fn registry() -> (Registry, Topic<Settings>) {
    let limits = Limits { max_value_bytes: 1000, max_topics_per_session: 3, ..Limits::default() };
    let registry = Registry::with_host("epoch", limits, Scope::default(), || {});
    let settings = registry.register(SETTINGS, Settings::default()).unwrap();
    (registry, settings)
}

fn subscribe(registry: &Registry, request: Value) -> Result<Value, RequestError> {
    let request: SubscribeRequest = parse_request(request)?;
    let answer = registry.handle_subscribe("main", &request, &Scope::everything(), Arc::new(Nowhere))?;
    Ok(serde_json::from_str(&answer).unwrap())
}

fn pull(registry: &Registry, request: Value) -> Result<Value, RequestError> {
    let request: PullRequest = parse_request(request)?;
    let answer = registry.handle_pull("main", &request, &Scope::everything())?;
    Ok(serde_json::from_str(&answer).unwrap())
}

fn set(registry: &Registry, request: Value, value: Value) -> Result<Revision, RequestError> {
    let request: WriteRequest = parse_request(request)?;
    let answer = registry.handle_set("main", &request, value, &Scope::everything())?;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    Ok(answer["revision"].as_str().unwrap().parse().unwrap())
}

fn write(topic: &str, operation: &str) -> Value {
    json!({ "page": "p", "operation": operation, "topic": topic })
}

#[test]
fn an_invalid_topic_name_is_invalid_topic_at_every_door() {
    let (registry, _) = registry();
    for name in ["", "a b", "ü", "*", &"x".repeat(129)] {
        let topics = json!([{ "topic": name }]);
        let errors = [
            subscribe(&registry, json!({ "page": "p", "generation": 1, "topics": topics })).unwrap_err(),
            pull(&registry, json!({ "page": "p", "generation": 1, "seen": 0, "topics": topics }))
                .unwrap_err(),
            registry.handle_snapshot("main", name, &Scope::everything()).unwrap_err(),
            set(&registry, write(name, "1"), json!(1)).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), "invalid-topic", "{error}");
            assert!(error.body().topic.is_some());
        }
    }
}

#[test]
fn an_unknown_session_is_unknown_session() {
    let (registry, _) = registry();
    let request = json!({ "page": "p", "generation": 1, "seen": 0, "topics": [] });
    assert_eq!(pull(&registry, request.clone()).unwrap_err().kind(), "unknown-session");
    subscribe(&registry, json!({ "page": "p", "generation": 1, "topics": [{ "topic": "settings" }] }))
        .unwrap();
    pull(&registry, request.clone()).unwrap();
    let other_window: PullRequest = parse_request(request.clone()).unwrap();
    let error = registry.handle_pull("other", &other_window, &Scope::everything()).unwrap_err();
    assert_eq!(error.kind(), "unknown-session", "another window cannot use this page's session");
    registry.handle_window_gone("main");
    assert_eq!(pull(&registry, request).unwrap_err().kind(), "unknown-session");
}

#[test]
fn a_generation_that_is_over_is_superseded() {
    let (registry, _) = registry();
    let request =
        |generation| json!({ "page": "p", "generation": generation, "topics": [{ "topic": "settings" }] });
    subscribe(&registry, request(2)).unwrap();
    assert_eq!(subscribe(&registry, request(1)).unwrap_err().kind(), "superseded");
    assert_eq!(subscribe(&registry, request(2)).unwrap_err().kind(), "superseded");
    let late = json!({ "page": "p", "generation": 1, "seen": 0, "topics": [] });
    assert_eq!(pull(&registry, late).unwrap_err().kind(), "superseded");
    assert_eq!(registry.inspect().sessions[0].generation, 2);
    assert_eq!(subscribe(&registry, request(0)).unwrap_err().kind(), "malformed-request");
}

#[test]
fn a_revision_that_is_not_canonical_is_invalid_revision() {
    let (registry, settings) = registry();
    for revision in ["", "01", "-1", "+1", "1.0", "18446744073709551616", "one"] {
        let topics = json!([{ "topic": "settings", "known": { "epoch": "epoch", "revision": revision } }]);
        let error =
            subscribe(&registry, json!({ "page": "p", "generation": 1, "topics": topics })).unwrap_err();
        assert_eq!(error.kind(), "invalid-revision", "{error}");
        let mut request = write("settings", "1");
        request["base"] = json!(revision);
        let error = set(&registry, request, json!({ "theme": "dark", "size": 1 })).unwrap_err();
        assert_eq!((error.kind(), error.body().topic.as_deref()), ("invalid-revision", Some("settings")));
    }
    assert_eq!(settings.revision().get(), 1);
    assert!(registry.inspect().sessions.is_empty());
}

#[test]
fn a_wrong_json_shape_is_malformed_request_and_names_the_place() {
    let (registry, _) = registry();
    for (request, place) in [
        (json!(null), "."),
        (json!(7), "."),
        (json!({}), "page"),
        (json!({ "page": 7, "generation": 1, "topics": [] }), "page"),
        (json!({ "page": "p", "generation": "1", "topics": [] }), "generation"),
        (json!({ "page": "p", "generation": -1, "topics": [] }), "generation"),
        (json!({ "page": "p", "generation": 1, "topics": {} }), "topics"),
        (json!({ "page": "p", "generation": 1, "topics": [{ "topic": 1 }] }), "topics[0].topic"),
        (json!({ "page": "p", "generation": 1, "topics": [{ "topic": "a" }, { "topic": "a" }] }), "topics"),
    ] {
        let error = subscribe(&registry, request).unwrap_err();
        assert_eq!(error.kind(), "malformed-request");
        assert!(error.to_string().contains(place), "{error} does not name {place}");
    }
    assert_eq!(set(&registry, write("settings", ""), json!(1)).unwrap_err().kind(), "malformed-request");
}

#[test]
fn a_bad_page_id_is_invalid_page() {
    let (registry, _) = registry();
    for page in ["", "a b", "ü", &"x".repeat(65)] {
        let error = subscribe(&registry, json!({ "page": page, "generation": 1, "topics": [] })).unwrap_err();
        assert_eq!(error.kind(), "invalid-page");
        let request = json!({ "page": page, "operation": "1", "topic": "settings" });
        assert_eq!(set(&registry, request, json!(1)).unwrap_err().kind(), "invalid-page");
    }
}

#[test]
fn too_many_topics_are_too_many_topics() {
    let (registry, _) = registry();
    let topics: Vec<_> = (0..4).map(|n| json!({ "topic": format!("t{n}") })).collect();
    let error = subscribe(&registry, json!({ "page": "p", "generation": 1, "topics": topics })).unwrap_err();
    assert_eq!(error.kind(), "too-many-topics");
    assert!(registry.inspect().topics.len() == 1, "nothing was half-registered");
}

#[test]
fn an_unknown_topic_and_a_forbidden_one_look_the_same() {
    let (registry, settings) = registry();
    let scope = Scope::parse(["public"], []).unwrap();
    let strip = |error: RequestError, name: &str| error.to_string().replace(name, "…");
    let known = registry.handle_snapshot("main", "settings", &scope).unwrap_err();
    let unknown = registry.handle_snapshot("main", "nothing", &scope).unwrap_err();
    assert_eq!((known.kind(), unknown.kind()), ("unknown-topic", "unknown-topic"));
    assert_eq!(strip(known, "settings"), strip(unknown, "nothing"));

    let refused = |topic: &str| {
        let request: WriteRequest = parse_request(write(topic, topic)).unwrap();
        let value = json!({ "theme": "dark", "size": 1 });
        registry.handle_set("main", &request, value, &scope).unwrap_err()
    };
    assert_eq!(strip(refused("settings"), "settings"), strip(refused("nothing"), "nothing"));
    assert_eq!(settings.revision().get(), 1);

    let topics = json!([{ "topic": "settings" }, { "topic": "nothing" }]);
    let request = parse_request(json!({ "page": "p", "generation": 1, "topics": topics })).unwrap();
    let answer = registry.handle_subscribe("main", &request, &scope, Arc::new(Nowhere)).unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["results"][0]["error"]["kind"], "unknown-topic");
    assert_eq!(answer["results"][1]["error"]["kind"], "unknown-topic");
    settings.update(|s| s.size = 2).unwrap();
    let flush = registry.poll_flush(std::time::Duration::ZERO);
    assert!(flush.signals.is_empty(), "a signal told of a topic the window may not read");
}

#[test]
fn a_value_of_the_wrong_type_is_invalid_value_and_names_the_field() {
    let (registry, settings) = registry();
    for (number, (value, field)) in [
        (json!(null), "."),
        (json!([]), "."),
        (json!({ "theme": "dark", "size": 300 }), "size"),
        (json!({ "theme": 1, "size": 3 }), "theme"),
        (json!({ "theme": "dark" }), "size"),
    ]
    .into_iter()
    .enumerate()
    {
        let error = set(&registry, write("settings", &number.to_string()), value).unwrap_err();
        assert_eq!((error.kind(), error.body().topic.as_deref()), ("invalid-value", Some("settings")));
        assert!(error.to_string().contains(field), "{error} does not name {field}");
    }
    assert_eq!((settings.revision().get(), settings.get()), (1, Settings::default()));
}

#[test]
fn a_value_over_the_limit_is_too_large_both_ways() {
    let (registry, settings) = registry();
    let value = json!({ "theme": "x".repeat(1000), "size": 1 });
    assert_eq!(set(&registry, write("settings", "1"), value).unwrap_err().kind(), "too-large");
    assert_eq!(settings.revision().get(), 1);
    settings.update(|s| s.theme = "x".repeat(1000)).unwrap();
    let error = registry.handle_snapshot("main", "settings", &Scope::everything()).unwrap_err();
    assert_eq!(error.kind(), "too-large");
    registry.register(OTHER, 7).unwrap();
    let topics = json!([{ "topic": "settings" }, { "topic": "other" }]);
    let answer = subscribe(&registry, json!({ "page": "p", "generation": 1, "topics": topics })).unwrap();
    assert_eq!(answer["results"][0]["error"]["kind"], "too-large");
    assert_eq!(answer["results"][1]["data"], 7, "one topic's error does not fail the other");
}

#[test]
fn a_value_of_100_mb_is_refused_by_the_default_limit_both_ways() {
    const TEXT: TopicKey<String> = TopicKey::new("text");
    let registry = Registry::new("epoch");
    let text = registry.register(TEXT, String::new()).unwrap();
    let huge = "x".repeat(100 << 20);
    let error = set(&registry, write("text", "1"), json!(huge)).unwrap_err();
    assert_eq!(error.kind(), "too-large");
    assert_eq!(text.revision().get(), 1);
    text.set(huge).unwrap();
    let error = registry.handle_snapshot("main", "text", &Scope::everything()).unwrap_err();
    assert_eq!(error.kind(), "too-large");
}

#[test]
fn a_base_that_is_no_longer_current_is_conflict_and_names_the_revision() {
    let (registry, settings) = registry();
    settings.update(|s| s.size = 2).unwrap();
    let mut request = write("settings", "1");
    request["base"] = json!("1");
    let error = set(&registry, request, json!({ "theme": "dark", "size": 1 })).unwrap_err();
    assert_eq!(error.kind(), "conflict");
    assert_eq!(error.body().revision, Some(Revision::new(2)));
    assert_eq!(settings.get().size, 2);
    let error = settings.compare_and_set(Revision::new(1), Settings::default()).unwrap_err();
    assert_eq!(error.kind(), "conflict");
    settings.compare_and_set(Revision::new(2), Settings::default()).unwrap();
}

#[test]
fn a_repeated_operation_gets_the_first_result_and_changes_nothing() {
    let (registry, settings) = registry();
    let value = |size: u8| json!({ "theme": "dark", "size": size });
    let first = set(&registry, write("settings", "1"), value(1)).unwrap();
    assert_eq!(set(&registry, write("settings", "1"), value(2)).unwrap(), first);
    assert_eq!((settings.revision(), settings.get().size), (first, 1));
    registry.register(OTHER, 7).unwrap();
    assert_eq!(set(&registry, write("other", "1"), json!(8)).unwrap_err().kind(), "operation-reused");
    let refused = set(&registry, write("settings", "2"), json!(7)).unwrap_err();
    assert_eq!(set(&registry, write("settings", "2"), value(2)).unwrap_err(), refused);
}

#[test]
fn a_closure_that_panics_is_panicked_and_leaves_the_topic_usable() {
    let (_, settings) = registry();
    let error = settings
        .update(|s| {
            s.size = 9;
            panic!("boom")
        })
        .unwrap_err();
    assert_eq!(error.kind(), "panicked");
    assert!(error.to_string().contains("settings") && error.to_string().contains("boom"));
    assert_eq!((settings.revision().get(), settings.get()), (1, Settings::default()));
    settings.update(|s| s.size = 1).unwrap();
    assert_eq!(settings.revision().get(), 2);
}

#[test]
fn a_closure_that_refuses_changes_nothing() {
    let (_, settings) = registry();
    let refusal = settings.try_update(|s| {
        s.size = 9;
        Err("no")
    });
    assert_eq!(refusal, Err(TryUpdateError::Refused("no")));
    assert_eq!((settings.revision().get(), settings.get().size), (1, 0));
}

#[test]
fn a_write_from_inside_an_update_closure_is_reentrant() {
    let (registry, settings) = registry();
    let other = registry.register(OTHER, 7).unwrap();
    settings
        .update(|s| {
            for error in [
                settings.set(Settings::default()).unwrap_err(),
                settings.update(|_| ()).unwrap_err(),
                other.set(8).unwrap_err(),
                other.compare_and_set(Revision::new(1), 8).unwrap_err(),
            ] {
                assert_eq!(error.kind(), "reentrant");
            }
            assert_eq!(registry.register(LATE, 1).unwrap_err().kind(), "reentrant");
            let error = set(&registry, write("other", "1"), json!(8)).unwrap_err();
            assert_eq!(error.kind(), "reentrant");
            s.size = u8::try_from(other.get()).unwrap() + u8::try_from(settings.revision().get()).unwrap();
        })
        .unwrap();
    assert_eq!(settings.get().size, 8, "reading is allowed, and sees the committed state");
    other.set(9).unwrap();
}

#[test]
fn a_topic_registered_twice_is_already_registered_or_type_mismatch() {
    let (registry, settings) = registry();
    let again = registry.register(SETTINGS, Settings::default()).unwrap_err();
    assert!(matches!(again, RegisterError::AlreadyRegistered { .. }));
    let wrong = registry.register(WRONG, 1).unwrap_err();
    assert_eq!((again.kind(), wrong.kind()), ("already-registered", "type-mismatch"));
    assert!(wrong.to_string().contains("Settings") && wrong.to_string().contains("u32"));
    let lookup = registry.topic(WRONG).unwrap_err();
    assert!(matches!(lookup, LookupError::TypeMismatch { .. }));
    assert_eq!(registry.topic(OTHER).unwrap_err().kind(), "unknown-topic");
    assert_eq!(settings.revision().get(), 1);
}

#[test]
fn the_last_revision_is_refused_and_nothing_wraps() {
    let (registry, _) = registry();
    registry.raise_floor(Revision::new(u64::MAX - 2));
    let other = registry.register(OTHER, 7).unwrap();
    assert_eq!(other.set(8).unwrap().get(), u64::MAX);
    assert_eq!(other.set(9).unwrap_err(), UpdateError::RevisionExhausted { topic: other.name().clone() });
    assert_eq!(set(&registry, write("other", "1"), json!(9)).unwrap_err().kind(), "revision-exhausted");
    assert_eq!((other.get(), other.revision().get()), (8, u64::MAX));
    registry.raise_floor(Revision::new(u64::MAX));
    assert_eq!(registry.register(LATE, 1).unwrap_err().kind(), "revision-exhausted");
}

#[test]
fn a_value_that_cannot_become_json_is_unserializable() {
    #[derive(Clone, Deserialize)]
    struct Stubborn;
    impl Serialize for Stubborn {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("never"))
        }
    }
    const STUBBORN: TopicKey<Stubborn> = TopicKey::new("stubborn");
    let (registry, _) = registry();
    registry.register(STUBBORN, Stubborn).unwrap();
    let error = registry.handle_snapshot("main", "stubborn", &Scope::everything()).unwrap_err();
    assert_eq!(error.kind(), "unserializable");
    assert!(error.to_string().contains("never"));
}

#[test]
fn pages_of_a_window_and_operations_of_a_page_are_bounded() {
    let (registry, settings) = registry();
    for page in 0..100 {
        let page = format!("p{page}");
        subscribe(&registry, json!({ "page": page, "generation": 1, "topics": [{ "topic": "settings" }] }))
            .unwrap();
    }
    assert_eq!(registry.inspect().sessions.len(), Limits::default().max_pages_per_window);
    for operation in 0..1000 {
        let value = json!({ "theme": "dark", "size": 1 });
        set(&registry, write("settings", &operation.to_string()), value).unwrap();
    }
    assert_eq!(settings.revision().get(), 1001);
}
