//! Topics that outlive the app: what is stored of them, where, when, and how it comes back.
//!
//! Keeps: the newest value of each persisted topic, in a storage, with a revision no later life of the app
//! goes below (`monotone`). Loses: with [`SaveWhen::Debounced`] and [`SaveWhen::OnExit`] what a crash finds
//! not saved yet; with a durable write ([`Durability::Immediate`], [`Topic::set_durable`](crate::Topic::set_durable))
//! nothing. Bytes that cannot be understood are put aside, never deleted, and the app is told.
//!
//! `options.rs` says what an app chooses, `storage.rs` what a storage has to do, `store.rs` keeps one
//! storage in use, `save.rs` and `load.rs` go one way each. There is no thread and no clock here: the host
//! calls [`Registry::poll_saves`](crate::Registry::poll_saves) when it is woken or when time is due.

mod begin;
mod cipher;
pub mod conformance;
mod durable;
mod event;
pub mod files;
mod foreign;
mod lease;
mod load;
mod memory;
mod migration;
mod open_file;
mod options;
mod place;
mod record;
mod reservation;
mod rules;
mod save;
mod schedule;
mod sharing;
mod slot;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod storage;
mod store;

pub use cipher::{Cipher, CipherError};
pub use event::{FlushError, HoldReason, StorageEvent};
pub use files::{Files, Format};
pub use memory::{Failure, Memory};
pub use options::{Durability, Persist, SaveWhen};
pub use record::{Body, Record};
pub use sharing::{Mark, SharedRead, SharedStorage, SharedWrite};
#[cfg(feature = "sqlite")]
pub use sqlite::Sqlite;
pub use storage::{Damage, Found, Fsync, StorageBackend, StorageError, StorageErrorKind, Stored, UNREAD};

pub(crate) use begin::First;
pub(crate) use durable::{Pending, store as store_durably};
pub(crate) use lease::Lease;
pub(crate) use rules::Persistence;
pub(crate) use slot::{EncodeError, Persisted, Slot};
