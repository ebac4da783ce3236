//! The app that is attacked: topics of many types, some of them hidden from most windows, and windows with different
//! permissions.

use super::door::{self, Answer};
use super::{Call, Command, EPOCH};
use crate::chance::Chance;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};
use statesync_core::{
    ActionPattern, ActionScope, Limits, Pattern, Registry, Revision, Scope, Signal, SignalSink, Topic,
    TopicKey,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Topics that only the window `main` may read begin with this.
pub const HIDDEN: &str = "secret:";

/// The names of all topics.
pub const TOPICS: &[&str] = &[
    "open",
    "count",
    "list",
    "map",
    "form",
    "loose",
    "fixed",
    "cart:1",
    "cart:2",
    "secret:vault",
    "secret:big",
    "secret:broken",
    "secret:keys",
    "secret:any",
];

/// A window and what it may.
pub struct Window {
    pub label: &'static str,
    pub read: Scope,
    pub write: Scope,
    pub action: ActionScope,
    pub inspect: Scope,
}

/// The windows, `main` first.
pub fn windows() -> Vec<Window> {
    let scope = |allow: &[&str], deny: &[&str]| {
        Scope::parse(allow.iter().copied(), deny.iter().copied()).expect("patterns")
    };
    let actions = |topic: &str, action: Option<&str>| ActionScope {
        allow: vec![ActionPattern::new(topic, action).expect("a pattern")],
        deny: Vec::new(),
    };
    let window = |label, read, write, action, inspect| Window { label, read, write, action, inspect };
    let everything = Scope::everything;
    vec![
        window("main", everything(), everything(), ActionScope::everything(), everything()),
        window(
            "blind",
            scope(&["open", "count"], &[]),
            everything(),
            ActionScope::everything(),
            scope(&["open"], &[]),
        ),
        window(
            "half",
            scope(&["*"], &["secret:*"]),
            scope(&["cart:*", "form", "secret:vault"], &[]),
            actions("cart:*", Some("touch")),
            scope(&["*"], &["secret:*"]),
        ),
        window("deaf", Scope::default(), Scope::default(), ActionScope::default(), Scope::default()),
    ]
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Form {
    name: String,
    age: Option<u8>,
    #[serde(default)]
    tags: Vec<String>,
    kind: Shape,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Shape {
    Plain,
    Boxed(u16),
    Named { at: i64 },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Loose {
    id: u32,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Vault {
    token: String,
    pin: u32,
    codes: Vec<u64>,
    note: Option<String>,
}

/// It cannot become JSON, and says why with what it holds.
#[derive(Clone, Debug, Deserialize)]
struct Broken {
    held: String,
}

impl Serialize for Broken {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(format!("cannot say {}", self.held)))
    }
}

/// What is hidden in values, and must not be found anywhere else.
pub struct Secrets {
    chance: Chance,
    planted: Vec<String>,
}

impl Secrets {
    pub fn new(seed: u64) -> Self {
        Self { chance: Chance::of(seed, "secrets", 0), planted: Vec::new() }
    }

    fn token(&mut self) -> String {
        let token = self.chance.word(24);
        // Half of it is as bad as all of it.
        self.planted.extend([token[..12].to_owned(), token[12..].to_owned()]);
        token
    }

    /// A number of 13 digits.
    fn number(&mut self) -> u64 {
        let number = 1_000_000_000_000 + self.chance.number() % 8_000_000_000_000;
        self.planted.push(number.to_string());
        number
    }

    /// A number of 10 digits.
    fn small(&mut self) -> u32 {
        let number = 1_000_000_000 + u32::try_from(self.chance.below(3_000_000_000)).unwrap_or_default();
        self.planted.push(number.to_string());
        number
    }

    /// The first secret in this text.
    pub fn found_in(&self, text: &str) -> Option<&str> {
        self.planted.iter().map(String::as_str).find(|secret| text.contains(secret))
    }

    fn vault(&mut self) -> Vault {
        let (token, pin, codes) = (self.token(), self.small(), vec![self.number(), self.number()]);
        Vault { token, pin, codes, note: Some(self.token()) }
    }

    fn any(&mut self) -> Value {
        json!({ "a": self.token(), "b": [self.number(), { "c": self.token() }], (self.token()): 1 })
    }
}

/// A topic of any type.
trait Probe {
    fn revision(&self) -> Revision;
    fn json(&self) -> String;
    fn renew(&self, secrets: &mut Secrets);
}

struct Held<T>(Topic<T>, fn(&mut Secrets) -> T);

impl<T: statesync_core::Value> Probe for Held<T> {
    fn revision(&self) -> Revision {
        self.0.revision()
    }

    fn json(&self) -> String {
        self.0.read(|value| serde_json::to_string(value).unwrap_or_else(|error| error.to_string()))
    }

    fn renew(&self, secrets: &mut Secrets) {
        let _ = self.0.set((self.1)(secrets));
    }
}

/// Keeps the signals of a window.
struct Ear(&'static str, Arc<Mutex<Vec<(&'static str, Value)>>>);

impl SignalSink for Ear {
    fn send(&self, signal: &Signal) {
        let signal = serde_json::to_value(signal).expect("a signal is JSON");
        self.1.lock().expect("no panic here").push((self.0, signal));
    }
}

/// A running app.
pub struct World {
    registry: Registry,
    topics: Vec<Box<dyn Probe>>,
    pub windows: Vec<Window>,
    pub secrets: Secrets,
    signals: Arc<Mutex<Vec<(&'static str, Value)>>>,
    chosen: Vec<Pattern>,
    now: Duration,
}

impl World {
    pub fn new(seed: u64, limit: usize) -> Self {
        let limits = Limits { max_value_bytes: limit, max_topics_per_session: 64, ..Limits::default() };
        let mut world = Self {
            registry: Registry::with_host(EPOCH, limits, Scope::default(), || {}),
            topics: Vec::new(),
            windows: windows(),
            secrets: Secrets::new(seed),
            signals: Arc::default(),
            chosen: vec!["*".parse().expect("a pattern")],
            now: Duration::ZERO,
        };
        world.open();
        world
    }

    fn open(&mut self) {
        self.add(TopicKey::new("open"), |_| json!({ "a": [1, 2, { "b": null }], "c": "text" }));
        self.add(TopicKey::new("count"), |_| 7_u32);
        self.add(TopicKey::new("list"), |_| vec![1_u32, 2, 3]);
        self.add(TopicKey::new("map"), |_| BTreeMap::from([("a".to_owned(), vec![1_i64, -2])]));
        let form = |_: &mut Secrets| Form {
            name: "n".into(),
            age: Some(7),
            tags: vec!["t".into()],
            kind: Shape::Plain,
        };
        self.add(TopicKey::new("form"), form);
        self.add(TopicKey::new("loose"), |_| Loose {
            id: 1,
            rest: BTreeMap::from([("x".into(), json!(1.5))]),
        });
        self.add(TopicKey::new("fixed").read_only(), |_| 1_u32);
        self.add(TopicKey::new("cart:1"), |_| vec!["apple".to_owned()]);
        self.add(TopicKey::new("cart:2"), |_| Vec::<String>::new());
        self.add(TopicKey::new("secret:vault"), Secrets::vault);
        self.add(
            TopicKey::new("secret:big"),
            |secrets| json!({ "n": (1_u64 << 53) + secrets.number(), "s": secrets.token() }),
        );
        self.add(TopicKey::new("secret:broken"), |secrets| Broken { held: secrets.token() });
        self.add(TopicKey::new("secret:keys"), |secrets| {
            BTreeMap::from([(secrets.token(), secrets.small())])
        });
        self.add(TopicKey::new("secret:any"), Secrets::any);
    }

    fn add<T: statesync_core::Value>(&mut self, key: TopicKey<T>, make: fn(&mut Secrets) -> T) {
        assert_eq!(key.name(), TOPICS[self.topics.len()], "the topics are in the order of their names");
        let registry = &self.registry;
        registry.action(key.clone(), "touch", |_, _: Value| ()).expect("declared once");
        registry
            .action(key.clone(), "fail", |_, _: Value| Err::<(), _>("it may not be"))
            .expect("declared once");
        registry
            .action(key.clone(), "panic", |_, _: Value| -> () { panic!("on purpose") })
            .expect("declared once");
        registry
            .action(key.clone(), "number", |_, number: u8| Ok::<_, String>(number))
            .expect("declared once");
        let topic = registry.register(key, make(&mut self.secrets)).expect("registered once");
        self.topics.push(Box::new(Held(topic, make)));
    }

    /// Makes a page's call.
    pub fn call(&self, call: &Call) -> Answer {
        let window = &self.windows[call.window];
        let (registry, label) = (&self.registry, window.label);
        let argument = |name: &str| call.arguments.get(name).cloned().unwrap_or_default();
        let request = argument("request");
        match call.command {
            Command::Subscribe => door::subscribe(
                registry,
                label,
                request,
                &window.read,
                Arc::new(Ear(label, self.signals.clone())),
            ),
            Command::Pull => door::pull(registry, label, request, &window.read),
            Command::Snapshot => door::snapshot(registry, label, &argument("topic"), &window.read),
            Command::FirstPaint => door::first_paint(registry, label, &self.chosen, &window.read),
            Command::Set => {
                door::set(registry, label, request, argument("value"), &window.write, &window.read)
            }
            Command::Patch => {
                door::patch(registry, label, request, &argument("patch"), &window.write, &window.read)
            }
            Command::Action => {
                door::action(registry, label, request, argument("args"), &window.action, &window.read)
            }
            Command::Inspect => Ok(door::inspect(registry, &window.inspect)),
        }
    }

    /// Rust gives a topic a value of its own, with new secrets.
    pub fn renew(&mut self, topic: usize) {
        self.topics[topic].renew(&mut self.secrets);
    }

    pub fn reload(&self, window: usize) {
        self.registry.handle_page_load(self.windows[window].label);
    }

    pub fn close(&self, window: usize) {
        self.registry.handle_window_gone(self.windows[window].label);
    }

    /// Time goes on, and what has to be sent is sent.
    pub fn flush(&mut self, after: Duration) -> Vec<(&'static str, Value)> {
        self.now += after;
        self.registry.poll_flush(self.now).deliver();
        std::mem::take(&mut *self.signals.lock().expect("no panic here"))
    }

    pub fn revisions(&self) -> Vec<u64> {
        self.topics.iter().map(|topic| topic.revision().get()).collect()
    }

    pub fn json(&self, topic: usize) -> String {
        self.topics[topic].json()
    }
}
