//! Writes from pages: what they change, what they answer, and what they refuse.
#![cfg(not(loom))]

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use statesync_core::{
    ActionPattern, ActionScope, Limits, Registry, RequestError, Revision, Scope, Signal, SignalSink,
    SubscribeRequest, Topic, TopicFamily, TopicKey, WriteRequest, parse_request,
};
use std::sync::Arc;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Settings {
    theme: String,
    size: u8,
    #[serde(default)]
    opacity: f64,
    #[serde(default)]
    serial: u64,
}

const SETTINGS: TopicKey<Settings> = TopicKey::new("settings");
const OTHER: TopicKey<u32> = TopicKey::new("other");
const LOAD: TopicKey<u32> = TopicKey::new("load").read_only();
const NAME: TopicKey<Trimmed> = TopicKey::new("name");
const CART: TopicFamily<Vec<u32>> = TopicFamily::new("cart:{id}");

/// A text that Rust tidies when it comes in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
struct Trimmed(String);

impl From<String> for Trimmed {
    fn from(text: String) -> Self {
        Self(text.trim().into())
    }
}

impl From<Trimmed> for String {
    fn from(text: Trimmed) -> Self {
        text.0
    }
}

struct Nowhere;
impl SignalSink for Nowhere {
    fn send(&self, _: &Signal) {}
}

struct Page {
    registry: Registry,
    settings: Topic<Settings>,
    operations: u32,
    topics: Value,
}

impl Page {
    /// A page that shows these topics, and has all of them at revision 1.
    fn showing(topics: &[&str]) -> Self {
        let limits = Limits { max_value_bytes: 1000, ..Limits::default() };
        let registry = Registry::with_host("epoch", limits, Scope::default(), || {});
        let settings = Settings { theme: "light".into(), size: 1, ..Settings::default() };
        let settings = registry.register(SETTINGS, settings).unwrap();
        registry.register(OTHER, 0).unwrap();
        registry.register(LOAD, 0).unwrap();
        registry.register(NAME, Trimmed("Ada".into())).unwrap();
        let known = json!({ "epoch": "epoch", "revision": "1" });
        let topics: Vec<_> = topics.iter().map(|t| json!({ "topic": t, "known": known })).collect();
        let request = json!({ "page": "p", "generation": 1, "topics": topics });
        let request: SubscribeRequest = parse_request(request).unwrap();
        registry.handle_subscribe("main", &request, &Scope::everything(), Arc::new(Nowhere)).unwrap();
        Self { registry, settings, operations: 0, topics: topics.into() }
    }

    fn request(&mut self, topic: &str, base: Option<&str>) -> WriteRequest {
        self.operations += 1;
        let mut request = json!({
            "page": "p", "generation": 1, "operation": self.operations.to_string(),
            "topic": topic, "topics": self.topics,
        });
        if let Some(base) = base {
            request["base"] = base.into();
        }
        parse_request(request).unwrap()
    }

    fn set(&mut self, topic: &str, base: Option<&str>, value: Value) -> Result<Value, RequestError> {
        let request = self.request(topic, base);
        read(self.registry.handle_set("main", &request, value, &Scope::everything()))
    }

    fn patch(&mut self, topic: &str, base: Option<&str>, patch: &Value) -> Result<Value, RequestError> {
        let request = self.request(topic, base);
        read(self.registry.handle_patch("main", &request, patch, &Scope::everything()))
    }

    fn action(&mut self, topic: &str, action: &str, args: Value) -> Result<Value, RequestError> {
        let request = WriteRequest { action: Some(action.into()), ..self.request(topic, None) };
        read(self.registry.handle_action("main", &request, args, &ActionScope::everything()))
    }
}

fn read(answer: Result<String, RequestError>) -> Result<Value, RequestError> {
    answer.map(|answer| serde_json::from_str(&answer).unwrap())
}

fn settings(theme: &str, size: u32) -> Value {
    json!({ "theme": theme, "size": size, "opacity": 0.5, "serial": 1 })
}

#[test]
fn a_write_answers_with_its_revision_and_one_cut_of_what_the_page_shows() {
    let mut page = Page::showing(&["settings", "other", "load"]);
    page.registry.topic(OTHER).unwrap().set(7).unwrap();
    let answer = page.set("settings", Some("1"), settings("dark", 2)).unwrap();
    let expected = json!({ "epoch": "epoch", "revision": "2", "results": [
        { "topic": "settings", "revision": "2", "written": true },
        { "topic": "other", "revision": "2", "data": 7 },
        { "topic": "load", "revision": "1", "unchanged": true },
    ]});
    assert_eq!(answer, expected);
    assert_eq!(page.settings.get().theme, "dark");
}

