//! What a storage keeps of one topic.

use crate::revision::Revision;
use std::sync::Arc;

/// One topic at one revision, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The version of the value's shape, counted by the app; see [`Persist::schema`](crate::persist::Persist::schema).
    pub schema: u32,
    /// The revision of the value.
    pub revision: Revision,
    /// What was reserved in the storage when the record was written, for the case that the storage's own number
    /// gets lost.
    pub reserved: Revision,
    /// The value.
    pub body: Body,
}

/// A stored value: readable, or as a [`Cipher`](crate::persist::Cipher) made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Compact JSON.
    Json(Arc<str>),
    /// Bytes only the cipher understands.
    Sealed(Arc<[u8]>),
}

impl Body {
    /// The number of bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Json(text) => text.len(),
            Self::Sealed(bytes) => bytes.len(),
        }
    }
}
