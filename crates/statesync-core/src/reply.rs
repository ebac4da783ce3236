//! What a page's read comes to: an answer that is there already, or one that code of the app has to make.
//!
//! A host that must not block asks by `accept_*` and makes what is [`Pending`] on a thread that may wait.

use crate::refusal::RequestError;
use std::fmt;

/// The largest answer that counts as ready, in bytes of data. Copying more than that is work, too.
pub(crate) const READY_BYTES: usize = 1 << 20;

/// The answer to a read, or the rest of the way to it.
#[derive(Debug)]
#[must_use = "a page waits for it"]
pub enum Reply {
    /// The answer. Nothing of the app's code ran for it, and nothing was waited for.
    Ready(String),
    /// The answer still has to be made.
    Pending(Pending),
}

/// An answer that has to be made: JSON is missing, or another thread is making it.
#[must_use = "a page waits for it"]
pub struct Pending(Box<dyn FnOnce() -> Result<String, RequestError> + Send>);

impl Reply {
    pub(crate) fn pending(make: impl FnOnce() -> Result<String, RequestError> + Send + 'static) -> Self {
        Self::Pending(Pending(Box::new(make)))
    }

    /// The answer. Blocks as [`Pending::make`] does, unless it is ready.
    ///
    /// # Errors
    /// As [`Pending::make`].
    pub fn make(self) -> Result<String, RequestError> {
        match self {
            Self::Ready(answer) => Ok(answer),
            Self::Pending(pending) => pending.make(),
        }
    }
}

impl Pending {
    /// Makes the answer out of what the topics are now. Runs the app's `Serialize`, may run its `Drop`, and waits
    /// for a thread that is making the same JSON.
    ///
    /// # Errors
    /// [`RequestError`]: the one topic of a plain snapshot is unknown by now, too large or unserializable.
    pub fn make(self) -> Result<String, RequestError> {
        (self.0)()
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").finish_non_exhaustive()
    }
}
