//! Patches that were once found to hurt: they nest, double and shift.

use super::{Case, Kind};
use crate::json::nested;
use serde_json::{Value, json};

/// How many elements the long lists have.
const LONG: usize = 250_000;
const MANY: usize = 9_900;
const MEGABYTE: usize = 1 << 20;

/// The attack of this number, if there is one.
pub fn attack(number: u64) -> Option<Case> {
    let case = |kind, document, limit, patch: Vec<Value>| {
        Some(Case { kind, document, limit, patch: Value::Array(patch) })
    };
    match number {
        0 => case(Kind::Anything, json!({}), MEGABYTE, nest_by_moves(60)),
        1 => case(Kind::Structure, super::structure(), MEGABYTE, nest_by_moves(60)),
        2 => case(Kind::Anything, json!({}), MEGABYTE, nest_by_moves(2)),
        3 => case(Kind::Anything, json!({ "a": [] }), MEGABYTE, nest_by_copies(20)),
        4 => case(Kind::Anything, json!([]), MEGABYTE, nest_by_adds(40)),
        5 => case(Kind::Anything, json!({}), MEGABYTE, vec![add("/a", &nested(127, false))]),
        6 => case(Kind::Anything, json!({}), MEGABYTE, vec![add("/a", &nested(128, false))]),
        7 => case(Kind::Anything, json!(null), MEGABYTE, vec![replace("", &nested(129, true))]),
        8 => case(Kind::Anything, json!({ "a": [0] }), MEGABYTE, vec![copy("/a", "/a/-"); 60]),
        9 => case(Kind::Anything, json!([[0]]), MEGABYTE, vec![copy("", "/-"); 60]),
        10 => case(Kind::List, long_list(), MEGABYTE, vec![add("/0", &json!(1)); MANY]),
        11 => case(Kind::List, long_list(), MEGABYTE, vec![json!({ "op": "remove", "path": "/0" }); MANY]),
        12 => case(Kind::Anything, long_list(), MEGABYTE, vec![moved("/249999", "/0"); MANY]),
        13 => case(Kind::Anything, json!({ "a": long_list() }), MEGABYTE, to_and_fro()),
        14 => case(Kind::Anything, json!([]), MEGABYTE, vec![add(&"/0".repeat(400_000), &json!(1))]),
        15 => case(Kind::Anything, json!({}), MEGABYTE, vec![add("/a", &raw(6))]),
        16 => case(Kind::List, long_list(), MEGABYTE, vec![add("/0", &json!(1)); 33]),
        17 => case(Kind::Anything, nested(100, false), MEGABYTE, vec![copy("", &"/0".repeat(99))]),
        _ => None,
    }
}

fn add(path: &str, value: &Value) -> Value {
    json!({ "op": "add", "path": path, "value": value })
}

fn replace(path: &str, value: &Value) -> Value {
    json!({ "op": "replace", "path": path, "value": value })
}

fn copy(from: &str, path: &str) -> Value {
    json!({ "op": "copy", "from": from, "path": path })
}

fn moved(from: &str, path: &str) -> Value {
    json!({ "op": "move", "from": from, "path": path })
}

fn long_list() -> Value {
    Value::Array(vec![json!(0); LONG])
}

/// One value is moved into the innermost list of another one, again and again.
fn nest_by_moves(times: usize) -> Vec<Value> {
    let mut patch = vec![add("/x", &nested(100, false))];
    for _ in 0..times {
        patch.push(add("/y", &nested(100, false)));
        patch.push(moved("/x", &format!("/y{}", "/0".repeat(99))));
        patch.push(moved("/y", "/x"));
    }
    patch
}

fn nest_by_copies(times: usize) -> Vec<Value> {
    (0..times)
        .map(|level| copy("/a", &format!("/a{}", "/0".repeat((1 << level.min(12)) - 1) + "/-")))
        .collect()
}

fn nest_by_adds(times: usize) -> Vec<Value> {
    (0..times).map(|level| add(&format!("{}/0", "/0".repeat(level * 40)), &nested(40, false))).collect()
}

/// A long list changes its place, there and back.
fn to_and_fro() -> Vec<Value> {
    [moved("/a", "/b"), moved("/b", "/a")].into_iter().cycle().take(MANY).collect()
}

/// What serde reads as JSON in a text, nested in itself.
fn raw(levels: usize) -> Value {
    let text = nested(100, false).to_string();
    let mut value = json!({ "$serde_json::private::RawValue": text });
    for _ in 1..levels {
        let deep = nested(100, false).to_string().replace("null", &value.to_string());
        value = json!({ "$serde_json::private::RawValue": deep });
    }
    value
}
