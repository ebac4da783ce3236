//! What a page may send, and what a window that may not read a topic gets to know of it.
#![cfg(not(loom))]

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use statesync_core::{
    Access, ActionScope, PullRequest, Registry, RequestError, Scope, TopicKey, WriteRequest, parse_request,
};
use std::collections::BTreeMap;

const ANY: TopicKey<Value> = TopicKey::new("any");
const ACCOUNT: TopicKey<Account> = TopicKey::new("account");
const LIST: TopicKey<Vec<u8>> = TopicKey::new("list");
const LARGEST_TEXT: usize = 1024;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Account {
    token: String,
    pin: u32,
    serial: u64,
}

fn account() -> Account {
    Account { token: "s3cr3t".into(), pin: 4711, serial: 7 }
}

/// A page that may write everything, and read what its scope says.
struct Page {
    registry: Registry,
    read: Scope,
    operations: u32,
}

impl Page {
    fn reading(read: Scope) -> Self {
        let registry = Registry::new("epoch");
        registry.register(ANY, json!({ "a": [], "list": [] })).unwrap();
        registry.register(ACCOUNT, account()).unwrap();
        registry.register(LIST, Vec::new()).unwrap();
        Self { registry, read, operations: 0 }
    }

    fn request(&mut self, topic: &str, more: &Value) -> WriteRequest {
        self.operations += 1;
        let mut request =
            json!({ "page": "p", "operation": format!("w{}", self.operations), "topic": topic });
        for (key, value) in more.as_object().unwrap() {
            request[key] = value.clone();
        }
        parse_request(request).unwrap()
    }

    fn set(&mut self, topic: &str, more: &Value, value: Value) -> Result<String, RequestError> {
        let request = self.request(topic, more);
        let reads = |topic: &str| self.read.allows(topic);
        self.registry.handle_set("main", &request, value, Access::new(&Scope::everything(), &reads))
    }

    fn patch(&mut self, topic: &str, patch: &Value) -> Result<String, RequestError> {
        let request = self.request(topic, &json!({}));
        let reads = |topic: &str| self.read.allows(topic);
        self.registry.handle_patch("main", &request, patch, Access::new(&Scope::everything(), &reads))
    }

    fn action(&mut self, topic: &str, action: &str, args: Value) -> Result<String, RequestError> {
        let request = self.request(topic, &json!({ "action": action }));
        let reads = |topic: &str| self.read.allows(topic);
        let scope = ActionScope::everything();
        self.registry.handle_action("main", &request, args, Access::new(&scope, &reads))
    }

    /// The data of a topic as pages get it, or the kind of error.
    fn pulled(&self, topic: &str) -> Result<Value, String> {
        let answer = self.registry.handle_snapshot("main", topic, &Scope::everything());
        let answer = answer.map_err(|error| error.kind().to_owned())?;
        // No page has a limit of its own.
        Ok(answer.contains("data").then(|| Value::from(answer.len())).unwrap())
    }
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| Value::Array(vec![inner]))
}

fn kind(outcome: Result<String, RequestError>) -> String {
    outcome.map_or_else(|error| error.kind().to_owned(), |_| "done".into())
}

#[test]
fn a_patch_cannot_nest_a_value_deeper_than_128() {
    for topic in ["any", "account", "list"] {
        let mut page = Page::reading(Scope::everything());
        page.set("any", &json!({}), json!({ "a": 1, "b": 1 })).unwrap();
        let mut operations = vec![json!({ "op": "add", "path": "/a", "value": nested(100) })];
        for round in 0..60 {
            let (from, into) = if round % 2 == 0 { ("/a", "/b") } else { ("/b", "/a") };
            operations.push(json!({ "op": "add", "path": into, "value": nested(100) }));
            let deepest = "/0".repeat(100);
            operations.push(json!({ "op": "move", "from": from, "path": format!("{into}{deepest}") }));
        }
        let before = page.pulled(topic).unwrap();
        let error = page.patch(topic, &operations.into()).unwrap_err();
        assert_eq!(error.kind(), "invalid-patch", "{error}");
        assert_eq!(page.pulled(topic).unwrap(), before);
        if topic == "any" {
            let body = error.body();
            assert!(body.message.contains("128") && body.message.contains("operation 2 (move"), "{body:?}");
            assert!(body.path.unwrap().starts_with("/b/0/0"));
        }
    }
}

