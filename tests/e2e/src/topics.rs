//! The truth the windows are compared with.

use crate::digest::digest;
use serde::{Deserialize, Serialize};
use statesync::ts_rs::TS;
use statesync::{Revision, StateSyncExt, Topic, TopicFamily, TopicKey, UpdateError};
use std::collections::BTreeMap;
use tauri::AppHandle;

/// Largest JSON of a value in this app.
pub const MAX_VALUE_BYTES: usize = 4 << 20;
/// The plain event of this app, and the topics it may name.
pub const EVENT: &str = "statesync:invalidation";
pub const PUBLIC: [&str; 1] = ["public:*"];

/// What pages have before their first script.
pub const FIRST: [&str; 1] = ["first:*"];

/// Topics with actions.
pub const ACTED: TopicFamily<Tally> = TopicFamily::new("act:{name}");

/// The value of every topic: who counted how far, and something to fill the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(crate = "statesync::ts_rs")]
pub struct Tally {
    /// Rust's own count.
    pub count: u64,
    /// What each window counted.
    pub by: BTreeMap<String, u64>,
    pub filler: String,
}

impl Tally {
    /// About so many bytes, different for every count.
    pub fn filled(count: u64, bytes: usize) -> Self {
        let mut tally = Self::default();
        tally.advance(count, bytes);
        tally
    }

    /// Sets the count, and fills up with about so many bytes.
    pub fn advance(&mut self, count: u64, bytes: usize) {
        self.count = count;
        self.filler = format!("{count:08}").repeat(bytes / 8);
    }
}

/// What Rust has of one topic at a quiet moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    pub revision: String,
    pub digest: String,
}

/// The truth of a topic. Only meaningful when nobody writes.
pub fn truth(topic: &Topic<Tally>) -> Truth {
    let value = topic.read(|tally| serde_json::to_value(tally).expect("a tally is JSON"));
    Truth { revision: topic.revision().to_string(), digest: digest(&value) }
}

/// A topic of one scenario, new each time it runs.
///
/// # Errors
/// When it is there already.
pub fn new_topic(app: &AppHandle, name: &'static str) -> Result<Topic<Tally>, String> {
    app.statesync().register(key(name), Tally::default()).map_err(|error| error.to_string())
}

/// The action `add`: no more than a hundred.
///
/// # Errors
/// When it would be more.
pub fn add(tally: &mut Tally, by: u64) -> Result<u64, String> {
    let count = tally.count + by;
    if count > 100 {
        return Err(format!("{count} is more than a hundred"));
    }
    tally.count = count;
    Ok(count)
}

fn key(name: &'static str) -> TopicKey<Tally> {
    TopicKey::new(name)
}

/// Counts up by one, with about so many bytes of filler.
///
/// # Errors
/// When the update fails.
pub fn count_up(topic: &Topic<Tally>, bytes: usize) -> Result<Revision, UpdateError> {
    topic.update(|tally| tally.advance(tally.count + 1, bytes))
}
