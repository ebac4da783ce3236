//! Writes that are stored before they return.

use crate::{Life, ms};
use statesync_core::persist::{Durability, Failure, Memory, Persist, SaveWhen, StorageErrorKind};
use statesync_core::{TopicKey, TransactionError};

const COUNT: TopicKey<u32> = TopicKey::new("count");
const OTHER: TopicKey<u32> = TopicKey::new("other");
const LOOSE: TopicKey<u32> = TopicKey::new("loose");

#[test]
fn a_durable_write_survives_a_power_cut_at_any_moment_after_it_returned() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let lazy = Persist::new().when(SaveWhen::OnExit).durability(Durability::Unsynced);
    let (count, other) = (app.topic(COUNT, lazy, 0), app.topic(OTHER, immediate(), 0));
    count.set(1).unwrap();
    let revision = count.set_durable(2).unwrap();
    other.set(3).unwrap();
    let updated = other.update(|n| *n += 1).unwrap();
    memory.cut_power();
    let next = Life::in_memory(&memory);
    let (count, other) = (next.topic(COUNT, Persist::new(), 0), next.topic(OTHER, immediate(), 0));
    assert_eq!((count.get(), other.get()), (2, 4));
    assert!(count.revision() > revision && other.revision() > updated);
}

fn immediate() -> Persist<u32> {
    Persist::new().durability(Durability::Immediate)
}

#[test]
fn a_durable_write_that_cannot_be_stored_changes_nothing() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let count = app.topic(COUNT, Persist::new(), 0);
    let before = count.set_durable(1).unwrap();
    memory.fail(Failure::Saves(StorageErrorKind::Full));
    let error = count.set_durable(2).unwrap_err();
    assert_eq!(error.kind(), "storage");
    assert!(error.to_string().contains("\"count\"") && error.to_string().contains("make space"), "{error}");
    assert_eq!(count.update_durable(|n| *n += 1).unwrap_err().kind(), "storage");
    app.registry.poll_saves(ms(0));
    assert_eq!(app.told()[..2], ["save-failed"; 2], "the app hears of it, whoever wrote");
    assert_eq!((count.get(), count.revision()), (1, before));
    count.set(3).unwrap();
    memory.fail(Failure::Never);
    app.registry.flush().unwrap();
    memory.cut_power();
    assert_eq!(Life::in_memory(&memory).topic(COUNT, Persist::new(), 0).get(), 3);
}

#[test]
fn an_older_value_is_never_saved_over_a_durable_one() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let count = app.topic(COUNT, Persist::new(), 0);
    count.set(1).unwrap();
    let revision = count.set_durable(2).unwrap();
    // The first change is still due; by now there is nothing to save.
    app.registry.poll_saves(ms(0));
    app.registry.poll_saves(ms(10_000));
    assert_eq!(memory.record("count").unwrap().revision, revision);
    assert_eq!(memory.saves(), 1);
}

#[test]
fn a_topic_that_is_not_persisted_refuses_durable_writes() {
    let app = Life::in_memory(&Memory::new());
    let loose = app.registry.register(LOOSE, 0).unwrap();
    assert_eq!(loose.set_durable(1).unwrap_err().kind(), "not-persisted");
    assert_eq!(loose.get(), 0);
}

#[test]
fn a_durable_transaction_is_stored_whole_or_changes_nothing() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let (count, other) = (app.topic(COUNT, Persist::new(), 0), app.topic(OTHER, Persist::new(), 0));
    let loose = app.registry.register(LOOSE, 0).unwrap();
    let both = |value| {
        let (count, other) = (&count, &other);
        app.registry.transaction(move |tx| {
            tx.durable();
            tx.set(count, value)?;
            tx.set(other, value)
        })
    };
    both(1).unwrap();
    assert_eq!(memory.saves(), 1, "in one save");
    memory.fail(Failure::Saves(StorageErrorKind::ReadOnly));
    assert!(matches!(both(2), Err(TransactionError::Update(error)) if error.kind() == "storage"));
    memory.fail(Failure::Never);
    assert_eq!((count.get(), other.get()), (1, 1));
    memory.cut_power();
    let next = Life::in_memory(&memory);
    let values = (next.topic(COUNT, Persist::new(), 0).get(), next.topic(OTHER, Persist::new(), 0).get());
    assert_eq!(values, (1, 1));
    let mixed = app.registry.transaction(|tx| {
        tx.durable();
        tx.set(&loose, 1)
    });
    assert!(matches!(mixed, Err(TransactionError::Update(error)) if error.kind() == "not-persisted"));
}

#[test]
fn a_transaction_with_an_immediate_topic_is_durable_in_all_that_is_stored() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let (count, other) = (app.topic(COUNT, Persist::new(), 0), app.topic(OTHER, immediate(), 0));
    let loose = app.registry.register(LOOSE, 0).unwrap();
    app.registry
        .transaction(|tx| {
            tx.set(&count, 1)?;
            tx.set(&other, 1)?;
            tx.set(&loose, 1)
        })
        .unwrap();
    memory.cut_power();
    assert!(memory.record("count").is_some() && memory.record("other").is_some());
    assert_eq!(loose.get(), 1);
}
