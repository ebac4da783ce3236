//! Persisted topics from the app's side: declared in the builder, saved by a thread, flushed at the end.

mod mock;

use serde_json::json;
use statesync::storage::{Failure, Files, Memory, StorageErrorKind};
use statesync::{Builder, Durability, Persist, SaveWhen, StateSyncExt, TopicFamily, TopicKey};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tauri::async_runtime::block_on;
use tauri::{Manager, RunEvent};

const COUNT: TopicKey<u32> = TopicKey::new("count");
const LATER: TopicKey<u32> = TopicKey::new("later");
const CART: TopicFamily<u32> = TopicFamily::new("cart:{id}");

fn app(builder: Builder) -> mock::MockApp {
    let permissions = json!(["statesync:default", { "identifier": "statesync:write", "allow": ["*"] }]);
    mock::app(builder.build(), &[json!({ "windows": ["*"], "permissions": permissions })])
}

fn count(options: Persist<u32>) -> Builder {
    Builder::new().topic(COUNT, 0).persist(COUNT, options)
}

fn value_in(memory: &Memory) -> u32 {
    app(count(Persist::new()).persist_in(memory.clone())).app.statesync().topic(COUNT).unwrap().get()
}

/// Closes the last window, as a window manager does, and runs the event loop to its end.
fn end(app: mock::MockApp) {
    let window = app.window("main");
    let ended = Arc::new(Mutex::new(false));
    let seen = ended.clone();
    app.app.run_return(move |_, event| match event {
        RunEvent::Ready => window.close().unwrap(),
        RunEvent::Exit => *seen.lock().unwrap() = true,
        _ => {}
    });
    assert!(*ended.lock().unwrap(), "the loop says that the app ends");
}

#[test]
fn flush_resolves_when_everything_is_stored_and_rejects_while_it_cannot_be() {
    let memory = Memory::new();
    let app = app(count(Persist::new().when(SaveWhen::OnExit)).persist_in(memory.clone()));
    let sync = app.app.statesync();
    sync.topic(COUNT).unwrap().set(5).unwrap();
    memory.fail(Failure::Saves(StorageErrorKind::Full));
    let error = block_on(sync.flush()).unwrap_err();
    assert_eq!((error.kind(), error.topics[0].0.as_str()), ("not-saved", "count"));
    memory.fail(Failure::Never);
    block_on(sync.flush()).unwrap();
    assert_eq!(value_in(&memory), 5);
}

#[test]
fn a_change_is_saved_by_itself_after_a_while() {
    let memory = Memory::new();
    let app = app(count(Persist::new().when(SaveWhen::Immediately)).persist_in(memory.clone()));
    app.app.statesync().topic(COUNT).unwrap().set(5).unwrap();
    mock::wait_for(|| memory.saves() > 0);
    assert_eq!(value_in(&memory), 5);
}

#[test]
fn the_end_of_the_app_saves_what_waits() {
    let memory = Memory::new();
    let app = app(count(Persist::new().when(SaveWhen::OnExit)).persist_in(memory.clone()));
    app.app.statesync().topic(COUNT).unwrap().set(5).unwrap();
    end(app);
    assert_eq!(memory.saves(), 1);
    assert_eq!(value_in(&memory), 5);
}

#[test]
fn a_restart_on_the_main_thread_saves_what_waits() {
    let memory = Memory::new();
    let app = app(count(Persist::new().when(SaveWhen::OnExit)).persist_in(memory.clone()));
    app.app.statesync().topic(COUNT).unwrap().set(5).unwrap();
    // All that `restart` does there before the process is replaced.
    app.app.cleanup_before_exit();
    assert_eq!(memory.saves(), 1);
}

#[test]
fn the_end_of_the_app_waits_for_a_bounded_time_only() {
    let memory = Memory::new();
    let builder = count(Persist::new().when(SaveWhen::OnExit)).persist_in(memory.clone());
    let app = app(builder.save_on_exit_within(Duration::ZERO));
    app.app.statesync().topic(COUNT).unwrap().set(5).unwrap();
    memory.fail(Failure::Saves(StorageErrorKind::Full));
    end(app);
    assert_eq!(memory.saves(), 0);
}

#[test]
fn what_a_window_writes_to_an_immediate_topic_is_stored_when_it_is_answered() {
    let memory = Memory::new();
    let app = app(count(Persist::new().durability(Durability::Immediate)).persist_in(memory.clone()));
    let window = app.window("main");
    mock::set(&window, "1", "count", 7).unwrap();
    memory.cut_power();
    assert!(memory.record("count").is_some());
    memory.fail(Failure::Saves(StorageErrorKind::ReadOnly));
    let error = mock::set(&window, "2", "count", 8).unwrap_err();
    assert_eq!((&error["kind"], &error["topic"]), (&json!("storage"), &json!("count")));
    assert!(!error.to_string().contains("memory"), "a page does not learn where it is stored: {error}");
    assert_eq!(app.app.statesync().topic(COUNT).unwrap().get(), 7);
}

