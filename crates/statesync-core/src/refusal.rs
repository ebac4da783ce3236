//! Why a page's request was refused, and how the page gets to know.

use crate::error::UpdateError;
use crate::revision::Revision;
use crate::topic::{InvalidTopicName, TopicName};
use crate::wire::ErrorBody;
use std::sync::Arc;

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
        /// The pointer of the operation that failed, when one did.
        path: Option<String>,
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
    /// The text is not the name of an action.
    #[error(
        "topic \"{topic}\" has no action \"{action}\": the name of an action is 1 to 64 bytes of A-Z a-z 0-9 _ . -"
    )]
    InvalidAction {
        /// Which topic.
        topic: TopicName,
        /// The text as it came, shortened.
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
    #[error("{}", conflict(topic, *current))]
    Conflict {
        /// Which topic.
        topic: TopicName,
        /// The revision it has; zero for a window that may not read it.
        current: Revision,
        /// Its current data as JSON and the epoch, when the page's session may read it.
        snapshot: Option<(String, Arc<str>)>,
    },
    /// The write has to be stored before it is made, and could not be.
    #[error(
        "topic \"{topic}\" was not changed, because the change could not be stored: try again once the app has space and rights to store it"
    )]
    NotStored {
        /// Which topic.
        topic: TopicName,
    },
    /// One operation id for two different writes, or a repetition of a write before the page's last one.
    #[error(
        "topic \"{topic}\" was not changed: operation \"{operation}\" was used already, for another topic or before the last write of this one. Give each write an id of its own"
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

fn conflict(topic: &TopicName, current: Revision) -> String {
    if current == Revision::ZERO {
        return format!(
            "topic \"{topic}\" was not changed: this window may not read it, so no base of it is current. Write without a base, or allow it to read the topic (statesync:read)"
        );
    }
    format!("topic \"{topic}\" is at revision {current} by now: repeat the change on its current value")
}

impl From<UpdateError> for RequestError {
    /// As a page sees it: a conflict of its own, a topic that is gone like one that never was, and of a storage
    /// only that it failed.
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Conflict { topic, current } => Self::Conflict { topic, current, snapshot: None },
            UpdateError::Removed { topic } => Self::UnknownTopic { topic },
            // The reason names places on the disk, which are none of a page's business.
            UpdateError::Storage { topic, .. } => Self::NotStored { topic },
            error => Self::Update(error),
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
            Self::InvalidAction { .. } => "invalid-action",
            Self::ActionRefused { .. } => "action-refused",
            Self::Conflict { .. } => "conflict",
            Self::NotStored { .. } => "storage",
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
            | Self::InvalidAction { topic, .. }
            | Self::InvalidArguments { topic, .. }
            | Self::ActionRefused { topic, .. }
            | Self::NotStored { topic }
            | Self::Conflict { topic, .. } => Some(topic.to_string()),
            Self::InvalidTopic(InvalidTopicName { name }) => Some(name.clone()),
            Self::Update(error) => Some(error.topic().to_string()),
            _ => None,
        };
        let path = match self {
            Self::InvalidValue { path, .. }
            | Self::InvalidArguments { path, .. }
            | Self::UnsafeInteger { path, .. } => Some(path.clone()),
            Self::InvalidPatch { path, .. } => path.clone(),
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