#[test]
fn a_value_that_rust_normalizes_comes_back() {
    let mut page = Page::showing(&["name"]);
    let answer = page.set("name", None, json!("  Grace ")).unwrap();
    assert_eq!(answer["results"], json!([{ "topic": "name", "revision": "2", "data": "Grace" }]));
    let answer = page.set("name", None, json!("Alan")).unwrap();
    assert_eq!(answer["results"], json!([{ "topic": "name", "revision": "3", "written": true }]));
}

#[test]
fn a_page_without_a_session_writes_and_is_told_nothing_else() {
    let mut page = Page::showing(&["settings"]);
    page.registry.handle_page_load("main");
    let answer = page.set("settings", None, settings("dark", 2)).unwrap();
    assert_eq!(answer, json!({ "epoch": "epoch", "revision": "2", "results": [] }));
}

#[test]
fn the_answer_shows_no_topic_that_the_session_may_not_read() {
    let page = Page::showing(&[]);
    let scope = Scope::parse(["other"], []).unwrap();
    let request =
        json!({ "page": "q", "generation": 1, "topics": [{ "topic": "settings" }, { "topic": "other" }] });
    let request: SubscribeRequest = parse_request(request).unwrap();
    page.registry.handle_subscribe("main", &request, &scope, Arc::new(Nowhere)).unwrap();
    let request = json!({
        "page": "q", "generation": 1, "operation": "1", "topic": "settings", "base": "7",
        "topics": [{ "topic": "settings" }, { "topic": "other" }],
    });
    let request: WriteRequest = parse_request(request).unwrap();
    let everything = Scope::everything();
    let conflict =
        page.registry.handle_set("main", &request, settings("dark", 1), &everything).unwrap_err().body();
    assert_eq!((conflict.kind.as_str(), conflict.data), ("conflict", None));
    let request = WriteRequest { base: None, operation: "2".into(), ..request };
    let answer = read(page.registry.handle_set("main", &request, settings("dark", 1), &everything)).unwrap();
    assert_eq!(answer["results"][0]["error"]["kind"], "unknown-topic");
    assert_eq!(answer["results"][1]["data"], 0);
}

#[test]
fn a_conflict_carries_the_current_snapshot_and_changes_nothing() {
    let mut page = Page::showing(&["settings"]);
    page.settings.update(|s| s.size = 9).unwrap();
    for error in [
        page.set("settings", Some("1"), settings("dark", 2)).unwrap_err(),
        page.patch("settings", Some("1"), &json!([])).unwrap_err(),
    ] {
        let body = serde_json::to_value(error.body()).unwrap();
        assert_eq!(body["kind"], "conflict");
        assert_eq!((&body["revision"], &body["epoch"]), (&json!("2"), &json!("epoch")));
        assert_eq!(body["data"]["size"], 9);
    }
    assert_eq!(page.settings.revision().get(), 2);
}

#[test]
fn a_base_out_of_another_life_of_the_counters_is_a_conflict_whatever_its_number() {
    let page = Page::showing(&["settings"]);
    let everything = Scope::everything();
    let set = |operation: &str, epoch: &str| {
        let known = json!({ "epoch": epoch, "revision": "1" });
        let request = json!({
            "page": "p", "generation": 1, "operation": operation, "topic": "settings", "base": "1",
            "topics": [{ "topic": "settings", "known": known }],
        });
        let request: WriteRequest = parse_request(request).unwrap();
        page.registry.handle_set("main", &request, settings("dark", 2), &everything)
    };
    let error = serde_json::to_value(set("one", "an earlier one").unwrap_err().body()).unwrap();
    assert_eq!((&error["kind"], &error["revision"]), (&json!("conflict"), &json!("1")));
    assert_eq!(page.settings.revision().get(), 1);
    set("two", "epoch").unwrap();
    assert_eq!(page.settings.revision().get(), 2);
}

#[test]
fn a_patch_changes_its_fields_only_and_on_the_newest_value() {
    let mut page = Page::showing(&["settings"]);
    let patch = json!([{ "op": "replace", "path": "/theme", "value": "dark" }]);
    let answer = page.patch("settings", None, &patch).unwrap();
    assert_eq!(answer["results"][0], json!({ "topic": "settings", "revision": "2", "written": true }));
    page.settings.update(|s| s.size = 9).unwrap();
    // The page says it has revision 1: it cannot compute this one by itself.
    let patch = json!([{ "op": "replace", "path": "/opacity", "value": 1 }]);
    let answer = page.patch("settings", None, &patch).unwrap();
    assert_eq!(
        answer["results"][0]["data"],
        json!({ "theme": "dark", "size": 9, "opacity": 1.0, "serial": 0 })
    );
    assert_eq!(page.settings.get().opacity.to_bits(), 1.0_f64.to_bits());
}

