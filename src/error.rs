//! Errors on their way to a page: always an object with a stable `kind`.

use serde::{Serialize, Serializer};
use statesync_core::{ErrorBody, RequestError};

/// Why a command was refused.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// The core said no.
    Request(RequestError),
    /// The window's permissions have an entry that is no topic name or pattern.
    BadScope(String),
}

impl From<RequestError> for CommandError {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl Serialize for CommandError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Request(error) => error.body(),
            Self::BadScope(message) => ErrorBody::new("bad-scope", message.clone()),
        }
        .serialize(serializer)
    }
}
