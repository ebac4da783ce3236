//! The plugin on the mock runtime: signals, sessions and bad input, through its real commands.

mod mock;

use mock::{MockApp, call, pull, set, subscribe};
use serde_json::{Value, json};
use statesync::{Builder, StateSyncExt, TopicKey};
use std::sync::{Arc, Mutex};
use tauri::Listener;

const COUNT: TopicKey<u32> = TopicKey::new("count");
const TEXT: TopicKey<String> = TopicKey::new("text");

fn app(builder: Builder) -> MockApp {
    let capability = json!({ "windows": ["*"], "permissions": [
        "statesync:default",
        { "identifier": "statesync:write", "allow": ["*"] },
        { "identifier": "statesync:action", "allow": ["*"] },
        { "identifier": "statesync:inspect", "allow": ["*"] },
    ] });
    mock::app(builder.build(), &[capability])
}

fn kind(reply: mock::Reply) -> String {
    reply.unwrap_err()["kind"].as_str().expect("every error has a kind").to_string()
}

#[test]
fn a_burst_sends_one_signal_until_it_is_answered() {
    let app = app(Builder::new().topic(COUNT, 0));
    let window = app.window("main");
    subscribe(&window, 7, &["count"]).unwrap();
    let count = app.app.statesync().topic(COUNT).unwrap();
    for _ in 0..1000 {
        count.update(|n| *n += 1).unwrap();
    }
    mock::wait_for(|| !app.messages.lock().unwrap().is_empty());
    let inspection = app.app.statesync().inspect();
    assert_eq!((inspection.counters.updates, inspection.counters.signals), (1000, 1));
    let unacknowledged = inspection.sessions[0].unacknowledged.unwrap();
    assert_eq!((unacknowledged.number, unacknowledged.attempts), (1, 1));
    let (label, channel, message) = app.messages.lock().unwrap()[0].clone();
    assert_eq!((label.as_str(), channel), ("main", 7));
    assert_eq!((&message["number"], &message["topics"][0]["topic"]), (&json!(1), &json!("count")));

    let answer = pull(&window, 7, 1, &["count"]).unwrap();
    assert_eq!(answer["results"][0]["data"], 1000);
    assert_eq!(answer["results"][0]["revision"], "1001");
    assert!(app.app.statesync().inspect().counters.signals <= 2, "one for the burst, one for its rest");
}

#[test]
fn a_topic_registered_late_reaches_the_window_that_waits_for_it() {
    let app = app(Builder::new());
    let window = app.window("main");
    let answer = subscribe(&window, 1, &["count"]).unwrap();
    assert_eq!(answer["results"][0]["error"]["kind"], "unknown-topic");
    app.app.statesync().register(COUNT, 7).unwrap();
    mock::wait_for(|| !app.messages.lock().unwrap().is_empty());
    assert_eq!(pull(&window, 1, 1, &["count"]).unwrap()["results"][0]["data"], 7);
}

#[test]
fn a_write_from_a_window_is_one_update_and_a_wrong_one_is_none() {
    let app = app(Builder::new().topic(COUNT, 0).max_value_bytes(100).topic(TEXT, String::new()));
    let window = app.window("main");
    assert_eq!(set(&window, "1", "count", json!(5)).unwrap()["revision"], "2");
    assert_eq!(set(&window, "1", "count", json!(6)).unwrap()["revision"], "2");
    assert_eq!(kind(set(&window, "2", "count", json!("five"))), "invalid-value");
    assert_eq!(kind(set(&window, "3", "count", json!(-1))), "invalid-value");
    assert_eq!(kind(set(&window, "4", "text", json!("x".repeat(200)))), "too-large");
    let stale = json!({ "page": "page", "operation": "5", "topic": "count", "base": "1" });
    let error = call(&window, "set", json!({ "request": stale, "value": 7 })).unwrap_err();
    assert_eq!((&error["kind"], &error["revision"]), (&json!("conflict"), &json!("2")));
    let count = app.app.statesync().topic(COUNT).unwrap();
    assert_eq!((count.get(), count.revision().get()), (5, 2));
}

