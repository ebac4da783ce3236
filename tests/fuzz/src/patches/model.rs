//! RFC 6902 to the letter, in the plainest way, with the limits that the protocol adds.

use crate::json;
use serde_json::{Map, Value};

/// The most operations of one patch.
const MOST_OPERATIONS: usize = 10_000;
/// How deep a value may be: a scalar is 0, `[]` is 1.
pub const MOST_DEPTH: usize = 128;
/// Work above this is never done, however it is counted.
const MOST_WORK: u64 = 1 << 26;

/// What a patch has to come to.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Becomes(Value),
    /// It is no patch, or an operation fails.
    Invalid,
    /// An operation makes the value too deep.
    TooDeep,
    /// The copies add up to too much.
    TooLarge,
    /// More than anybody has to do.
    TooMuchWork,
}

/// What a patch comes to, and how much work it is.
pub struct Applied {
    pub verdict: Verdict,
    /// List elements that are shifted, and values that are moved or copied.
    pub work: u64,
}

/// Applies a patch to a document.
pub fn apply(document: &Value, patch: &Value, most_bytes: usize) -> Applied {
    let mut work = 0;
    let verdict = match run(document.clone(), patch, most_bytes, &mut work) {
        Ok(value) => Verdict::Becomes(value),
        Err(verdict) => verdict,
    };
    Applied { verdict, work }
}

fn run(mut document: Value, patch: &Value, most_bytes: usize, work: &mut u64) -> Result<Value, Verdict> {
    let operations = patch.as_array().ok_or(Verdict::Invalid)?;
    if operations.len() > MOST_OPERATIONS {
        return Err(Verdict::Invalid);
    }
    let operations: Vec<_> = operations.iter().map(parse).collect::<Result<_, _>>()?;
    let mut copied = 0;
    for operation in &operations {
        step(&mut document, operation, work, &mut copied, most_bytes)?;
        if *work > MOST_WORK {
            return Err(Verdict::TooMuchWork);
        }
    }
    Ok(document)
}

/// Applies one operation, without the bound of copies.
pub fn apply_one(document: &Value, operation: &Value) -> Result<Value, Verdict> {
    let mut document = document.clone();
    step(&mut document, &parse(operation)?, &mut 0, &mut 0, usize::MAX)?;
    Ok(document)
}

type Path = Vec<String>;

enum Operation<'a> {
    Add(Path, &'a Value),
    Remove(Path),
    Replace(Path, &'a Value),
    Move(Path, Path),
    Copy(Path, Path),
    Test(Path, &'a Value),
}

fn parse(operation: &Value) -> Result<Operation<'_>, Verdict> {
    let members = operation.as_object().ok_or(Verdict::Invalid)?;
    let path = |name: &str| members.get(name).and_then(Value::as_str).and_then(parts).ok_or(Verdict::Invalid);
    let value = || members.get("value").ok_or(Verdict::Invalid);
    let brings_reserved = path("path")?.iter().any(|part| part.starts_with(json::RESERVED))
        || members.get("value").is_some_and(json::has_reserved_key);
    if brings_reserved {
        return Err(Verdict::Invalid);
    }
    Ok(match text(members, "op")? {
        "add" => Operation::Add(path("path")?, value()?),
        "remove" => Operation::Remove(path("path")?),
        "replace" => Operation::Replace(path("path")?, value()?),
        "move" => Operation::Move(path("from")?, path("path")?),
        "copy" => Operation::Copy(path("from")?, path("path")?),
        "test" => Operation::Test(path("path")?, value()?),
        _ => return Err(Verdict::Invalid),
    })
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, Verdict> {
    members.get(name).and_then(Value::as_str).ok_or(Verdict::Invalid)
}

/// The reference tokens of a JSON Pointer (RFC 6901).
fn parts(pointer: &str) -> Option<Path> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    pointer.strip_prefix('/')?.split('/').map(unescaped).collect()
}

fn unescaped(part: &str) -> Option<String> {
    let mut text = String::new();
    let mut characters = part.chars();
    while let Some(character) = characters.next() {
        match character {
            '~' => match characters.next()? {
                '0' => text.push('~'),
                '1' => text.push('/'),
                _ => return None,
            },
            other => text.push(other),
        }
    }
    Some(text)
}

fn step(
    document: &mut Value,
    operation: &Operation<'_>,
    work: &mut u64,
    copied: &mut usize,
    most_bytes: usize,
) -> Result<(), Verdict> {
    match operation {
        Operation::Add(path, value) => add(document, path, (*value).clone(), work),
        Operation::Remove(path) => remove(document, path, work).map(drop),
        Operation::Replace(path, value) => {
            find(document, path).ok_or(Verdict::Invalid)?;
            check_depth(path, value)?;
            *find_mut(document, path).ok_or(Verdict::Invalid)? = (*value).clone();
            Ok(())
        }
        Operation::Move(from, path) => {
            if path.len() > from.len() && path.starts_with(from) {
                return Err(Verdict::Invalid);
            }
            let value = remove(document, from, work)?;
            *work += parts_of(&value);
            add(document, path, value, work)
        }
        Operation::Copy(from, path) => {
            let value = find(document, from).ok_or(Verdict::Invalid)?.clone();
            *work += parts_of(&value);
            *copied += value.to_string().len();
            if *copied > most_bytes {
                return Err(Verdict::TooLarge);
            }
            add(document, path, value, work)
        }
        Operation::Test(path, value) => {
            let found = find(document, path).ok_or(Verdict::Invalid)?;
            if equal(found, value) { Ok(()) } else { Err(Verdict::Invalid) }
        }
    }
}

fn check_depth(path: &Path, value: &Value) -> Result<(), Verdict> {
    if path.len() + json::depth_of(value) > MOST_DEPTH { Err(Verdict::TooDeep) } else { Ok(()) }
}

fn add(document: &mut Value, path: &Path, value: Value, work: &mut u64) -> Result<(), Verdict> {
    let Some((last, parent)) = path.split_last() else {
        check_depth(path, &value)?;
        *document = value;
        return Ok(());
    };
    match find_mut(document, parent).ok_or(Verdict::Invalid)? {
        Value::Object(members) => {
            check_depth(path, &value)?;
            members.insert(last.clone(), value);
            Ok(())
        }
        Value::Array(items) => {
            let place = if last == "-" { Some(items.len()) } else { index(last) };
            let place = place.filter(|place| *place <= items.len()).ok_or(Verdict::Invalid)?;
            check_depth(path, &value)?;
            *work += (items.len() - place) as u64;
            items.insert(place, value);
            Ok(())
        }
        _ => Err(Verdict::Invalid),
    }
}

fn remove(document: &mut Value, path: &Path, work: &mut u64) -> Result<Value, Verdict> {
    // Without the whole document there is nothing that could be the new value.
    let (last, parent) = path.split_last().ok_or(Verdict::Invalid)?;
    match find_mut(document, parent).ok_or(Verdict::Invalid)? {
        Value::Object(members) => members.remove(last).ok_or(Verdict::Invalid),
        Value::Array(items) => {
            let place = index(last).filter(|place| *place < items.len()).ok_or(Verdict::Invalid)?;
            *work += (items.len() - place) as u64;
            Ok(items.remove(place))
        }
        _ => Err(Verdict::Invalid),
    }
}

/// An array index: digits, without leading zeros.
fn index(text: &str) -> Option<usize> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if canonical && digits { text.parse().ok() } else { None }
}

