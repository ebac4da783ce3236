//! Random and hostile JSON.

use crate::chance::Chance;
use serde_json::{Map, Number, Value};

/// Texts that mean something to somebody: to JavaScript, to JSON Pointer, to serde, to a terminal, to a file system.
pub const ODD_TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "0",
    "-",
    "-1",
    "01",
    "1e3",
    "/",
    "~",
    "~0",
    "~1",
    "~2",
    "/a~1b",
    "null",
    "undefined",
    "__proto__",
    "constructor",
    "toString",
    "\0",
    "a\0b",
    "\n",
    "\"",
    "\\",
    "'",
    "</script>",
    "\u{202e}",
    "\u{feff}",
    "\u{2028}",
    "ü",
    "😀",
    "e\u{301}",
    "../../etc/passwd",
    "con",
    "*",
    "**",
    "$serde_json::private::Number",
    "$serde_json::private::RawValue",
    "18446744073709551615",
    "18446744073709551616",
];

/// The numbers at which something changes.
pub fn odd_number(chance: &mut Chance) -> Number {
    const WHOLE: &[i64] = &[
        0,
        1,
        -1,
        7,
        255,
        256,
        65_536,
        4_294_967_295,
        4_294_967_296,
        9_007_199_254_740_991,
        9_007_199_254_740_992,
        -9_007_199_254_740_991,
        -9_007_199_254_740_992,
        i64::MAX,
        i64::MIN,
    ];
    const FLOATS: &[f64] =
        &[-0.0, 0.0, 1.0, 0.1, -2.5, 1e15, 9_007_199_254_740_993.0, 1e300, f64::MAX, 5e-324];
    match chance.below(10) {
        0..4 => Number::from(*chance.pick(WHOLE)),
        4..7 => Number::from(chance.below(10)),
        7 => Number::from(u64::MAX),
        8 => Number::from_f64(*chance.pick(FLOATS)).unwrap_or(0.into()),
        _ => Number::from_f64(chance.float() * 1000.0).unwrap_or(0.into()),
    }
}

/// A text: mostly short, sometimes odd, once in a while huge.
pub fn text(chance: &mut Chance, most: usize) -> String {
    let text = match chance.below(16) {
        0..7 => {
            let length = chance.below(12);
            chance.word(length)
        }
        7..13 => (*chance.pick(ODD_TEXTS)).to_owned(),
        13 => (0..chance.below(20)).map(|_| chance.character()).collect(),
        14 => {
            let piece = *chance.pick(&["x", "ü", "😀", "/", "~0", "\"", "\0", "ab"]);
            piece.repeat(chance.below(400))
        }
        _ => {
            let piece = *chance.pick(&["y", "é", "🙂", "/a", "\\"]);
            piece.repeat(chance.below(most.max(1)) / piece.len() + 1)
        }
    };
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text[..end].to_owned()
}

/// A value with at most about `size` parts and `depth` levels.
pub fn value(chance: &mut Chance, size: usize, depth: usize) -> Value {
    if size == 0 || depth == 0 || chance.one_in(3) {
        return scalar(chance);
    }
    let count = chance.below(size.min(6) + 1);
    let share = size / (count + 1);
    if chance.one_in(2) {
        (0..count).map(|_| value(chance, share, depth - 1)).collect()
    } else {
        let mut members = Map::new();
        for _ in 0..count {
            members.insert(key(chance), value(chance, share, depth - 1));
        }
        Value::Object(members)
    }
}

/// A member's name: one of few, so that pointers meet it.
pub fn key(chance: &mut Chance) -> String {
    const FEW: &[&str] = &["a", "b", "c", "0", "1", "a/b", "m~n", "", "list"];
    if chance.one_in(4) { text(chance, 40) } else { (*chance.pick(FEW)).to_owned() }
}

fn scalar(chance: &mut Chance) -> Value {
    match chance.below(8) {
        0 => Value::Null,
        1 => Value::Bool(chance.one_in(2)),
        2..5 => Value::Number(odd_number(chance)),
        _ => Value::String(text(chance, 300)),
    }
}

/// Lists and objects in each other, this deep: a scalar has depth 0, `[]` has depth 1.
pub fn nested(depth: usize, in_objects: bool) -> Value {
    let mut value = Value::Null;
    for _ in 0..depth {
        value = if in_objects { serde_json::json!({ "a": value }) } else { Value::Array(vec![value]) };
    }
    value
}

/// How deep a value is. Goes round by round instead of by recursion.
pub fn depth_of(value: &Value) -> usize {
    let mut level: Vec<&Value> = vec![value];
    let mut depth = 0;
    loop {
        let mut next = Vec::new();
        let mut nests = false;
        for value in level {
            match value {
                Value::Array(list) => {
                    nests = true;
                    next.extend(list);
                }
                Value::Object(members) => {
                    nests = true;
                    next.extend(members.values());
                }
                _ => {}
            }
        }
        if !nests {
            return depth;
        }
        depth += 1;
        level = next;
    }
}

/// The first integer that JavaScript cannot hold exactly, if any.
pub fn has_unsafe_integer(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            let most = 9_007_199_254_740_991_u64;
            number.as_u64().is_some_and(|number| number > most)
                || number.as_i64().is_some_and(|number| number.unsigned_abs() > most)
        }
        Value::Array(list) => list.iter().any(has_unsafe_integer),
        Value::Object(members) => members.values().any(has_unsafe_integer),
        _ => false,
    }
}

/// How the keys begin that no page may send: serde reads what has them as something else.
pub const RESERVED: &str = "$serde_json::private::";

/// Whether an object in it has a reserved key.
pub fn has_reserved_key(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(has_reserved_key),
        Value::Object(members) => {
            members.iter().any(|(name, member)| name.starts_with(RESERVED) || has_reserved_key(member))
        }
        _ => false,
    }
}
