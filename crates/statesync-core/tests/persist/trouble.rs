//! Storages that cannot be read or written for a while: the app goes on, is told, and loses nothing.

use crate::{Interrupted, Life, ms};
use serde::{Deserialize, Serialize, Serializer};
use statesync_core::persist::{
    Durability, Failure, Memory, Persist, SaveWhen, StorageErrorKind, StorageEvent,
};
use statesync_core::{Topic, TopicKey, TopicName};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

const COUNT: TopicKey<u32> = TopicKey::new("count");

#[test]
fn a_full_disk_stops_no_writer_is_told_of_and_tried_again_until_all_is_saved() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let count = app.topic(COUNT, Persist::new().when(SaveWhen::Immediately), 0);
    memory.fail(Failure::Saves(StorageErrorKind::Full));
    let mut now = Duration::ZERO;
    let mut pauses = Vec::new();
    for n in 1..=12 {
        count.set(n).unwrap();
        let next = app.registry.poll_saves(now).expect("it is tried again");
        pauses.push(u64::try_from(next.checked_sub(now).expect("time goes on").as_millis()).unwrap());
        assert_eq!(app.registry.poll_saves(now), Some(next), "and not before");
        now = next;
    }
    assert_eq!(pauses[..4], [100, 200, 400, 800]);
    assert_eq!(*pauses.last().unwrap(), 30_000);
    assert_eq!(app.told(), ["save-failed"; 12]);
    memory.fail(Failure::Never);
    assert_eq!(app.registry.poll_saves(now), None);
    assert_eq!(app.told(), ["save-recovered"]);
    assert_eq!(Life::in_memory(&memory).topic(COUNT, Persist::new(), 0).get(), 12);
}

#[test]
fn flush_does_not_wait_for_the_pause_and_names_what_is_not_saved() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let count = app.topic(COUNT, Persist::new(), 0);
    memory.fail(Failure::Saves(StorageErrorKind::Denied));
    count.set(1).unwrap();
    let error = app.registry.flush().unwrap_err();
    assert_eq!(error.topics[0].0.as_str(), "count");
    assert!(error.to_string().contains("right to write"), "{error}");
    memory.fail(Failure::Never);
    app.registry.flush().unwrap();
    assert!(memory.record("count").is_some());
}

#[test]
fn a_storage_that_cannot_be_written_at_the_start_gets_its_reservation_later() {
    let memory = Memory::new();
    memory.fail(Failure::Saves(StorageErrorKind::ReadOnly));
    let app = Life::in_memory(&memory);
    let count = app.topic(COUNT, Persist::new(), 0);
    assert_eq!(app.told(), ["save-failed"]);
    let seen = count.set(1).unwrap();
    memory.fail(Failure::Never);
    app.registry.poll_saves(ms(0));
    app.registry.poll_saves(ms(10_000));
    memory.cut_power();
    let next = Life::in_memory(&memory).topic(COUNT, Persist::new(), 0);
    assert_eq!(next.get(), 1);
    assert!(next.revision() > seen);
}

#[test]
fn what_could_not_be_read_is_put_aside_before_anything_is_saved_over_it() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    app.topic(COUNT, Persist::new(), 0).set_durable(7).unwrap();
    memory.fail(Failure::Loads(StorageErrorKind::Denied));
    let app = Life::in_memory(&memory);
    let count = app.topic(COUNT, Persist::new(), 0);
    assert_eq!(app.told(), ["unread"]);
    assert_eq!(count.get(), 0);
    memory.fail(Failure::Never);
    count.set(1).unwrap();
    app.registry.flush().unwrap();
    assert_eq!(memory.aside("count").len(), 1, "the seven is still there");
    assert_eq!(Life::in_memory(&memory).topic(COUNT, Persist::new(), 0).get(), 1);
}

/// A number that has no JSON when it is 13, and does not come back when it is 14.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "u32")]
struct Picky(u32);

impl TryFrom<u32> for Picky {
    type Error = String;
    fn try_from(number: u32) -> Result<Self, String> {
        if number == 14 { Err("not 14".into()) } else { Ok(Self(number)) }
    }
}

impl Serialize for Picky {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            13 => Err(serde::ser::Error::custom("not 13")),
            15 => panic!("not 15"),
            number => serializer.serialize_u32(number),
        }
    }
}