fn find<'a>(document: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(document, |here, part| match here {
        Value::Object(members) => members.get(part),
        Value::Array(list) => list.get(index(part)?),
        _ => None,
    })
}

fn find_mut<'a>(document: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(document, |here, part| match here {
        Value::Object(members) => members.get_mut(part),
        Value::Array(list) => list.get_mut(index(part)?),
        _ => None,
    })
}

fn parts_of(value: &Value) -> u64 {
    match value {
        Value::Array(list) => 1 + list.iter().map(parts_of).sum::<u64>(),
        Value::Object(members) => 1 + members.values().map(parts_of).sum::<u64>(),
        _ => 1,
    }
}

/// Whether two values are the same to a page: numbers by their value.
pub fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| equal(one, other)))
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, apply};
    use serde_json::{Value, json};

    /// The examples of appendix A of the RFC: document, patch, and what it becomes.
    fn examples() -> Vec<(Value, Value, Option<Value>)> {
        vec![
            (
                json!({"foo": "bar"}),
                json!([{"op": "add", "path": "/baz", "value": "qux"}]),
                Some(json!({"baz": "qux", "foo": "bar"})),
            ),
            (
                json!({"foo": ["bar", "baz"]}),
                json!([{"op": "add", "path": "/foo/1", "value": "qux"}]),
                Some(json!({"foo": ["bar", "qux", "baz"]})),
            ),
            (
                json!({"baz": "qux", "foo": "bar"}),
                json!([{"op": "remove", "path": "/baz"}]),
                Some(json!({"foo": "bar"})),
            ),
            (
                json!({"foo": ["bar", "qux", "baz"]}),
                json!([{"op": "remove", "path": "/foo/1"}]),
                Some(json!({"foo": ["bar", "baz"]})),
            ),
            (
                json!({"foo": ["all", "grass", "cows", "eat"]}),
                json!([{"op": "move", "from": "/foo/1", "path": "/foo/3"}]),
                Some(json!({"foo": ["all", "cows", "eat", "grass"]})),
            ),
            (json!({"baz": "qux"}), json!([{"op": "test", "path": "/baz", "value": "bar"}]), None),
            (
                json!({"foo": "bar"}),
                json!([{"op": "add", "path": "/child", "value": {"grandchild": {}}}]),
                Some(json!({"foo": "bar", "child": {"grandchild": {}}})),
            ),
            (
                json!({"foo": "bar"}),
                json!([{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}]),
                Some(json!({"foo": "bar", "baz": "qux"})),
            ),
            (json!({"foo": "bar"}), json!([{"op": "add", "path": "/baz/bat", "value": "qux"}]), None),
            (
                json!({"/": 9, "~1": 10}),
                json!([{"op": "test", "path": "/~01", "value": 10}]),
                Some(json!({"/": 9, "~1": 10})),
            ),
            (json!({"/": 9, "~1": 10}), json!([{"op": "test", "path": "/~01", "value": "10"}]), None),
            (
                json!({"foo": ["bar"]}),
                json!([{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}]),
                Some(json!({"foo": ["bar", ["abc", "def"]]})),
            ),
        ]
    }

    #[test]
    fn the_examples_of_the_rfc_come_out_as_it_says() {
        for (document, patch, becomes) in examples() {
            let expected = becomes.map_or(Verdict::Invalid, Verdict::Becomes);
            assert_eq!(apply(&document, &patch, 1000).verdict, expected, "{patch}");
        }
    }

    #[test]
    fn work_is_what_is_shifted_and_moved() {
        let patch =
            json!([{"op": "add", "path": "/0", "value": 1}, {"op": "move", "from": "/3", "path": "/3"}]);
        assert_eq!(apply(&json!([1, 2, 3]), &patch, 1000).work, 3 + 1 + 1);
    }
}
