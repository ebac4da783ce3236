//! What Rust itself holds, for the check that compares every window with it.
//!
//! A hash over canonical JSON (`src/canonical.ts` does the same in the windows): keys in order, no spaces,
//! numbers as JavaScript prints them. It is meaningful while the revisions stand still.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;
use statesync::{StateSyncExt, TopicKey};
use tauri::{AppHandle, Runtime};

use crate::topics::{BURST, PROCESSES, SETTINGS, SYSTEM};

#[derive(Serialize)]
pub struct Fact {
    revision: String,
    hash: String,
    bytes: usize,
}

#[tauri::command]
pub async fn truth<R: Runtime>(app: AppHandle<R>) -> Result<BTreeMap<&'static str, Fact>, String> {
    Ok(BTreeMap::from([
        ("system", fact(&app, SYSTEM)?),
        ("processes", fact(&app, PROCESSES)?),
        ("settings", fact(&app, SETTINGS)?),
        ("burst", fact(&app, BURST)?),
    ]))
}

fn fact<R: Runtime, T>(app: &AppHandle<R>, key: TopicKey<T>) -> Result<Fact, String>
where
    T: Clone + Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
{
    let topic = app.statesync().topic(key).map_err(|error| error.to_string())?;
    let value = serde_json::to_value(topic.get()).map_err(|error| error.to_string())?;
    let text = canonical(&value);
    Ok(Fact { revision: topic.revision().to_string(), hash: fnv1a(&text), bytes: text.len() })
}

/// Objects with their keys in order, everything without spaces.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let ordered: BTreeMap<_, _> = fields.iter().collect();
            let inside = ordered
                .iter()
                .map(|(key, field)| format!("{}:{}", Value::from(key.as_str()), canonical(field)));
            format!("{{{}}}", inside.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Number(number) => {
            let mut text = number.to_string();
            // JavaScript has one kind of number and prints 12.0 as 12.
            if let Some(whole) = text.strip_suffix(".0") {
                text = if whole == "-0" { "0".into() } else { whole.to_owned() };
            }
            text
        }
        other => other.to_string(),
    }
}

/// FNV-1a, 64 bits, over UTF-8, as 16 hexadecimal digits.
fn fnv1a(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut hex = String::with_capacity(16);
    // Writing to a String cannot fail.
    let _ = write!(hex, "{hash:016x}");
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_text_is_what_the_windows_make_of_the_same_data() {
        let value = serde_json::json!({ "b": [1.0, 0.5, -0.0, null], "a": { "é\u{1}\"": true, "A": 12 } });
        assert_eq!(canonical(&value), "{\"a\":{\"A\":12,\"é\\u0001\\\"\":true},\"b\":[1,0.5,0,null]}");
    }

    #[test]
    fn the_hash_is_fnv1a() {
        assert_eq!(fnv1a(""), "cbf29ce484222325");
        assert_eq!(fnv1a("foobar"), "85944171f73967e8");
    }
}
