//! Window x topic x command: what is allowed, what is refused, and that a refusal tells nothing.

mod mock;

use mock::{MockApp, Reply, action, call, patch, pull, set, subscribe};
use serde_json::{Value, json};
use statesync::{StateSyncExt, TopicKey};

const SETTINGS: TopicKey<u32> = TopicKey::new("settings");
const CART: TopicKey<u32> = TopicKey::new("cart:1");
const SECRET: TopicKey<u32> = TopicKey::new("cart:secret");

/// The topics of the matrix; the last one does not exist.
const TOPICS: [&str; 4] = ["settings", "cart:1", "cart:secret", "missing"];

fn app() -> MockApp {
    let mut plugin = statesync::Builder::new().topic(SETTINGS, 1).topic(CART, 2).topic(SECRET, 3);
    for topic in [SETTINGS, CART, SECRET] {
        plugin =
            plugin
                .action(topic.clone(), "add", |n, by: u32| *n += by)
                .action(topic, "clear", |n, _: u32| *n = 0);
    }
    let plugin = plugin.build();
    mock::app(
        plugin,
        &[
            json!({ "windows": ["full"], "permissions": ["statesync:default"] }),
            json!({ "windows": ["reader"], "permissions": [
                { "identifier": "statesync:read", "allow": ["settings", "cart:*"], "deny": ["cart:secret"] }
            ] }),
            json!({ "windows": ["writer-*"], "permissions": [
                { "identifier": "statesync:read", "allow": [{ "topic": "settings" }] },
                { "identifier": "statesync:write", "allow": ["settings", "cart:*"], "deny": ["cart:secret"] }
            ] }),
            json!({ "windows": ["inspector"], "permissions": [
                { "identifier": "statesync:inspect", "allow": ["cart:*"], "deny": ["cart:secret"] }
            ] }),
            json!({ "windows": ["listless"], "permissions": ["statesync:read", "statesync:write"] }),
            json!({ "windows": ["narrowed"], "permissions": [
                "statesync:default", { "identifier": "statesync:read", "deny": ["cart:*"] }
            ] }),
            json!({ "windows": ["broken"], "permissions": [
                "statesync:default", { "identifier": "statesync:write", "allow": ["settings", "cart **"] }
            ] }),
            json!({ "windows": ["actor"], "permissions": [
                { "identifier": "statesync:action",
                  "allow": ["settings", { "topic": "cart:*", "action": "add" }],
                  "deny": ["cart:secret", { "topic": "settings", "action": "clear" }] }
            ] }),
            json!({ "windows": ["misplaced"], "permissions": [
                { "identifier": "statesync:write", "allow": [{ "topic": "cart:*", "action": "add" }] }
            ] }),
            json!({ "windows": ["odd"], "permissions": [
                { "identifier": "statesync:read", "allow": ["settings", { "name": "cart:1" }] }
            ] }),
        ],
    )
}

/// What a window may do: per command, which of [`TOPICS`]. `None` for a command it may not call at all.
struct Rights {
    window: &'static str,
    read: Option<[bool; 4]>,
    write: Option<[bool; 4]>,
}

const MATRIX: [Rights; 7] = [
    Rights { window: "full", read: Some([true, true, true, false]), write: None },
    Rights { window: "reader", read: Some([true, true, false, false]), write: None },
    Rights {
        window: "writer-1",
        read: Some([true, false, false, false]),
        write: Some([true, true, false, false]),
    },
    Rights { window: "inspector", read: None, write: None },
    Rights { window: "listless", read: Some([false; 4]), write: Some([false; 4]) },
    Rights { window: "narrowed", read: Some([true, false, false, false]), write: None },
    Rights { window: "stranger", read: None, write: None },
];

/// Whether the call was answered with the topic; a refusal must be the one kind there is.
fn allowed(reply: Reply, topic: &str) -> bool {
    match reply {
        Ok(answer) => match answer.get("results") {
            Some(results) if results[0].get("error").is_some() => {
                assert_eq!(results[0]["error"]["kind"], "unknown-topic");
                false
            }
            _ => true,
        },
        Err(error) => {
            assert_eq!((&error["kind"], &error["topic"]), (&json!("unknown-topic"), &json!(topic)));
            false
        }
    }
}

