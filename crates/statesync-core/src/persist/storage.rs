//! What a storage has to be able to do. [`Files`](super::Files) and [`Memory`](super::Memory) are two;
//! `conformance` checks any other.

use super::record::Record;
use super::sharing::SharedStorage;
use crate::revision::Revision;
use crate::topic::TopicName;
use std::fmt;
use std::io;
use std::sync::Arc;

/// A topic with what is to be stored of it.
pub type Stored = (TopicName, Record);

/// Whether a save has to be on the disk when it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fsync {
    /// It survives a power cut, as far as the disk keeps its promises.
    Yes,
    /// It survives the end of the process. The system writes it to the disk when it likes.
    No,
}

/// Keeps records by topic, and one number.
///
/// Calls come from several threads, and never two saves at a time. A storage does what it does when it is
/// called: it begins no threads and keeps nothing for later.
///
/// What it promises, and [`conformance::check`](super::conformance::check) tries:
/// - A save that returned `Ok` is what the next `load` finds, in this process and in the next. With
///   [`Fsync::Yes`] also after a power cut.
/// - A save that failed, or in which the process ended, leaves for each topic the record before it or the
///   new one, whole. If [`is_atomic`](Self::is_atomic), all topics of the save are of one moment.
/// - Bytes that are not a whole record are not given out as one, and not deleted.
pub trait StorageBackend: Send + Sync + 'static {
    /// What there is of a topic, best first.
    ///
    /// # Errors
    /// [`StorageError`] when the storage cannot be read. What it has and cannot understand is no error but
    /// part of what is [`Found`].
    fn load(&self, topic: &TopicName) -> Result<Found, StorageError>;

    /// Stores these records in place of what there is of their topics.
    ///
    /// # Errors
    /// [`StorageError`]; then each topic has its record from before, or the new one.
    fn save(&self, records: &[Stored], fsync: Fsync) -> Result<(), StorageError>;

    /// Puts the newest record of a topic out of the way, without deleting it, and says where it is. `why` becomes
    /// part of its name: a few words with hyphens. `None`: there was nothing. When `why` is [`UNREAD`] it is what
    /// the last `load` could not read, all of it, and not a record that it gave out.
    ///
    /// # Errors
    /// [`StorageError`]; then it is where it was.
    fn set_aside(&self, topic: &TopicName, why: &str) -> Result<Option<String>, StorageError>;

    /// Deletes everything there is of a topic, also what was put aside, because the app asks for it.
    ///
    /// # Errors
    /// [`StorageError`]; then some of it may be left.
    fn erase(&self, topic: &TopicName) -> Result<(), StorageError>;

    /// The number that was reserved last; zero when none was.
    ///
    /// # Errors
    /// [`StorageError`] when it cannot be read. A number that is damaged is zero.
    fn reserved(&self) -> Result<Revision, StorageError>;

    /// Keeps a number, as a synced save would.
    ///
    /// # Errors
    /// [`StorageError`]; then it is the number from before, or the new one.
    fn reserve(&self, up_to: Revision) -> Result<(), StorageError>;

    /// Whether a save of several topics happens as a whole.
    fn is_atomic(&self) -> bool {
        false
    }

    /// The storage as other processes share it, if it can be shared.
    fn shared(&self) -> Option<Arc<dyn SharedStorage>> {
        None
    }

    /// Where it is, for messages.
    fn place(&self) -> String;
}

/// Why something is put aside that could not be read; see [`StorageBackend::set_aside`].
pub const UNREAD: &str = "unread";

/// What a storage has of one topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Whole records, the newest first. More than one where earlier versions are kept.
    pub records: Vec<Record>,
    /// What was there and is no whole record.
    pub damage: Vec<Damage>,
}

/// Something that should have been a record. Unless it is [`OfEarlier`](Self::OfEarlier), it should have been newer
/// than all records that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// It was put out of the way.
    SetAside {
        /// What is wrong with it.
        why: String,
        /// Where it is now.
        place: String,
    },
    /// None of it: another process of the app saves there, and this one only reads.
    InUse,
    /// It was written by a newer version of this library and must stay as it is.
    Newer {
        /// What is newer.
        why: String,
    },
    /// It is where it was and could not be read. Before the topic is saved it is put aside, with [`UNREAD`].
    Unread {
        /// Why not.
        error: StorageError,
    },
    /// It is older than a record that was found.
    OfEarlier(Box<Damage>),
}

/// Why a storage could not do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}{advice}", advice = .kind.advice())]
pub struct StorageError {
    /// What kind of trouble.
    pub kind: StorageErrorKind,
    /// Where.
    pub place: String,
    /// What the system said.
    pub message: String,
}

/// What kind of trouble a storage has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StorageErrorKind {
    /// There is no space left, or the quota is used up.
    Full,
    /// It cannot be written at all.
    ReadOnly,
    /// This process may not.
    Denied,
    /// Another process has it.
    InUse,
    /// Something is in the place that does not belong there, or the storage is damaged.
    Damaged,
    /// What it was opened with is not the path of a file that stays.
    NotAFile,
    /// Anything else.
    Other,
}

impl StorageErrorKind {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::ReadOnly => "read-only",
            Self::Denied => "denied",
            Self::InUse => "in-use",
            Self::Damaged => "damaged",
            Self::NotAFile => "not-a-file",
            Self::Other => "other",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Full => " (make space; saving goes on by itself)",
            Self::ReadOnly => " (make it writable; saving goes on by itself)",
            Self::Denied => " (give this user the right to write it; saving goes on by itself)",
            Self::InUse => {
                " (another process of the app has it: let only one save, or use a storage that processes share)"
            }
            Self::Damaged => " (repair it, or move it away)",
            Self::NotAFile => " (open it with the path of a file)",
            Self::Other => "",
        }
    }
}

impl fmt::Display for StorageErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl StorageError {
    /// An error of the file system.
    pub fn io(place: impl Into<String>, error: &io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                StorageErrorKind::Full
            }
            io::ErrorKind::ReadOnlyFilesystem => StorageErrorKind::ReadOnly,
            io::ErrorKind::PermissionDenied => StorageErrorKind::Denied,
            io::ErrorKind::ResourceBusy | io::ErrorKind::WouldBlock => StorageErrorKind::InUse,
            io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidData => {
                StorageErrorKind::Damaged
            }
            _ => StorageErrorKind::Other,
        };
        Self { kind, place: place.into(), message: error.to_string() }
    }

    /// An error of this kind.
    pub fn new(kind: StorageErrorKind, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, place: place.into(), message: message.into() }
    }
}
