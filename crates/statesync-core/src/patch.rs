//! JSON Patch (RFC 6902) from a page, applied to a topic's data.
//!
//! The library reads the operations and their pointers. They are applied here, because each of them is bounded
//! before it runs: how deep the data becomes, and how much work the whole patch is. One difference of two
//! worlds is here too: to a page `1` and `1.0` are the same number.

use crate::depth::{MAX_DEPTH, measure, too_deep};
use crate::excerpt::{excerpt, excerpt_of};
use crate::json::json_bytes;
use crate::numbers::{self, RESERVED, Refused};
use json_patch::jsonptr::{Pointer, PointerBuf, Token};
use json_patch::{Patch, PatchOperation};
use serde_json::Value;

/// The most operations of one patch.
const MAX_OPERATIONS: usize = 10_000;

/// The most work of one patch. An element of a list that has to make room, or to close a gap, counts as one, and
/// so does each value inside what is inserted. As long as reading a value of the largest size takes, roughly.
const MAX_WORK: usize = 1 << 24;

/// Why a patch was not applied.
#[derive(Debug)]
pub(crate) enum PatchRefusal {
    Invalid {
        /// The pointer of the operation that failed, or of the place in its value.
        path: Option<String>,
        reason: String,
    },
    TooLarge,
}

/// Why an operation was not applied.
enum Failure {
    Because(&'static str),
    TooLarge,
}

type Applied<T> = Result<T, Failure>;

const NOTHING_THERE: Failure = Failure::Because("there is nothing");
const NO_PLACE: Failure = Failure::Because("there is no such place");
const TOO_DEEP: Failure = Failure::Because("the value would be nested more than 128 levels deep");
const TOO_MUCH_WORK: Failure = Failure::Because(
    "the patch moves too many elements of lists: write the list as a whole with `set`, or in several patches",
);

fn invalid(reason: String) -> PatchRefusal {
    PatchRefusal::Invalid { path: None, reason }
}

/// Reads a list of operations.
pub(crate) fn parse(json: &Value) -> Result<Patch, PatchRefusal> {
    let Value::Array(operations) = json else {
        return Err(invalid("the patch is not a list of operations (RFC 6902)".into()));
    };
    if operations.len() > MAX_OPERATIONS {
        let count = operations.len();
        return Err(invalid(format!(
            "the patch has {count} operations: at most {MAX_OPERATIONS} are allowed"
        )));
    }
    let mut patch = Vec::with_capacity(operations.len());
    for (index, operation) in operations.iter().enumerate() {
        patch.push(read(operation).map_err(|Refused { path: place, reason }| {
            let place = excerpt(place);
            let reason = format!("operation {index} is malformed at {place}: {reason}");
            PatchRefusal::Invalid { path: Some(place), reason }
        })?);
    }
    Ok(Patch(patch))
}

/// An operation. How deep what it has is counts from there, as if it were the value.
fn read(json: &Value) -> Result<PatchOperation, Refused> {
    let deep = match json {
        Value::Object(members) => members.values().find_map(too_deep),
        other => too_deep(other),
    };
    if let Some(place) = deep {
        return Err(Refused::too_deep(place));
    }
    json.get("value").map_or(Ok(()), numbers::check)?;
    let operation: PatchOperation = serde_path_to_error::deserialize(&*numbers::rounded(json))
        .map_err(|error| Refused { path: error.path().to_string(), reason: excerpt_of(error.inner()) })?;
    let place = operation.path().as_str();
    if place.contains(RESERVED) {
        return Err(Refused { path: "path".into(), reason: numbers::reserved(place) });
    }
    Ok(operation)
}

/// Applies a patch; on a refusal `data` is of no use any more. `max_bytes` bounds what copies can add up to.
pub(crate) fn apply(data: &mut Value, patch: Patch, max_bytes: usize) -> Result<(), PatchRefusal> {
    let mut application = Application { data, work: Work { left: MAX_WORK }, bytes_left: max_bytes };
    for (index, operation) in patch.0.into_iter().enumerate() {
        let verb = verb_of(&operation);
        application.apply(operation).map_err(|(place, failure)| match failure {
            Failure::Because(why) => {
                let place = excerpt_of(&place);
                let reason = format!("operation {index} ({verb} at \"{place}\") failed: {why}");
                PatchRefusal::Invalid { path: Some(place), reason }
            }
            Failure::TooLarge => PatchRefusal::TooLarge,
        })?;
    }
    Ok(())
}

/// A patch that is being applied: the data, and what its operations may still cost.
struct Application<'a> {
    data: &'a mut Value,
    work: Work,
    bytes_left: usize,
}

