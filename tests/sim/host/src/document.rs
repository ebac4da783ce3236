//! What every simulated topic holds.

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use std::collections::BTreeMap;

/// `pad` of a value that has no JSON.
const UNSERIALIZABLE: &str = "unserializable";

/// A value the driver can recognize wherever it turns up. Its JSON has its fields in the order of the alphabet.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Document {
    /// Added to by whoever wants; an addition that gets lost shows.
    pub count: i64,
    /// One field for each window, which writes nothing but its own.
    pub notes: BTreeMap<String, u64>,
    /// Bytes to make it larger. Spaces at the end are cut off, as a type that normalizes what it reads does.
    #[serde(serialize_with = "pad", deserialize_with = "trimmed")]
    pub pad: String,
    /// Counts the updates of a pair of topics.
    pub pair: u64,
    /// Names the write; no two have the same.
    pub stamp: u64,
}

fn pad<S: Serializer>(pad: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if pad == UNSERIALIZABLE {
        return Err(ser::Error::custom("this value has no JSON, on purpose"));
    }
    serializer.serialize_str(pad)
}

fn trimmed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let mut text = String::deserialize(deserializer)?;
    text.truncate(text.trim_end_matches(' ').len());
    Ok(text)
}

impl Document {
    /// FNV-1a of the JSON, or nothing when it has none.
    pub fn hash(&self) -> Option<u32> {
        let json = serde_json::to_vec(self).ok()?;
        Some(json.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)))
    }
}
