//! Topics from the app's side: handles in commands and threads, transactions, callbacks, removal.

#![allow(clippy::needless_pass_by_value, reason = "commands take their arguments by value")]

mod mock;

use mock::{pull, subscribe};
use serde_json::{Value, json};
use statesync::{Builder, Injected, StateSync, StateSyncExt, TopicFamily, TopicKey};
use std::sync::{Arc, Mutex};
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder, mock_context, noop_assets};
use tauri::webview::InvokeRequest;
use tauri::{State, WebviewWindowBuilder};

const COUNT: TopicKey<u32> = TopicKey::new("count");
const TOTAL: TopicKey<u64> = TopicKey::new("total");
const OTHER: TopicKey<u64> = TopicKey::new("other");
const ROOM: TopicFamily<String> = TopicFamily::new("room:{id}");

fn app(builder: Builder) -> mock::MockApp {
    mock::app(builder.build(), &[json!({ "windows": ["*"], "permissions": ["statesync:default"] })])
}

#[tauri::command]
fn bump(count: Injected<u32>, by: u32) -> Result<u32, String> {
    count.update(|count| *count += by).map_err(|error| error.to_string())?;
    Ok(count.get())
}

/// Two topics have this type: the argument's name says which.
#[tauri::command]
fn add(total: Injected<u64>) -> Result<(), String> {
    total.update(|total| *total += 1).map(drop).map_err(|error| error.to_string())
}

#[tauri::command]
fn ambiguous(which: Injected<u64>) -> u64 {
    which.get()
}

#[tauri::command]
fn missing(text: Injected<String>) -> String {
    text.get()
}

#[tauri::command]
async fn by_state(sync: State<'_, StateSync<MockRuntime>>) -> Result<u32, String> {
    Ok(sync.topic(COUNT).map_err(|error| error.to_string())?.get())
}

#[test]
fn a_command_gets_its_topic_injected_or_an_error_that_says_why_not() {
    let plugin = Builder::new().topic(COUNT, 1).topic(TOTAL, 0).topic(OTHER, 0).build();
    let app = mock_builder()
        .plugin(plugin)
        .invoke_handler(tauri::generate_handler![bump, add, ambiguous, missing, by_state])
        .build(mock_context(noop_assets()))
        .unwrap();
    let window = WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default()).build().unwrap();
    let call = |command: &str, args: Value| -> Result<Value, Value> {
        let request = InvokeRequest {
            cmd: command.into(),
            callback: CallbackFn(0),
            error: CallbackFn(1),
            url: if cfg!(windows) { "http://tauri.localhost" } else { "tauri://localhost" }.parse().unwrap(),
            body: InvokeBody::Json(args),
            headers: tauri::http::HeaderMap::default(),
            invoke_key: INVOKE_KEY.into(),
        };
        get_ipc_response(&window, request).map(|body| body.deserialize().unwrap())
    };
    assert_eq!(call("bump", json!({ "by": 4 })), Ok(json!(5)));
    assert_eq!(call("by_state", json!({})), Ok(json!(5)));
    assert_eq!(call("add", json!({})), Ok(Value::Null));
    let value = |key: TopicKey<u64>| app.statesync().topic(key).unwrap().get();
    assert_eq!((value(TOTAL), value(OTHER)), (1, 0));
    let error = call("ambiguous", json!({})).unwrap_err().to_string();
    assert!(error.contains("which") && error.contains("there are 2"), "{error}");
    let error = call("missing", json!({})).unwrap_err().to_string();
    assert!(error.contains("register it first"), "{error}");
}

#[test]
fn a_callback_gets_the_newest_value_and_may_write_other_topics() {
    let app = app(Builder::new().topic(COUNT, 0).topic(TOTAL, 0));
    let sync = app.app.statesync();
    let (count, total) = (sync.topic(COUNT).unwrap(), sync.topic(TOTAL).unwrap());
    let follower = total.clone();
    let subscription = sync
        .on_change(COUNT, move |count, _| {
            follower.set(u64::from(*count) * 10).unwrap();
        })
        .unwrap();
    for _ in 0..100 {
        count.update(|n| *n += 1).unwrap();
    }
    mock::wait_for(|| total.get() == 1000);
    assert!(total.revision().get() <= 101, "commits that come together are one call");
    drop(subscription);
}

#[test]
fn handles_work_in_threads_and_tasks() {
    let app = app(Builder::new().topic(COUNT, 0));
    let count = app.app.statesync().topic(COUNT).unwrap();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let count = count.clone();
            std::thread::spawn(move || {
                for _ in 0..100 {
                    count.update(|n| *n += 1).unwrap();
                }
            })
        })
        .collect();
    let task = count.clone();
    let task = tauri::async_runtime::spawn(async move {
        let mut watch = task.watch();
        while watch.get() < 400 {
            watch.changed().await.unwrap();
        }
    });
    for thread in threads {
        thread.join().unwrap();
    }
    tauri::async_runtime::block_on(task).unwrap();
    assert_eq!(count.get(), 400);
}

#[test]
fn a_transaction_is_one_signal_and_one_cut_for_a_window() {
    let app = app(Builder::new().topic(COUNT, 0).topic(TOTAL, 0));
    let window = app.window("main");
    subscribe(&window, 1, &["count", "total"]).unwrap();
    app.app
        .statesync()
        .transaction(|tx| {
            tx.update(COUNT, |count| *count += 1)?;
            tx.update(TOTAL, |total| *total += 10)
        })
        .unwrap();
    mock::wait_for(|| !app.messages.lock().unwrap().is_empty());
    assert_eq!(app.messages.lock().unwrap()[0].2["topics"].as_array().unwrap().len(), 2);
    let answer = pull(&window, 1, 1, &["count", "total"]).unwrap();
    assert_eq!((&answer["results"][0]["data"], &answer["results"][1]["data"]), (&json!(1), &json!(10)));
}

#[test]
fn a_member_of_a_family_comes_and_goes() {
    let app = app(Builder::new().family(ROOM));
    let window = app.window("main");
    subscribe(&window, 1, &["room:7"]).unwrap();
    let key = ROOM.key(7).unwrap();
    let room = app.app.statesync().register(key.clone(), "hall".into()).unwrap();
    mock::wait_for(|| !app.messages.lock().unwrap().is_empty());
    assert_eq!(pull(&window, 1, 1, &["room:7"]).unwrap()["results"][0]["data"], "hall");
    app.app.statesync().remove(&key).unwrap();
    mock::wait_for(|| app.messages.lock().unwrap().len() == 2);
    let answer = pull(&window, 1, 2, &["room:7"]).unwrap();
    assert_eq!(answer["results"][0]["error"]["kind"], "unknown-topic");
    assert!(room.is_removed());
    let error = app.app.statesync().topic(&key).unwrap_err();
    assert!(error.to_string().contains("\"room:7\" is not registered (any more)"), "{error}");
    let heard = Arc::new(Mutex::new(0));
    let inbox = heard.clone();
    assert!(app.app.statesync().on_change(&key, move |_, _| *inbox.lock().unwrap() += 1).is_err());
}
