//! What is left in memory of topics that are removed: nothing, once it is saved.

use crate::{Interrupted, Life, ms};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use statesync_core::persist::{
    Cipher, CipherError, Durability, Failure, Memory, Persist, SaveWhen, StorageErrorKind, StorageEvent,
};
use statesync_core::{TopicFamily, TopicKey, TopicName};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const TESTS: usize = 9;
static LIVE: [AtomicUsize; TESTS] = [const { AtomicUsize::new(0) }; TESTS];

/// A value that is counted while it is in memory, for the test of this number.
struct Live<const TEST: usize>(u32);

impl<const TEST: usize> Live<TEST> {
    fn new(number: u32) -> Self {
        LIVE[TEST].fetch_add(1, Ordering::SeqCst);
        Self(number)
    }

    fn count() -> usize {
        LIVE[TEST].load(Ordering::SeqCst)
    }
}

impl<const TEST: usize> Drop for Live<TEST> {
    fn drop(&mut self) {
        LIVE[TEST].fetch_sub(1, Ordering::SeqCst);
    }
}

impl<const TEST: usize> Clone for Live<TEST> {
    fn clone(&self) -> Self {
        Self::new(self.0)
    }
}

impl<const TEST: usize> Serialize for Live<TEST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 == UNSAVABLE { Err(serde::ser::Error::custom("no")) } else { self.0.serialize(serializer) }
    }
}

impl<'de, const TEST: usize> Deserialize<'de> for Live<TEST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u32::deserialize(deserializer).map(Self::new)
    }
}

/// The number that has no JSON.
const UNSAVABLE: u32 = 666;

/// Encrypts nothing, and fails on command.
#[derive(Clone, Default)]
struct Plain(Arc<AtomicUsize>);

const FAILS: usize = 1;
const PANICS: usize = 2;

impl Cipher for Plain {
    fn seal(&self, plain: &[u8], _: &[u8]) -> Result<Vec<u8>, CipherError> {
        match self.0.load(Ordering::SeqCst) {
            FAILS => Err(CipherError("no key".into())),
            PANICS => panic!("no key at all"),
            _ => Ok(plain.to_vec()),
        }
    }
    fn open(&self, sealed: &[u8], _: &[u8]) -> Result<Vec<u8>, CipherError> {
        Ok(sealed.to_vec())
    }
}

#[test]
fn register_save_remove_in_a_loop_leaves_no_value_behind() {
    const ITEM: TopicFamily<Live<0>> = TopicFamily::new("item:{id}");
    let ways: [fn() -> Persist<Live<0>>; 5] = [
        || Persist::new().when(SaveWhen::Immediately),
        Persist::new,
        || Persist::new().when(SaveWhen::OnExit),
        || Persist::new().durability(Durability::Immediate),
        || Persist::new().encrypted_by(Plain::default()),
    ];
    for way in ways {
        let memory = Memory::new();
        let app = Life::in_memory(&memory);
        app.registry.persist(ITEM, way()).unwrap();
        for id in 0..50 {
            let item = app.registry.register(ITEM.key(id).unwrap(), Live::new(0)).unwrap();
            item.update(|value| value.0 += 1).unwrap();
            // Saved before it is removed, and only afterwards.
            if id % 2 == 0 {
                app.registry.flush().unwrap();
            }
            app.registry.remove(item).unwrap();
            app.registry.poll_saves(ms(0));
            assert_eq!(Live::<0>::count(), 0, "after {id}");
        }
        assert!(app.registry.inspect().topics.is_empty());
        assert!(memory.record("item:49").is_some());
    }
}

#[test]
fn a_handle_of_a_removed_topic_keeps_the_last_value_and_no_other() {
    const ITEM: TopicKey<Live<1>> = TopicKey::new("item");
    let app = Life::in_memory(&Memory::new());
    let item = app.topic(ITEM, Persist::new(), Live::new(0));
    let watch = item.watch();
    for number in 1..10 {
        item.set(Live::new(number)).unwrap();
    }
    app.registry.flush().unwrap();
    app.registry.remove(&item).unwrap();
    assert_eq!((Live::<1>::count(), item.read(|value| value.0)), (1, 9));
    drop(item);
    assert_eq!(Live::<1>::count(), 1, "the watch has it");
    drop(watch);
    assert_eq!(Live::<1>::count(), 0);
}

#[test]
fn what_was_removed_before_it_could_be_saved_is_kept_until_it_is() {
    const ITEM: TopicKey<Live<2>> = TopicKey::new("item");
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let item = app.topic(ITEM, Persist::new().when(SaveWhen::Immediately), Live::new(0));
    item.set(Live::new(7)).unwrap();
    memory.fail(Failure::Saves(StorageErrorKind::Full));
    app.registry.remove(item).unwrap();
    let again = app.registry.poll_saves(ms(0)).expect("it is tried again");
    assert_eq!(Live::<2>::count(), 1);
    memory.fail(Failure::Never);
    app.registry.poll_saves(again);
    assert_eq!(Live::<2>::count(), 0);
    assert!(memory.record("item").is_some());
}

