//! What can go wrong, one enum per operation. Every error has a stable `kind` and says what to do.

use crate::revision::Revision;
use crate::topic::{InvalidTopicName, TopicName};

/// Why a topic could not be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The name is not a topic name.
    #[error(transparent)]
    InvalidTopic(#[from] InvalidTopicName),
    /// The topic is there already, with the same type.
    #[error("topic \"{topic}\" is registered already: get it with `topic()` instead of registering it again")]
    AlreadyRegistered {
        /// Which topic.
        topic: TopicName,
    },
    /// The topic is there already, with another type.
    #[error(
        "topic \"{topic}\" is registered with the type {registered}, not {requested}: use one TopicKey for it everywhere"
    )]
    TypeMismatch {
        /// Which topic.
        topic: TopicName,
        /// The type it has.
        registered: &'static str,
        /// The type that was asked for.
        requested: &'static str,
    },
    /// Called from inside an update closure.
    #[error(
        "topic \"{topic}\" was registered from inside an update closure: do it after the closure has returned"
    )]
    Reentrant {
        /// Which topic.
        topic: TopicName,
    },
    /// The revisions are used up.
    #[error("topic \"{topic}\" cannot be registered: the revisions of a u64 are used up")]
    RevisionExhausted {
        /// Which topic.
        topic: TopicName,
    },
}

/// Why there is no handle to a topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// The name is not a topic name.
    #[error(transparent)]
    InvalidTopic(#[from] InvalidTopicName),
    /// No such topic.
    #[error(
        "topic \"{topic}\" is not registered (any more): declare it with `Builder::topic`, or `register` it first, and do not ask for it after `remove`"
    )]
    UnknownTopic {
        /// Which topic.
        topic: TopicName,
    },
    /// It has another type.
    #[error(
        "topic \"{topic}\" is registered with the type {registered}, not {requested}: use one TopicKey for it everywhere"
    )]
    TypeMismatch {
        /// Which topic.
        topic: TopicName,
        /// The type it has.
        registered: &'static str,
        /// The type that was asked for.
        requested: &'static str,
    },
}

/// Why a topic was not removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoveError {
    /// There is no such topic of this type.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// It was asked for from inside an update closure, or another thread was faster.
    #[error(transparent)]
    Update(#[from] UpdateError),
}

/// Why an update changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// A write from inside an update closure.
    #[error(
        "topic \"{topic}\" was written from inside an update closure: do it after the closure has returned"
    )]
    Reentrant {
        /// Which topic.
        topic: TopicName,
    },
    /// The closure, or the value's `Clone`, panicked. The topic keeps its value and stays usable.
    #[error("an update of topic \"{topic}\" panicked and changed nothing: {message}")]
    Panicked {
        /// Which topic.
        topic: TopicName,
        /// What the panic said.
        message: String,
    },
    /// The topic has another revision than the write was based on.
    #[error("topic \"{topic}\" is at revision {current} by now: read it again and repeat the change")]
    Conflict {
        /// Which topic.
        topic: TopicName,
        /// The revision it has.
        current: Revision,
    },
    /// The revisions are used up.
    #[error("topic \"{topic}\" cannot change any more: the revisions of a u64 are used up")]
    RevisionExhausted {
        /// Which topic.
        topic: TopicName,
    },
    /// The write is a durable one, and could not be stored.
    #[error("topic \"{topic}\" was not changed, because the change could not be stored: {reason}")]
    Storage {
        /// Which topic.
        topic: TopicName,
        /// Why not.
        reason: String,
    },
    /// The topic's storage is closed, or could not be written for so long that the revisions reserved in it are
    /// used up.
    #[error(
        "topic \"{topic}\" cannot change: the app is ending, or its storage could not be written for too long"
    )]
    Unreserved {
        /// Which topic.
        topic: TopicName,
    },
    /// The thread that saves has ended, so that the change would never be stored.
    #[error(
        "topic \"{topic}\" cannot change: the thread that saves has ended, and the change would be lost; restart the app"
    )]
    SaverEnded {
        /// Which topic.
        topic: TopicName,
    },
    /// A durable write of a topic that is not stored.
    #[error(
        "topic \"{topic}\" is not persisted: declare it with `Builder::persist`, or write it without `durable`"
    )]
    NotPersisted {
        /// Which topic.
        topic: TopicName,
    },
    /// The topic was removed.
    #[error("topic \"{topic}\" was removed: register it again, and get its new handle, before you write it")]
    Removed {
        /// Which topic.
        topic: TopicName,
    },
}

/// Why a fallible update changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TryUpdateError<E, U = UpdateError> {
    /// The closure returned this error.
    #[error("the update was refused: {0}")]
    Refused(E),
    /// The update itself failed.
    #[error(transparent)]
    Update(U),
}