/// What a patch may still do.
struct Work {
    left: usize,
}

impl Work {
    fn spend(&mut self, work: usize) -> Applied<()> {
        self.left = self.left.checked_sub(work).ok_or(TOO_MUCH_WORK)?;
        Ok(())
    }
}

impl Application<'_> {
    fn apply(&mut self, operation: PatchOperation) -> Result<(), (PointerBuf, Failure)> {
        let (path, outcome) = match operation {
            PatchOperation::Test(it) => {
                let outcome = self.test(&it.path, &it.value);
                (it.path, outcome)
            }
            PatchOperation::Add(it) => {
                let outcome = self.insert(&it.path, it.value);
                (it.path, outcome)
            }
            PatchOperation::Replace(it) => {
                let outcome = self.replace(&it.path, it.value);
                (it.path, outcome)
            }
            PatchOperation::Remove(it) => {
                let outcome = self.take(&it.path).map(drop);
                (it.path, outcome)
            }
            PatchOperation::Move(it) => {
                let outcome = self.relocate(&it.from, &it.path);
                (it.path, outcome)
            }
            PatchOperation::Copy(it) => {
                let outcome = self.copy(&it.from).and_then(|value| self.insert(&it.path, value));
                (it.path, outcome)
            }
        };
        outcome.map_err(|failure| (path, failure))
    }

    fn at(&self, path: &Pointer) -> Applied<&Value> {
        path.resolve(&*self.data).map_err(|_| NOTHING_THERE)
    }

    fn test(&self, path: &Pointer, value: &Value) -> Applied<()> {
        if equal(self.at(path)?, value) {
            Ok(())
        } else {
            Err(Failure::Because("the value there is another one"))
        }
    }

    /// Whether a value may stand at a place: not too deep, and not too much to look at.
    fn admit(&mut self, path: &Pointer, value: &Value) -> Applied<()> {
        let measure = measure(value);
        self.work.spend(measure.values)?;
        if path.count() + measure.depth > MAX_DEPTH { Err(TOO_DEEP) } else { Ok(()) }
    }

    fn insert(&mut self, path: &Pointer, value: Value) -> Applied<()> {
        self.admit(path, &value)?;
        let Some((parent, last)) = path.split_back() else {
            *self.data = value;
            return Ok(());
        };
        match self.data.pointer_mut(parent.as_str()).ok_or(NO_PLACE)? {
            Value::Object(members) => {
                members.insert(last.decoded().into_owned(), value);
            }
            Value::Array(items) => {
                let index = index(&last, items.len(), true)?;
                self.work.spend(items.len() - index)?;
                items.insert(index, value);
            }
            _ => return Err(NO_PLACE),
        }
        Ok(())
    }

    fn replace(&mut self, path: &Pointer, value: Value) -> Applied<()> {
        self.admit(path, &value)?;
        *self.data.pointer_mut(path.as_str()).ok_or(NOTHING_THERE)? = value;
        Ok(())
    }

    fn take(&mut self, path: &Pointer) -> Applied<Value> {
        let (parent, last) =
            path.split_back().ok_or(Failure::Because("the whole value cannot be removed"))?;
        match self.data.pointer_mut(parent.as_str()).ok_or(NOTHING_THERE)? {
            Value::Object(members) => members.remove(last.decoded().as_ref()).ok_or(NOTHING_THERE),
            Value::Array(items) => {
                let index = index(&last, items.len(), false)?;
                self.work.spend(items.len() - index)?;
                Ok(items.remove(index))
            }
            _ => Err(NOTHING_THERE),
        }
    }

    fn relocate(&mut self, from: &Pointer, path: &Pointer) -> Applied<()> {
        if path.starts_with(from) && path.len() != from.len() {
            return Err(Failure::Because("a value cannot be moved into itself"));
        }
        let value = self.take(from)?;
        self.insert(path, value)
    }

    fn copy(&mut self, from: &Pointer) -> Applied<Value> {
        let bytes = json_bytes(self.at(from)?, self.bytes_left).ok_or(Failure::TooLarge)?;
        self.bytes_left -= bytes;
        self.at(from).cloned()
    }
}