#[test]
fn every_door_takes_128_levels_and_no_more() {
    let mut page = Page::reading(Scope::everything());
    page.registry.action(ANY, "put", |value: &mut Value, new: Value| *value = new).unwrap();
    page.set("any", &json!({}), nested(128)).unwrap();
    page.patch("any", &json!([{ "op": "replace", "path": "/0", "value": nested(127) }])).unwrap();
    page.patch("any", &json!([{ "op": "test", "path": "", "value": nested(128) }])).unwrap();
    page.action("any", "put", nested(128)).unwrap();
    assert!(page.pulled("any").is_ok());
    for depth in [129, 100_000] {
        let error = page.set("any", &json!({}), nested(depth)).unwrap_err();
        assert_eq!((error.kind(), error.body().path.unwrap().starts_with("[0][0]")), ("invalid-value", true));
        assert_eq!(kind(page.action("any", "put", nested(depth))), "invalid-value");
        // The action made it of something small.
        page.registry
            .action(ANY, &format!("make-{depth}"), move |value: &mut Value, (): ()| {
                *value = nested(depth.min(1000));
            })
            .unwrap();
        assert_eq!(kind(page.action("any", &format!("make-{depth}"), Value::Null)), "unserializable");
    }
    for verb in ["add", "replace", "test"] {
        let patch = json!([{ "op": verb, "path": "/0", "value": nested(129) }]);
        let error = page.patch("any", &patch).unwrap_err();
        assert_eq!((error.kind(), error.to_string().contains("128 levels")), ("invalid-patch", true));
    }
    for (verb, from) in [("copy", "/0"), ("copy", "")] {
        let patch = json!([{ "op": verb, "from": from, "path": "/0/0" }]);
        assert_eq!(kind(page.patch("any", &patch)), "invalid-patch", "{verb} of {from}");
    }
    assert!(page.pulled("any").is_ok());
    let request = Value::Object([("more".to_owned(), nested(100_000))].into_iter().collect());
    assert_eq!(parse_request::<PullRequest>(request).unwrap_err().kind(), "malformed-request");
}

#[test]
fn a_deeper_value_of_rust_is_an_error_of_its_topic_only() {
    let page = Page::reading(Scope::everything());
    page.registry.topic(ANY).unwrap().set(nested(1000)).unwrap();
    let request = json!({ "page": "p", "generation": 0, "seen": 0, "topics": [] });
    assert_eq!(kind(page.registry.handle_snapshot("main", "any", &Scope::everything())), "unserializable");
    assert!(page.registry.handle_pull("main", &parse_request(request).unwrap(), &page.read).is_err());
    assert!(page.pulled("account").is_ok());
    let first = page.registry.handle_first_paint("main", &[], &Scope::everything());
    assert!(!first.contains("[[[["));
    // A page can put it right.
    let mut page = page;
    assert_eq!(kind(page.patch("any", &json!([]))), "unserializable");
    page.set("any", &json!({}), json!(1)).unwrap();
    assert!(page.pulled("any").is_ok());
}

#[test]
fn a_window_that_may_not_read_cannot_patch() {
    let mut page = Page::reading(Scope::parse(["any"], []).unwrap());
    let unknown = page.patch("nowhere", &json!([])).unwrap_err().to_string().replace("nowhere", "account");
    for patch in [
        json!([]),
        json!({}),
        json!([{ "op": "copy", "from": "/token", "path": "/pin" }]),
        json!([{ "op": "test", "path": "/token", "value": "s3cr3t" }]),
        json!([{ "op": "test", "path": "/token", "value": "wrong" }]),
        json!([{ "op": "replace", "path": "/pin", "value": 1 }]),
    ] {
        assert_eq!(page.patch("account", &patch).unwrap_err().to_string(), unknown, "{patch}");
    }
    assert_eq!(page.registry.topic(ACCOUNT).unwrap().get(), account());
}

