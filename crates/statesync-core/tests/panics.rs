//! Code of the app that panics in the wake of a write: the `Drop` of values, wakers, the host's `wake`, sinks, and who
//! listens to `tracing`. The caller gets what happened, and whoever else has to hear of it does.
#![cfg(not(loom))]

use serde::{Deserialize, Serialize};
use serde_json::json;
use statesync_core::persist::{Failure, Memory, Persist, StorageErrorKind};
use statesync_core::{
    Limits, Registry, Revision, Scope, Signal, SignalSink, Topic, TopicKey, TryUpdateError, WriteRequest,
    parse_request,
};
use std::cell::Cell;
use std::panic::panic_any;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Wake, Waker};
use std::time::Duration;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// A value of which no instance can be dropped in peace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Mine(u32);

impl Drop for Mine {
    fn drop(&mut self) {
        panic!("the drop of {}", self.0)
    }
}

const MINE: TopicKey<Mine> = TopicKey::new("mine");
const KEPT: TopicKey<Mine> = TopicKey::new("kept");
const COUNT: TopicKey<u32> = TopicKey::new("count");

fn number(topic: &Topic<Mine>) -> u32 {
    topic.read(|mine| mine.0)
}

/// What a closure captures, and panics when it is dropped.
fn with_a_mine<U>(call: impl FnOnce() -> U) -> impl FnOnce() -> U {
    let mine = Mine(99);
    move || {
        // Captured, and dropped with the closure only.
        let _ = &mine;
        let outcome = call();
        std::mem::forget(mine);
        outcome
    }
}

#[test]
fn a_write_that_drops_a_value_that_panics_returns_its_revision() {
    let memory = Memory::new();
    let registry = Registry::new("e");
    registry.persist(KEPT, Persist::new().in_storage(Arc::new(memory.clone()))).unwrap();
    let (mine, kept) = (registry.register(MINE, Mine(0)).unwrap(), registry.register(KEPT, Mine(0)).unwrap());
    let mut at = mine.revision();
    let mut next = |written: Revision, value: u32| {
        assert_eq!((written.get(), mine.revision(), number(&mine)), (at.get() + 1, written, value));
        at = written;
    };
    next(mine.set(Mine(1)).unwrap(), 1);
    next(mine.update(|mine| mine.0 = 2).unwrap(), 2);
    let three = mine.try_update(|mine| {
        mine.0 = 3;
        Ok::<_, String>(())
    });
    next(three.unwrap(), 3);
    next(mine.update_if_changed(|mine| mine.0 = 4).unwrap().unwrap(), 4);
    next(mine.compare_and_set(mine.revision(), Mine(5)).unwrap(), 5);
    registry
        .transaction(|tx| {
            tx.set(&mine, Mine(6))?;
            tx.set(&mine, Mine(7))?;
            tx.update(&kept, |kept| kept.0 = 7)
        })
        .unwrap();
    next(mine.revision(), 7);
    kept.set_durable(Mine(8)).unwrap();
    kept.update_durable(|kept| kept.0 += 1).unwrap();
    kept.set(Mine(10)).unwrap();
    registry.flush().unwrap();
    assert_eq!((memory.saves(), number(&kept)), (3, 10));
    registry.remove(&kept).unwrap();
    // What is stored takes the place of the initial value, which is dropped.
    let again = registry.register(KEPT, Mine(0)).unwrap();
    assert_eq!(number(&again), 10);
    registry.remove(&mine).unwrap();
    drop((mine, kept, again, registry));
}

#[test]
fn a_write_that_is_refused_says_why_although_the_drop_of_its_value_or_closure_panics() {
    let registry = Registry::new("e");
    let mine = registry.register(MINE, Mine(1)).unwrap();
    let before = mine.revision();
    assert_eq!(registry.register(MINE, Mine(2)).unwrap_err().kind(), "already-registered");
    assert_eq!(mine.compare_and_set(Revision::new(99), Mine(2)).unwrap_err().kind(), "conflict");
    assert_eq!(
        mine.try_update(|_| Err::<(), _>("no")).unwrap_err().to_string(),
        "the update was refused: no"
    );
    assert_eq!(mine.update_if_changed(|_| {}).unwrap(), None);
    assert_eq!(mine.set_durable(Mine(2)).unwrap_err().kind(), "not-persisted");
    let refused = registry.transaction(|tx| {
        tx.set(&mine, Mine(2)).unwrap();
        assert_eq!(tx.set(KEPT, Mine(2)).unwrap_err().kind(), "unknown-topic");
        assert!(matches!(tx.try_update(&mine, |_| Err::<(), _>("no")), Err(TryUpdateError::Refused("no"))));
        Err::<(), _>("no")
    });
    assert_eq!(refused.unwrap_err().to_string(), "the transaction was refused: no");
    mine.update(|_| {
        let run = with_a_mine(|| ());
        assert_eq!(mine.update(|_| run()).unwrap_err().kind(), "reentrant");
        let run = with_a_mine(|| ());
        let inside = registry.transaction(|_| {
            run();
            Ok::<_, ()>(())
        });
        assert_eq!(inside.unwrap_err().kind(), "reentrant");
    })
    .unwrap();
    assert_eq!(mine.revision().get(), before.get() + 1);
    registry.remove(&mine).unwrap();
    assert_eq!(mine.set(Mine(2)).unwrap_err().kind(), "removed");
    assert_eq!(number(&mine), 1);
}

