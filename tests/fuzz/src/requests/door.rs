//! The core's doors for pages, as the commands of the plugin call them: JSON in, JSON out.

use serde::Deserialize;
use serde_json::Value;
use statesync_core::{
    Access, ActionScope, Pattern, PullRequest, Registry, RequestError, Scope, Signal, SignalSink,
    SubscribeRequest, WriteRequest, parse_request,
};
use std::sync::Arc;

/// What a page gets: the answer, or the body of an error.
pub type Answer = Result<Value, Value>;

fn answered(answer: Result<String, RequestError>) -> Answer {
    match answer {
        Ok(text) => Ok(read(&text).unwrap_or_else(|error| panic!("the answer is no JSON ({error}): {text}"))),
        Err(error) => Err(serde_json::to_value(error.body()).expect("the body of an error is JSON")),
    }
}

/// Reads JSON of any depth, as a browser does.
pub fn read(text: &str) -> serde_json::Result<Value> {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    let value = Value::deserialize(&mut reader)?;
    reader.end().map(|()| value)
}

/// Where signals go that nobody looks at.
pub struct Nowhere;

impl SignalSink for Nowhere {
    fn send(&self, _: &Signal) {}
}

/// The stable name of an error.
pub fn kind_of(body: &Value) -> String {
    body["kind"].as_str().unwrap_or_default().to_owned()
}

pub fn subscribe(
    registry: &Registry,
    window: &str,
    request: Value,
    read: &Scope,
    sink: Arc<dyn SignalSink>,
) -> Answer {
    let request = parse_request::<SubscribeRequest>(request);
    answered(request.and_then(|request| registry.handle_subscribe(window, &request, read, sink)))
}

pub fn pull(registry: &Registry, window: &str, request: Value, read: &Scope) -> Answer {
    let request = parse_request::<PullRequest>(request);
    answered(request.and_then(|request| registry.handle_pull(window, &request, read)))
}

pub fn snapshot(registry: &Registry, window: &str, topic: &Value, read: &Scope) -> Answer {
    let malformed = || RequestError::Malformed { reason: "topic: pass its name".into() };
    let topic = topic.as_str().ok_or_else(malformed);
    answered(topic.and_then(|topic| registry.handle_snapshot(window, topic, read)))
}

pub fn first_paint(registry: &Registry, window: &str, chosen: &[Pattern], read: &Scope) -> Answer {
    answered(Ok(registry.handle_first_paint(window, chosen, read)))
}

pub fn set(
    registry: &Registry,
    window: &str,
    request: Value,
    value: Value,
    write: &Scope,
    read: &Scope,
) -> Answer {
    let request = parse_request::<WriteRequest>(request);
    answered(request.and_then(|request| {
        registry.handle_set(window, &request, value, Access::new(write, &|topic| read.allows(topic)))
    }))
}

pub fn patch(
    registry: &Registry,
    window: &str,
    request: Value,
    patch: &Value,
    write: &Scope,
    read: &Scope,
) -> Answer {
    let request = parse_request::<WriteRequest>(request);
    answered(request.and_then(|request| {
        registry.handle_patch(window, &request, patch, Access::new(write, &|topic| read.allows(topic)))
    }))
}

pub fn action(
    registry: &Registry,
    window: &str,
    request: Value,
    args: Value,
    action: &ActionScope,
    read: &Scope,
) -> Answer {
    let missing = || RequestError::Malformed { reason: "action: pass its name".into() };
    let request = parse_request::<WriteRequest>(request)
        .and_then(|request| if request.action.is_none() { Err(missing()) } else { Ok(request) });
    answered(request.and_then(|request| {
        registry.handle_action(window, &request, args, Access::new(action, &|topic| read.allows(topic)))
    }))
}

pub fn inspect(registry: &Registry, scope: &Scope) -> serde_json::Value {
    serde_json::to_value(registry.inspect().only(scope)).expect("an inspection is JSON")
}