/// Everything a window that may not read the topic gets, whatever value the topic has.
fn seen_by_a_writer(hidden: Account, updates: u32) -> Vec<String> {
    let mut page = Page::reading(Scope::parse(["any"], []).unwrap());
    page.registry.action(ACCOUNT, "double", |account: &mut Account, (): ()| account.serial *= 2).unwrap();
    page.registry
        .action(ACCOUNT, "nth", |account: &mut Account, nth: usize| {
            account.token = account.token[..nth].into();
        })
        .unwrap();
    page.registry
        .action(ACCOUNT, "tell", |account: &mut Account, (): ()| -> Result<u64, String> {
            Ok(account.serial << 50)
        })
        .unwrap();
    let topic = page.registry.topic(ACCOUNT).unwrap();
    topic.set(hidden).unwrap();
    for _ in 0..updates {
        topic.update(|_| {}).unwrap();
    }
    let fits = json!({ "token": "mine", "pin": 1, "serial": 1 });
    let mut seen = Vec::new();
    let mut see = |outcome: Result<String, RequestError>| {
        seen.push(outcome.unwrap_or_else(|error| serde_json::to_string(&error.body()).unwrap()));
    };
    see(page.action("account", "double", Value::Null));
    see(page.action("account", "nth", json!(3)));
    see(page.action("account", "tell", Value::Null));
    see(page.action("account", "tell", json!("no unit")));
    for base in 1..8 {
        see(page.set("account", &json!({ "base": base.to_string() }), fits.clone()));
    }
    see(page.set("account", &json!({}), json!({ "token": "mine", "pin": "text" })));
    see(page.set("account", &json!({}), json!({ "token": "mine", "pin": 1, "serial": u64::MAX })));
    see(page.set("account", &json!({ "topics": [{ "topic": "account" }] }), fits));
    seen
}

#[test]
fn a_window_that_may_not_read_gets_the_same_answers_whatever_the_value_is() {
    let large = Account { token: "ab".into(), pin: 1, serial: 1 << 53 };
    let seen = seen_by_a_writer(large, 5);
    let other = Account { token: "é".into(), pin: 2, serial: (1 << 53) + 2 };
    assert_eq!(seen, seen_by_a_writer(other, 0));
    let text = seen.join("\n");
    for secret in ["9007199254740992", "ab`", "out of bounds", "\"revision\":\"6\""] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    // It still learns whether its own value has the right shape.
    assert!(text.contains("invalid-value") && text.contains("\"path\":\"pin\""), "{text}");
    assert!(seen.last().unwrap().starts_with("{\"revision\":\"0\""), "{text}");
}

#[test]
fn what_an_error_repeats_is_short() {
    let mut page = Page::reading(Scope::everything());
    page.registry.action(ANY, "echo", |_: &mut Value, text: String| Err::<(), _>(text)).unwrap();
    let long = "ü".repeat(1 << 16);
    let deep_key = json!({ &long: { &long: 1 } });
    let mut errors = vec![
        page.set("list", &json!({}), json!(long)).unwrap_err(),
        page.set("list", &json!({}), deep_key.clone()).unwrap_err(),
        page.set("account", &json!({}), json!({ "token": "", "pin": long, "serial": 1 })).unwrap_err(),
        page.action("any", "echo", json!(long)).unwrap_err(),
        page.action("any", "echo", deep_key).unwrap_err(),
        page.action("any", &long, json!(1)).unwrap_err(),
        page.patch("any", &json!(long)).unwrap_err(),
        page.patch("any", &json!([{ "op": long, "path": "/a" }])).unwrap_err(),
        page.patch("any", &json!([{ "op": "add", "path": long, "value": 1 }])).unwrap_err(),
        page.patch("any", &json!([{ "op": "remove", "path": format!("/{long}") }])).unwrap_err(),
        page.patch("any", &json!([{ "op": "move", "from": format!("/{long}"), "path": "/b" }])).unwrap_err(),
        parse_request::<WriteRequest>(json!({ "page": { &long: 1 } })).unwrap_err(),
        parse_request::<WriteRequest>(json!({ "page": "p", "operation": "w", "topic": [long] })).unwrap_err(),
        page.registry.handle_snapshot("main", &long, &Scope::everything()).unwrap_err(),
    ];
    for request in [
        json!({ "page": long, "operation": "w", "topic": "any" }),
        json!({ "page": "p", "operation": long, "topic": "any" }),
        json!({ "page": "p", "operation": "w", "topic": long }),
        json!({ "page": "p", "operation": "w", "topic": "any", "base": long }),
        json!({ "page": "p", "operation": "w", "topic": "any", "topics": [{ "topic": long }] }),
        json!({ "page": "p", "operation": "w", "topic": "any",
                "topics": [{ "topic": "any", "known": { "epoch": "epoch", "revision": long } }] }),
    ] {
        let request: WriteRequest = parse_request(request).unwrap();
        errors.push(page.registry.handle_set("main", &request, json!(1), &Scope::everything()).unwrap_err());
    }
    for error in errors {
        let body = serde_json::to_string(&error.body()).unwrap();
        let limit = if error.kind() == "action-refused" { 2 * LARGEST_TEXT } else { LARGEST_TEXT };
        assert!(body.len() < limit, "{} bytes: {}", body.len(), &body[..200]);
    }
}