/// Whether Tauri's own access control refused the command.
fn shut_out(reply: &Reply) -> bool {
    matches!(reply, Err(Value::String(message)) if message.contains("not allowed"))
}

#[test]
fn every_window_may_do_what_its_capability_says_and_nothing_else() {
    let app = app();
    let mut operation = 0;
    for rights in MATRIX {
        let window = app.window(rights.window);
        for (index, topic) in TOPICS.into_iter().enumerate() {
            let generation = u32::try_from(index).unwrap() + 1;
            let case = format!("{} {topic}", rights.window);
            let subscribed = subscribe(&window, generation, &[topic]);
            let pulled = pull(&window, generation, 0, &[topic]);
            let snapshot = call(&window, "snapshot", json!({ "topic": topic }));
            for (command, reply) in [("subscribe", subscribed), ("pull", pulled), ("snapshot", snapshot)] {
                match rights.read {
                    Some(topics) => assert_eq!(allowed(reply, topic), topics[index], "{case} {command}"),
                    None => assert!(shut_out(&reply), "{case} {command}: {reply:?}"),
                }
            }
            operation += 2;
            let written = set(&window, &operation.to_string(), topic, json!(operation));
            let replace = json!([{ "op": "replace", "path": "", "value": operation }]);
            let patched = patch(&window, &(operation + 1).to_string(), topic, &replace);
            let read = rights.read.is_some_and(|topics| topics[index]);
            for (command, reply, needs) in [("set", written, true), ("patch", patched, read)] {
                match rights.write {
                    Some(topics) => {
                        assert_eq!(allowed(reply, topic), topics[index] && needs, "{case} {command}");
                    }
                    None => assert!(shut_out(&reply), "{case} {command}: {reply:?}"),
                }
            }
            let acted = action(&window, &format!("a{operation}"), topic, "add");
            assert!(shut_out(&acted), "{case} action: {acted:?}");
        }
    }
    let revision = |topic: TopicKey<u32>| app.app.statesync().topic(topic).unwrap().revision().get();
    assert_eq!([revision(SETTINGS), revision(CART), revision(SECRET)], [3, 2, 1]);
}

#[test]
fn an_action_is_allowed_one_by_one() {
    let app = app();
    let window = app.window("actor");
    let mut operation = 0;
    let mut run = |topic: &str, name: &str| {
        operation += 1;
        action(&window, &operation.to_string(), topic, name).map_err(|error| {
            assert_eq!(error["kind"], "unknown-action", "{error}");
            error["message"].as_str().unwrap().replace(topic, "T").replace(name, "A")
        })
    };
    for (topic, name, allowed) in [
        ("settings", "add", true),
        ("settings", "clear", false),
        ("cart:1", "add", true),
        ("cart:1", "clear", false),
        ("cart:secret", "add", false),
        ("missing", "add", false),
    ] {
        assert_eq!(run(topic, name).is_ok(), allowed, "{topic} {name}");
    }
    assert_eq!(run("cart:secret", "add"), run("settings", "subtract"), "a refusal tells nothing");
    assert!(shut_out(&set(&window, "s", "settings", json!(1))));
    let value = |topic: TopicKey<u32>| app.app.statesync().topic(topic).unwrap().get();
    assert_eq!([value(SETTINGS), value(CART), value(SECRET)], [2, 3, 3]);
}

#[test]
fn refusals_do_not_reveal_which_topics_exist() {
    let app = app();
    let reader = app.window("reader");
    let writer = app.window("writer-1");
    let same = |one: Reply, other: Reply| {
        let (one, other) = (format!("{one:?}"), format!("{other:?}"));
        assert_eq!(one.replace("cart:secret", "…"), other.replace("missing", "…"));
    };
    same(subscribe(&reader, 1, &["cart:secret"]), subscribe(&reader, 2, &["missing"]));
    same(pull(&reader, 2, 0, &["cart:secret"]), pull(&reader, 2, 0, &["missing"]));
    same(
        call(&reader, "snapshot", json!({ "topic": "cart:secret" })),
        call(&reader, "snapshot", json!({ "topic": "missing" })),
    );
    same(set(&writer, "1", "cart:secret", json!(1)), set(&writer, "2", "missing", json!(1)));
    same(patch(&writer, "3", "cart:secret", &json!([])), patch(&writer, "4", "missing", &json!([])));
}

