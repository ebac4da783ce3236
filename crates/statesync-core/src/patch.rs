//! JSON Patch (RFC 6902) from a page, applied to a topic's data.
//!
//! The library does the work; here are the bounds, the messages, and one difference of two worlds: to a page
//! `1` and `1.0` are the same number.

use crate::json::json_bytes;
use json_patch::jsonptr::Pointer;
use json_patch::{Patch, PatchOperation};
use serde_json::Value;

/// The most operations of one patch.
const MAX_OPERATIONS: usize = 10_000;

/// Why a patch was not applied.
#[derive(Debug)]
pub(crate) enum PatchRefusal {
    Invalid { reason: String },
    TooLarge,
}

fn invalid(reason: String) -> PatchRefusal {
    PatchRefusal::Invalid { reason }
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
        let parsed = serde_path_to_error::deserialize(operation).map_err(|error| {
            invalid(format!("operation {index} is malformed at {}: {}", error.path(), error.inner()))
        })?;
        patch.push(parsed);
    }
    Ok(Patch(patch))
}

/// Applies a patch; on a refusal `data` is of no use any more. `max_bytes` bounds what copies can add up to.
pub(crate) fn apply(data: &mut Value, patch: &Patch, max_bytes: usize) -> Result<(), PatchRefusal> {
    let mut copied = 0;
    for (index, operation) in patch.0.iter().enumerate() {
        let failed = |why: &str| {
            let (verb, place) = (verb_of(operation), operation.path());
            invalid(format!("operation {index} ({verb} at \"{place}\") failed: {why}"))
        };
        match operation {
            PatchOperation::Test(test) => {
                let found = at(data, &test.path).ok_or_else(|| failed("there is nothing"))?;
                if !equal(found, &test.value) {
                    return Err(failed("the value there is another one"));
                }
            }
            PatchOperation::Copy(copy) => {
                let from = at(data, &copy.from).ok_or_else(|| failed("there is nothing to copy"))?;
                copied += json_bytes(from, max_bytes).ok_or(PatchRefusal::TooLarge)?;
                if copied > max_bytes {
                    return Err(PatchRefusal::TooLarge);
                }
                apply_one(data, operation).map_err(|why| failed(&why))?;
            }
            _ => apply_one(data, operation).map_err(|why| failed(&why))?,
        }
    }
    Ok(())
}

fn apply_one(data: &mut Value, operation: &PatchOperation) -> Result<(), String> {
    json_patch::patch_unsafe(data, std::slice::from_ref(operation)).map_err(|error| error.kind.to_string())
}

fn at<'a>(data: &'a Value, path: &Pointer) -> Option<&'a Value> {
    path.resolve(data).ok()
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
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
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
        let outcome = parse(patch).and_then(|patch| apply(&mut data, &patch, 1000));
        outcome.map(|()| data).map_err(|refusal| match refusal {
            PatchRefusal::Invalid { reason } => reason,
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
