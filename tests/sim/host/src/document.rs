//! What every simulated topic holds.

use serde::{Deserialize, Serialize, Serializer, ser};

/// `pad` of a value that has no JSON.
const UNSERIALIZABLE: &str = "unserializable";

/// A value the driver can recognize wherever it turns up.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Document {
    /// Names the write; no two have the same.
    pub stamp: u64,
    /// Counts the updates of a pair of topics.
    pub pair: u64,
    /// Bytes to make it larger.
    #[serde(serialize_with = "pad")]
    pub pad: String,
}

fn pad<S: Serializer>(pad: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if pad == UNSERIALIZABLE {
        return Err(ser::Error::custom("this value has no JSON, on purpose"));
    }
    serializer.serialize_str(pad)
}

impl Document {
    /// FNV-1a of the JSON, or nothing when it has none.
    pub fn hash(&self) -> Option<u32> {
        let json = serde_json::to_vec(self).ok()?;
        Some(json.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)))
    }
}
