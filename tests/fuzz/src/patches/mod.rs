//! Patches from pages against a plain interpreter of RFC 6902: the same value, or refused by both.
//!
//! What is accepted is also no deeper, no larger and no more work than the protocol allows, and what the page is told
//! to compute by itself (`written`) is what Rust has.

mod attacks;
pub mod model;
mod work;

use crate::chance::Chance;
use crate::json;
use crate::patch_text;
use crate::requests::door;
use crate::target::{Target, shortened, without_parts};
use model::{Applied, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use statesync_core::{Limits, Registry, Scope, TopicKey};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Work below this is always done: a little more or less than 2^24 is the core's choice.
const LITTLE_WORK: u64 = 1 << 23;

/// Which type the topic has.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Anything,
    Structure,
    Map,
    List,
}

/// One patch of one topic.
#[derive(Clone)]
pub struct Case {
    kind: Kind,
    document: Value,
    limit: usize,
    patch: Value,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Structure {
    name: String,
    age: Option<u8>,
    #[serde(default)]
    tags: Vec<String>,
    shape: Shape,
    #[serde(default)]
    any: Value,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Shape {
    Dot,
    Circle(u16),
    Square { side: i64 },
}

type Map = BTreeMap<String, Value>;

/// A document of the type [`Structure`].
fn structure() -> Value {
    json!({ "name": "n", "age": 7, "tags": ["a", "b"], "shape": { "square": { "side": 3 } }, "any": { "a": [1] } })
}

/// The target.
pub struct Patches;

impl Target for Patches {
    const NAME: &'static str = "patches";
    const QUICK: u64 = 5_000;
    type Case = Case;

    fn draw(run: u64, chance: &mut Chance) -> Case {
        if let Some(attack) = attacks::attack(run) {
            return attack;
        }
        let kind = *chance.pick(&[Kind::Anything, Kind::Anything, Kind::Structure, Kind::Map, Kind::List]);
        let document = document(chance, kind);
        let limit = *chance.pick(&[2_000, 20_000, 200_000]);
        let most = if chance.one_in(50) { 400 } else { 12 };
        let patch = patch_text::draw(chance, &document, most);
        Case { kind, document, limit, patch }
    }

    fn check(case: &Case) -> Result<u64, String> {
        match case.kind {
            Kind::Anything => on::<Value>(case),
            Kind::Structure => on::<Structure>(case),
            Kind::Map => on::<Map>(case),
            Kind::List => on::<Vec<u32>>(case),
        }
    }

    fn smaller(case: &Case) -> impl Iterator<Item = Case> {
        let operations = case.patch.as_array().map_or(&[][..], Vec::as_slice);
        without_parts(operations).map(|patch| Case { patch: Value::Array(patch), ..case.clone() })
    }

    fn show(case: &Case) -> String {
        let Case { kind, document, limit, patch } = case;
        let operations: Vec<_> = patch.as_array().into_iter().flatten().take(40).collect();
        let lines: Vec<_> = operations.iter().map(|one| shortened(&one.to_string(), 300)).collect();
        let patch = if lines.is_empty() { shortened(&patch.to_string(), 300) } else { lines.join("\n  ") };
        let document = shortened(&document.to_string(), 600);
        format!("topic: {kind:?}, limit {limit} bytes\nvalue: {document}\npatch:\n  {patch}")
    }
}

fn document(chance: &mut Chance, kind: Kind) -> Value {
    let mut document = match kind {
        Kind::Anything => json::value(chance, 20, 6),
        Kind::Structure => structure(),
        Kind::Map => (0..chance.below(6)).map(|_| (json::key(chance), json::value(chance, 6, 3))).collect(),
        Kind::List => (0..chance.below(30)).map(|_| json!(chance.below(1000))).collect(),
    };
    make_safe(&mut document);
    document
}

/// Takes out integers that no page may have.
fn make_safe(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(make_safe),
        Value::Object(members) => members.values_mut().for_each(make_safe),
        other if json::has_unsafe_integer(other) => *other = json!(1),
        _ => {}
    }
}

const EPOCH: &str = "fuzz";
const TOPIC: &str = "topic";

struct Bench<T> {
    registry: Registry,
    everything: Scope,
    topic: statesync_core::Topic<T>,
}

impl<T: statesync_core::Value> Bench<T> {
    fn new(case: &Case) -> Result<Self, String> {
        let limits = Limits { max_value_bytes: case.limit, ..Limits::default() };
        let registry = Registry::with_host(EPOCH, limits, Scope::default(), || {});
        let value: T = serde_json::from_value(case.document.clone()).map_err(|error| error.to_string())?;
        let topic = registry.register(TopicKey::new(TOPIC), value).map_err(|error| error.to_string())?;
        Ok(Self { registry, everything: Scope::everything(), topic })
    }

    fn data(&self) -> Result<Value, String> {
        let answer = self.registry.handle_snapshot("w", TOPIC, &self.everything);
        let answer = answer.map_err(|error| format!("the topic cannot be read: {error}"))?;
        let answer = door::read(&answer).map_err(|error| format!("no JSON: {error}"))?;
        Ok(answer["data"].clone())
    }