#[test]
fn an_epoch_of_any_length_is_another_epoch() {
    let mut page = Page::reading(Scope::everything());
    let known = json!({ "epoch": "e".repeat(1 << 20), "revision": "1" });
    let more = json!({ "base": "1", "topics": [{ "topic": "any", "known": known }] });
    assert_eq!(kind(page.set("any", &more, json!(1))), "conflict");
}

fn long_list() -> Page {
    let page = Page::reading(Scope::everything());
    page.registry.topic(LIST).unwrap().set(vec![0; 200_000]).unwrap();
    page
}

#[test]
fn a_patch_that_shifts_too_much_is_refused_and_leaves_the_list() {
    let grown = |verb: &str, count: usize| -> Value {
        (0..count)
            .map(|_| match verb {
                "add" => json!({ "op": "add", "path": "/0", "value": 1 }),
                "remove" => json!({ "op": "remove", "path": "/0" }),
                "copy" => json!({ "op": "copy", "from": "/1", "path": "/0" }),
                _ => json!({ "op": "move", "from": "/199999", "path": "/0" }),
            })
            .collect()
    };
    for verb in ["add", "remove", "move", "copy"] {
        let mut page = long_list();
        let error = page.patch("list", &grown(verb, 9900)).unwrap_err();
        assert_eq!(error.kind(), "invalid-patch");
        assert!(error.to_string().contains("moves too many elements"), "{error}");
        assert_eq!(page.registry.topic(LIST).unwrap().revision().to_string(), "2");
        page.patch("list", &grown(verb, 10)).unwrap();
    }
    // Ten thousand at the end cost nothing to make room for.
    let mut page = long_list();
    let append: Value = (0..10_000).map(|_| json!({ "op": "add", "path": "/-", "value": 1 })).collect();
    page.patch("list", &append).unwrap();
    assert_eq!(page.registry.topic(LIST).unwrap().get().len(), 210_000);
}

#[test]
fn a_patch_cannot_move_a_large_value_about_without_end() {
    let mut page = Page::reading(Scope::everything());
    let rows: BTreeMap<_, _> = (0..100_000).map(|row| (format!("r{row}"), row)).collect();
    page.set("any", &json!({}), json!({ "a": rows })).unwrap();
    let moves = |count: usize| -> Value {
        (0..count)
            .map(|round| {
                let (from, path) = if round % 2 == 0 { ("/a", "/b") } else { ("/b", "/a") };
                json!({ "op": "move", "from": from, "path": path })
            })
            .collect()
    };
    page.patch("any", &moves(100)).unwrap();
    assert_eq!(kind(page.patch("any", &moves(10_000))), "invalid-patch");
}

#[test]
fn an_operation_is_carried_out_once_however_many_writes_lie_between() {
    let mut page = Page::reading(Scope::everything());
    let first: WriteRequest =
        parse_request(json!({ "page": "p", "operation": "first", "topic": "any" })).unwrap();
    let write = |page: &Page| page.registry.handle_set("main", &first, json!("first"), &Scope::everything());
    let answer = write(&page).unwrap();
    for _ in 0..300 {
        page.set("account", &json!({}), json!(account())).unwrap();
    }
    page.registry.topic(ANY).unwrap().set(json!("newer")).unwrap();
    assert_eq!(write(&page).unwrap(), answer);
    for _ in 0..300 {
        page.set("any", &json!({}), json!("later")).unwrap();
    }
    assert_eq!(kind(write(&page)), "operation-reused");
    assert_eq!(page.registry.topic(ANY).unwrap().get(), json!("later"));
}
