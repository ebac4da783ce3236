//! The transport-free heart of statesync.
//!
//! Keeps: one canonical value and one growing revision per topic, who subscribed to what, and what
//! every page said it has. Loses, on purpose: everything a page never pulled. Intermediate values are
//! gone once they are overwritten; a page that pulls gets the newest one. What [`persist`] keeps outlives the app.
//!
//! The five stages are files: [`update`](Topic::update) → [`Revision`] → `notify` → `pull` → apply
//! (the last one happens in the window). There is no async runtime, no thread and no clock here, and no I/O outside
//! the storages in [`persist`]: time
//! comes in as a [`Duration`](std::time::Duration) since any fixed start, signals go out of
//! [`Registry::poll_flush`].
//!
//! Methods are grouped by direction: `handle_*` takes what a page sent, `poll_*` gives what the host
//! has to do next.
//!
//! ```
//! use statesync_core::{Registry, TopicKey};
//!
//! const COUNT: TopicKey<u32> = TopicKey::new("count");
//!
//! let registry = Registry::new("epoch-1");
//! let count = registry.register(COUNT, 0)?;
//! count.update(|n| *n += 1)?;
//! assert_eq!(count.get(), 1);
//! assert_eq!(count.revision().to_string(), "2");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod action;
#[cfg(all(test, not(loom)))]
mod bindings;
mod cell;
mod contain;
mod depth;
mod error;
mod excerpt;
mod family;
mod first_paint;
mod inspect;
mod json;
mod json_path;
mod limits;
mod notify;
mod numbers;
mod operation;
mod patch;
pub mod persist;
mod pull;
mod raw;
mod refusal;
mod registry;
mod reply;
mod revision;
mod scope;
mod session;
mod snapshot;
mod subscribe;
mod sync;
mod topic;
mod transaction;
mod update;
mod watch;
mod wire;
mod write;
mod writer;

pub use action::{ActionOutcome, ActionTarget};
pub use error::{
    ActionError, LookupError, PersistError, RegisterError, RemoveError, StepError, TransactionError,
    TryUpdateError, UpdateError,
};
pub use family::TopicFamily;
pub use inspect::{
    Counters, Inspection, SessionInspection, SubscriptionInspection, TopicInspection, UnacknowledgedSignal,
};
pub use limits::Limits;
pub use notify::{Flush, OutgoingSignal, SignalSink};
pub use refusal::RequestError;
pub use registry::Registry;
pub use reply::{Pending, Reply};
pub use revision::{InvalidRevision, Revision};
pub use scope::{Access, ActionPattern, ActionScope, InvalidPattern, Pattern, Scope};
pub use topic::{InvalidTopicName, Named, TopicKey, TopicName};
pub use transaction::Transaction;
pub use update::Topic;
pub use watch::{Watch, WatchEnded};
pub use wire::{
    ErrorBody, Known, PullRequest, Signal, SignalTopic, SubscribeRequest, TopicRequest, WriteRequest,
    parse_request,
};

/// What a topic's type has to be able to do.
///
/// `Clone` because an update works on a copy, so that one which fails leaves nothing behind;
/// `Serialize` for snapshots; `DeserializeOwned` for writes from windows.
pub trait Value: Clone + serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static {}

impl<T> Value for T where T: Clone + serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static {}
