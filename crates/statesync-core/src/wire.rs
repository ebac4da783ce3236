//! What travels between a page and Rust, as JSON. TypeScript's side is generated from here.

use crate::depth::{self, too_deep_text};
use crate::excerpt::excerpt_of;
use crate::refusal::RequestError;
use crate::revision::Revision;
use crate::topic::TopicName;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer, ser};
use serde_json::value::RawValue;
use std::sync::Arc;

/// The complete set of topics a page wants from now on (`whole-set`).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SubscribeRequest {
    /// Random id of the page load.
    pub page: String,
    /// Counts up with every subscribe of the page; the first is 1.
    pub generation: u64,
    /// Every topic the page wants. None at all ends the session.
    pub topics: Vec<TopicRequest>,
}

/// "This is what I have, give me what is newer."
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PullRequest {
    /// Random id of the page load.
    pub page: String,
    /// The page's current generation.
    pub generation: u64,
    /// Number of the newest signal received, 0 when there was none.
    pub seen: u64,
    /// Every topic of the session; none at all is the empty pull that only acknowledges.
    pub topics: Vec<TopicRequest>,
}

/// One topic of a request.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TopicRequest {
    /// Its name.
    pub topic: String,
    /// What the page has of it, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub known: Option<Known>,
}

/// A page's copy of a topic.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Known {
    /// The epoch it is from.
    pub epoch: String,
    /// The revision it has.
    pub revision: String,
}

/// "Your copies of these may be old": a message on a session's Channel. Carries no state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Signal {
    /// Counts from 1 in each session.
    pub number: u64,
    /// The dirty topics.
    pub topics: Vec<SignalTopic>,
    /// True when there are too many to name: pull everything.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub all: bool,
}

/// One topic of a signal, and the whole of a plain event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SignalTopic {
    /// Its name.
    #[cfg_attr(test, ts(type = "string"))]
    pub topic: TopicName,
    /// The revision it is at now.
    #[cfg_attr(test, ts(type = "string"))]
    pub revision: Revision,
}

/// A write: of a whole value, of a patch, or by an action. What is written travels beside it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct WriteRequest {
    /// Random id of the page load.
    pub page: String,
    /// The page's current generation; 0 when it has no session.
    #[serde(default)]
    pub generation: u64,
    /// Unique among the page's writes: a repeated one is answered with the first result.
    pub operation: String,
    /// Which topic.
    pub topic: String,
    /// Which action, when it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub action: Option<String>,
    /// The revision the write is based on; when it is no longer current, the answer is `conflict`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub base: Option<String>,
    /// The topics of the session that the answer is to show as they are after the write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<TopicRequest>>"))]
    pub topics: Vec<TopicRequest>,
}

/// Every error a page gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// Stable name of the kind of error.
    pub kind: String,
    /// What happened and what to do.
    pub message: String,
    /// Which topic it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub topic: Option<String>,
    /// Which field of the value or arguments it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub path: Option<String>,
    /// The topic's current revision, with `conflict`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(type = "string", optional))]
    pub revision: Option<Revision>,
    /// The epoch of that revision, when `data` is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub epoch: Option<String>,
    /// The data at that revision, when the page's session may read it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "raw_json")]
    #[cfg_attr(test, ts(type = "unknown", optional))]
    pub data: Option<Arc<str>>,
}

impl ErrorBody {
    /// An error about nothing in particular.
    pub fn new(kind: &str, message: String) -> Self {
        Self { kind: kind.into(), message, topic: None, path: None, revision: None, epoch: None, data: None }
    }
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
fn raw_json<S: Serializer>(json: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    let raw = json.as_deref().map(serde_json::from_str::<&RawValue>).transpose();
    raw.map_err(ser::Error::custom)?.serialize(serializer)
}

/// Reads a request out of JSON.
///
/// # Errors
/// [`RequestError::Malformed`] names the place that has the wrong JSON type.
///
/// ```
/// use statesync_core::{PullRequest, parse_request};
/// let error = parse_request::<PullRequest>(serde_json::json!({ "page": 7 })).unwrap_err();
/// assert_eq!(error.kind(), "malformed-request");
/// assert!(error.to_string().contains("page"));
/// ```
pub fn parse_request<T: DeserializeOwned>(json: serde_json::Value) -> Result<T, RequestError> {
    let malformed = |path: &str, why: &str| RequestError::Malformed { reason: format!("{path}: {why}") };
    let json = depth::bounded(json).map_err(|path| malformed(&path, &too_deep_text()))?;
    serde_path_to_error::deserialize(json)
        .map_err(|error| malformed(&excerpt_of(error.path()), &excerpt_of(error.inner())))
}
