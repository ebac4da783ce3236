//! What a storage keeps of one topic.

use crate::revision::Revision;
use crate::topic::TopicName;
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

impl Record {
    /// A number that differs, but for one chance in four thousand million, between two records that differ, or are of
    /// other topics.
    pub fn fingerprint(&self, topic: &TopicName) -> u32 {
        let mut hash = crc32fast::Hasher::new();
        hash.update(topic.as_str().as_bytes());
        hash.update(b"\n");
        hash.update(&self.schema.to_le_bytes());
        hash.update(&self.revision.get().to_le_bytes());
        hash.update(&self.reserved.get().to_le_bytes());
        let (kind, bytes) = match &self.body {
            Body::Json(text) => (b'j', text.as_bytes()),
            Body::Sealed(bytes) => (b's', &**bytes),
        };
        hash.update(&[kind]);
        hash.update(bytes);
        hash.finalize()
    }
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
