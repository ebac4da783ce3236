//! What the driver can ask for.

use crate::document::Document;
use serde::Deserialize;
use serde_json::Value;
use statesync_core::{PullRequest, SubscribeRequest, WriteRequest};

/// One command; `do` names it.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Command {
    /// A new life: no topics, no sessions. Topics registered from now on begin above `floor`.
    Reset {
        epoch: String,
        floor: String,
        limits: LimitsPart,
        public: Vec<String>,
    },
    Register {
        topic: String,
        value: Document,
    },
    Write {
        topic: String,
        how: How,
        value: Document,
        /// As many writes, each with the next stamp.
        times: u64,
    },
    /// Takes the topic out.
    Remove {
        topic: String,
    },
    /// All these values, or none when it is to fail.
    Transaction {
        parts: Vec<(String, Document)>,
        fails: bool,
    },
    Subscribe {
        at: Place,
        request: SubscribeRequest,
        sink: u64,
    },
    Pull {
        at: Place,
        request: PullRequest,
    },
    Snapshot {
        at: Place,
        topic: String,
    },
    Set {
        at: Place,
        request: WriteRequest,
        value: Value,
    },
    Patch {
        at: Place,
        request: WriteRequest,
        patch: Value,
    },
    Action {
        at: Place,
        request: WriteRequest,
        args: Value,
    },
    /// A new page begins to load in this window.
    PageLoads {
        window: String,
    },
    /// This window is gone.
    WindowGone {
        window: String,
    },
    Flush {
        now_ms: u64,
    },
    Inspect,
    /// Every topic's revision and the hash of its JSON.
    Truth,
}

/// The bounds a run may want smaller than they are.
#[expect(clippy::struct_field_names, reason = "the names they have in the core")]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitsPart {
    pub max_signal_bytes: usize,
    pub max_value_bytes: usize,
    pub max_operations_per_page: usize,
}

/// Where a call comes from: the window and what its capabilities allow for this command.
#[derive(Deserialize)]
pub struct Place {
    pub window: String,
    pub allow: Vec<String>,
    pub deny: Vec<String>,
}

/// The ways to write from Rust.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum How {
    Set,
    Update,
    TryUpdate,
    /// A `compare_and_set` with the current revision.
    CompareAndSet,
    /// A `compare_and_set` with an old revision.
    Conflict,
    /// The closure returns an error after it has changed its copy.
    Refuse,
    /// The closure panics after it has changed its copy.
    Panic,
    /// The closure pulls its own topic and writes another one, before it changes its copy.
    Reentrant,
}