#[test]
fn a_value_that_has_no_json_or_would_not_come_back_is_told_of_and_what_is_stored_stays() {
    const PICKY: TopicKey<Picky> = TopicKey::new("picky");
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let picky = app.topic(PICKY, Persist::new(), Picky(0));
    picky.set_durable(Picky(1)).unwrap();
    for bad in [13, 14, 15] {
        let error = picky.set_durable(Picky(bad)).unwrap_err();
        assert!(error.to_string().contains(&format!("not {bad}")), "{error}");
        picky.set(Picky(bad)).unwrap();
        let error = app.registry.flush().unwrap_err();
        assert!(error.to_string().contains(&format!("not {bad}")), "{error}");
        assert_eq!(app.told(), ["unsavable"]);
    }
    assert_eq!(Life::in_memory(&memory).topic(PICKY, Persist::new(), Picky(0)).get().0, 1);
    picky.set(Picky(2)).unwrap();
    app.registry.flush().unwrap();
    assert_eq!(Life::in_memory(&memory).topic(PICKY, Persist::new(), Picky(0)).get().0, 2);
}

#[test]
fn an_event_says_what_happened_and_what_to_do() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let count = app.topic(COUNT, Persist::new().durability(Durability::Synced), 0);
    memory.fail(Failure::Saves(StorageErrorKind::Full));
    count.set(1).unwrap();
    assert!(app.registry.flush().is_err());
    let events = app.events.lock().unwrap();
    let StorageEvent::SaveFailed { topics, error, failures, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!(topics, &[TopicName::new("count").unwrap()]);
    assert_eq!((error.kind, *failures), (StorageErrorKind::Full, 1));
    assert!(events[0].is_trouble() && events[0].to_string().contains("make space"), "{}", events[0]);
}

#[test]
fn a_serialize_that_writes_a_topic_while_a_durable_write_is_stored_is_refused_and_does_not_wait_for_itself() {
    let app = Life::in_memory(&Memory::new());
    let meddling = app.topic(MEDDLING, Persist::new(), Meddling(None));
    meddling.set_durable(Meddling(Some(meddling.clone()))).unwrap();
    let refused = REFUSED.take();
    assert_eq!(refused, ["reentrant"]);
}

const MEDDLING: TopicKey<Meddling> = TopicKey::new("meddling");

thread_local! {
    static REFUSED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Writes its own topic when it becomes JSON.
#[derive(Clone, Deserialize)]
#[serde(from = "u32")]
struct Meddling(Option<Topic<Meddling>>);

impl From<u32> for Meddling {
    fn from(_: u32) -> Self {
        Self(None)
    }
}

impl Serialize for Meddling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(topic) = &self.0 {
            let refused = topic.set(Meddling(None)).unwrap_err().kind();
            REFUSED.with_borrow_mut(|kinds| kinds.push(refused));
        }
        serializer.serialize_u32(0)
    }
}

#[test]
fn a_topic_that_is_removed_while_a_save_of_it_fails_is_saved_all_the_same() {
    let memory = Memory::new();
    let backend = Arc::new(Interrupted::new(&memory));
    let app = Life::on(backend.clone());
    let count = app.topic(COUNT, Persist::new().when(SaveWhen::Immediately), 0);
    count.set(7).unwrap();
    let (registry, topic) = (app.registry.clone(), count.clone());
    backend.at_next_save(move || {
        registry.remove(&topic).unwrap();
        Err(StorageErrorKind::Full)
    });
    let next = app.registry.poll_saves(ms(0)).expect("it is tried again");
    assert!(memory.record("count").is_none());
    app.registry.poll_saves(next);
    assert_eq!(Life::in_memory(&memory).topic(COUNT, Persist::new(), 0).get(), 7);
}

#[test]
fn once_the_saver_has_ended_flush_stores_what_there_is_and_says_so_and_so_does_every_write() {
    const PLAIN: TopicKey<u32> = TopicKey::new("plain");
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let count = app.topic(COUNT, Persist::new(), 0);
    let plain = app.registry.register(PLAIN, 0).unwrap();
    count.set(1).unwrap();
    app.registry.saver_ended("it panicked: no");
    app.registry.saver_ended("and again");
    let error = app.registry.flush().unwrap_err();
    assert_eq!((error.kind(), &error.topics[..]), ("saver-ended", &[][..]));
    assert_eq!(error.to_string(), "the thread that saves has ended, restart the app: it panicked: no");
    for error in [count.set(2), count.set_durable(2), count.update(|n| *n += 1)] {
        let error = error.unwrap_err();
        assert_eq!(error.kind(), "saver-ended");
        assert!(
            error.to_string().starts_with("topic \"count\" cannot change: the thread that saves"),
            "{error}"
        );
    }
    let error = app.registry.transaction(|tx| {
        tx.set(&plain, 1)?;
        tx.set(&count, 2)
    });
    assert_eq!(error.unwrap_err().kind(), "saver-ended");
    plain.set(3).unwrap();
    assert_eq!((count.get(), plain.get()), (1, 3), "the others go on");
    memory.fail(Failure::Saves(StorageErrorKind::Full));
    app.registry.remove(&count).unwrap();
    app.registry.register(COUNT, 0).unwrap().set(1).unwrap_err();
    assert_eq!(Life::in_memory(&memory).topic(COUNT, Persist::new(), 0).get(), 1);
}
