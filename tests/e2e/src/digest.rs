//! One short text for a JSON value, the same as in page/digest.ts: a page and Rust compare what they have without
//! sending it.

use serde_json::Value;
use std::fmt::Write;

/// Bytes of the canonical JSON, and their 32-bit FNV-1a hash.
pub fn digest(value: &Value) -> String {
    let mut text = String::new();
    canonical(value, &mut text);
    let hash =
        text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{}-{hash:08x}", text.len())
}

fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(index, text);
                canonical(item, text);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.keys().collect();
            names.sort();
            text.push('{');
            for (index, name) in names.into_iter().enumerate() {
                separate(index, text);
                let _ = write!(text, "{}:", Value::from(name.as_str()));
                canonical(&fields[name], text);
            }
            text.push('}');
        }
        scalar => {
            let _ = write!(text, "{scalar}");
        }
    }
}

fn separate(index: usize, text: &mut String) {
    if index > 0 {
        text.push(',');
    }
}