/// The place in a list that a pointer's last token names; one after the last is a place to add at.
fn index(token: &Token<'_>, length: usize, to_add: bool) -> Applied<usize> {
    let index = token.to_index().map_err(|_| NO_PLACE)?;
    let index = if to_add { index.for_len_incl(length) } else { index.for_len(length) };
    index.map_err(|_| NO_PLACE)
}

fn verb_of(operation: &PatchOperation) -> &'static str {
    match operation {
        PatchOperation::Add(_) => "add",
        PatchOperation::Remove(_) => "remove",
        PatchOperation::Replace(_) => "replace",
        PatchOperation::Move(_) => "move",
        PatchOperation::Copy(_) => "copy",
        PatchOperation::Test(_) => "test",
    }
}

/// Whether two values are the same to a page: numbers by their value, not by how Rust keeps them.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || a.as_f64().is_some_and(|float| b.as_f64() == Some(float))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::{PatchRefusal, apply, equal, parse};
    use serde_json::{Value, json};

    fn patched(mut data: Value, patch: &Value) -> Result<Value, String> {
        let outcome = parse(patch).and_then(|patch| apply(&mut data, patch, 1000));
        outcome.map(|()| data).map_err(|refusal| match refusal {
            PatchRefusal::Invalid { reason, .. } => reason,
            PatchRefusal::TooLarge => "too large".into(),
        })
    }

    #[test]
    fn all_six_operations_work() {
        let patch = json!([
            { "op": "test", "path": "/a", "value": 1 },
            { "op": "add", "path": "/list/-", "value": 3 },
            { "op": "replace", "path": "/a", "value": 2 },
            { "op": "copy", "from": "/a", "path": "/b" },
            { "op": "move", "from": "/list/0", "path": "/c" },
            { "op": "remove", "path": "/gone" },
        ]);
        let data = json!({ "a": 1.0, "list": [1, 2], "gone": null });
        assert_eq!(patched(data, &patch), Ok(json!({ "a": 2, "b": 2, "c": 1, "list": [2, 3] })));
    }

    #[test]
    fn a_failing_operation_is_named() {
        let patch = json!([{ "op": "add", "path": "/b", "value": 1 }, { "op": "remove", "path": "/x/y" }]);
        let error = patched(json!({ "a": 1 }), &patch).unwrap_err();
        assert!(error.contains("operation 1 (remove at \"/x/y\")"), "{error}");
        let patch = json!([{ "op": "test", "path": "/a", "value": "1" }]);
        assert!(patched(json!({ "a": 1 }), &patch).unwrap_err().contains("another one"));
    }

    #[test]
    fn what_is_no_patch_is_refused() {
        for patch in [json!({}), json!(null), json!([{ "op": "jump", "path": "" }]), json!([{ "op": "add" }])]
        {
            assert!(patched(json!({}), &patch).is_err(), "{patch} was taken");
        }
        let many = Value::Array(vec![json!({ "op": "test", "path": "", "value": {} }); 10_001]);
        assert!(patched(json!({}), &many).unwrap_err().contains("10001"));
    }

    #[test]
    fn copies_cannot_blow_up_the_value() {
        let mut operations = vec![json!({ "op": "add", "path": "/0", "value": "x".repeat(100) })];
        for _ in 0..40 {
            operations.push(json!({ "op": "copy", "from": "", "path": "/0" }));
        }
        assert_eq!(patched(json!([]), &Value::Array(operations)), Err("too large".into()));
    }

    #[test]
    fn numbers_are_equal_by_value() {
        assert!(equal(&json!({ "a": [1, 2.5] }), &json!({ "a": [1.0, 2.5] })));
        assert!(!equal(&json!({ "a": 1 }), &json!({ "a": 2 })));
        assert!(!equal(&json!([1]), &json!([1, 1])));
    }
}