#[test]
fn a_write_that_does_not_fit_changes_nothing_and_names_topic_field_and_reason() {
    let mut page = Page::showing(&["settings"]);
    let replaced = |path: &str, value: Value| json!([{ "op": "replace", "path": path, "value": value }]);
    let unsafe_integer = json!({ "theme": "", "size": 1, "serial": (1u64 << 53) });
    let large = json!({ "theme": "x".repeat(1000), "size": 1 });
    let cases = [
        (page.set("settings", None, settings("dark", 300)), "invalid-value", "size"),
        (page.patch("settings", None, &replaced("/size", json!(300))), "invalid-value", "size"),
        (page.patch("settings", None, &replaced("/siz", json!(3))), "invalid-patch", "operation 0"),
        (
            page.patch("settings", None, &json!([{ "op": "remove", "path": "/size" }])),
            "invalid-value",
            "size",
        ),
        (page.patch("settings", None, &json!({ "op": "test" })), "invalid-patch", "list of operations"),
        (page.set("settings", None, unsafe_integer), "unsafe-integer", "serial"),
        (page.set("settings", None, large.clone()), "too-large", "1000"),
        (page.patch("settings", None, &replaced("/theme", large["theme"].clone())), "too-large", "1000"),
        (page.set("load", None, json!(1)), "read-only", "load"),
        (page.patch("load", None, &json!([])), "read-only", "load"),
        (page.set("missing", None, json!(1)), "unknown-topic", "missing"),
    ];
    for (outcome, kind, named) in cases {
        let body = outcome.unwrap_err().body();
        assert_eq!(body.kind, kind);
        assert!(body.message.contains(named), "{}", body.message);
        let topic = body.topic.unwrap();
        assert!(body.message.contains(&format!("\"{topic}\"")), "{}", body.message);
        if matches!(kind, "invalid-value" | "unsafe-integer") {
            // A field that is missing has no place of its own: its object is named, and the reason names it.
            let missing = body.message.contains("missing field");
            assert_eq!(body.path.as_deref(), Some(if missing { "." } else { named }));
        }
    }
    assert_eq!((page.settings.revision().get(), page.settings.get().size), (1, 1));
}

#[test]
fn a_patch_is_all_or_nothing() {
    let mut page = Page::showing(&["settings"]);
    let patch = json!([
        { "op": "replace", "path": "/size", "value": 5 },
        { "op": "test", "path": "/theme", "value": "dark" },
    ]);
    let error = page.patch("settings", None, &patch).unwrap_err();
    assert!(error.to_string().contains("operation 1 (test at \"/theme\")"), "{error}");
    assert_eq!((page.settings.revision().get(), page.settings.get().size), (1, 1));
}

#[test]
fn a_repeated_write_gets_the_first_result_and_happens_once() {
    let mut page = Page::showing(&["settings", "other"]);
    let patch = json!([{ "op": "replace", "path": "/size", "value": 5 }]);
    let request = page.request("settings", None);
    let everything = Scope::everything();
    let first = read(page.registry.handle_patch("main", &request, &patch, &everything)).unwrap();
    page.settings.update(|s| s.size = 6).unwrap();
    let second = read(page.registry.handle_patch("main", &request, &patch, &everything)).unwrap();
    assert_eq!((&first["revision"], &second["revision"]), (&json!("2"), &json!("2")));
    assert_eq!(second["results"][0]["data"]["size"], 6, "its cut is of now");
    assert_eq!(page.settings.revision().get(), 3);
}

#[test]
fn a_repeated_write_gets_the_first_result_though_its_topic_is_removed() {
    let mut page = Page::showing(&["other"]);
    let write = page.request("other", None);
    let everything = Scope::everything();
    read(page.registry.handle_set("main", &write, json!(7), &everything)).unwrap();
    let refused = page.request("settings", Some("9"));
    let conflict = page.registry.handle_set("main", &refused, settings("dark", 2), &everything).unwrap_err();
    page.registry.remove(OTHER).unwrap();
    page.registry.remove(SETTINGS).unwrap();
    let again = read(page.registry.handle_set("main", &write, json!(7), &everything)).unwrap();
    assert_eq!(
        (&again["revision"], &again["results"][0]["error"]["kind"]),
        (&json!("2"), &json!("unknown-topic"))
    );
    let again = page.registry.handle_set("main", &refused, settings("dark", 2), &everything).unwrap_err();
    assert_eq!(again.kind(), conflict.kind());
    let other = page.set("other", None, json!(8)).unwrap_err();
    assert_eq!(other.kind(), "unknown-topic");
}

