//! Writes from pages: scope, operation id, type, base, and only then the change.

use crate::error::RequestError;
use crate::registry::Registry;
use crate::revision::Revision;
use crate::scope::Scope;
use crate::session::check_page;
use crate::snapshot::json_bytes;
use crate::topic::TopicName;
use crate::wire::{SetAnswer, SetRequest};

/// The longest operation id, in bytes.
const MAX_OPERATION_BYTES: usize = 64;

impl Registry {
    /// Replaces a topic's value by one from a page, after checking that the window may, that this
    /// operation is new, and that the value fits the topic's type.
    ///
    /// A repeated operation changes nothing and gets the first result.
    ///
    /// # Errors
    /// [`RequestError`]; then nothing has changed. A topic that does not exist and one the window may
    /// not write look the same.
    pub fn handle_set(
        &self,
        window: &str,
        request: &SetRequest,
        value: serde_json::Value,
        scope: &Scope,
    ) -> Result<SetAnswer, RequestError> {
        check_page(&request.page)?;
        let name = TopicName::new(&request.topic)?;
        if request.operation.is_empty() || request.operation.len() > MAX_OPERATION_BYTES {
            return Err(RequestError::Malformed {
                reason: format!("operation: use 1 to {MAX_OPERATION_BYTES} bytes"),
            });
        }
        let base = request.base.as_deref().map(str::parse::<Revision>).transpose();
        let base = base.map_err(|error| RequestError::InvalidRevision {
            topic: name.clone(),
            reason: error.to_string(),
        })?;
        let limits = &self.shared.limits;
        let mut ended = Vec::new();
        let mut state = self.shared.lock();
        let topic = scope.allows(name.as_str()).then(|| state.topics.registered(name.as_str())).flatten();
        let Some(topic) = topic else {
            state.counters.denied += 1;
            drop(state);
            tracing::debug!(target: "statesync::denied", window, topic = %name);
            return Err(RequestError::UnknownTopic { topic: name });
        };
        let operations = state.operations(window, &request.page, limits, &mut ended);
        drop(state);
        drop(ended);
        operations.once(&request.operation, &name, || {
            if json_bytes(&value, limits.max_value_bytes).is_none() {
                return Err(RequestError::TooLarge { topic: name.clone(), limit: limits.max_value_bytes });
            }
            let revision = topic.set_json(&self.shared, value, base)?;
            Ok(SetAnswer { revision })
        })
    }
}
