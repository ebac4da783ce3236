//! What can go wrong, one enum per operation. Every error has a stable `kind` and says what to do.

use crate::revision::Revision;
use crate::topic::{InvalidTopicName, TopicName};
use crate::wire::ErrorBody;
use std::sync::Arc;

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

/// Why a page's request was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The JSON does not have the shape of the request.
    #[error("malformed request: {reason}")]
    Malformed {
        /// Where and why.
        reason: String,
    },
    /// The name is not a topic name.
    #[error(transparent)]
    InvalidTopic(#[from] InvalidTopicName),
    /// The page id is not one.
    #[error("\"{page}\" is not a page id: use 1 to 64 characters of A-Z a-z 0-9 _ -")]
    InvalidPage {
        /// The text as it came, shortened.
        page: String,
    },
    /// A revision is not canonical.
    #[error("topic \"{topic}\": {reason}")]
    InvalidRevision {
        /// Which topic.
        topic: TopicName,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no such topic, or the window may not see it: a window cannot tell which.
    #[error(
        "topic \"{topic}\" does not exist or this window has no permission for it: register it, or allow it for this window in a capability (statesync:read, statesync:write)"
    )]
    UnknownTopic {
        /// Which topic.
        topic: TopicName,
    },
    /// The page has no session here: it has to subscribe afresh.
    #[error(
        "this page has no session here (any more): subscribe again with a higher generation and a new Channel"
    )]
    UnknownSession,
    /// The page has a newer generation.
    #[error("generation {generation} of this page is over: the newest is {newest}")]
    Superseded {
        /// The one that was named.
        generation: u64,
        /// The newest of the page.
        newest: u64,
    },
    /// More topics than a session may have.
    #[error("{count} topics in one session: at most {limit} are allowed")]
    TooManyTopics {
        /// How many there were.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The value's JSON is larger than allowed.
    #[error(
        "the value of topic \"{topic}\" has more than {limit} bytes of JSON: split it into several topics, or raise `max_value_bytes`"
    )]
    TooLarge {
        /// Which topic.
        topic: TopicName,
        /// The limit in bytes.
        limit: usize,
    },
    /// The value cannot become JSON.
    #[error("the value of topic \"{topic}\" cannot become JSON: {reason}")]
    Unserializable {
        /// Which topic.
        topic: TopicName,
        /// Why not.
        reason: String,
    },
    /// The JSON is not a value of the topic's type.
    #[error("topic \"{topic}\" was not changed: the value does not fit its type at {path}: {reason}")]
    InvalidValue {
        /// Which topic.
        topic: TopicName,
        /// Which field.
        path: String,
        /// Why not.
        reason: String,
    },
    /// The topic is read-only for windows.
    #[error("topic \"{topic}\" is read-only for windows: change it in Rust, or with an action")]
    ReadOnly {
        /// Which topic.
        topic: TopicName,
    },
    /// The value has an integer that JavaScript cannot hold exactly.
    #[error(
        "the value of topic \"{topic}\" has the integer {number} at {path}, which JavaScript cannot hold exactly (outside ±(2^53-1)): send it as text"
    )]
    UnsafeInteger {
        /// Which topic.
        topic: TopicName,
        /// Which field.
        path: String,
        /// The number as text.
        number: String,
    },
    /// The list of operations is malformed, or one of them failed.
    #[error("topic \"{topic}\" was not changed: {reason}")]
    InvalidPatch {
        /// Which topic.
        topic: TopicName,
        /// Which operation, and why.
        reason: String,
    },
    /// The topic has no such action, or the window may not run it: a window cannot tell which.
    #[error(
        "topic \"{topic}\" has no action \"{action}\", or this window has no permission for it: declare it with `Builder::action`, or allow it for this window in a capability (statesync:action)"
    )]
    UnknownAction {
        /// Which topic.
        topic: TopicName,
        /// Which action.
        action: String,
    },
    /// The arguments do not fit the action's type.
    #[error(
        "action \"{action}\" of topic \"{topic}\" was not run: its arguments do not fit at {path}: {reason}"
    )]
    InvalidArguments {
        /// Which topic.
        topic: TopicName,
        /// Which action.
        action: String,
        /// Which field.
        path: String,
        /// Why not.
        reason: String,
    },
    /// The action returned an error.
    #[error("action \"{action}\" changed nothing in topic \"{topic}\": {reason}")]
    ActionRefused {
        /// Which topic.
        topic: TopicName,
        /// Which action.
        action: String,
        /// The error as text.
        reason: String,
    },
    /// The topic has another revision than the write was based on.
    #[error("topic \"{topic}\" is at revision {current} by now: repeat the change on its current value")]
    Conflict {
        /// Which topic.
        topic: TopicName,
        /// The revision it has.
        current: Revision,
        /// Its current data as JSON and the epoch, when the page's session may read it.
        snapshot: Option<(String, Arc<str>)>,
    },
    /// One operation id for two different writes.
    #[error(
        "topic \"{topic}\" was not changed: operation \"{operation}\" was used for another write already, give each write an id of its own"
    )]
    OperationReused {
        /// Which topic.
        topic: TopicName,
        /// Which operation.
        operation: String,
    },
    /// The write failed.
    #[error(transparent)]
    Update(UpdateError),
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

