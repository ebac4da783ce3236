//! What an app chooses for a persisted topic.

use super::cipher::Cipher;
use super::migration::Migrations;
use super::storage::StorageBackend;
use crate::Value;
use crate::depth;
use crate::json::stored_json;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

/// When a changed value is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveWhen {
    /// As soon as the saver gets to it. Writers do not wait; changes that come meanwhile are one save.
    Immediately,
    /// After a pause in the changes, and at the latest after a while.
    Debounced {
        /// How long there has to be no change.
        quiet: Duration,
        /// How long after the first change it is saved in any case.
        at_most: Duration,
    },
    /// When the app ends, or asks for it by `flush`.
    OnExit,
}

impl Default for SaveWhen {
    /// After 100 ms without a change, at the latest 2 s after the first.
    fn default() -> Self {
        Self::Debounced { quiet: Duration::from_millis(100), at_most: Duration::from_secs(2) }
    }
}

/// What a saved value survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Every write is saved and synced before it returns, and before anybody sees it. It survives a power cut.
    /// Writers wait for the disk, and a write that cannot be saved is refused.
    Immediate,
    /// Every save is synced: what was saved survives a power cut. Writers do not wait.
    #[default]
    Synced,
    /// Saves are left to the system: what was saved survives the end of the process, not a power cut.
    Unsynced,
}

/// How a topic is stored. Given to `Builder::persist` with the topic's key or family.
///
/// ```
/// use statesync_core::persist::{Durability, Persist};
/// # #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// # struct Settings { theme: String, zoom: u32 }
/// let settings = Persist::<Settings>::new()
///     .schema(2)
///     .migrate(1, |mut json: serde_json::Value| {
///         json["zoom"] = 100.into();
///         Ok::<_, String>(json)
///     })
///     .durability(Durability::Immediate);
/// ```
pub struct Persist<T> {
    pub(crate) when: SaveWhen,
    pub(crate) durability: Durability,
    pub(crate) backend: Option<Arc<dyn StorageBackend>>,
    pub(crate) cipher: Option<Arc<dyn Cipher>>,
    pub(crate) migrations: Migrations,
    pub(crate) part: Option<Part<T>>,
}

/// What of the value is stored.
pub(crate) struct Part<T> {
    pub(crate) take: Take<T>,
    pub(crate) put: Put<T>,
}

type Take<T> = Box<dyn Fn(&T) -> serde_json::Result<String> + Send + Sync>;
type Put<T> = Box<dyn Fn(&str, T) -> serde_json::Result<T> + Send + Sync>;

impl<T: Value> Persist<T> {
    /// Debounced, synced, in the default storage, schema version 1, all of the value.
    pub fn new() -> Self {
        Self {
            when: SaveWhen::default(),
            durability: Durability::default(),
            backend: None,
            cipher: None,
            migrations: Migrations::default(),
            part: None,
        }
    }

    /// When it is saved. [`SaveWhen::default`] unless called.
    #[must_use]
    pub fn when(mut self, when: SaveWhen) -> Self {
        self.when = when;
        self
    }

    /// What it survives. [`Durability::Synced`] unless called.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Where it is stored, in place of the default storage.
    #[must_use]
    pub fn in_storage(mut self, backend: Arc<dyn StorageBackend>) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Encrypts what is stored.
    #[must_use]
    pub fn encrypted_by(mut self, cipher: impl Cipher) -> Self {
        self.cipher = Some(Arc::new(cipher));
        self
    }

    /// The version of the value's shape. 1 unless called. Count it up when old stored values no longer fit the
    /// type or mean something else, and add a step for each version there was.
    #[must_use]
    pub fn schema(mut self, version: u32) -> Self {
        self.migrations.current = version;
        self
    }

    /// The step that makes a stored value of version `from` one of version `from + 1`.
    ///
    /// Its argument and result are JSON (`serde_json::Value`) or any types that serde knows. Steps run at the
    /// start, before anybody reads the topic, all or none: after an `Err` or a panic the stored value stays as
    /// it is, the topic begins with its initial value, nothing is saved over the old one, and the app is told.
    ///
    /// ```
    /// # use statesync_core::persist::Persist;
    /// #[derive(serde::Deserialize)] struct Old { dark: bool }
    /// #[derive(serde::Serialize)] struct New { theme: &'static str }
    /// Persist::<String>::new().schema(2).migrate(1, |old: Old| {
    ///     Ok::<_, String>(New { theme: if old.dark { "dark" } else { "light" } })
    /// });
    /// ```
    #[must_use]
    pub fn migrate<A, B, E>(
        mut self,
        from: u32,
        step: impl Fn(A) -> Result<B, E> + Send + Sync + 'static,
    ) -> Self
    where
        A: DeserializeOwned,
        B: Serialize,
        E: Display,
    {
        self.migrations.add(from, step);
        self
    }

    /// Stores only a part of the value, for example all but a secret. Windows read all of it as before.
    ///
    /// `take` makes what is stored; `put` makes the value at the start of what was stored and the topic's
    /// initial value.
    ///
    /// ```
    /// # use statesync_core::persist::Persist;
    /// # #[derive(Clone, serde::Serialize, serde::Deserialize)]
    /// # struct Account { name: String, token: Option<String> }
    /// Persist::<Account>::new().only(
    ///     |account| account.name.clone(),
    ///     |name, initial| Account { name, ..initial },
    /// );
    /// ```
    #[must_use]
    pub fn only<P: Serialize + DeserializeOwned>(
        mut self,
        take: impl Fn(&T) -> P + Send + Sync + 'static,
        put: impl Fn(P, T) -> T + Send + Sync + 'static,
    ) -> Self {
        self.part = Some(Part {
            take: Box::new(move |value| stored_json(&take(value))),
            put: Box::new(move |stored, initial| Ok(put(depth::read(stored)?, initial))),
        });
        self
    }
}

impl<T: Value> Default for Persist<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Persist<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Persist")
            .field("when", &self.when)
            .field("durability", &self.durability)
            .field("schema", &self.migrations.current)
            .finish_non_exhaustive()
    }
}