#[test]
fn a_panic_that_carries_something_whose_drop_panics_is_one_panic() {
    let registry = Registry::new("e");
    let mine = registry.register(MINE, Mine(1)).unwrap();
    assert_eq!(mine.update(|_| panic_any(Mine(0))).unwrap_err().kind(), "panicked");
    let panicked = registry.transaction(|_| -> Result<(), ()> { panic_any(Mine(0)) });
    assert_eq!(panicked.unwrap_err().kind(), "panicked");
    // A second panic during the first one would end the process.
    let both = mine.update(|mine| {
        mine.0 = 2;
        panic!("and the copy is dropped")
    });
    assert_eq!(both.unwrap_err().kind(), "panicked");
    assert_eq!(number(&mine), 1);
}

#[test]
fn a_write_of_a_page_is_remembered_although_the_old_value_panics() {
    let registry = Registry::new("e");
    let mine = registry.register(MINE, Mine(1)).unwrap();
    let grow = |mine: &mut Mine, by: u32| {
        mine.0 += by;
        if by > 0 { Ok(()) } else { Err("by nothing") }
    };
    registry.action(MINE, "grow", grow).unwrap();
    let request = |operation: &str| -> WriteRequest {
        parse_request(json!({ "page": "p", "operation": operation, "topic": "mine", "action": "grow" }))
            .unwrap()
    };
    let all = Scope::everything();
    let set = || registry.handle_set("main", &request("w1"), json!(2), &all);
    let first = set().unwrap();
    assert_eq!((set().unwrap(), number(&mine), registry.commits()), (first, 2, 1));
    let patch = json!([{ "op": "replace", "path": "", "value": 3 }]);
    let patch = || registry.handle_patch("main", &request("w2"), &patch, &all);
    let first = patch().unwrap();
    assert_eq!((patch().unwrap(), number(&mine), registry.commits()), (first, 3, 2));
    let all = statesync_core::ActionScope {
        allow: vec![statesync_core::ActionPattern::new("*", None).unwrap()],
        deny: vec![],
    };
    let act = |operation: &str, by: u32| registry.handle_action("main", &request(operation), json!(by), &all);
    let first = act("w3", 4).unwrap();
    assert_eq!((act("w3", 4).unwrap(), number(&mine), registry.commits()), (first, 7, 3));
    assert_eq!(act("w4", 0).unwrap_err().kind(), "action-refused");
}

#[test]
fn the_last_reader_of_a_value_that_panics_gets_what_it_read() {
    let registry = Registry::new("e");
    let mine = registry.register(MINE, Mine(1)).unwrap();
    let mut watch = mine.watch();
    let seen = mine.read(|old| {
        mine.set(Mine(2)).unwrap();
        old.0
    });
    let watched = watch.read(|old, _| {
        mine.set(Mine(3)).unwrap();
        old.0
    });
    assert_eq!((seen, watched, number(&mine)), (1, 2, 3));
}

struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("a waker")
    }
}

#[test]
fn a_waker_that_panics_keeps_neither_the_writer_nor_the_other_wakers_from_theirs() {
    let count = Registry::new("e").register(COUNT, 0).unwrap();
    let counting = Arc::new(Counting(AtomicUsize::new(0)));
    let waker = Waker::from(counting.clone());
    let mut context = Context::from_waker(&waker);
    let mut watches = [count.watch(), count.watch(), count.watch()];
    for watch in &mut watches {
        assert!(pin!(watch.changed()).as_mut().poll(&mut context).is_pending());
    }
    count.set(1).unwrap();
    assert_eq!((counting.0.load(Ordering::SeqCst), count.get()), (3, 1));
}

fn subscribe(registry: &Registry, page: &str, sink: Arc<dyn SignalSink>) {
    let request = json!({ "page": page, "generation": 1, "topics": [{ "topic": "count" }] });
    let request = parse_request(request).unwrap();
    registry.handle_subscribe("main", &request, &Scope::everything(), sink).unwrap();
}

#[derive(Clone)]
struct Ear(Arc<AtomicUsize>);