#[test]
fn a_window_that_writes_without_reading_learns_nothing() {
    let app = app();
    let (writer, cart) = (app.window("writer-1"), app.app.statesync().topic(CART).unwrap());
    let based = |operation: &str, topic: &str, base: u64| {
        let request = json!({
            "page": "page", "operation": operation, "topic": topic, "base": base.to_string(),
        });
        call(&writer, "set", json!({ "request": request, "value": 5 }))
    };
    let same = |one: Reply, other: Reply| {
        let (one, other) = (format!("{one:?}"), format!("{other:?}"));
        assert_eq!(one.replace("cart:1", "…"), other.replace("missing", "…"));
    };
    let test = json!([{ "op": "test", "path": "", "value": 2 }]);
    same(patch(&writer, "1", "cart:1", &test), patch(&writer, "2", "missing", &test));
    assert_eq!(set(&writer, "3", "cart:1", 4).unwrap()["revision"], "0");
    assert_eq!(cart.get(), 4);
    let current = based("4", "cart:1", cart.revision().get()).unwrap_err();
    assert_eq!(current, based("5", "cart:1", 999).unwrap_err());
    assert_eq!(
        (&current["kind"], &current["revision"], &current["data"]),
        (&json!("conflict"), &json!("0"), &Value::Null)
    );
    // Where it may read, without any session, it hears all of it.
    assert_eq!(set(&writer, "6", "settings", 4).unwrap()["revision"], "2");
    assert_eq!(based("7", "settings", 1).unwrap_err()["revision"], "2");
    assert_eq!(patch(&writer, "8", "settings", &json!([])).unwrap()["revision"], "3");
}

#[test]
fn a_signal_never_names_a_topic_the_window_may_not_read() {
    let app = app();
    let reader = app.window("reader");
    subscribe(&reader, 1, &TOPICS).unwrap();
    let sync = app.app.statesync();
    sync.topic(SECRET).unwrap().set(9).unwrap();
    sync.topic(CART).unwrap().set(9).unwrap();
    mock::wait_for(|| !app.messages.lock().unwrap().is_empty());
    let messages = app.messages.lock().unwrap();
    for (_, _, message) in messages.iter() {
        assert!(!message.to_string().contains("secret"), "{message}");
    }
}

#[test]
fn a_malformed_entry_shuts_its_window_out_and_is_quoted() {
    let app = app();
    for (label, entry) in [("broken", "\"cart **\""), ("odd", "{\"name\":\"cart:1\"}")] {
        let window = app.window(label);
        for reply in [
            subscribe(&window, 1, &["settings"]),
            pull(&window, 1, 0, &["settings"]),
            call(&window, "snapshot", json!({ "topic": "settings" })),
        ] {
            let error = reply.unwrap_err();
            assert_eq!(error["kind"], "bad-scope");
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(entry) && message.contains(label), "{message}");
        }
    }
    let misplaced = set(&app.window("misplaced"), "1", "cart:1", json!(1)).unwrap_err();
    assert_eq!(misplaced["kind"], "bad-scope", "one action is an entry of statesync:action only");
    let error = set(&app.window("broken-not"), "1", "settings", json!(1));
    assert!(shut_out(&error));
    subscribe(&app.window("full"), 1, &["settings"]).unwrap();
    assert_eq!(app.app.statesync().inspect().sessions.len(), 1);
}

#[test]
fn inspect_shows_only_the_topics_of_its_scope_and_is_not_in_the_default() {
    let app = app();
    let full = app.window("full");
    subscribe(&full, 1, &TOPICS).unwrap();
    assert!(shut_out(&call(&full, "inspect", json!({}))));
    let inspection = call(&app.window("inspector"), "inspect", json!({})).unwrap();
    let names = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|t| t["topic"].as_str().unwrap().into()).collect()
    };
    assert_eq!(names(&inspection["topics"]), ["cart:1"]);
    assert_eq!(names(&inspection["sessions"][0]["topics"]), ["cart:1"]);
    assert_eq!(inspection["sessions"][0]["window"], "full");
    assert!(inspection["counters"]["pulls"].as_u64().unwrap() >= 1);
}