#[test]
fn what_is_changed_and_removed_while_its_earlier_value_is_saved_is_saved_too() {
    const ITEM: TopicKey<Live<3>> = TopicKey::new("item");
    let memory = Memory::new();
    let backend = Arc::new(Interrupted::new(&memory));
    let app = Life::on(backend.clone());
    let item = app.topic(ITEM, Persist::new().when(SaveWhen::Immediately), Live::new(0));
    item.set(Live::new(1)).unwrap();
    let registry = app.registry.clone();
    backend.at_next_save(move || {
        item.set(Live::new(2)).unwrap();
        registry.remove(item).unwrap();
        Ok(())
    });
    app.registry.poll_saves(ms(0));
    app.registry.poll_saves(ms(0));
    assert_eq!(Live::<3>::count(), 0);
    let next = Life::in_memory(&memory).topic(ITEM, Persist::new(), Live::new(0));
    assert_eq!(next.read(|value| value.0), 2);
}

#[test]
fn a_removed_value_that_cannot_be_stored_is_told_once_and_let_go() {
    const ITEM: TopicKey<Live<4>> = TopicKey::new("item");
    let app = Life::in_memory(&Memory::new());
    let item = app.topic(ITEM, Persist::new(), Live::new(0));
    item.set(Live::new(UNSAVABLE)).unwrap();
    app.registry.remove(item).unwrap();
    let error = app.registry.flush().unwrap_err();
    assert_eq!((error.topics.len(), error.topics[0].0.as_str()), (1, "item"));
    assert_eq!((app.told(), Live::<4>::count()), (vec!["unsavable"], 0));
    app.registry.flush().unwrap();
}

#[test]
fn a_removed_value_whose_record_has_to_stay_or_was_erased_is_let_go() {
    const ITEM: TopicKey<Live<5>> = TopicKey::new("item");
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    app.topic(ITEM, Persist::new().schema(2), Live::new(0)).set(Live::new(1)).unwrap();
    app.registry.flush().unwrap();
    drop(app);
    let app = Life::in_memory(&memory);
    let item = app.topic(ITEM, Persist::new(), Live::new(0));
    assert!(matches!(app.events.lock().unwrap()[..], [StorageEvent::Held { .. }]));
    item.set(Live::new(2)).unwrap();
    app.registry.remove(item).unwrap();
    assert_eq!(Live::<5>::count(), 0);
    app.registry.erase_stored(&TopicName::new("item").unwrap()).unwrap();
    let item = app.registry.register(ITEM, Live::new(0)).unwrap();
    item.set(Live::new(3)).unwrap();
    app.registry.remove(item).unwrap();
    assert_eq!(Live::<5>::count(), 1);
    app.registry.erase_stored(&TopicName::new("item").unwrap()).unwrap();
    assert_eq!(Live::<5>::count(), 0);
}

#[test]
fn with_the_registry_and_its_handles_every_value_is_gone() {
    const ITEM: TopicFamily<Live<6>> = TopicFamily::new("item:{id}");
    const PLAIN: TopicKey<Live<6>> = TopicKey::new("plain");
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    app.registry.persist(ITEM, Persist::new()).unwrap();
    app.registry.action(PLAIN, "grow", |value: &mut Live<6>, ()| value.0 += 1).unwrap();
    let plain = app.registry.register(PLAIN, Live::new(0)).unwrap();
    let [removed, unsaved, saved] =
        [1, 2, 3].map(|id| app.registry.register(ITEM.key(id).unwrap(), Live::new(0)).unwrap());
    saved.set(Live::new(1)).unwrap();
    app.registry.flush().unwrap();
    memory.fail(Failure::Saves(StorageErrorKind::Full));
    removed.set(Live::new(1)).unwrap();
    unsaved.set(Live::new(1)).unwrap();
    app.registry.remove(&removed).unwrap();
    app.registry.flush().unwrap_err();
    assert_eq!(Live::<6>::count(), 4);
    drop((app, removed, unsaved, saved));
    assert_eq!(Live::<6>::count(), 4, "one handle is left, and with it the registry");
    drop(plain);
    assert_eq!(Live::<6>::count(), 0);
}

#[test]
fn a_topic_that_is_registered_again_takes_what_the_removed_one_left() {
    const ITEM: TopicKey<Live<7>> = TopicKey::new("item");
    let app = Life::in_memory(&Memory::new());
    let mut item = app.topic(ITEM, Persist::new(), Live::new(0));
    for number in 1..50 {
        item.update(|value| value.0 += 1).unwrap();
        app.registry.remove(item).unwrap();
        item = app.registry.register(ITEM, Live::new(0)).unwrap();
        assert_eq!((item.read(|value| value.0), Live::<7>::count()), (number, 1));
    }
}

#[test]
fn what_a_cipher_could_not_seal_is_kept_and_tried_again_also_after_a_panic() {
    const ITEM: TopicKey<Live<8>> = TopicKey::new("item");
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    let cipher = Plain::default();
    let item = app.topic(ITEM, Persist::new().encrypted_by(cipher.clone()), Live::new(0));
    item.set(Live::new(7)).unwrap();
    app.registry.remove(item).unwrap();
    for (how, says) in [(FAILS, "no key"), (PANICS, "panicked: no key at all")] {
        cipher.0.store(how, Ordering::SeqCst);
        let error = app.registry.flush().unwrap_err();
        assert!(error.topics.len() == 1 && error.to_string().contains(says), "{error}");
        assert_eq!((app.told(), Live::<8>::count()), (vec!["save-failed"], 1));
    }
    cipher.0.store(0, Ordering::SeqCst);
    app.registry.poll_saves(ms(0));
    assert_eq!((app.told(), Live::<8>::count()), (vec!["save-recovered"], 0));
    assert!(memory.record("item").is_some());
}
