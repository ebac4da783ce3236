//! The values that are measured: one of a few bytes, and one whose JSON has about 100 KB.

use serde::{Deserialize, Serialize};
use statesync_core::TopicKey;
use std::sync::Arc;

/// Two numbers and a flag, as in a cursor or a progress bar.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Small {
    pub count: u64,
    pub position: f64,
    pub active: bool,
}

/// A list as an app would show it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Large {
    pub count: u64,
    rows: Vec<Row>,
}

/// The same list behind a pointer: an update that leaves it alone does not copy it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Shared {
    pub count: u64,
    rows: Arc<[Row]>,
}

impl From<Large> for Shared {
    fn from(large: Large) -> Self {
        Self { count: large.count, rows: large.rows.into() }
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Row {
    id: u32,
    name: String,
    share: f64,
}

impl Large {
    /// A list whose JSON has about 100 KB.
    pub fn new() -> Self {
        let row =
            |id| Row { id, name: format!("row {id:06} {}", "x".repeat(52)), share: f64::from(id) / 7.0 };
        Self { count: 0, rows: (0..900).map(row).collect() }
    }
}

pub const SMALL: TopicKey<Small> = TopicKey::new("small");
pub const LARGE: TopicKey<Large> = TopicKey::new("large");
pub const SHARED: TopicKey<Shared> = TopicKey::new("shared");
pub const TEXT: TopicKey<String> = TopicKey::new("text");
