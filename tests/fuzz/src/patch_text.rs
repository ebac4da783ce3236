//! Random patches (RFC 6902): mostly operations that a document can take, mixed with some that no document can.

use crate::chance::Chance;
use crate::json;
use crate::patches::model;
use serde_json::{Map, Value, json};

/// A patch for this document. Each operation is drawn for what the ones before it leave.
pub fn draw(chance: &mut Chance, document: &Value, most: usize) -> Value {
    let mut document = document.clone();
    let count = chance.below(most + 1);
    let mut operations = Vec::with_capacity(count);
    for _ in 0..count {
        let operation =
            if chance.one_in(20) { json::value(chance, 5, 3) } else { operation(chance, &document) };
        if let Ok(next) = model::apply_one(&document, &operation) {
            document = next;
        } else if !chance.one_in(8) {
            continue;
        }
        operations.push(operation);
    }
    if chance.one_in(100) { json::value(chance, 5, 3) } else { Value::Array(operations) }
}

fn operation(chance: &mut Chance, document: &Value) -> Value {
    let mut operation = Map::new();
    let verb = *chance.pick(&["add", "add", "remove", "replace", "move", "copy", "test"]);
    operation.insert("op".into(), verb.into());
    operation.insert("path".into(), pointer(chance, document).into());
    if ["move", "copy"].contains(&verb) || chance.one_in(40) {
        operation.insert("from".into(), pointer(chance, document).into());
    }
    if ["add", "replace", "test"].contains(&verb) || chance.one_in(40) {
        let path = operation["path"].as_str().unwrap_or_default();
        let there = document.pointer(path).filter(|_| verb == "test" && !chance.one_in(4));
        let value = there.cloned().unwrap_or_else(|| part(chance));
        operation.insert("value".into(), value);
    }
    if chance.one_in(30) {
        let member = json::key(chance);
        operation.insert(member, json::value(chance, 3, 2));
    }
    if chance.one_in(60) {
        let member = *chance.pick(&["op", "path", "from", "value"]);
        if chance.one_in(2) {
            operation.remove(member);
        } else {
            operation.insert(member.into(), json::value(chance, 3, 2));
        }
    }
    Value::Object(operation)
}

fn part(chance: &mut Chance) -> Value {
    match chance.below(12) {
        0 => {
            let depth = chance.below(135);
            json::nested(depth, chance.one_in(2))
        }
        1..4 => json!(chance.below(300)),
        _ => json::value(chance, 8, 4),
    }
}

/// A JSON Pointer: to something that is there, to a place beside it, or to nowhere.
pub fn pointer(chance: &mut Chance, document: &Value) -> String {
    if chance.one_in(30) {
        return json::text(chance, 2000);
    }
    let mut pointer = String::new();
    let mut here = document;
    loop {
        let stops = chance.one_in(4);
        match here {
            Value::Object(members) if !stops && !members.is_empty() => {
                let place = chance.below(members.len());
                let Some((name, member)) = members.iter().nth(place) else { break };
                pointer.push('/');
                pointer.push_str(&escaped(name));
                here = member;
            }
            Value::Array(list) if !stops && !list.is_empty() => {
                let place = chance.below(list.len());
                pointer.extend(["/", &place.to_string()]);
                here = &list[place];
            }
            _ => break,
        }
    }
    if chance.one_in(3) {
        let last = match (here, chance.below(4)) {
            (Value::Array(list), 0) => list.len().to_string(),
            (Value::Array(_), 1) => "-".into(),
            _ => escaped(&json::key(chance)),
        };
        pointer.push('/');
        pointer.push_str(&last);
    }
    pointer
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
