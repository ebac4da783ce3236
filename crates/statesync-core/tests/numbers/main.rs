//! Numbers, raw values and odd keys hold at every door, whatever features `serde_json` is built with. These tests say
//! the same under each combination; the step `features` of the test command builds the core with all of them.
#![cfg(not(loom))]

mod leaving;
mod pages;
mod storage;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use statesync_core::persist::{Body, Memory, Persist, Record};
use statesync_core::{
    ActionScope, Registry, RequestError, Revision, Scope, Topic, TopicKey, TopicName, Value, WriteRequest,
    parse_request,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const NUMBER: &str = "$serde_json::private::Number";
const RAW: &str = "$serde_json::private::RawValue";

/// All the ways in which serde keeps a number for a while before it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Gauge {
    #[serde(flatten)]
    reading: Reading,
    #[serde(flatten)]
    range: Option<Range>,
    shape: Shape,
    setting: Setting,
    adjacent: Adjacent,
    plain: f64,
    wide: i128,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Reading {
    ratio: f64,
    count: u64,
    delta: i32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Range {
    low: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Shape {
    Circle { radius: f64, segments: u8 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Some(Vec<f64>),
}

/// The map comes first: it must not take what is a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Setting {
    Group(BTreeMap<String, String>),
    Level(f64),
}

const GAUGE: TopicKey<Gauge> = TopicKey::new("gauge");
const ANY: TopicKey<Json> = TopicKey::new("any");
const TEXTS: TopicKey<BTreeMap<String, String>> = TopicKey::new("texts");
const RAWS: TopicKey<Box<RawValue>> = TopicKey::new("raw");

impl Gauge {
    fn of(float: f64) -> Self {
        Self {
            reading: Reading { ratio: float, count: 7, delta: -7 },
            range: Some(Range { low: float }),
            shape: Shape::Circle { radius: float, segments: 9 },
            setting: Setting::Level(float),
            adjacent: Adjacent::Some(vec![float]),
            plain: float,
            wide: -5,
        }
    }

    /// The JSON of one, with this text for each float.
    fn text(float: &str) -> String {
        format!(
            r#"{{"ratio":{float},"count":7,"delta":-7,"low":{float},"shape":{{"kind":"Circle","radius":{float},"segments":9}},"setting":{float},"adjacent":{{"c":[{float}],"t":"Some"}},"plain":{float},"wide":-5}}"#
        )
    }
}

/// A number as `JSON.stringify` writes it.
fn javascript(float: f64) -> String {
    match float.abs() {
        0.0 => "0".into(),
        1e-6..1e21 => float.to_string(),
        large if large >= 1e21 => format!("{float:e}").replace('e', "e+"),
        _ => format!("{float:e}"),
    }
}

/// What a page sent, as Tauri reads it.
fn sent(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

fn request(topic: &str, action: Option<&str>) -> WriteRequest {
    static OPERATIONS: AtomicUsize = AtomicUsize::new(0);
    let operation = OPERATIONS.fetch_add(1, Ordering::Relaxed).to_string();
    let known = json!([{ "topic": topic }]);
    let mut request =
        json!({ "page": "p", "generation": 0, "operation": operation, "topic": topic, "topics": known });
    if let Some(action) = action {
        request["action"] = action.into();
    }
    parse_request(request).unwrap()
}

fn set(registry: &Registry, topic: &str, value: Json) -> Result<Json, RequestError> {
    let answer = registry.handle_set("main", &request(topic, None), value, &Scope::everything())?;
    Ok(serde_json::from_str(&answer).expect("an answer is JSON"))
}

fn patch(registry: &Registry, topic: &str, operations: &Json) -> Result<Json, RequestError> {
    let answer = registry.handle_patch("main", &request(topic, None), operations, &Scope::everything())?;
    Ok(serde_json::from_str(&answer).expect("an answer is JSON"))
}

fn act(registry: &Registry, topic: &str, action: &str, args: Json) -> Result<Json, RequestError> {
    let request = request(topic, Some(action));
    let answer = registry.handle_action("main", &request, args, &ActionScope::everything())?;
    Ok(serde_json::from_str(&answer).expect("an answer is JSON"))
}

/// The data that pages get, as text.
fn data(registry: &Registry, topic: &str) -> Result<String, RequestError> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        data: &'a RawValue,
    }
    let answer = registry.handle_snapshot("main", topic, &Scope::everything())?;
    Ok(serde_json::from_str::<Answer<'_>>(&answer).expect("an answer is JSON").data.get().to_owned())
}

fn registered<T: Value>(key: TopicKey<T>, value: T) -> (Registry, Topic<T>) {
    let registry = Registry::new("e");
    let topic = registry.register(key, value).unwrap();
    (registry, topic)
}

/// A topic whose stored value is this text.
fn stored<T: Value>(
    key: TopicKey<T>,
    text: &str,
    options: Persist<T>,
    initial: T,
) -> (Registry, Topic<T>, Memory) {
    let memory = Memory::new();
    let (revision, reserved) = (Revision::new(4), Revision::new(5));
    let record = Record { schema: 1, revision, reserved, body: Body::Json(text.into()) };
    memory.put(TopicName::new(key.name()).unwrap(), record);
    let (registry, topic) = next_life(&memory, key, options, initial);
    (registry, topic, memory)
}

fn next_life<T: Value>(
    memory: &Memory,
    key: TopicKey<T>,
    options: Persist<T>,
    initial: T,
) -> (Registry, Topic<T>) {
    let registry = Registry::new("e");
    registry.persist_with(Arc::new(memory.clone()), || {}, |_| {});
    registry.persist(key.clone(), options).unwrap();
    let topic = registry.register(key, initial).unwrap();
    (registry, topic)
}

fn any_float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("JSON has finite numbers only", |float| float.is_finite()),
        (-1000_i32..1000, 0_u8..4)
            .prop_map(|(number, places)| f64::from(number) / 10_f64.powi(places.into())),
        Just(1e20),
        Just(1e21),
        Just(-1e-7),
        Just(9_007_199_254_740_994.0),
        Just(1.152_921_504_606_847e18),
    ]
}
