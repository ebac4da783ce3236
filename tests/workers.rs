//! App code that takes its time, in an app with one async worker: while it runs, every call that does not need its
//! topic is answered. A worker that is blocked answers nothing.

mod mock;

use mock::{MockApp, send, wait_for};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use statesync::{Builder, StateSyncExt, TopicFamily, TopicKey};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread;
use std::time::Duration;
use tauri::WebviewWindow;
use tauri::async_runtime;
use tauri::test::MockRuntime;
use tokio::runtime::Runtime;

const SLOW: TopicKey<Slow> = TopicKey::new("slow");
const OTHER: TopicKey<String> = TopicKey::new("other");
const ROOM: TopicFamily<u32> = TopicFamily::new("room:{id}");

/// More than the threads that Tauri's runtime has for what may block.
const FLOOD: usize = 600;

/// Where the app's code stops until it is opened.
#[derive(Default)]
struct Gate {
    inside: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Gate {
    fn pass(&self) {
        let mut inside = self.inside.lock().unwrap();
        inside.0 += 1;
        while !inside.1 {
            inside = self.changed.wait(inside).unwrap();
        }
    }

    fn is_reached(&self) -> bool {
        self.inside.lock().unwrap().0 > 0
    }
}

/// A gate that is closed as long as the test has it.
struct Closed(Arc<Gate>);

impl Closed {
    fn new() -> Self {
        Self(Arc::default())
    }

    fn gate(&self) -> Arc<Gate> {
        self.0.clone()
    }

    fn wait_until_reached(&self) {
        wait_for(|| self.0.is_reached());
    }
}

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.inside.lock().unwrap().1 = true;
        self.0.changed.notify_all();
    }
}

/// A value whose `Serialize` stops at its gate.
#[derive(Clone, Default, ts_rs::TS)]
#[ts(type = "null")]
struct Slow(Option<Arc<Gate>>);

impl Serialize for Slow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(gate) = &self.0 {
            gate.pass();
        }
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Slow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer).map(|()| Self(None))
    }
}

/// An app on a runtime with one async worker, and what an action of the topic `slow` passes.
fn app() -> (MockApp, Closed) {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        async_runtime::set(runtime.handle().clone());
        runtime
    });
    let closed = Closed::new();
    let gate = closed.gate();
    let builder = Builder::new()
        .topic(SLOW, Slow::default())
        .topic(OTHER, String::new())
        .first_paint(["other"])
        .action(SLOW, "wait", move |_: &mut Slow, _: u32| gate.pass())
        .action(OTHER, "greet", |other: &mut String, _: u32| other.push('!'));
    let capability = json!({ "windows": ["*"], "permissions": [
        "statesync:default",
        { "identifier": "statesync:write", "allow": ["*"] },
        { "identifier": "statesync:action", "allow": ["*"] },
        { "identifier": "statesync:inspect", "allow": ["*"] },
    ] });
    (mock::app(builder.build(), &[capability]), closed)
}

/// The answer to a call, which must not wait for anything the test holds back.
fn answer(what: &str, reply: &Receiver<mock::Reply>) -> Value {
    let reply = reply.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("{what} waits"));
    reply.unwrap_or_else(|error| panic!("{what}: {error}"))
}

/// Every kind of call of this window, of the topic `other`.
fn everything_else_is_answered(app: &MockApp, window: &WebviewWindow<MockRuntime>) {
    let page = "elsewhere";
    let topics = json!([{ "topic": "other" }]);
    let write = |operation: &str| json!({ "page": page, "operation": operation, "topic": "other" });
    let mut action = write("action");
    action["action"] = json!("greet");
    let calls = [
        (
            "subscribe",
            json!({ "channel": "__CHANNEL__:1",
            "request": { "page": page, "generation": 1, "topics": topics } }),
        ),
        ("pull", json!({ "request": { "page": page, "generation": 1, "seen": 0, "topics": topics } })),
        ("snapshot", json!({ "topic": "other" })),
        ("first_paint", json!({})),
        ("set", json!({ "request": write("set"), "value": "set" })),
        (
            "patch",
            json!({ "request": write("patch"),
            "patch": [{ "op": "replace", "path": "", "value": "patched" }] }),
        ),
        ("action", json!({ "request": action, "args": 1 })),
        ("inspect", json!({})),
    ];
    for (command, args) in calls {
        // Rust writes, so that the JSON is missing and code of the app has to run for the answer; then it is there.
        app.app.statesync().topic(OTHER).unwrap().set("from Rust".into()).unwrap();
        answer(command, &send(window, command, args));
        answer(command, &send(window, "snapshot", json!({ "topic": "other" })));
    }
}

/// Sixteen calls that write the topic `slow`.
fn writes_of_slow(window: &WebviewWindow<MockRuntime>) -> Vec<Receiver<mock::Reply>> {
    let write = |n: usize| match n % 2 {
        0 => ("set", json!({ "request": operation(n, "slow"), "value": null })),
        _ => ("patch", json!({ "request": operation(n, "slow"), "patch": [] })),
    };
    (0..16).map(write).map(|(command, args)| send(window, command, args)).collect()
}

fn operation(number: usize, topic: &str) -> Value {
    json!({ "page": "page", "operation": number.to_string(), "topic": topic })
}

fn nothing_is_answered(waiting: &[Receiver<mock::Reply>]) {
    assert!(waiting.iter().all(|reply| reply.try_recv().is_err()), "a call did not wait for what it needs");
}

fn all_are_answered(waiting: Vec<Receiver<mock::Reply>>) {
    for reply in waiting {
        answer("a call that waited", &reply);
    }
}

