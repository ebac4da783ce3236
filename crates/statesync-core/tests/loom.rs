//! Update, notify and pull on one topic, under every interleaving that loom can find.
//!
//! Run with `RUSTFLAGS="--cfg loom" cargo test -p statesync-core --release --test loom`.
#![cfg(loom)]

use board::Board;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;
use statesync_core::persist::Persist;
use statesync_core::{
    Known, Limits, PullRequest, Registry, Scope, Signal, SignalSink, SubscribeRequest, Topic, TopicKey,
    TopicRequest,
};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

#[path = "loom/board.rs"]
mod board;

const COUNT: TopicKey<u32> = TopicKey::new("count");

/// Where the signals of the one page go. A plain mutex: nobody ever waits for it.
#[derive(Default)]
struct Inbox(Mutex<Vec<u64>>);

impl SignalSink for Inbox {
    fn send(&self, signal: &Signal) {
        self.0.lock().unwrap().push(signal.number);
    }
}

struct Page {
    revision: u64,
    seen: u64,
}

impl Page {
    fn topics(&self) -> Vec<TopicRequest> {
        vec![TopicRequest {
            topic: "count".into(),
            known: (self.revision > 0)
                .then(|| Known { epoch: "e".into(), revision: self.revision.to_string() }),
        }]
    }

    fn take(&mut self, answer: &str) {
        let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
        let result = &answer["results"][0];
        let revision: u64 = result["revision"].as_str().unwrap().parse().unwrap();
        assert!(revision >= self.revision, "a pull went back from {} to {revision}", self.revision);
        if result.get("unchanged").is_none() {
            assert_eq!(result["data"].as_u64().unwrap() + 1, revision, "value and revision are one");
        }
        self.revision = revision;
    }

    fn pull(&mut self, registry: &Registry) {
        let request = PullRequest { page: "p".into(), generation: 1, seen: self.seen, topics: self.topics() };
        let answer = registry.handle_pull("w", &request, &Scope::everything()).unwrap();
        self.take(&answer);
    }
}

struct Host {
    registry: Registry,
    count: Topic<u32>,
    woken: Arc<AtomicBool>,
    inbox: Arc<Inbox>,
    page: Page,
}

impl Host {
    fn new() -> Self {
        let woken = Arc::new(AtomicBool::new(false));
        let flag = woken.clone();
        let registry = Registry::with_host("e", Limits::default(), Scope::default(), move || {
            // A swap, like a posted task: loom lets a plain store be overtaken by a later swap.
            flag.swap(true, Ordering::SeqCst);
        });
        let count = registry.register(COUNT, 0).unwrap();
        let inbox = Arc::new(Inbox::default());
        let mut page = Page { revision: 0, seen: 0 };
        let request = SubscribeRequest { page: "p".into(), generation: 1, topics: page.topics() };
        let answer = registry.handle_subscribe("w", &request, &Scope::everything(), inbox.clone()).unwrap();
        page.take(&answer);
        Self { registry, count, woken, inbox, page }
    }

    /// The host flushes when it was woken, the page answers every signal, until nothing moves.
    fn settle(mut self, revision: u64) {
        loop {
            let woken = self.woken.swap(false, Ordering::SeqCst);
            if woken {
                self.registry.poll_flush(Duration::ZERO).deliver();
            }
            let newest = self.inbox.0.lock().unwrap().last().copied().unwrap_or(0);
            if newest > self.page.seen {
                self.page.seen = newest;
                self.page.pull(&self.registry);
            } else if !woken {
                break;
            }
        }
        assert_eq!(self.count.revision().get(), revision);
        assert_eq!(self.page.revision, revision, "the page stayed stale");
        let inspection = self.registry.inspect();
        assert!(inspection.sessions[0].unacknowledged.is_none(), "the slot was never freed");
    }
}

fn model(test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(test);
}

#[test]
fn a_page_is_never_left_stale_by_an_update_beside_a_flush() {
    model(|| {
        let host = Host::new();
        let count = host.count.clone();
        let writer = thread::spawn(move || {
            count.update(|n| *n += 1).unwrap();
            count.update(|n| *n += 1).unwrap();
        });
        let (registry, woken) = (host.registry.clone(), host.woken.clone());
        let flusher = thread::spawn(move || {
            if woken.swap(false, Ordering::SeqCst) {
                registry.poll_flush(Duration::ZERO).deliver();
            }
        });
        writer.join().unwrap();
        flusher.join().unwrap();
        host.settle(3);
    });
}

#[test]
fn a_page_is_never_left_stale_by_an_update_beside_a_pull() {
    model(|| {
        let mut host = Host::new();
        host.count.update(|n| *n += 1).unwrap();
        host.woken.store(false, Ordering::SeqCst);
        host.registry.poll_flush(Duration::ZERO).deliver();
        let count = host.count.clone();
        let writer = thread::spawn(move || {
            count.update(|n| *n += 1).unwrap();
        });
        host.page.seen = 1;
        host.page.pull(&host.registry);
        writer.join().unwrap();
        host.settle(3);
    });
}