#[test]
fn wrong_json_at_every_command_is_an_error_of_ours() {
    let app = app(Builder::new().topic(COUNT, 0));
    let window = app.window("main");
    let channel = "__CHANNEL__:1";
    let good = json!({ "page": "p", "generation": 1, "topics": [] });
    for (command, args, expected) in [
        ("subscribe", json!({}), "malformed-request"),
        ("subscribe", json!({ "request": 7, "channel": channel }), "malformed-request"),
        ("subscribe", json!({ "request": good }), "malformed-request"),
        ("subscribe", json!({ "request": good, "channel": 7 }), "malformed-request"),
        ("subscribe", json!({ "request": good, "channel": "nonsense" }), "malformed-request"),
        (
            "pull",
            json!({ "request": { "page": "p", "generation": 1, "seen": "1", "topics": [] } }),
            "malformed-request",
        ),
        (
            "pull",
            json!({ "request": { "page": "p", "generation": 1, "seen": 0, "topics": [] } }),
            "unknown-session",
        ),
        ("snapshot", json!({}), "malformed-request"),
        ("snapshot", json!({ "topic": 7 }), "malformed-request"),
        ("snapshot", json!({ "topic": "a b" }), "invalid-topic"),
        ("set", json!({ "value": 1 }), "malformed-request"),
        ("patch", json!({ "patch": [] }), "malformed-request"),
        ("patch", json!({ "request": { "page": "p", "operation": "2", "topic": "count" } }), "invalid-patch"),
        (
            "action",
            json!({ "request": { "page": "p", "operation": "3", "topic": "count" } }),
            "malformed-request",
        ),
        (
            "action",
            json!({ "request": { "page": "p", "operation": "4", "topic": "count", "action": "none" } }),
            "unknown-action",
        ),
        ("set", json!({ "request": { "page": "p", "operation": "1", "topic": "count" } }), "invalid-value"),
    ] {
        let case = format!("{command} {args}");
        assert_eq!(kind(call(&window, command, args)), expected, "{case}");
    }
    assert_eq!(app.app.statesync().topic(COUNT).unwrap().revision().get(), 1);
}

#[test]
fn the_plain_event_names_public_topics_only() {
    let app =
        app(Builder::new().topic(COUNT, 0).topic(TEXT, String::new()).public_event("changed", ["count"]));
    let heard = Arc::new(Mutex::new(Vec::<Value>::new()));
    let inbox = heard.clone();
    app.app.listen_any("changed", move |event| {
        inbox.lock().unwrap().push(serde_json::from_str(event.payload()).unwrap());
    });
    let sync = app.app.statesync();
    sync.topic(TEXT).unwrap().set("private".into()).unwrap();
    sync.topic(COUNT).unwrap().set(1).unwrap();
    mock::wait_for(|| !heard.lock().unwrap().is_empty());
    let heard = heard.lock().unwrap();
    assert!(
        heard.iter().all(|event| event["topic"] == "count" && event["revision"].is_string()),
        "{heard:?}"
    );
}

#[test]
fn a_second_subscribe_of_the_page_replaces_the_first() {
    let app = app(Builder::new().topic(COUNT, 0));
    let window = app.window("main");
    subscribe(&window, 1, &["count"]).unwrap();
    subscribe(&window, 2, &["count"]).unwrap();
    assert_eq!(kind(subscribe(&window, 1, &["count"])), "superseded");
    assert_eq!(kind(pull(&window, 1, 0, &["count"])), "superseded");
    let sessions = app.app.statesync().inspect().sessions;
    assert_eq!((sessions.len(), sessions[0].generation), (1, 2));
    subscribe(&window, 3, &[]).unwrap();
    assert!(app.app.statesync().inspect().sessions.is_empty());
}

#[test]
fn a_topic_declared_twice_fails_the_start_and_names_it() {
    let plugin = Builder::new().topic(COUNT, 0).topic(COUNT, 1).build();
    let started = tauri::test::mock_builder()
        .plugin(plugin)
        .build(tauri::test::mock_context(tauri::test::noop_assets()));
    let Err(error) = started else { panic!("the app started") };
    assert!(error.to_string().contains("\"count\" is declared twice"), "{error}");
}
