//! First paint on the mock runtime: window x topic, as far as it fits, and nothing for anybody who may not read.

mod mock;

use mock::{MockApp, call, call_from};
use serde_json::{Value, json};
use statesync::storage::Memory;
use statesync::{Builder, Persist, StateSyncExt, TopicKey};
use tauri::async_runtime::block_on;

const SETTINGS: TopicKey<String> = TopicKey::new("settings");
const CART: TopicKey<String> = TopicKey::new("cart:1");
const SECRET: TopicKey<String> = TopicKey::new("cart:secret");
const OTHER: TopicKey<String> = TopicKey::new("other");
const TOPICS: [&str; 4] = ["settings", "cart:1", "cart:secret", "other"];

fn builder() -> Builder {
    let topics = [SETTINGS, CART, SECRET, OTHER];
    topics.into_iter().fold(Builder::new(), |plugin, key| {
        let value = key.name().to_owned();
        plugin.topic(key, value)
    })
}

fn app(builder: Builder) -> MockApp {
    let read =
        |allow: Value, deny: Value| json!({ "identifier": "statesync:read", "allow": allow, "deny": deny });
    mock::app(
        builder.build(),
        &[
            json!({ "windows": ["full"], "permissions": ["statesync:default"] }),
            json!({ "windows": ["some"], "permissions": [read(json!(["settings", "cart:*"]), json!(["cart:secret"]))] }),
            json!({ "windows": ["narrowed"], "permissions": ["statesync:default", read(json!([]), json!(["cart:*"]))] }),
            json!({ "windows": ["listless"], "permissions": ["statesync:read"] }),
            json!({ "windows": ["writer"], "permissions": [{ "identifier": "statesync:write", "allow": ["*"] }] }),
            json!({ "windows": ["odd"], "permissions": ["statesync:default", read(json!(["cart **"]), json!([]))] }),
            json!({ "windows": ["broken"], "permissions": [
                "statesync:default", { "identifier": "statesync:write", "allow": ["cart **"] }
            ] }),
            json!({ "windows": ["away"], "permissions": [read(json!(["settings"]), json!([]))],
                    "local": false, "remote": { "urls": ["https://app.example/*"] } }),
        ],
    )
}

fn names(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().unwrap();
    results.iter().map(|result| result["topic"].as_str().unwrap()).collect()
}

#[test]
fn every_window_gets_exactly_what_snapshot_would_give_it_scope_at_every_read() {
    let app = app(builder().first_paint(["*"]));
    for label in ["full", "some", "narrowed", "listless", "writer", "odd", "broken", "away", "stranger"] {
        let window = app.window(label);
        let first = call(&window, "first_paint", json!({}));
        let mut readable = Vec::new();
        let mut refusal = None;
        for topic in TOPICS {
            match call(&window, "snapshot", json!({ "topic": topic })) {
                Ok(snapshot) => readable.push((topic, snapshot)),
                Err(error) if error["kind"] == "unknown-topic" => {}
                Err(error) => refusal = Some(error),
            }
        }
        match (first, refusal) {
            (Ok(answer), None) => {
                assert_eq!(names(&answer).len(), readable.len(), "{label}: {answer}");
                for result in answer["results"].as_array().unwrap() {
                    let of = |(topic, _): &&(&str, Value)| result["topic"] == **topic;
                    let (_, snapshot) =
                        readable.iter().find(of).expect("nothing that snapshot would not give");
                    assert_eq!(
                        (&result["revision"], &result["data"]),
                        (&snapshot["revision"], &snapshot["data"])
                    );
                }
            }
            (Err(error), Some(refusal)) => {
                let (error, refusal) = (error.to_string(), refusal.to_string());
                let same = |text: &str| text.replace("first_paint", "…").replace("snapshot", "…");
                assert_eq!(same(&error), same(&refusal), "{label}");
            }
            (first, refusal) => panic!("{label}: {first:?}, but snapshot: {refusal:?}"),
        }
    }
}

#[test]
fn a_page_from_elsewhere_gets_what_a_capability_for_its_address_allows_and_otherwise_nothing() {
    let app = app(builder().first_paint(["*"]));
    let ask = |label: &str, origin: &str| call_from(&app.window(label), origin, "first_paint", json!({}));
    for (label, origin) in [("full", "https://evil.example"), ("away", "https://evil.example/")] {
        let refused = ask(label, origin).unwrap_err();
        assert!(
            refused.as_str().is_some_and(|text| text.contains("not allowed")),
            "{label} {origin}: {refused}"
        );
    }
    let app = self::app(builder().first_paint(["*"]));
    let window = app.window("away");
    let answer = call_from(&window, "https://app.example/page", "first_paint", json!({})).unwrap();
    assert_eq!(names(&answer), ["settings"]);
    assert!(call(&window, "first_paint", json!({})).is_err(), "its own pages have no capability");
}

#[test]
fn only_chosen_topics_are_answered_and_those_with_the_state_of_this_moment() {
    let app = app(builder().first_paint(["other", "cart:*"]));
    let window = app.window("full");
    let first = || call(&window, "first_paint", json!({})).unwrap();
    assert_eq!(names(&first()), ["other", "cart:1", "cart:secret"]);
    app.app.statesync().topic(OTHER).unwrap().set("</script>".to_owned()).unwrap();
    let answer = first();
    assert_eq!(
        (&answer["results"][0]["revision"], &answer["results"][0]["data"]),
        (&json!("2"), &json!("</script>"))
    );
    let snapshot = call(
        &window,
        "pull",
        json!({ "request": {
        "page": "p", "generation": 1, "seen": 0, "topics": []
    } }),
    );
    assert_eq!(snapshot.unwrap_err()["kind"], "unknown-session", "it made no session");
}

#[test]
fn what_is_too_large_is_left_out() {
    let app = app(builder().first_paint(["*"]).max_first_paint_bytes(1000));
    app.app.statesync().topic(OTHER).unwrap().set("x".repeat(1000)).unwrap();
    let answer = call(&app.window("full"), "first_paint", json!({})).unwrap();
    assert_eq!(names(&answer), ["cart:1", "cart:secret", "settings"]);
    assert!(answer.to_string().len() <= 1000);
}

#[test]
fn an_app_that_chose_nothing_answers_nothing() {
    let app = app(builder());
    assert!(names(&call(&app.window("full"), "first_paint", json!({})).unwrap()).is_empty());
}

#[test]
fn a_persisted_topic_begins_with_what_was_stored() {
    let memory = Memory::new();
    let start = || {
        let topics = builder().persist(OTHER, Persist::new()).persist_in(memory.clone());
        app(topics.first_paint(["other"]))
    };
    let first = start();
    first.app.statesync().topic(OTHER).unwrap().set("stored".to_owned()).unwrap();
    block_on(first.app.statesync().flush()).unwrap();
    let answer = call(&start().window("full"), "first_paint", json!({})).unwrap();
    assert_eq!(answer["results"][0]["data"], "stored");
}