#[test]
fn two_writers_lose_no_increment_and_two_readers_share_one_json() {
    model(|| {
        let host = Host::new();
        let writers: Vec<_> = (0..2)
            .map(|_| {
                let count = host.count.clone();
                thread::spawn(move || {
                    count.update(|n| *n += 1).unwrap();
                })
            })
            .collect();
        let snapshot = host.registry.handle_snapshot("w", "count", &Scope::everything()).unwrap();
        assert!(snapshot.starts_with("{\"revision\":\""));
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(host.count.get(), 2);
        host.settle(3);
    });
}

#[test]
fn an_update_beside_a_flush_that_finds_nothing_to_send_gets_a_flush_of_its_own() {
    model(|| {
        let mut host = Host::new();
        host.count.update(|n| *n += 1).unwrap();
        // The page pulls by itself before the flush, and says so: the flush will find it clean.
        host.page.pull(&host.registry);
        host.page.pull(&host.registry);
        let (registry, woken) = (host.registry.clone(), host.woken.clone());
        let flusher = thread::spawn(move || {
            if woken.swap(false, Ordering::SeqCst) {
                registry.poll_flush(Duration::ZERO).deliver();
            }
        });
        host.count.update(|n| *n += 1).unwrap();
        flusher.join().unwrap();
        host.settle(3);
    });
}

#[test]
fn transactions_in_opposite_order_beside_an_update_neither_deadlock_nor_lose() {
    model(|| {
        let registry = Registry::new("e");
        let a = registry.register(COUNT, 0).unwrap();
        let b = registry.register(TopicKey::<u32>::new("other"), 0).unwrap();
        let threads = [(a.clone(), b.clone()), (b.clone(), a.clone())].map(|(first, second)| {
            let registry = registry.clone();
            thread::spawn(move || {
                registry
                    .transaction(|tx| {
                        tx.update(&first, |n| *n += 1)?;
                        tx.update(&second, |n| *n += 1)
                    })
                    .unwrap();
            })
        });
        a.update(|n| *n += 1).unwrap();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!((a.get(), b.get()), (3, 2));
    });
}

/// Wakes a thread that waits for it.
struct Bell(loom::sync::Notify);

impl std::task::Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

#[test]
fn a_watch_misses_no_commit_that_comes_while_it_begins_to_wait() {
    model(|| {
        let registry = Registry::new("e");
        let count = registry.register(COUNT, 0).unwrap();
        let mut watch = count.watch();
        let writer = thread::spawn(move || {
            count.update(|n| *n += 1).unwrap();
        });
        let bell = Arc::new(Bell(loom::sync::Notify::new()));
        let waker = Waker::from(bell.clone());
        while watch.poll_changed(&mut Context::from_waker(&waker)).is_pending() {
            bell.0.wait();
        }
        assert_eq!(watch.get(), 1);
        writer.join().unwrap();
    });
}

/// A topic in a storage that processes share, and one that is in none.
fn shared_and_plain(board: &Board) -> (Registry, Topic<u32>, Topic<u32>) {
    let registry = Registry::new("e");
    let shared = TopicKey::<u32>::new("shared");
    registry.persist(shared.clone(), Persist::new().in_storage(Arc::new(board.clone()))).unwrap();
    let shared = registry.register(shared, 0).unwrap();
    let plain = registry.register(COUNT, 0).unwrap();
    (registry, shared, plain)
}

#[test]
fn transactions_over_shared_and_other_topics_beside_single_updates_neither_deadlock_nor_lose() {
    model(|| {
        let board = Board::default();
        let (registry, shared, plain) = shared_and_plain(&board);
        let threads =
            [(plain.clone(), shared.clone()), (shared.clone(), plain.clone())].map(|(first, second)| {
                let registry = registry.clone();
                thread::spawn(move || {
                    registry
                        .transaction(|tx| {
                            tx.update(&first, |n| *n += 1)?;
                            tx.update(&second, |n| *n += 1)
                        })
                        .unwrap();
                })
            });
        shared.update(|n| *n += 1).unwrap();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!((shared.get(), plain.get()), (3, 2));
        assert_eq!(board.stored("shared"), "3");
    });
}

#[test]
fn a_poll_beside_an_update_and_the_removal_of_a_shared_topic_neither_deadlocks_nor_goes_back() {
    model(|| {
        let board = Board::default();
        let (registry, shared, _plain) = shared_and_plain(&board);
        board.commit_as_another_process("shared", 10, "7");
        let (poller, updated) = (registry.clone(), shared.clone());
        let polling = thread::spawn(move || poller.poll_shared().unwrap());
        let updating = thread::spawn(move || updated.update(|n| *n += 1).is_ok());
        registry.remove(&shared).unwrap();
        polling.join().unwrap();
        if updating.join().unwrap() {
            assert_eq!((shared.get(), shared.revision().get()), (8, 11));
            assert_eq!(board.stored("shared"), "8");
        } else {
            assert_eq!(board.stored("shared"), "7");
        }
    });
}