impl From<UpdateError> for RequestError {
    /// As a page sees it: a conflict of its own, and a topic that is gone like one that never was.
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Conflict { topic, current } => Self::Conflict { topic, current, snapshot: None },
            UpdateError::Removed { topic } => Self::UnknownTopic { topic },
            error => Self::Update(error),
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
            Self::Removed { .. } => "removed",
        }
    }

    fn topic(&self) -> &TopicName {
        match self {
            Self::Reentrant { topic }
            | Self::Panicked { topic, .. }
            | Self::Conflict { topic, .. }
            | Self::RevisionExhausted { topic }
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

impl RequestError {
    /// The stable name of this kind of error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "malformed-request",
            Self::InvalidTopic(_) => "invalid-topic",
            Self::InvalidPage { .. } => "invalid-page",
            Self::InvalidRevision { .. } => "invalid-revision",
            Self::UnknownTopic { .. } => "unknown-topic",
            Self::UnknownSession => "unknown-session",
            Self::Superseded { .. } => "superseded",
            Self::TooManyTopics { .. } => "too-many-topics",
            Self::TooLarge { .. } => "too-large",
            Self::Unserializable { .. } => "unserializable",
            Self::InvalidValue { .. } | Self::InvalidArguments { .. } => "invalid-value",
            Self::OperationReused { .. } => "operation-reused",
            Self::ReadOnly { .. } => "read-only",
            Self::UnsafeInteger { .. } => "unsafe-integer",
            Self::InvalidPatch { .. } => "invalid-patch",
            Self::UnknownAction { .. } => "unknown-action",
            Self::ActionRefused { .. } => "action-refused",
            Self::Conflict { .. } => "conflict",
            Self::Update(error) => error.kind(),
        }
    }

    /// The error as a page gets it.
    pub fn body(&self) -> ErrorBody {
        let topic = match self {
            Self::InvalidRevision { topic, .. }
            | Self::UnknownTopic { topic }
            | Self::TooLarge { topic, .. }
            | Self::Unserializable { topic, .. }
            | Self::InvalidValue { topic, .. }
            | Self::OperationReused { topic, .. }
            | Self::ReadOnly { topic }
            | Self::UnsafeInteger { topic, .. }
            | Self::InvalidPatch { topic, .. }
            | Self::UnknownAction { topic, .. }
            | Self::InvalidArguments { topic, .. }
            | Self::ActionRefused { topic, .. }
            | Self::Conflict { topic, .. } => Some(topic.to_string()),
            Self::InvalidTopic(InvalidTopicName { name }) => Some(name.clone()),
            Self::Update(error) => Some(error.topic().to_string()),
            _ => None,
        };
        let path = match self {
            Self::InvalidValue { path, .. }
            | Self::InvalidArguments { path, .. }
            | Self::UnsafeInteger { path, .. } => Some(path.clone()),
            _ => None,
        };
        let mut body = ErrorBody { topic, path, ..ErrorBody::new(self.kind(), self.to_string()) };
        if let Self::Conflict { current, snapshot, .. } = self {
            body.revision = Some(*current);
            if let Some((epoch, data)) = snapshot {
                body.epoch = Some(epoch.clone());
                body.data = Some(data.clone());
            }
        }
        body
    }
}