impl<E> From<UpdateError> for TryUpdateError<E> {
    fn from(error: UpdateError) -> Self {
        Self::Update(error)
    }
}

/// Why one step of a transaction was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// There is no such topic of this type.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The topic was removed meanwhile.
    #[error(transparent)]
    Update(#[from] UpdateError),
}

/// Why a transaction changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError<E> {
    /// The closure returned this error.
    #[error("the transaction was refused: {0}")]
    Refused(E),
    /// It was begun from inside an update closure or another transaction.
    #[error("a transaction was begun from inside an update closure: begin it after the closure has returned")]
    Reentrant,
    /// The closure panicked.
    #[error("a transaction panicked and changed nothing: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// The commit failed.
    #[error(transparent)]
    Update(#[from] UpdateError),
}

/// Why an action was not declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActionError {
    /// The name is not an action's name.
    #[error(
        "\"{action}\" (of \"{target}\") is not the name of an action: use 1 to 64 bytes of A-Z a-z 0-9 _ . -"
    )]
    InvalidName {
        /// The topic or family.
        target: String,
        /// The text as it came, shortened.
        action: String,
    },
    /// The topic or family has an action of this name.
    #[error("\"{target}\" has an action \"{action}\" already: give each its own name")]
    AlreadyDeclared {
        /// The topic or family.
        target: String,
        /// The action's name.
        action: String,
    },
}

/// Why a topic is not going to be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PersistError {
    /// The topic or family has a rule already.
    #[error("\"{target}\" is persisted already: declare it once")]
    AlreadyDeclared {
        /// The topic's name or the family's pattern.
        target: String,
    },
    /// The schema version and the migrations contradict each other.
    #[error("the migrations of \"{target}\" cannot be: {reason}")]
    Migrations {
        /// The topic's name or the family's pattern.
        target: String,
        /// Why not.
        reason: String,
    },
    /// There is no storage to keep it in.
    #[error("\"{target}\" has no storage: name one with `in_storage`, or give the registry a default")]
    NoStorage {
        /// The topic's name or the family's pattern.
        target: String,
    },
}

impl PersistError {
    /// The stable name of this kind of error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AlreadyDeclared { .. } => "already-declared",
            Self::Migrations { .. } => "invalid-migrations",
            Self::NoStorage { .. } => "no-storage",
        }
    }
}

impl ActionError {
    /// The stable name of this kind of error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::InvalidName { .. } => "invalid-action",
            Self::AlreadyDeclared { .. } => "already-declared",
        }
    }
}

impl UpdateError {
    /// The stable name of this kind of error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Reentrant { .. } => "reentrant",
            Self::Panicked { .. } => "panicked",
            Self::Conflict { .. } => "conflict",
            Self::RevisionExhausted { .. } => "revision-exhausted",
            Self::Storage { .. } => "storage",
            Self::Unreserved { .. } => "unreserved",
            Self::SaverEnded { .. } => "saver-ended",
            Self::NotPersisted { .. } => "not-persisted",
            Self::Removed { .. } => "removed",
        }
    }

    pub(crate) fn topic(&self) -> &TopicName {
        match self {
            Self::Reentrant { topic }
            | Self::Panicked { topic, .. }
            | Self::Conflict { topic, .. }
            | Self::RevisionExhausted { topic }
            | Self::Storage { topic, .. }
            | Self::Unreserved { topic }
            | Self::SaverEnded { topic }
            | Self::NotPersisted { topic }
            | Self::Removed { topic } => topic,
        }
    }
}

impl StepError {
    /// The stable name of this kind of error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Lookup(error) => error.kind(),
            Self::Update(error) => error.kind(),
        }
    }
}

impl<E> TransactionError<E> {
    /// The stable name of this kind of error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Reentrant => "reentrant",
            Self::Panicked { .. } => "panicked",
            Self::Update(error) => error.kind(),
        }
    }
}

impl RemoveError {
    /// The stable name of this kind of error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Lookup(error) => error.kind(),
            Self::Update(error) => error.kind(),
        }
    }
}

impl RegisterError {
    /// The stable name of this kind of error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::InvalidTopic(_) => "invalid-topic",
            Self::AlreadyRegistered { .. } => "already-registered",
            Self::TypeMismatch { .. } => "type-mismatch",
            Self::Reentrant { .. } => "reentrant",
            Self::RevisionExhausted { .. } => "revision-exhausted",
        }
    }
}

impl LookupError {
    /// The stable name of this kind of error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::InvalidTopic(_) => "invalid-topic",
            Self::UnknownTopic { .. } => "unknown-topic",
            Self::TypeMismatch { .. } => "type-mismatch",
        }
    }
}