    fn patch(&self, operation: &str, patch: &Value) -> door::Answer {
        let known = json!({ "epoch": EPOCH, "revision": self.topic.revision().to_string() });
        let request = json!({ "page": "p", "generation": 1, "operation": operation, "topic": TOPIC,
            "topics": [{ "topic": TOPIC, "known": known }] });
        door::patch(&self.registry, "w", request, patch, &self.everything, &self.everything)
    }
}

fn on<T: statesync_core::Value>(case: &Case) -> Result<u64, String> {
    let Ok(bench) = Bench::<T>::new(case) else { return Ok(0) };
    // A value that no page could read is no patch's fault.
    let Ok(before) = bench.data() else { return Ok(0) };
    let subscribe = json!({ "page": "p", "generation": 1, "topics": [{ "topic": TOPIC }] });
    door::subscribe(&bench.registry, "w", subscribe, &bench.everything, Arc::new(door::Nowhere))
        .map_err(|body| body.to_string())?;

    let applied = model::apply(&before, &case.patch, case.limit);
    let expected = expected::<T>(case, applied);
    let first = bench.topic.revision();
    let (answer, time) = work::timed(|| bench.patch("one", &case.patch));
    let answer = answer.map_err(|body| door::kind_of(&body));
    match (&answer, &expected) {
        (Ok(answer), Expected { data: Some(data), .. }) => {
            let after = bench.data()?;
            if after != *data {
                return Err(format!("it became {after}, and should be {data}"));
            }
            check_answer(answer, data, &before, case)?;
        }
        (Ok(_), Expected { data: None, kinds }) => return Err(format!("it was taken, expected {kinds:?}")),
        (Err(kind), Expected { kinds, .. }) if !kinds.contains(&kind.as_str()) => {
            return Err(format!("it was refused with {kind}, expected {kinds:?}"));
        }
        (Err(_), _) => {
            if bench.topic.revision() != first || bench.data()? != before {
                return Err("it was refused and left a trace".into());
            }
        }
    }
    work::check(time, &before, &case.patch, || {
        let again = Bench::<T>::new(case).ok()?;
        Some(work::timed(|| again.patch("one", &case.patch)).1)
    })?;
    // Whatever came before, the topic goes on working.
    if let Err(body) = bench.patch("two", &json!([])) {
        return Err(format!("the next patch, an empty one, is refused: {body}"));
    }
    Ok(1)
}

/// What may happen: the data it may have afterwards, and the kinds of error it may get instead.
struct Expected {
    data: Option<Value>,
    kinds: Vec<&'static str>,
}

fn expected<T: statesync_core::Value>(case: &Case, applied: Applied) -> Expected {
    let refused = |kinds: &[&'static str]| Expected { data: None, kinds: kinds.to_vec() };
    let sent = case.patch.to_string().len();
    let deep = ["invalid-patch", "invalid-value"];
    let mut result = match applied.verdict {
        Verdict::Invalid | Verdict::TooMuchWork => refused(&["invalid-patch"]),
        Verdict::TooDeep => refused(&deep),
        Verdict::TooLarge => refused(&["too-large"]),
        Verdict::Becomes(value) => match serde_json::from_value::<T>(value) {
            Err(_) => refused(&["invalid-value"]),
            Ok(value) => becomes(case, serde_json::to_value(&value).unwrap_or_default()),
        },
    };
    if applied.work > LITTLE_WORK {
        result.kinds.push("invalid-patch");
    }
    if sent > case.limit {
        return refused(&["too-large", "invalid-patch"]);
    }
    // Where else a reserved key may not be is the core's choice too.
    if case.patch.to_string().contains(json::RESERVED) {
        result.kinds.push("invalid-patch");
    }
    // How deep the list of operations itself may be is the core's choice.
    if json::depth_of(&case.patch) > model::MOST_DEPTH {
        result.kinds.extend(deep);
    }
    result
}

fn becomes(case: &Case, data: Value) -> Expected {
    if json::depth_of(&data) > model::MOST_DEPTH {
        return Expected { data: None, kinds: vec!["invalid-patch", "invalid-value"] };
    }
    let mut kinds = Vec::new();
    if data.to_string().len() > case.limit {
        kinds.push("too-large");
    }
    if json::has_unsafe_integer(&data) {
        kinds.push("unsafe-integer");
    }
    if kinds.is_empty() { Expected { data: Some(data), kinds } } else { Expected { data: None, kinds } }
}

/// The answer shows the new value: as data, or as `written` when the page can compute it.
fn check_answer(answer: &Value, data: &Value, before: &Value, case: &Case) -> Result<(), String> {
    let result = &answer["results"][0];
    let computed = match model::apply(before, &case.patch, case.limit).verdict {
        Verdict::Becomes(value) => value,
        other => return Err(format!("{other:?}")),
    };
    match (result["written"].as_bool(), result.get("data")) {
        (Some(true), None) if model::equal(&computed, data) => Ok(()),
        (Some(true), None) => Err(format!("the page is to compute {data} and will compute {computed}")),
        (None, Some(shown)) if shown == data => Ok(()),
        _ => Err(format!("the answer shows {result} instead of {data}")),
    }
}
