//! One registry and what the driver has to hear of it.
//!
//! Whenever the core calls out (a wake, a sink that is let go of) the registry is looked at from in there: were a
//! lock held across the call, the process would hang (`no-lock-across-calls`).

use crate::action;
use crate::command::{Command, How, LimitsPart, Place};
use crate::document::Document;
use serde::Serialize;
use serde_json::json;
use statesync_core::{
    ActionPattern, ActionScope, ErrorBody, InvalidPattern, InvalidRevision, Limits, Registry, RequestError,
    Revision, Scope, Signal, SignalSink, StepError, Topic, TopicKey, TransactionError, TryUpdateError,
    UpdateError,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub struct World {
    registry: Registry,
    news: Arc<News>,
    topics: HashMap<String, Topic<Document>>,
    /// Keys want names that live for ever; each is made once.
    names: HashMap<String, &'static str>,
}

/// What happened since the last line.
#[derive(Default)]
struct News {
    wake: AtomicBool,
    gone: Mutex<Vec<u64>>,
    sent: Mutex<Vec<(u64, Signal)>>,
    /// The registry to look at from inside the core's calls; empty between two lives.
    registry: Mutex<Option<Registry>>,
}

type Outcome = Result<String, ErrorBody>;

impl News {
    fn look(&self) {
        let registry = take(&self.registry).clone();
        if let Some(registry) = registry {
            let _ = registry.inspect();
        }
    }
}

fn take<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Sink {
    id: u64,
    news: Arc<News>,
}

impl SignalSink for Sink {
    fn send(&self, signal: &Signal) {
        take(&self.news.sent).push((self.id, signal.clone()));
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.news.look();
        take(&self.news.gone).push(self.id);
    }
}

impl World {
    pub fn new() -> Self {
        Self {
            registry: Registry::new("none"),
            news: Arc::default(),
            topics: HashMap::new(),
            names: HashMap::new(),
        }
    }

    /// Whether the core asked for a flush, and the sinks it let go of, since the last call.
    pub fn take_news(&self) -> (bool, Vec<u64>) {
        let wake = self.news.wake.swap(false, Ordering::Relaxed);
        (wake, std::mem::take(&mut *take(&self.news.gone)))
    }

    pub fn run(&mut self, command: Command) -> String {
        match self.outcome(command) {
            Ok(json) => format!("{{\"ok\":{json}}}"),
            Err(error) => format!("{{\"error\":{}}}", text(&error)),
        }
    }

    fn outcome(&mut self, command: Command) -> Outcome {
        match command {
            Command::Reset { epoch, floor, limits, public } => self.reset(&epoch, &floor, &limits, &public),
            Command::Register { topic, value } => self.register(&topic, value),
            Command::Write { topic, how, value, times } => self.write(&topic, how, &value, times),
            Command::Remove { topic } => self.remove(&topic),
            Command::Transaction { parts, fails } => self.transaction(parts, fails),
            Command::Subscribe { at, request, sink } => {
                let sink = Arc::new(Sink { id: sink, news: self.news.clone() });
                self.registry
                    .handle_subscribe(&at.window, &request, &scope(&at)?, sink)
                    .map_err(|error| error.body())
            }
            Command::Pull { at, request } => {
                self.registry.handle_pull(&at.window, &request, &scope(&at)?).map_err(|error| error.body())
            }
            Command::Snapshot { at, topic } => {
                self.registry.handle_snapshot(&at.window, &topic, &scope(&at)?).map_err(|error| error.body())
            }
            Command::Set { at, request, value } => self
                .registry
                .handle_set(&at.window, &request, value, &scope(&at)?)
                .map_err(|error| error.body()),
            Command::Patch { at, request, patch } => self
                .registry
                .handle_patch(&at.window, &request, &patch, &scope(&at)?)
                .map_err(|error| error.body()),
            Command::Action { at, request, args } => self
                .registry
                .handle_action(&at.window, &request, args, &action_scope(&at)?)
                .map_err(|error| error.body()),
            Command::PageLoads { window } => {
                self.registry.handle_page_load(&window);
                Ok("null".into())
            }
            Command::WindowGone { window } => {
                self.registry.handle_window_gone(&window);
                Ok("null".into())
            }
            Command::Flush { now_ms } => Ok(self.flush(now_ms)),
            Command::Inspect => Ok(text(&self.registry.inspect())),
            Command::Truth => Ok(self.truth()),
        }
    }

    fn reset(&mut self, epoch: &str, floor: &str, limits: &LimitsPart, public: &[String]) -> Outcome {
        let public = Scope::parse(public.iter().map(String::as_str), []).map_err(bad_pattern)?;
        *take(&self.news.registry) = None;
        let news = Arc::new(News::default());
        let woken = news.clone();
        let limits = Limits {
            max_signal_bytes: limits.max_signal_bytes,
            max_value_bytes: limits.max_value_bytes,
            max_operations_per_page: limits.max_operations_per_page,
            ..Limits::default()
        };
        let floor: Revision =
            floor.parse().map_err(|error: InvalidRevision| plain("invalid-revision", &error.to_string()))?;
        self.topics.clear();
        self.registry = Registry::with_host(epoch, limits, public, move || {
            woken.wake.store(true, Ordering::Relaxed);
            woken.look();
        });
        self.news = news;
        *take(&self.news.registry) = Some(self.registry.clone());
        self.registry.raise_floor(floor);
        action::declare(&self.registry).map_err(|error| plain(error.kind(), &error.to_string()))?;
        Ok("null".into())
    }

    fn key(&mut self, topic: &str) -> TopicKey<Document> {
        if !self.names.contains_key(topic) {
            self.names.insert(topic.into(), Box::leak(topic.to_owned().into_boxed_str()));
        }
        TopicKey::new(self.names[topic])
    }

    fn register(&mut self, topic: &str, value: Document) -> Outcome {
        let key = self.key(topic);
        let handle =
            self.registry.register(key, value).map_err(|error| plain(error.kind(), &error.to_string()))?;
        let revision = handle.revision();
        self.topics.insert(topic.into(), handle);
        Ok(text(&revision))
    }

    /// The handle that is left writes nothing any more.
    fn remove(&mut self, topic: &str) -> Outcome {
        let handle = self.topics.remove(topic).ok_or_else(|| plain("unknown-topic", topic))?;
        let last = handle.get();
        self.registry.remove(&handle).map_err(|error| plain(error.kind(), &error.to_string()))?;
        match handle.set(last) {
            Err(UpdateError::Removed { .. }) => Ok("null".into()),
            other => Err(plain("written", &format!("a topic that was removed: {other:?}"))),
        }
    }

    /// The revisions, part by part.
    fn transaction(&self, parts: Vec<(String, Document)>, fails: bool) -> Outcome {
        let names: Vec<_> = parts.iter().map(|(name, _)| name.clone()).collect();
        let done = self.registry.transaction(|tx| -> Result<(), StepError> {
            for (name, value) in parts {
                let topic = &self.topics[&name];
                let before = tx.get(topic)?;
                tx.set(topic, value)?;
                assert_eq!(topic.get().stamp, before.stamp, "a reader sees a transaction that is not done");
            }
            assert!(!fails, "on purpose");
            Ok(())
        });
        match done {
            Ok(()) => Ok(text(&names.iter().map(|name| self.topics[name].revision()).collect::<Vec<_>>())),
            Err(TransactionError::Panicked { message }) => Err(plain("panicked", &message)),
            Err(other) => Err(plain("transaction", &other.to_string())),
        }
    }

    /// The revisions of all the writes.
    fn write(&mut self, topic: &str, how: How, value: &Document, times: u64) -> Outcome {
        let handle = self.topics.get(topic).ok_or_else(|| plain("unknown-topic", topic))?;
        let mut revisions = Vec::new();
        for n in 0..times {
            let value = Document { stamp: value.stamp + n, ..value.clone() };
            let written = self.write_once(handle, how, value);
            revisions.push(written?);
        }
        Ok(text(&revisions))
    }

    fn write_once(&self, topic: &Topic<Document>, how: How, value: Document) -> Result<Revision, ErrorBody> {
        let body = |error: UpdateError| RequestError::from(error).body();
        match how {
            How::Set => topic.set(value).map_err(body),
            How::Update => topic.update(|old| *old = value).map_err(body),
            How::TryUpdate => topic
                .try_update(|old| {
                    *old = value;
                    Ok(())
                })
                .map_err(told),
            How::CompareAndSet => topic.compare_and_set(topic.revision(), value).map_err(body),
            How::Conflict => {
                let old = Revision::new(topic.revision().get() - 1);
                topic.compare_and_set(old, value).map_err(body)
            }
            How::Refuse => topic
                .try_update(|old| {
                    *old = value;
                    Err("on purpose".to_owned())
                })
                .map_err(told),
            How::Panic => topic
                .update(|old| {
                    *old = value;
                    panic!("on purpose");
                })
                .map_err(body),
            How::Reentrant => topic.try_update(|old| self.call_back(topic, old, value)).map_err(told),
        }
    }

    /// What a careless closure might do. None of it may hang, and the writes have to be refused.
    fn call_back(&self, topic: &Topic<Document>, old: &mut Document, value: Document) -> Result<(), String> {
        let name = topic.name().as_str();
        let _ = self.registry.handle_snapshot("rust", name, &Scope::everything());
        if topic.get().stamp != old.stamp {
            return Err("a reader sees an update that is not done".into());
        }
        for other in self.topics.values() {
            match other.set(value.clone()) {
                Err(UpdateError::Reentrant { .. }) => {}
                other => return Err(format!("a write from inside a write: {other:?}")),
            }
        }
        *old = value;
        Ok(())
    }

    fn flush(&self, now_ms: u64) -> String {
        let flush = self.registry.poll_flush(Duration::from_millis(now_ms));
        flush.deliver();
        let sent = std::mem::take(&mut *take(&self.news.sent));
        let next = flush.next.map(|due| due.as_millis());
        json!({ "signals": sent, "events": flush.events, "next": next, "dropped": flush.dropped() })
            .to_string()
    }

    fn truth(&self) -> String {
        let truth: HashMap<_, _> = self
            .topics
            .iter()
            .map(|(name, topic)| (name, (topic.revision(), topic.read(Document::hash))))
            .collect();
        text(&truth)
    }
}

/// A refusal is an error with its own kind, so that the driver can tell which one it was.
fn told(error: TryUpdateError<String>) -> ErrorBody {
    match error {
        TryUpdateError::Update(error) => RequestError::from(error).body(),
        other => plain("refused", &other.to_string()),
    }
}

fn scope(at: &Place) -> Result<Scope, ErrorBody> {
    Scope::parse(at.allow.iter().map(String::as_str), at.deny.iter().map(String::as_str)).map_err(bad_pattern)
}

/// The same for actions: every one of the topics it covers.
fn action_scope(at: &Place) -> Result<ActionScope, ErrorBody> {
    let parse = |texts: &[String]| -> Result<Vec<_>, InvalidPattern> {
        texts.iter().map(|text| ActionPattern::new(text, None)).collect()
    };
    Ok(ActionScope {
        allow: parse(&at.allow).map_err(bad_pattern)?,
        deny: parse(&at.deny).map_err(bad_pattern)?,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn bad_pattern(error: InvalidPattern) -> ErrorBody {
    plain("bad-scope", &error.to_string())
}

fn plain(kind: &str, message: &str) -> ErrorBody {
    ErrorBody::new(kind, message.into())
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the host's own values are JSON")
}
