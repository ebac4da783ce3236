//! Transactions: all or nothing, exact under contention, never seen by halves, never stuck.
#![cfg(not(loom))]

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::Value;
use statesync_core::{
    Limits, PullRequest, Registry, Scope, Signal, SignalSink, StepError, SubscribeRequest, Topic, TopicKey,
    TopicRequest, TransactionError,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const ACCOUNTS: usize = 16;
const THREADS: usize = 8;
const TRANSACTIONS: usize = 10_000;
const START: i64 = 1_000;
const TOTAL: i64 = 16_000;

const A: TopicKey<i64> = TopicKey::new("a");
const B: TopicKey<i64> = TopicKey::new("b");

fn below(rng: &mut TestRng, end: usize) -> usize {
    usize::try_from(rng.next_u64() % end as u64).unwrap()
}

fn accounts(registry: &Registry) -> Vec<Topic<i64>> {
    let family = statesync_core::TopicFamily::new("account:{n}");
    (0..ACCOUNTS).map(|n| registry.register(family.key(n).unwrap(), START).unwrap()).collect()
}

#[derive(Default)]
struct Inbox(Mutex<Vec<Signal>>);

impl SignalSink for Inbox {
    fn send(&self, signal: &Signal) {
        self.0.lock().unwrap().push(signal.clone());
    }
}

/// A page that shows all topics, and pulls them as they are told.
fn pull(registry: &Registry, topics: &[String]) -> Vec<i64> {
    let request = PullRequest {
        page: "p".into(),
        generation: 1,
        seen: 0,
        topics: topics.iter().map(|topic| TopicRequest { topic: topic.clone(), known: None }).collect(),
    };
    let answer = registry.handle_pull("w", &request, &Scope::everything()).unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["results"].as_array().unwrap().iter().map(|result| result["data"].as_i64().unwrap()).collect()
}

fn subscribe(registry: &Registry, topics: &[String]) -> Arc<Inbox> {
    let inbox = Arc::new(Inbox::default());
    let topics = topics.iter().map(|topic| TopicRequest { topic: topic.clone(), known: None }).collect();
    let request = SubscribeRequest { page: "p".into(), generation: 1, topics };
    registry.handle_subscribe("w", &request, &Scope::everything(), inbox.clone()).unwrap();
    inbox
}

#[test]
fn eight_threads_of_random_transfers_keep_the_total_and_no_pull_sees_half_of_one() {
    let seed = [7; 32];
    println!("seed {seed:?}");
    let registry = Registry::new("e");
    let accounts = accounts(&registry);
    let names: Vec<_> = accounts.iter().map(|account| account.name().to_string()).collect();
    subscribe(&registry, &names);
    let done = AtomicBool::new(false);
    let refused = thread::scope(|scope| {
        let writers: Vec<_> = (0..THREADS)
            .map(|n| {
                let (registry, accounts) = (&registry, &accounts);
                let mut seed = seed;
                seed[0] = u8::try_from(n).unwrap();
                scope.spawn(move || transfers(registry, accounts, &seed))
            })
            .collect();
        // Single updates of the same topics get in between; they change nothing of the total.
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                for account in &accounts {
                    account.update(|balance| *balance += 0).unwrap();
                }
            }
        });
        let reader = scope.spawn(|| {
            let mut pulls = 0;
            while !done.load(Ordering::SeqCst) {
                let total: i64 = pull(&registry, &names).iter().sum();
                assert_eq!(total, TOTAL, "a pull saw half of a transaction");
                pulls += 1;
            }
            pulls
        });
        let refused: usize = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
        done.store(true, Ordering::SeqCst);
        assert!(reader.join().unwrap() > 0);
        refused
    });
    let total: i64 = accounts.iter().map(Topic::get).sum();
    assert_eq!(total, TOTAL);
    assert!(accounts.iter().all(|account| account.get() >= 0), "an account was overdrawn");
    println!("{} transactions, {refused} refused", THREADS * TRANSACTIONS);
}

