//! Several topics of one database in one commit, seen whole in every process.

use crate::{COUNT, OTHER, Process, shown};
use statesync_core::{
    Known, PullRequest, Scope, Signal, SignalSink, SubscribeRequest, TopicKey, TopicRequest, TransactionError,
};
use std::sync::Arc;

const LOOSE: TopicKey<u64> = TopicKey::new("loose");

struct Nowhere;

impl SignalSink for Nowhere {
    fn send(&self, _: &Signal) {}
}

fn pair(dir: &std::path::Path) -> (Process, [statesync_core::Topic<u64>; 2]) {
    let process = Process::sharing(dir);
    let topics = [COUNT, OTHER].map(|key| process.counter(key));
    (process, topics)
}

#[test]
fn a_transaction_is_stored_whole_and_works_on_the_newest_of_all_processes() {
    let dir = tempfile::tempdir().unwrap();
    let (a, [one, two]) = pair(dir.path());
    let (b, [b_one, b_two]) = pair(dir.path());
    one.set(10).unwrap();
    b.registry
        .transaction(|tx| {
            tx.update(&b_one, |n| *n -= 3)?;
            tx.update(&b_two, |n| *n += 3)
        })
        .unwrap();
    assert_eq!((b_one.get(), b_two.get()), (7, 3));
    assert!(a.poll());
    assert_eq!((shown(&one), shown(&two)), (shown(&b_one), shown(&b_two)));
}

#[test]
fn a_transaction_that_fails_stores_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (a, [one, two]) = pair(dir.path());
    let (b, _) = pair(dir.path());
    let refused = a.registry.transaction(|tx| {
        tx.set(&one, 1).map_err(|_| "step")?;
        tx.set(&two, 1).map_err(|_| "step")?;
        Err::<(), _>("no")
    });
    assert_eq!(refused, Err(TransactionError::Refused("no")));
    let panicked = a.registry.transaction(|tx| -> Result<(), statesync_core::StepError> {
        tx.set(&one, 1)?;
        panic!("no")
    });
    assert_eq!(panicked.unwrap_err().kind(), "panicked");
    assert!(!b.poll());
    one.set(2).unwrap();
    assert_eq!((one.get(), two.get()), (2, 0));
}

#[test]
fn a_transaction_may_mix_shared_topics_with_others() {
    let dir = tempfile::tempdir().unwrap();
    let (a, [one, _]) = pair(dir.path());
    let (b, [b_one, _]) = pair(dir.path());
    let loose = a.registry.register(LOOSE, 0).unwrap();
    a.registry
        .transaction(|tx| {
            tx.update(&loose, |n| *n += 1)?;
            tx.update(&one, |n| *n += 1)
        })
        .unwrap();
    b.poll();
    assert_eq!((loose.get(), b_one.get()), (1, 1));
}

#[test]
fn a_poll_takes_a_transaction_of_another_process_in_one_step() {
    let dir = tempfile::tempdir().unwrap();
    let (a, [one, two]) = pair(dir.path());
    let (b, _) = pair(dir.path());
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let registry = b.registry.clone();
    let reader = {
        let stop = stop.clone();
        std::thread::spawn(move || {
            let topics =
                ["count", "other"].map(|topic| TopicRequest { topic: topic.into(), known: None::<Known> });
            let request =
                |generation| SubscribeRequest { page: "p".into(), generation, topics: topics.to_vec() };
            registry.handle_subscribe("w", &request(1), &Scope::everything(), Arc::new(Nowhere)).unwrap();
            let mut cuts = 0;
            while !stop.load(std::sync::atomic::Ordering::SeqCst) || cuts == 0 {
                let request =
                    PullRequest { page: "p".into(), generation: 1, seen: 0, topics: topics.to_vec() };
                let answer = registry.handle_pull("w", &request, &Scope::everything()).unwrap();
                let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
                assert_eq!(answer["results"][0]["data"], answer["results"][1]["data"], "half a transaction");
                cuts += 1;
            }
        })
    };
    for n in 1..=200 {
        a.registry
            .transaction(|tx| {
                tx.set(&one, n)?;
                tx.set(&two, n)
            })
            .unwrap();
        // By turns a poll, and an update of one topic which brings the other one too.
        if n % 2 == 0 {
            b.poll();
        }
    }
    b.poll();
    stop.store(true, std::sync::atomic::Ordering::SeqCst);
    reader.join().unwrap();
}

#[test]
fn a_single_update_brings_all_of_a_foreign_transaction() {
    let dir = tempfile::tempdir().unwrap();
    let (a, [one, two]) = pair(dir.path());
    let (_b, [b_one, b_two]) = pair(dir.path());
    a.registry
        .transaction(|tx| {
            tx.set(&one, 5)?;
            tx.set(&two, 5)
        })
        .unwrap();
    b_one.update(|n| *n += 1).unwrap();
    assert_eq!((b_one.get(), b_two.get()), (6, 5));
}