#[test]
fn an_action_runs_under_the_rules_of_an_update() {
    let mut page = Page::showing(&["settings", "cart:1"]);
    page.registry
        .action(SETTINGS, "grow", |settings, by: u8| {
            settings.size = settings.size.checked_add(by).ok_or("it would be too large")?;
            Ok::<_, &str>(settings.size)
        })
        .unwrap();
    page.registry.action(SETTINGS, "explode", |_, (): ()| -> () { panic!("boom") }).unwrap();
    let answer = page.action("settings", "grow", json!(4)).unwrap();
    assert_eq!((&answer["result"], &answer["revision"]), (&json!(5), &json!("2")));
    assert_eq!(answer["results"][0]["data"]["size"], 5);

    let refused = page.action("settings", "grow", json!(255)).unwrap_err();
    assert_eq!(refused.kind(), "action-refused");
    assert!(refused.to_string().contains("it would be too large"), "{refused}");
    let wrong = page.action("settings", "grow", json!("four")).unwrap_err();
    assert_eq!((wrong.kind(), wrong.body().path.as_deref()), ("invalid-value", Some(".")));
    assert_eq!(page.action("settings", "explode", Value::Null).unwrap_err().kind(), "panicked");
    assert_eq!((page.settings.revision().get(), page.settings.get().size), (2, 5));
}

#[test]
fn an_action_of_a_family_is_one_of_each_member_and_a_topic_has_its_own() {
    let mut page = Page::showing(&["cart:1"]);
    let (one, two) = (CART.key(1).unwrap(), CART.key(2).unwrap());
    page.registry.register(one.clone(), vec![]).unwrap();
    page.registry.register(two.clone(), vec![]).unwrap();
    page.registry.action(CART, "add", |cart, item: u32| cart.push(item)).unwrap();
    page.registry.action(two.clone(), "add", |cart, item: u32| cart.push(item * 100)).unwrap();
    page.action("cart:1", "add", json!(7)).unwrap();
    page.action("cart:2", "add", json!(7)).unwrap();
    assert_eq!(page.registry.topic(one).unwrap().get(), [7]);
    assert_eq!(page.registry.topic(two.clone()).unwrap().get(), [700]);
    assert_eq!(page.registry.action(two, "add", |_, (): ()| {}).unwrap_err().kind(), "already-declared");
    assert_eq!(page.registry.action(CART, "a b", |_, (): ()| {}).unwrap_err().kind(), "invalid-action");
}

#[test]
fn an_action_that_is_unknown_forbidden_or_of_no_topic_looks_the_same() {
    let mut page = Page::showing(&[]);
    page.registry.action(SETTINGS, "grow", |settings, by: u8| settings.size += by).unwrap();
    let scope = ActionScope {
        allow: vec![ActionPattern::new("*", None).unwrap()],
        deny: vec![ActionPattern::new("settings", Some("grow")).unwrap()],
    };
    let mut run = |topic: &str, action: &str| {
        let request = WriteRequest { action: Some(action.into()), ..page.request(topic, None) };
        let error = page.registry.handle_action("main", &request, json!(1), &scope).unwrap_err();
        (error.kind(), error.to_string().replace(topic, "T").replace(action, "A"))
    };
    let known = run("settings", "grow");
    assert_eq!(known.0, "unknown-action");
    assert_eq!(known, run("settings", "shrink"));
    assert_eq!(known, run("missing", "grow"));
}

#[test]
fn windows_may_run_actions_on_a_read_only_topic() {
    let mut page = Page::showing(&[]);
    page.registry.action(LOAD, "reset", |load, (): ()| *load = 0).unwrap();
    assert_eq!(page.action("load", "reset", Value::Null).unwrap()["revision"], "2");
}

#[test]
fn a_removed_topic_is_told_to_its_pages_and_comes_back_with_a_higher_revision() {
    let page = Page::showing(&["other"]);
    let other = page.registry.topic(OTHER).unwrap();
    let _ = page.registry.poll_flush(std::time::Duration::ZERO);
    page.registry.remove(OTHER).unwrap();
    let flush = page.registry.poll_flush(std::time::Duration::ZERO);
    assert_eq!(flush.signals[0].signal.topics[0].revision, Revision::new(2));
    assert!(page.registry.handle_snapshot("main", "other", &Scope::everything()).is_err());
    assert_eq!(other.update(|n| *n += 1).unwrap_err().kind(), "removed");
    assert_eq!(page.registry.remove(OTHER).unwrap_err().kind(), "unknown-topic");
    let again = page.registry.register(OTHER, 5).unwrap();
    assert_eq!((again.revision().get(), other.get()), (3, 0));
}

#[test]
fn a_value_with_an_integer_beyond_2_53_is_an_error_of_the_pull_that_names_the_field() {
    let page = Page::showing(&[]);
    page.settings.update(|s| s.serial = u64::MAX).unwrap();
    let error = page.registry.handle_snapshot("main", "settings", &Scope::everything()).unwrap_err();
    assert_eq!((error.kind(), error.body().path.as_deref()), ("unsafe-integer", Some("serial")));
    assert!(error.to_string().contains(&u64::MAX.to_string()), "{error}");
}