impl SignalSink for Ear {
    fn send(&self, _: &Signal) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("a sink")
    }
}

#[test]
fn a_wake_of_the_host_that_panics_is_called_again_with_the_next_commit() {
    let woken = Arc::new(AtomicUsize::new(0));
    let calls = woken.clone();
    let wake = move || assert!(calls.fetch_add(1, Ordering::SeqCst) > 0, "the first one panics");
    let registry = Registry::with_host("e", Limits::default(), Scope::default(), wake);
    let count = registry.register(COUNT, 0).unwrap();
    let heard = Arc::new(AtomicUsize::new(0));
    for page in ["a", "b"] {
        subscribe(&registry, page, Arc::new(Ear(heard.clone())));
    }
    for n in 1..5 {
        count.set(n).unwrap();
    }
    assert_eq!(woken.load(Ordering::SeqCst), 2, "once in vain, once for good");
    // A sink that panics does not keep the others from theirs (`isolation`).
    registry.poll_flush(Duration::ZERO).deliver();
    assert_eq!(heard.load(Ordering::SeqCst), 2);
}

/// Writes its own topic whenever one of it is dropped.
#[derive(Clone, Serialize, Deserialize)]
struct Echo(u32);

static ECHO: OnceLock<Topic<Echo>> = OnceLock::new();
thread_local! { static ECHOES: Cell<u64> = const { Cell::new(0) } }

impl Drop for Echo {
    fn drop(&mut self) {
        if let Some(topic) = ECHO.get() {
            let written = topic.set(Echo(self.0 + 1)).is_ok();
            ECHOES.set(ECHOES.get() + u64::from(written));
        }
    }
}

#[test]
fn a_drop_may_write_its_own_topic_and_comes_to_an_end() {
    let memory = Memory::new();
    let registry = Registry::new("e");
    registry
        .persist(TopicKey::<Echo>::new("echo"), Persist::new().in_storage(Arc::new(memory.clone())))
        .unwrap();
    let echo = registry.register(TopicKey::<Echo>::new("echo"), Echo(0)).unwrap();
    ECHO.set(echo.clone()).ok().unwrap();
    let before = echo.revision();
    echo.set(Echo(1)).unwrap();
    let echoes = ECHOES.get();
    assert!((1..100).contains(&echoes), "{echoes}");
    assert_eq!(echo.revision().get(), before.get() + 1 + echoes);
    // Not even while something of ours waits for the disk does it wait for itself.
    registry.flush().unwrap();
    memory.fail(Failure::Saves(StorageErrorKind::Full));
    echo.update_durable(|echo| echo.0 = 0).unwrap_err();
    registry.flush().unwrap_err();
    registry
        .transaction(|tx| -> Result<(), statesync_core::StepError> {
            tx.durable();
            tx.set(&echo, Echo(5))
        })
        .unwrap_err();
    registry.remove(&echo).unwrap();
    memory.fail(Failure::Never);
    registry.flush().unwrap();
}

/// As `tracing-subscriber` does when its output cannot be written.
struct Panicking;

impl Subscriber for Panicking {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {
        panic!("failed printing to stderr")
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_listener_of_tracing_that_panics_keeps_no_one_from_anything() {
    let woken = Arc::new(AtomicUsize::new(0));
    let calls = woken.clone();
    let wake = move || {
        calls.fetch_add(1, Ordering::SeqCst);
    };
    tracing::subscriber::with_default(Panicking, || {
        let memory = Memory::new();
        let registry = Registry::with_host("e", Limits::default(), Scope::default(), wake);
        let told = Arc::new(AtomicUsize::new(0));
        let tell = told.clone();
        registry.persist_with(
            Arc::new(memory.clone()),
            || {},
            move |_| {
                tell.fetch_add(1, Ordering::SeqCst);
                panic!("who is told")
            },
        );
        registry.persist(COUNT, Persist::new()).unwrap();
        let count = registry.register(COUNT, 0).unwrap();
        subscribe(&registry, "a", Arc::new(Ear(Arc::new(AtomicUsize::new(0)))));
        memory.fail(Failure::Saves(StorageErrorKind::Full));
        count.set(1).unwrap();
        registry.transaction(|tx| tx.set(&count, 2)).unwrap();
        assert_eq!(registry.flush().unwrap_err().kind(), "not-saved");
        registry.poll_flush(Duration::ZERO).deliver();
        assert_eq!((woken.load(Ordering::SeqCst), told.load(Ordering::SeqCst)), (1, 1));
        registry.handle_snapshot("main", "count", &Scope::everything()).unwrap();
        registry.handle_snapshot("main", "count", &Scope::default()).unwrap_err();
        registry.remove(&count).unwrap();
        memory.fail(Failure::Never);
        registry.flush().unwrap();
        assert!(memory.record("count").is_some());
    });
}
