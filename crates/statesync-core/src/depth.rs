//! How deep JSON may be nested.
//!
//! What walks through a value mostly calls itself once for each level: parsing, comparing, copying, dropping. Data
//! from outside is therefore looked at first, by code that goes no deeper than the limit, and is refused
//! before anything else touches it. A number or text has depth 0, `[]` and `{}` have depth 1.

use crate::excerpt::excerpt;
use crate::numbers;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value as Json;
use serde_json::de::StrRead;

/// The deepest nesting of a value: 128 lists or objects inside each other.
pub(crate) const MAX_DEPTH: usize = 128;

/// One step on the way to a place in a value.
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// Where a value is nested deeper than it may be: the path of the first list or object that is one level too deep.
pub(crate) fn too_deep(value: &Json) -> Option<String> {
    let mut path = descend(value, MAX_DEPTH)?;
    path.reverse();
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.extend([".", key]),
            Step::Index(index) => text.extend(["[", &index.to_string(), "]"]),
        }
    }
    Some(text)
}

/// The value, unless it is nested too deep: then it is dropped, and the path of what is too deep returned.
///
/// # Errors
/// When it is nested too deep.
pub(crate) fn bounded(value: Json) -> Result<Json, String> {
    match too_deep(&value) {
        Some(path) => {
            dismantle(value);
            Err(excerpt(path))
        }
        None => Ok(value),
    }
}

/// Why a value from a page is refused whose depth is over the limit.
pub(crate) fn too_deep_text() -> String {
    format!("it is nested more than {MAX_DEPTH} levels deep")
}

/// The way to what is too deep, its last step first.
fn descend(value: &Json, left: usize) -> Option<Vec<Step<'_>>> {
    let below = |step, value| {
        let mut path = descend(value, left - 1)?;
        path.push(step);
        Some(path)
    };
    match value {
        Json::Array(_) | Json::Object(_) if left == 0 => Some(Vec::new()),
        Json::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| below(Step::Index(index), item))
        }
        Json::Object(members) => members.iter().find_map(|(key, member)| below(Step::Key(key), member)),
        _ => None,
    }
}

/// The depth of a value that is no deeper than the limit, and how many values it is made of.
pub(crate) fn measure(value: &Json) -> Measure {
    let mut measure = Measure { depth: 0, values: 1 };
    let mut add = |inner: &Json| {
        let Measure { depth, values } = self::measure(inner);
        measure = Measure { depth: measure.depth.max(depth), values: measure.values + values };
    };
    match value {
        Json::Array(items) => items.iter().for_each(&mut add),
        Json::Object(members) => members.values().for_each(&mut add),
        _ => return measure,
    }
    measure.depth += 1;
    measure
}

/// What [`measure`] finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) depth: usize,
    pub(crate) values: usize,
}

/// Drops a value of any depth.
fn dismantle(value: Json) {
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        match value {
            Json::Array(items) => rest.extend(items),
            Json::Object(members) => rest.extend(members.into_iter().map(|(_, member)| member)),
            _ => {}
        }
    }
}

/// Whether the text of a JSON value is nested deeper than the limit. Of a text that is no JSON it may say anything.
fn text_is_too_deep(text: &str) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// A reader of JSON, of exactly the depth that values may have; `serde_json`'s own limit is one less.
///
/// # Errors
/// When the text is nested deeper.
pub(crate) fn reader(text: &str) -> serde_json::Result<serde_json::Deserializer<StrRead<'_>>> {
    if text_is_too_deep(text) {
        return Err(serde_json::Error::custom(too_deep_text()));
    }
    Ok(unbounded_reader(text))
}

fn unbounded_reader(text: &str) -> serde_json::Deserializer<StrRead<'_>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    reader
}

fn read_all<T: DeserializeOwned>(mut reader: serde_json::Deserializer<StrRead<'_>>) -> serde_json::Result<T> {
    let value = T::deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// Reads JSON of at most the depth that values may have, the same whatever features `serde_json` has.
///
/// # Errors
/// When the text is nested deeper, is no JSON, or does not fit.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    reader(text)?;
    read_made(text)
}

/// Reads JSON that was made here, and so is not too deep.
///
/// # Errors
/// When it does not fit.
pub(crate) fn read_made<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    // Read at once, every float would be a text to what serde keeps in between. A raw value need not be a value of Rust's.
    if numbers::are_texts()
        && let Ok(mut json) = read_all(unbounded_reader(text))
        && let Ok(value) = numbers::from_json(&mut json)
    {
        return Ok(value);
    }
    read_all(unbounded_reader(text))
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, Measure, dismantle, measure, read, too_deep};
    use serde_json::{Value as Json, json};

    /// `depth` lists inside each other.
    fn nested(depth: usize) -> Json {
        let mut value = json!(1);
        for _ in 0..depth {
            value = Json::Array(vec![value]);
        }
        value
    }

    #[test]
    fn exactly_the_limit_is_allowed() {
        assert_eq!(too_deep(&nested(MAX_DEPTH)), None);
        assert_eq!(too_deep(&nested(MAX_DEPTH + 1)), Some("[0]".repeat(MAX_DEPTH)));
        assert_eq!(too_deep(&json!({ "a": [0, nested(126)] })), None);
        let path = too_deep(&json!({ "a": [0, { "b": nested(126) }] })).unwrap();
        assert!(path.starts_with("a[1].b[0][0]"), "{path}");
    }

    #[test]
    fn a_text_is_read_up_to_the_limit_and_not_beyond() {
        let text = nested(MAX_DEPTH).to_string();
        assert_eq!(read::<Json>(&text).unwrap(), nested(MAX_DEPTH));
        let deeper = format!("[{text}]");
        assert!(read::<Json>(&deeper).unwrap_err().to_string().contains("128"));
        let brackets = format!("\"{}\\\"{}\"", "[".repeat(300), "{".repeat(300));
        assert_eq!(read::<String>(&brackets).unwrap().len(), 601);
        assert!(read::<Json>("[1] 2").is_err());
    }

    #[test]
    fn a_value_of_a_million_levels_is_refused_and_dropped() {
        let value = nested(1_000_000);
        assert!(too_deep(&value).is_some());
        dismantle(value);
    }

    #[test]
    fn a_measure_counts_levels_and_values() {
        assert_eq!(measure(&json!(1)), Measure { depth: 0, values: 1 });
        assert_eq!(measure(&json!([])), Measure { depth: 1, values: 1 });
        assert_eq!(measure(&json!({ "a": [1, [2]], "b": "c" })), Measure { depth: 3, values: 6 });
    }
}
