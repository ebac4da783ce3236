//! What a storage has to tell the app.

use super::storage::StorageError;
use crate::revision::Revision;
use crate::topic::TopicName;
use std::fmt;
use std::time::Duration;

/// Something about stored topics that the app, or the person using it, may want to know. `Display` says it in
/// a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StorageEvent {
    /// Something that should have been a topic's record was put out of the way. Nothing was deleted.
    SetAside {
        /// Which topic.
        topic: TopicName,
        /// What is wrong with it.
        why: String,
        /// Where it is now.
        place: String,
    },
    /// The newest record could not be used, and the one before it was.
    Recovered {
        /// Which topic.
        topic: TopicName,
        /// The revision the record was saved at.
        revision: Revision,
    },
    /// The stored value was of an older version of the app.
    Migrated {
        /// Which topic.
        topic: TopicName,
        /// The version it had.
        from: u32,
        /// The version it has.
        to: u32,
    },
    /// What is stored must stay as it is: the topic begins with its initial value and is not saved.
    Held {
        /// Which topic.
        topic: TopicName,
        /// Why.
        reason: HoldReason,
    },
    /// What is stored could not be read. The topic begins with the newest record that can be, or with its initial
    /// value; before it is saved, what could not be read is put aside.
    Unread {
        /// Which topic.
        topic: TopicName,
        /// Why not.
        error: StorageError,
    },
    /// The value cannot be stored, because it has no JSON or would not be read back. What was stored before
    /// stays; the next change is tried again.
    Unsavable {
        /// Which topic.
        topic: TopicName,
        /// Why not.
        reason: String,
    },
    /// A save failed. The values are in memory, and are saved again after a pause.
    SaveFailed {
        /// Which topics; none when it was about reserving revisions.
        topics: Vec<TopicName>,
        /// Why.
        error: StorageError,
        /// How many saves have failed in a row.
        failures: u32,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// After failures, everything is saved.
    SaveRecovered {
        /// Where.
        place: String,
        /// How many saves had failed.
        failures: u32,
    },
    /// A shared storage was replaced by an older one, or emptied: its values are taken, with new revisions.
    Replaced {
        /// Where.
        place: String,
    },
}

/// Why a stored value must stay as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HoldReason {
    /// It was written by a newer version of the app.
    #[error("it has schema version {stored}, and this version of the app knows {current}: use the newer app")]
    NewerSchema {
        /// The version it has.
        stored: u32,
        /// The version the app has.
        current: u32,
    },
    /// Another process of the app saves there; this one only reads.
    #[error("another process of the app saves it: let only one run, or share a database between them")]
    InUse,
    /// It was written by a newer version of statesync.
    #[error("{why}: use the newer app")]
    NewerFormat {
        /// What is newer.
        why: String,
    },
    /// A migration failed.
    #[error("it could not be migrated, {reason}: mend the step, and start again")]
    MigrationFailed {
        /// Which step, and why.
        reason: String,
    },
    /// Another process stored a value that does not fit the topic's type.
    #[error(
        "another process stored a value of another shape, {why}: let all run the same version of the app"
    )]
    Unfit {
        /// What does not fit.
        why: String,
    },
    /// It is encrypted, and could not be decrypted.
    #[error("it could not be decrypted, {reason}: give the topic the cipher and key it was stored with")]
    Sealed {
        /// Why not.
        reason: String,
    },
}

impl HoldReason {
    /// The stable name.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NewerSchema { .. } => "newer-schema",
            Self::InUse => "in-use",
            Self::NewerFormat { .. } => "newer-format",
            Self::MigrationFailed { .. } => "migration-failed",
            Self::Unfit { .. } => "unfit",
            Self::Sealed { .. } => "sealed",
        }
    }
}

impl StorageEvent {
    /// The stable name of this kind of event.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SetAside { .. } => "set-aside",
            Self::Recovered { .. } => "recovered",
            Self::Migrated { .. } => "migrated",
            Self::Held { .. } => "held",
            Self::Unread { .. } => "unread",
            Self::Unsavable { .. } => "unsavable",
            Self::SaveFailed { .. } => "save-failed",
            Self::SaveRecovered { .. } => "save-recovered",
            Self::Replaced { .. } => "replaced",
        }
    }

    /// Whether something is wrong, or was found to be.
    pub fn is_trouble(&self) -> bool {
        !matches!(self, Self::Migrated { .. } | Self::SaveRecovered { .. })
    }
}

impl fmt::Display for StorageEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetAside { topic, why, place } => {
                write!(f, "what was stored of topic \"{topic}\" is no record: {why}; it is kept as {place}")
            }
            Self::Recovered { topic, revision } => {
                write!(f, "topic \"{topic}\" begins with an earlier version, saved at revision {revision}")
            }
            Self::Migrated { topic, from, to } => {
                write!(f, "topic \"{topic}\" was migrated from schema version {from} to {to}")
            }
            Self::Held { topic, reason } => write!(
                f,
                "what is stored of topic \"{topic}\" is left alone, and changes are not saved: {reason}"
            ),
            Self::Unread { topic, error } => {
                write!(f, "what is stored of topic \"{topic}\" could not be read: {error}")
            }
            Self::Unsavable { topic, reason } => {
                write!(f, "topic \"{topic}\" was not saved, its value cannot be stored: {reason}")
            }
            Self::SaveFailed { topics, error, failures, retry_in } => {
                let names: Vec<_> = topics.iter().map(TopicName::as_str).collect();
                write!(
                    f,
                    "saving {} failed ({failures} in a row, again in {} ms): {error}",
                    if names.is_empty() { "reserved revisions".into() } else { names.join(", ") },
                    retry_in.as_millis()
                )
            }
            Self::SaveRecovered { place, failures } => {
                write!(f, "{place}: everything is saved, after {failures} failures")
            }
            Self::Replaced { place } => {
                write!(f, "{place} was replaced or emptied: its values are taken, with new revisions")
            }
        }
    }
}

/// Some values are not stored, or will not be.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct FlushError {
    /// Which topics are not stored, and why. They stay in memory, and those that can be are tried again.
    pub topics: Vec<(TopicName, String)>,
    /// Why the thread that saves has ended, if it has: persisted topics cannot change until the app is restarted.
    /// What is not among `topics` was stored by this flush.
    pub saver_ended: Option<String>,
}

impl FlushError {
    /// The stable name of this kind of error.
    pub fn kind(&self) -> &'static str {
        if self.saver_ended.is_some() { "saver-ended" } else { "not-saved" }
    }

    pub(crate) fn of(topics: Vec<(TopicName, String)>, saver_ended: Option<&str>) -> Result<(), Self> {
        if topics.is_empty() && saver_ended.is_none() {
            return Ok(());
        }
        Err(Self { topics, saver_ended: saver_ended.map(str::to_owned) })
    }
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = "not saved: ";
        for (topic, why) in &self.topics {
            write!(f, "{before}topic \"{topic}\" ({why})")?;
            before = ", ";
        }
        if let Some(why) = &self.saver_ended {
            let before = if self.topics.is_empty() { "" } else { "; " };
            write!(f, "{before}the thread that saves has ended, restart the app: {why}")?;
        }
        Ok(())
    }
}