/// Moves money between random accounts, in random order; gives up in the middle when there is not enough.
fn transfers(registry: &Registry, accounts: &[Topic<i64>], seed: &[u8; 32]) -> usize {
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, seed);
    let mut refused = 0;
    for _ in 0..TRANSACTIONS {
        let steps = 1 + below(&mut rng, 4);
        let transfers: Vec<_> = (0..steps)
            .map(|_| {
                (
                    below(&mut rng, ACCOUNTS),
                    below(&mut rng, ACCOUNTS),
                    i64::try_from(below(&mut rng, 300)).unwrap(),
                )
            })
            .collect();
        let outcome = registry.transaction(|tx| {
            for (from, to, amount) in transfers {
                tx.update(&accounts[to], |balance| *balance += amount).map_err(|error| error.to_string())?;
                tx.update(&accounts[from], |balance| *balance -= amount)
                    .map_err(|error| error.to_string())?;
                if tx.get(&accounts[from]).map_err(|error| error.to_string())? < 0 {
                    return Err("not enough".to_string());
                }
            }
            Ok(())
        });
        match outcome {
            Ok(()) => {}
            Err(TransactionError::Refused(reason)) if reason == "not enough" => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    refused
}

#[test]
fn one_transaction_is_one_signal_for_all_its_topics() {
    let wakes = Arc::new(Mutex::new(0));
    let counted = wakes.clone();
    let registry = Registry::with_host("e", Limits::default(), Scope::default(), move || {
        *counted.lock().unwrap() += 1;
    });
    let (a, b) = (registry.register(A, 0).unwrap(), registry.register(B, 0).unwrap());
    let inbox = subscribe(&registry, &["a".into(), "b".into()]);
    let before = *wakes.lock().unwrap();
    registry
        .transaction(|tx| {
            tx.update(A, |a| *a += 1)?;
            tx.update(&b, |b| *b += 1)?;
            tx.update(A, |a| *a += 1)
        })
        .unwrap();
    registry.poll_flush(Duration::ZERO).deliver();
    assert_eq!(*wakes.lock().unwrap() - before, 1);
    let signals = inbox.0.lock().unwrap();
    assert_eq!(signals.len(), 1);
    assert_eq!(signals[0].topics.len(), 2);
    assert_eq!((a.get(), a.revision().get(), b.get(), b.revision().get()), (2, 2, 1, 2));
}

#[test]
fn an_error_a_panic_and_an_unknown_topic_change_nothing() {
    let registry = Registry::new("e");
    let (a, b) = (registry.register(A, 1).unwrap(), registry.register(B, 1).unwrap());
    let refused: Result<(), _> = registry.transaction(|tx| {
        tx.set(A, 2).unwrap();
        Err("no")
    });
    assert_eq!(refused, Err(TransactionError::Refused("no")));
    let panicked = registry.transaction(|tx| {
        tx.set(A, 2)?;
        tx.update(B, |_| std::panic::resume_unwind(Box::new("boom")))
    });
    assert_eq!(panicked.unwrap_err().kind(), "panicked");
    let missing: TopicKey<i64> = TopicKey::new("missing");
    let unknown = registry.transaction(|tx| {
        tx.set(A, 2)?;
        tx.set(missing.clone(), 2)
    });
    assert!(matches!(unknown, Err(TransactionError::Refused(StepError::Lookup(_)))));
    assert_eq!((a.get(), a.revision().get(), b.get(), b.revision().get()), (1, 1, 1, 1));
    a.set(3).unwrap();
    registry.transaction(|tx| tx.set(B, 3)).unwrap();
}

#[test]
fn a_step_that_is_refused_leaves_its_topic_as_the_step_before_left_it() {
    let registry = Registry::new("e");
    let a = registry.register(A, 1).unwrap();
    registry
        .transaction(|tx| {
            tx.set(A, 2)?;
            let refused = tx.try_update(A, |a| {
                *a = 9;
                Err("no")
            });
            assert!(refused.is_err());
            assert_eq!(tx.get(A)?, 2);
            Ok::<_, StepError>(())
        })
        .unwrap();
    assert_eq!(a.get(), 2);
}

#[test]
fn what_was_only_read_gets_no_revision_and_stays_as_it_was_read() {
    let registry = Registry::new("e");
    let (a, b) = (registry.register(A, 1).unwrap(), registry.register(B, 1).unwrap());
    let writer = thread::scope(|scope| {
        let sum = registry.transaction(|tx| {
            let before = tx.get(A)?;
            let writer = scope.spawn(|| a.update(|a| *a += 10).unwrap());
            // The other thread cannot get in between, however long this takes.
            for _ in 0..1000 {
                assert_eq!(tx.get(A)?, before);
            }
            tx.set(B, before + 1)?;
            Ok::<_, StepError>(writer)
        });
        sum.unwrap().join().unwrap()
    });
    assert_eq!((writer.get(), a.get(), b.get()), (2, 11, 2));
}

#[test]
fn a_write_around_the_transaction_is_reentrant() {
    let registry = Registry::new("e");
    let (a, b) = (registry.register(A, 1).unwrap(), registry.register(B, 1).unwrap());
    registry
        .transaction(|tx| {
            tx.set(A, 2)?;
            assert_eq!(b.set(2).unwrap_err().kind(), "reentrant");
            let nested = registry.transaction(|tx| tx.set(B, 2));
            assert_eq!(nested.unwrap_err().kind(), "reentrant");
            assert_eq!(registry.remove(&b).unwrap_err().kind(), "reentrant");
            assert_eq!(a.get(), 1, "a read outside sees the committed value");
            Ok::<_, StepError>(())
        })
        .unwrap();
    let inside = a.update(|_| {
        assert_eq!(registry.transaction(|tx| tx.set(B, 2)).unwrap_err().kind(), "reentrant");
    });
    inside.unwrap();
    assert_eq!(b.get(), 1);
}

#[test]
fn a_topic_asked_for_with_two_types_is_a_type_mismatch() {
    let registry = Registry::new("e");
    registry.register(A, 1).unwrap();
    let other: TopicKey<String> = TopicKey::new("a");
    let outcome = registry.transaction(|tx| {
        tx.set(A, 2)?;
        tx.set(other.clone(), "x".into())
    });
    let Err(TransactionError::Refused(error)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.kind(), "type-mismatch");
}
