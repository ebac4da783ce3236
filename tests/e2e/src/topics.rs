//! The truth the windows are compared with.

use crate::digest::digest;
use serde::{Deserialize, Serialize};
use statesync::storage::{Body, Files, Fsync, Record, Sqlite, StorageBackend};
use statesync::ts_rs::TS;
use statesync::{Revision, StateSyncExt, Topic, TopicFamily, TopicKey, TopicName, UpdateError};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tauri::AppHandle;

/// Largest JSON of a value in this app.
pub const MAX_VALUE_BYTES: usize = 4 << 20;
/// The plain event of this app, and the topics it may name.
pub const EVENT: &str = "statesync:invalidation";
pub const PUBLIC: [&str; 1] = ["public:*"];

/// What pages have before their first script.
pub const FIRST: [&str; 2] = ["first:*", "kept:*"];

/// Topics that are stored. What is stored of them is there before the app begins.
pub const KEPT: TopicFamily<Tally> = TopicFamily::new("kept:{name}");

/// Topics with actions.
pub const ACTED: TopicFamily<Tally> = TopicFamily::new("act:{name}");

/// A topic in a database that other processes write too.
pub const SHARED: TopicKey<Tally> = TopicKey::new("shared");

/// Counts up by one, and says when: `by.at`, in milliseconds since 1970.
pub fn count_now(tally: &mut Tally) {
    tally.count += 1;
    let now = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis());
    tally.by.insert("at".to_owned(), u64::try_from(now).unwrap_or(u64::MAX));
}

/// The database in this folder, to be shared with other processes.
pub fn shared_database(dir: &Path) -> Arc<dyn StorageBackend> {
    Arc::new(Sqlite::shared(dir.join("shared.db")))
}

/// What an earlier life of this app left: one large topic, in this directory.
///
/// # Panics
/// When it cannot be written.
pub fn store_earlier(dir: &Path) {
    let json = serde_json::to_string(&earlier()).expect("a tally is JSON");
    let revision = Revision::new(41);
    let record = Record { schema: 1, revision, reserved: revision, body: Body::Json(json.into()) };
    let name = TopicName::new("kept:large").expect("a name");
    Files::in_dir(dir).save(&[(name, record)], Fsync::Yes).expect("it can be stored");
}

/// What is stored of the large topic.
pub fn earlier() -> Tally {
    Tally::filled(40, 100 << 10)
}

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
