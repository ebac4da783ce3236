//! Random lives of two processes on one database, against plain numbers.

use crate::{COUNT, OTHER, Process};
use proptest::prelude::*;
use statesync_core::{Topic, TopicKey};
use std::collections::HashMap;

const KEYS: [TopicKey<u64>; 2] = [COUNT, OTHER];

#[derive(Clone, Debug)]
enum Step {
    Update(usize, usize),
    /// With the revision the process shows, which may be old.
    CompareAndSet(usize, usize),
    Refuse(usize, usize),
    /// Both topics.
    Transaction(usize),
    Poll(usize),
    Restart(usize),
    RegisterAgain(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let which = || (0..2_usize, 0..2_usize);
    prop::collection::vec(
        prop_oneof![
            5 => which().prop_map(|(process, topic)| Step::Update(process, topic)),
            3 => which().prop_map(|(process, topic)| Step::CompareAndSet(process, topic)),
            1 => which().prop_map(|(process, topic)| Step::Refuse(process, topic)),
            3 => (0..2_usize).prop_map(Step::Transaction),
            3 => (0..2_usize).prop_map(Step::Poll),
            1 => (0..2_usize).prop_map(Step::Restart),
            1 => which().prop_map(|(process, topic)| Step::RegisterAgain(process, topic)),
        ],
        1..40,
    )
}

struct Running {
    process: Process,
    topics: Vec<Topic<u64>>,
    /// The highest revision this process showed, by topic.
    highest: [u64; 2],
}

impl Running {
    fn begin(dir: &std::path::Path) -> Self {
        let process = Process::sharing(dir);
        let topics = KEYS.into_iter().map(|key| process.counter(key)).collect();
        Self { process, topics, highest: [0; 2] }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn two_processes_act_as_one_and_no_revision_goes_back_or_stands_for_two_values(steps in steps()) {
        let dir = tempfile::tempdir().unwrap();
        let mut running = [(); 2].map(|()| Running::begin(dir.path()));
        // The truth, and what every revision stood for.
        let mut truth = [0_u64; 2];
        let mut stood_for = [HashMap::new(), HashMap::new()];
        let mut newest = [0_u64; 2];
        for step in steps {
            match step {
                Step::Update(process, topic) => {
                    running[process].topics[topic].update(|n| *n += 1).unwrap();
                    truth[topic] += 1;
                    prop_assert_eq!(running[process].topics[topic].get(), truth[topic]);
                }
                Step::CompareAndSet(process, topic) => {
                    let handle = &running[process].topics[topic];
                    let (base, value) = (handle.revision(), handle.get());
                    match handle.compare_and_set(base, value + 100) {
                        Ok(_) => {
                            prop_assert_eq!(value, truth[topic], "set on an old value");
                            truth[topic] += 100;
                        }
                        Err(error) => {
                            prop_assert_eq!(error.kind(), "conflict");
                            prop_assert_eq!(handle.get(), truth[topic], "and learns the new one");
                        }
                    }
                }
                Step::Refuse(process, topic) => {
                    let handle = &running[process].topics[topic];
                    prop_assert!(handle.try_update(|_| Err::<(), _>(())).is_err());
                    prop_assert_eq!(handle.get(), truth[topic]);
                }
                Step::Transaction(process) => {
                    let Running { process, topics, .. } = &running[process];
                    process.registry.transaction(|tx| {
                        let first = tx.get(&topics[0])?;
                        tx.set(&topics[0], first + 1)?;
                        tx.update(&topics[1], |n| *n += first)
                    }).unwrap();
                    truth = [truth[0] + 1, truth[1] + truth[0]];
                }
                Step::Poll(process) => {
                    running[process].process.poll();
                    for (topic, truth) in running[process].topics.iter().zip(truth) {
                        prop_assert_eq!(topic.get(), truth);
                    }
                }
                Step::Restart(process) => {
                    running[process] = Running::begin(dir.path());
                    for (topic, truth) in running[process].topics.iter().zip(truth) {
                        prop_assert_eq!(topic.get(), truth);
                    }
                }
                Step::RegisterAgain(process, topic) => {
                    let Running { process, topics, .. } = &mut running[process];
                    process.registry.remove(&topics[topic]).unwrap();
                    let before = topics[topic].revision();
                    topics[topic] = process.registry.register(KEYS[topic].clone(), 0).unwrap();
                    prop_assert!(topics[topic].revision() > before);
                }
            }
            for Running { topics, highest, .. } in &mut running {
                for place in 0..2 {
                    let (value, revision) = (topics[place].get(), topics[place].revision().get());
                    prop_assert!(revision >= highest[place], "went back");
                    highest[place] = revision;
                    prop_assert_eq!(*stood_for[place].entry(revision).or_insert(value), value, "two values");
                    newest[place] = newest[place].max(revision);
                }
            }
        }
        for Running { process, topics, .. } in &running {
            process.poll();
            for place in 0..2 {
                prop_assert_eq!(topics[place].get(), truth[place]);
                prop_assert_eq!(topics[place].revision().get(), newest[place]);
            }
        }
        prop_assert!(running.iter().all(|running| running.process.told().is_empty()));
    }
}
