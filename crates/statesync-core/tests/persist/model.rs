//! Random lives: writes of every kind, saves, failures, power cuts and restarts, against what was acknowledged.

use crate::Life;
use proptest::prelude::*;
use statesync_core::persist::{Durability, Failure, Memory, Persist, SaveWhen, StorageErrorKind};
use statesync_core::{Topic, TopicKey};
use std::time::Duration;

const KEYS: [TopicKey<u64>; 3] = [TopicKey::new("a"), TopicKey::new("b"), TopicKey::new("c")];

#[derive(Clone, Debug)]
enum Step {
    Set(usize),
    SetDurable(usize),
    /// Both topics, in one transaction.
    Transaction(usize, usize),
    Poll(u64),
    Flush,
    Fail(bool),
    /// The process ends; with a power cut, or in order.
    Crash,
    CutPower,
    Close,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let topic = 0..KEYS.len();
    prop::collection::vec(
        prop_oneof![
            6 => topic.clone().prop_map(Step::Set),
            3 => topic.clone().prop_map(Step::SetDurable),
            2 => (topic.clone(), topic).prop_map(|(a, b)| Step::Transaction(a, b)),
            3 => (0..3000_u64).prop_map(Step::Poll),
            2 => Just(Step::Flush),
            2 => any::<bool>().prop_map(Step::Fail),
            1 => Just(Step::Crash),
            1 => Just(Step::CutPower),
            1 => Just(Step::Close),
        ],
        1..60,
    )
}

fn options(topic: usize) -> Persist<u64> {
    match topic {
        0 => Persist::new(),
        1 => Persist::new().durability(Durability::Immediate),
        _ => Persist::new().when(SaveWhen::OnExit).durability(Durability::Unsynced),
    }
}

fn begin(memory: &Memory) -> (Life, Vec<Topic<u64>>) {
    let app = Life::in_memory(memory);
    let topics = KEYS.into_iter().enumerate().map(|(place, key)| app.topic(key, options(place), 0)).collect();
    (app, topics)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn nothing_acknowledged_as_stored_is_lost_and_no_revision_stands_for_two_values(steps in steps()) {
        let memory = Memory::new();
        let (mut app, mut topics) = begin(&memory);
        let mut now = Duration::ZERO;
        let mut value = 0;
        // By topic: the last value acknowledged as stored, everything written since, and the highest revision seen.
        let mut stored = [0_u64; 3];
        let mut since: [Vec<u64>; 3] = Default::default();
        let mut highest = [0_u64; 3];
        for step in steps {
            value += 1;
            match step {
                Step::Set(place) => {
                    if topics[place].set(value).is_ok() {
                        since[place].push(value);
                        if place == 1 { (stored[1], since[1]) = (value, vec![]); }
                    }
                }
                Step::SetDurable(place) => {
                    if topics[place].set_durable(value).is_ok() {
                        (stored[place], since[place]) = (value, vec![]);
                    }
                }
                Step::Transaction(a, b) => {
                    let (one, other) = (&topics[a], &topics[b]);
                    let done = app.registry.transaction(|tx| { tx.set(one, value)?; tx.set(other, value) });
                    if done.is_ok() {
                        for place in [a, b] {
                            since[place].push(value);
                            if a == 1 || b == 1 { (stored[place], since[place]) = (value, vec![]); }
                        }
                    }
                }
                Step::Poll(ms) => {
                    now += Duration::from_millis(ms);
                    app.registry.poll_saves(now);
                }
                Step::Flush => {
                    if app.registry.flush().is_ok() {
                        for place in [0, 1] {
                            if let Some(last) = since[place].pop() { (stored[place], since[place]) = (last, vec![]); }
                        }
                    }
                }
                Step::Fail(fails) => memory.fail(if fails { Failure::Saves(StorageErrorKind::Full) } else { Failure::Never }),
                Step::Crash | Step::CutPower | Step::Close => {
                    if matches!(step, Step::Close) && app.registry.close().is_ok() {
                        for place in 0..3 {
                            if let Some(last) = since[place].pop() { (stored[place], since[place]) = (last, vec![]); }
                        }
                    }
                    if matches!(step, Step::CutPower) { memory.cut_power(); }
                    // A life that begins on a storage it cannot write has no revisions reserved.
                    memory.fail(Failure::Never);
                    drop((topics, app));
                    (app, topics) = begin(&memory);
                    for (place, topic) in topics.iter().enumerate() {
                        let found = topic.get();
                        prop_assert!(
                            found == stored[place] || since[place].contains(&found) || (place == 2 && found < value),
                            "topic {place}: {found}, stored {}, since {:?}", stored[place], since[place]
                        );
                        prop_assert!(topic.revision().get() > highest[place], "topic {place} went back");
                        (stored[place], since[place]) = (found, vec![]);
                    }
                }
            }
            for (place, topic) in topics.iter().enumerate() {
                let revision = topic.revision().get();
                prop_assert!(revision >= highest[place]);
                highest[place] = revision;
            }
        }
    }
}