#[test]
fn an_update_that_takes_its_time_delays_only_writes_of_its_topic() {
    let (app, _) = app();
    let (window, other) = (app.window("main"), app.window("other"));
    let closed = Closed::new();
    let (slow, gate) = (app.app.statesync().topic(SLOW).unwrap(), closed.gate());
    let update = thread::spawn(move || slow.update(|_| gate.pass()).unwrap());
    closed.wait_until_reached();
    let waiting = writes_of_slow(&window);
    everything_else_is_answered(&app, &other);
    everything_else_is_answered(&app, &window);
    nothing_is_answered(&waiting);
    drop(closed);
    all_are_answered(waiting);
    update.join().unwrap();
}

#[test]
fn a_serialize_that_takes_its_time_delays_only_reads_of_its_topic() {
    let (app, _) = app();
    let (window, other) = (app.window("main"), app.window("other"));
    let closed = Closed::new();
    app.app.statesync().topic(SLOW).unwrap().set(Slow(Some(closed.gate()))).unwrap();
    let topics = json!([{ "topic": "slow" }]);
    let subscribe = json!({ "page": "page", "generation": 1, "topics": topics });
    let read = |n: usize| match n {
        0 => send(&window, "subscribe", json!({ "channel": "__CHANNEL__:1", "request": subscribe })),
        _ => send(&window, "snapshot", json!({ "topic": "slow" })),
    };
    let waiting: Vec<_> = (0..16).map(read).collect();
    closed.wait_until_reached();
    everything_else_is_answered(&app, &other);
    everything_else_is_answered(&app, &window);
    nothing_is_answered(&waiting);
    drop(closed);
    all_are_answered(waiting);
}

#[test]
fn an_action_that_takes_its_time_delays_only_writes_of_its_topic() {
    let (app, closed) = app();
    let (window, other) = (app.window("main"), app.window("other"));
    let act = |n: usize| {
        let mut request = operation(n, "slow");
        request["action"] = json!("wait");
        send(&window, "action", json!({ "request": request, "args": 1 }))
    };
    let waiting: Vec<_> = (0..16).map(act).collect();
    closed.wait_until_reached();
    everything_else_is_answered(&app, &other);
    everything_else_is_answered(&app, &window);
    nothing_is_answered(&waiting);
    drop(closed);
    all_are_answered(waiting);
}

#[test]
fn a_write_that_is_repeated_while_it_waits_is_made_once_and_delays_nothing() {
    let (app, closed) = app();
    let window = app.window("main");
    let mut request = operation(1, "slow");
    request["action"] = json!("wait");
    let act = || send(&window, "action", json!({ "request": request, "args": 1 }));
    let waiting: Vec<_> = (0..16).map(|_| act()).collect();
    closed.wait_until_reached();
    everything_else_is_answered(&app, &window);
    drop(closed);
    all_are_answered(waiting);
    assert_eq!(app.app.statesync().topic(SLOW).unwrap().revision().get(), 2);
}

#[test]
fn a_window_that_floods_topics_that_are_written_leaves_threads_to_others() {
    let (app, _) = app();
    let (window, other) = (app.window("main"), app.window("other"));
    let sync = app.app.statesync();
    let rooms: Vec<_> = (0..FLOOD).map(|n| sync.register(ROOM.key(n).unwrap(), 0).unwrap()).collect();
    let closed = Closed::new();
    let gate = closed.gate();
    let handle = app.app.handle().clone();
    let transaction = thread::spawn(move || {
        handle.statesync().transaction(|tx| {
            for room in &rooms {
                tx.update(room, |n| *n += 1)?;
            }
            gate.pass();
            Ok::<_, statesync::StepError>(())
        })
    });
    closed.wait_until_reached();
    let write = |n: usize| {
        let request = operation(n, &format!("room:{n}"));
        send(&window, "set", json!({ "request": request, "value": 7 }))
    };
    let waiting: Vec<_> = (0..FLOOD).map(write).collect();
    everything_else_is_answered(&app, &other);
    nothing_is_answered(&waiting);
    drop(closed);
    all_are_answered(waiting);
    transaction.join().unwrap().unwrap();
}

#[test]
fn a_window_that_floods_one_topic_leaves_threads_to_its_other_topics() {
    let (app, closed) = app();
    let (window, other) = (app.window("main"), app.window("other"));
    let act = |n: usize| {
        let mut request = operation(n, "slow");
        request["action"] = json!("wait");
        send(&window, "action", json!({ "request": request, "args": 1 }))
    };
    let waiting: Vec<_> = (0..FLOOD).map(act).collect();
    closed.wait_until_reached();
    everything_else_is_answered(&app, &other);
    everything_else_is_answered(&app, &window);
    nothing_is_answered(&waiting);
    drop(closed);
    all_are_answered(waiting);
}

#[test]
fn a_window_that_floods_a_slow_read_leaves_threads_to_others() {
    let (app, _) = app();
    let (window, other) = (app.window("main"), app.window("other"));
    let closed = Closed::new();
    app.app.statesync().topic(SLOW).unwrap().set(Slow(Some(closed.gate()))).unwrap();
    let waiting: Vec<_> = (0..FLOOD).map(|_| send(&window, "snapshot", json!({ "topic": "slow" }))).collect();
    closed.wait_until_reached();
    everything_else_is_answered(&app, &other);
    nothing_is_answered(&waiting);
    drop(closed);
    all_are_answered(waiting);
}

#[test]
fn a_callback_that_takes_its_time_delays_no_call() {
    let (app, _) = app();
    let window = app.window("main");
    let closed = Closed::new();
    let gate = closed.gate();
    app.app.statesync().on_change(SLOW, move |_, _| gate.pass()).unwrap().forever();
    app.app.statesync().topic(SLOW).unwrap().set(Slow::default()).unwrap();
    closed.wait_until_reached();
    everything_else_is_answered(&app, &window);
}
