//! From one life of the app to the next, when nothing goes wrong.

use crate::{Life, ms};
use statesync_core::persist::{Body, Files, Memory, Persist, SaveWhen, StorageBackend};
use statesync_core::{Revision, TopicFamily, TopicKey};
use std::sync::Arc;

const COUNT: TopicKey<u32> = TopicKey::new("count");
const OTHER: TopicKey<u32> = TopicKey::new("other");
const CART: TopicFamily<u32> = TopicFamily::new("cart:{id}");

#[test]
fn a_value_comes_back_with_a_higher_revision_than_any_that_was_seen() {
    let memory = Memory::new();
    let mut seen = Revision::ZERO;
    for life in 1..=5 {
        let app = Life::in_memory(&memory);
        let count = app.topic(COUNT, Persist::new(), 0);
        assert_eq!(count.get(), life - 1);
        assert!(count.revision() > seen, "{} after {seen}", count.revision());
        count.update(|n| *n += 1).unwrap();
        app.registry.flush().unwrap();
        // A crash: what comes now is seen and never stored.
        for _ in 0..100 {
            seen = count.set(999).unwrap();
        }
    }
}

#[test]
fn an_app_that_ends_in_order_gives_back_the_revisions_it_did_not_use() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let count = app.topic(COUNT, Persist::new(), 0);
    let last = count.set(1).unwrap();
    app.registry.close().unwrap();
    assert_eq!(count.set(2).unwrap_err().kind(), "unreserved");
    assert_eq!(count.set_durable(2).unwrap_err().kind(), "unreserved");
    assert_eq!(memory.record("count").unwrap().revision, last, "and nothing was stored");
    let next = Life::in_memory(&memory).topic(COUNT, Persist::new(), 0);
    assert_eq!((next.get(), next.revision().get()), (1, last.get() + 1));
}

#[test]
fn a_topic_that_was_never_stored_begins_above_the_revisions_of_earlier_lives() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let count = app.topic(COUNT, Persist::new().when(SaveWhen::OnExit), 0);
    let seen = count.set(7).unwrap();
    let next = Life::in_memory(&memory).topic(COUNT, Persist::new(), 0);
    assert_eq!(next.get(), 0, "it was lost with the crash");
    assert!(next.revision() > seen, "and nobody takes it for what was seen");
}

#[test]
fn a_burst_is_one_save_after_a_pause_and_a_steady_stream_is_saved_too() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let when = SaveWhen::Debounced { quiet: ms(100), at_most: ms(1000) };
    let count = app.topic(COUNT, Persist::new().when(when), 0);
    assert_eq!(app.registry.poll_saves(ms(0)), None, "nothing to do");
    for n in 0..1000 {
        count.set(n).unwrap();
    }
    assert_eq!(app.registry.poll_saves(ms(0)), Some(ms(100)));
    assert_eq!(app.registry.poll_saves(ms(50)), Some(ms(100)));
    assert_eq!(app.registry.poll_saves(ms(100)), None);
    assert_eq!((memory.saves(), body(&memory, "count").as_str()), (1, "999"));
    let mut now = 200;
    while memory.saves() == 1 {
        count.update(|n| *n += 1).unwrap();
        let next = app.registry.poll_saves(ms(now));
        now = next.map_or(now, |next| u64::try_from(next.as_millis()).unwrap());
    }
    assert_eq!(now, 1200, "at the latest a second after the first change");
}

fn body(memory: &Memory, topic: &str) -> String {
    match memory.record(topic).expect("it is stored").body {
        Body::Json(json) => json.to_string(),
        Body::Sealed(_) => panic!("not sealed"),
    }
}

#[test]
fn what_is_saved_on_exit_is_saved_by_flush_and_not_before() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let count = app.topic(COUNT, Persist::new().when(SaveWhen::OnExit), 0);
    count.set(1).unwrap();
    assert_eq!(app.registry.poll_saves(ms(0)), None);
    assert_eq!(app.registry.poll_saves(ms(1_000_000)), None);
    assert_eq!(memory.saves(), 0);
    app.registry.flush().unwrap();
    assert_eq!(body(&memory, "count"), "1");
}

#[test]
fn a_value_that_did_not_change_is_not_saved_again() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let count = app.topic(COUNT, Persist::new(), 0);
    app.registry.flush().unwrap();
    assert_eq!(
        memory.saves(),
        0,
        "an initial value is not stored: it may be another one in the next version"
    );
    count.set(1).unwrap();
    app.registry.flush().unwrap();
    app.registry.flush().unwrap();
    assert_eq!(memory.saves(), 1);
    let next = Life::in_memory(&memory);
    let _count = next.topic(COUNT, Persist::new(), 0);
    next.registry.close().unwrap();
    assert_eq!(memory.saves(), 1);
}

