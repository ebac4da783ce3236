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
    /// The app's code panicked where no error of the core's covers it: in the `Drop` of a value.
    Panicked,
    /// The app is ending, and with it the threads that calls run on.
    Ending,
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
            Self::Panicked => ErrorBody::new(
                "panicked",
                "the app's code panicked during this call, perhaps after a write took effect: read the topic, and see what the app printed".into(),
            ),
            Self::Ending => {
                ErrorBody::new("ending", "the app is ending and did not run this call: nothing was changed".into())
            }
        }
        .serialize(serializer)
    }
}