#[test]
fn topics_registered_at_run_time_and_members_of_a_family_come_back() {
    let memory = Memory::new();
    for life in 0..2 {
        let builder = Builder::new().declare(LATER).family(CART).persist_in(memory.clone());
        let app = app(builder.persist(LATER, Persist::new()).persist(CART, Persist::new()));
        let sync = app.app.statesync();
        for key in [LATER, CART.key(7).unwrap()] {
            let topic = sync.register(key, 0).unwrap();
            assert_eq!(topic.get(), life * 5);
            topic.set(5).unwrap();
        }
        sync.flush_blocking().unwrap();
    }
}

#[test]
fn what_is_persisted_has_to_be_declared_and_of_the_same_type() {
    const WRONG: TopicKey<String> = TopicKey::new("count");
    let refused = |builder: Builder, words: &str| {
        let error = tauri::test::mock_builder()
            .plugin(builder.persist_in(Memory::new()).build())
            .build(tauri::test::mock_context(tauri::test::noop_assets()))
            .map(drop)
            .unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    };
    refused(
        Builder::new().persist(COUNT, Persist::new()),
        "\"count\" is to be persisted and is not declared",
    );
    refused(Builder::new().topic(COUNT, 0).persist(WRONG, Persist::new()), "is declared as u32");
    refused(count(Persist::new()).persist(COUNT, Persist::new()), "persisted already");
    refused(count(Persist::new().schema(0)), "first schema version is 1");
}

#[test]
fn the_app_hears_of_trouble() {
    let memory = Memory::new();
    memory.fail(Failure::Loads(StorageErrorKind::Denied));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = heard.clone();
    let builder = count(Persist::new()).persist_in(memory);
    let _app = app(builder.on_storage_event(move |event| ear.lock().unwrap().push(event.kind())));
    assert_eq!(*heard.lock().unwrap(), ["unread"]);
}

#[test]
fn files_are_in_the_apps_data_directory_unless_said_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    let app = app(count(Persist::new()).persist_in(Files::in_dir(dir.path())));
    app.app.statesync().topic(COUNT).unwrap().set_durable(1).unwrap();
    assert!(dir.path().join("count.json").exists());
    assert!(app.app.path().app_data_dir().is_ok(), "there is one");
}

#[test]
fn a_page_that_closes_every_resource_of_the_app_ends_nothing() {
    let memory = Memory::new();
    let app = app(count(Persist::new().when(SaveWhen::OnExit)).persist_in(memory.clone()));
    let numbers = || app.app.resources_table().names().map(|(number, _)| number).collect::<Vec<_>>();
    let before = numbers();
    for _ in 0..3 {
        for number in numbers() {
            // What `plugin:resources|close` comes to in the end.
            app.app.resources_table().close(number).unwrap();
        }
        mock::wait_for(|| numbers().len() == before.len());
    }
    app.app.statesync().topic(COUNT).unwrap().set(5).unwrap();
    assert_eq!(memory.saves(), 0);
    app.app.cleanup_before_exit();
    assert_eq!(memory.saves(), 1);
}

#[test]
fn a_page_that_closes_a_resource_just_before_the_app_ends_loses_nothing() {
    let memory = Memory::new();
    let app = app(count(Persist::new().when(SaveWhen::OnExit)).persist_in(memory.clone()));
    app.app.statesync().topic(COUNT).unwrap().set(5).unwrap();
    let numbers: Vec<_> = app.app.resources_table().names().map(|(number, _)| number).collect();
    for number in numbers {
        app.app.resources_table().close(number).unwrap();
    }
    end(app);
    assert_eq!(memory.saves(), 1);
}

#[test]
fn an_app_whose_callback_panics_is_saved_and_called_again() {
    let memory = Memory::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = heard.clone();
    let builder = count(Persist::new().when(SaveWhen::Immediately)).persist_in(memory.clone());
    let app = app(builder.on_storage_event(move |event| {
        ear.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(event.kind());
        panic!("it wants no news");
    }));
    let count = app.app.statesync().topic(COUNT).unwrap();
    memory.fail(Failure::Saves(StorageErrorKind::Full));
    count.set(5).unwrap();
    let told = || heard.lock().unwrap_or_else(std::sync::PoisonError::into_inner).len();
    mock::wait_for(|| told() >= 2);
    memory.fail(Failure::Never);
    mock::wait_for(|| memory.saves() == 1);
    count.set(6).unwrap();
    end(app);
    assert_eq!(value_in(&memory), 6);
}

#[test]
fn a_callback_that_follows_a_topic_and_panics_is_called_with_the_next_value() {
    let app = app(Builder::new().topic(COUNT, 0));
    let sync = app.app.statesync();
    let seen = Arc::new(Mutex::new(0));
    let last = seen.clone();
    let followed = sync.on_change(COUNT, move |count, _| {
        *last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = *count;
        assert_ne!(*count, 1, "it does not like this one");
    });
    let followed = followed.unwrap();
    let is = |value| *seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner) == value;
    sync.topic(COUNT).unwrap().set(1).unwrap();
    mock::wait_for(|| is(1));
    sync.topic(COUNT).unwrap().set(2).unwrap();
    mock::wait_for(|| is(2));
    drop(followed);
}