#[test]
fn a_transaction_is_stored_as_a_whole() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let quick = Persist::new().when(SaveWhen::Immediately);
    let (count, other) = (app.topic(COUNT, quick, 0), app.topic(OTHER, Persist::new(), 0));
    app.registry
        .transaction(|tx| {
            tx.set(&count, 1)?;
            tx.set(&other, 1)
        })
        .unwrap();
    app.registry.poll_saves(ms(0));
    assert_eq!(memory.saves(), 1, "with the one that is due the other is saved");
    assert_eq!((body(&memory, "count"), body(&memory, "other")), ("1".into(), "1".into()));
}

#[test]
fn members_of_a_family_are_stored_each_for_itself() {
    let memory = Memory::new();
    for life in 0..3 {
        let app = Life::in_memory(&memory);
        app.registry.persist(CART, Persist::new()).unwrap();
        for id in 0..3 {
            let cart = app.registry.register(CART.key(id).unwrap(), id).unwrap();
            assert_eq!(cart.get(), id + life * 10);
            cart.update(|n| *n += 10).unwrap();
        }
        app.registry.close().unwrap();
    }
}

#[test]
fn a_removed_topic_is_stored_and_comes_back_when_it_is_registered_again() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let count = app.topic(COUNT, Persist::new().when(SaveWhen::OnExit), 0);
    count.set(5).unwrap();
    app.registry.remove(&count).unwrap();
    let again = app.registry.register(COUNT, 0).unwrap();
    assert_eq!(again.get(), 5, "also when it was not saved yet");
    assert!(again.revision() > count.revision());
    app.registry.remove(&again).unwrap();
    app.registry.poll_saves(ms(0));
    assert_eq!(body(&memory, "count"), "5", "a removed topic is saved at once");
    assert_eq!(app.registry.register(COUNT, 0).unwrap().get(), 5);
}

#[test]
fn what_is_erased_begins_anew_and_with_a_higher_revision() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let count = app.topic(COUNT, Persist::new(), 0);
    let seen = count.set(5).unwrap();
    app.registry.flush().unwrap();
    assert!(app.registry.erase_stored(count.name()).unwrap());
    assert_eq!(memory.record("count"), None);
    app.registry.flush().unwrap();
    assert_eq!(memory.record("count"), None, "what did not change stays erased");
    let next = Life::in_memory(&memory);
    let count = next.topic(COUNT, Persist::new(), 0);
    assert_eq!(count.get(), 0);
    assert!(count.revision() > seen);
    let other = next.registry.register(OTHER, 0).unwrap();
    assert!(!next.registry.erase_stored(other.name()).unwrap());
}

#[test]
fn deleted_files_are_no_way_back_to_an_old_revision() {
    let dir = tempfile::tempdir().unwrap();
    let files = || Arc::new(Files::in_dir(dir.path()));
    let app = Life::on(files());
    let count = app.topic(COUNT, Persist::new(), 0);
    let seen = count.set(5).unwrap();
    app.registry.close().unwrap();
    drop((app, count));
    // The number alone is gone: the record has it too.
    std::fs::remove_file(dir.path().join("@reserved.json")).unwrap();
    let app = Life::on(files());
    let count = app.topic(COUNT, Persist::new(), 0);
    assert_eq!(count.get(), 5);
    assert!(count.revision() > seen);
    app.registry.close().unwrap();
    let seen = count.revision();
    drop((app, count));
    // The record alone is gone: the number has it.
    std::fs::remove_file(files().path(&COUNT_NAME())).unwrap();
    let _ = std::fs::remove_file(dir.path().join("count.previous.json"));
    let app = Life::on(files());
    let count = app.topic(COUNT, Persist::new(), 0);
    assert_eq!(count.get(), 0);
    assert!(count.revision() > seen);
}

#[allow(non_snake_case)]
fn COUNT_NAME() -> statesync_core::TopicName {
    statesync_core::TopicName::new("count").unwrap()
}

#[test]
fn floats_and_large_integers_come_back_exactly() {
    const NUMBERS: TopicKey<(Vec<f64>, u64, i128)> = TopicKey::new("numbers");
    let memory = Memory::new();
    let numbers = (vec![0.1 + 0.2, 1.0 / 3.0, f64::MIN_POSITIVE, -1.7e308], u64::MAX, i128::MIN);
    let app = Life::in_memory(&memory);
    app.topic(NUMBERS, Persist::new(), (vec![], 0, 0)).set(numbers.clone()).unwrap();
    app.registry.flush().unwrap();
    assert_eq!(Life::in_memory(&memory).topic(NUMBERS, Persist::new(), (vec![], 0, 0)).get(), numbers);
    assert!(memory.load(&statesync_core::TopicName::new("numbers").unwrap()).is_ok());
}
