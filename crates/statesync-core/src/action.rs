//! Named changes that windows may ask for: a closure in Rust, called by name.
//!
//! Keeps: the closures, by topic or family and name. An action runs like an update: on a copy, under the
//! topic's writer lock, and an error or a panic changes nothing.

use crate::Value;
use crate::cell::{AnyTopic, Computable, TopicCell, Written};
use crate::contain::Contained;
use crate::error::ActionError;
use crate::excerpt::{cut, excerpt, excerpt_of};
use crate::family::TopicFamily;
use crate::json::make_json;
use crate::refusal::RequestError;
use crate::registry::{Registry, Shared};
use crate::revision::Revision;
use crate::snapshot::AnySnapshot;
use crate::topic::{TopicKey, TopicName};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The longest name of an action, in bytes.
const MAX_ACTION_BYTES: usize = 64;

/// The most bytes of an action's error that go to a page.
const MAX_REASON_BYTES: usize = 1024;

/// Whether an action can have this name: 1 to 64 bytes of `A-Z a-z 0-9 _ . -`.
pub(crate) fn is_action_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_ACTION_BYTES
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// What an action's closure may return: nothing, or a `Result` whose value goes to the page and whose error
/// refuses the action.
pub trait ActionOutcome {
    /// What the page gets.
    type Value: Serialize;
    /// Why the action changed nothing.
    type Error: Display;
    /// The outcome as a result.
    ///
    /// # Errors
    /// When the action was refused.
    fn into_result(self) -> Result<Self::Value, Self::Error>;
}

impl ActionOutcome for () {
    type Value = ();
    type Error = Infallible;
    fn into_result(self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl<V: Serialize, E: Display> ActionOutcome for Result<V, E> {
    type Value = V;
    type Error = E;
    fn into_result(self) -> Self {
        self
    }
}

/// What an action belongs to: a [`TopicKey`], or a [`TopicFamily`] for each of its topics.
pub trait ActionTarget {
    /// The type of the topic or topics.
    type Value: Value;
    /// The topic's name, or the family's pattern.
    fn pattern(&self) -> String;
    /// Prefix and suffix of a family.
    fn family(&self) -> Option<(&'static str, &'static str)>;
}

impl<T: Value> ActionTarget for TopicKey<T> {
    type Value = T;
    fn pattern(&self) -> String {
        self.name().into()
    }
    fn family(&self) -> Option<(&'static str, &'static str)> {
        None
    }
}

impl<T: Value> ActionTarget for TopicFamily<T> {
    type Value = T;
    fn pattern(&self) -> String {
        TopicFamily::pattern(self).into()
    }
    fn family(&self) -> Option<(&'static str, &'static str)> {
        Some((self.prefix(), self.suffix()))
    }
}

/// All actions, by name.
#[derive(Default)]
pub(crate) struct Actions(HashMap<String, Vec<Declared>>);

/// One action of one name.
struct Declared {
    of: Selector,
    action: Arc<dyn AnyAction>,
}

/// Which topics something is about.
#[derive(PartialEq)]
pub(crate) enum Selector {
    Topic(String),
    Family(&'static str, &'static str),
}

impl Selector {
    pub(crate) fn of(target: &impl ActionTarget) -> Self {
        match target.family() {
            Some((prefix, suffix)) => Self::Family(prefix, suffix),
            None => Self::Topic(target.pattern()),
        }
    }

    pub(crate) fn is_family(&self) -> bool {
        matches!(self, Self::Family(..))
    }

    pub(crate) fn covers(&self, topic: &str) -> bool {
        match self {
            Self::Topic(name) => name == topic,
            Self::Family(prefix, suffix) => {
                topic.len() > prefix.len() + suffix.len()
                    && topic.starts_with(prefix)
                    && topic.ends_with(suffix)
            }
        }
    }
}

/// An action on topics of any type.
pub(crate) trait AnyAction: Send + Sync {
    /// Runs it. `None`: the topic has another type than the action.
    fn run(&self, shared: &Shared, call: ActionCall) -> Option<Result<(Written, Arc<str>), RequestError>>;
}

pub(crate) struct ActionCall {
    pub(crate) topic: Arc<dyn AnyTopic>,
    pub(crate) name: TopicName,
    pub(crate) action: String,
    pub(crate) base: Option<Revision>,
    pub(crate) args: serde_json::Value,
}

struct ActionOf<T, A, F> {
    run: F,
    types: std::marker::PhantomData<fn(T, A)>,
}

impl<T, A, R, F> AnyAction for ActionOf<T, A, F>
where
    T: Value,
    A: DeserializeOwned + 'static,
    R: ActionOutcome,
    F: Fn(&mut T, A) -> R + Send + Sync,
{
    fn run(&self, shared: &Shared, call: ActionCall) -> Option<Result<(Written, Arc<str>), RequestError>> {
        let ActionCall { topic, name, action, base, args } = call;
        let topic = (topic as Arc<dyn Any + Send + Sync>).downcast::<TopicCell<T>>().ok()?;
        // Before the topic is looked at: what is wrong with the arguments does not depend on it, not even in time.
        let parsed = catch_unwind(AssertUnwindSafe(|| serde_path_to_error::deserialize::<_, A>(args)));
        let args = match parsed {
            Ok(Ok(args)) => args,
            Ok(Err(error)) => {
                let (path, reason) = (excerpt_of(error.path()), excerpt_of(error.inner()));
                return Some(Err(RequestError::InvalidArguments { topic: name, action, path, reason }));
            }
            Err(panic) => return Some(Err(topic.panicked(panic).into())),
        };
        Some(topic.act(shared, base, |value| {
            let result =
                (self.run)(value, args).into_result().map_err(|error| RequestError::ActionRefused {
                    topic: name.clone(),
                    action: action.clone(),
                    reason: cut(error.to_string(), MAX_REASON_BYTES),
                })?;
            make_json(&result, shared.limits.max_value_bytes).map_err(|error| error.of(name.clone()))
        }))
    }
}

impl<T: Value> TopicCell<T> {
    fn act(
        &self,
        shared: &Shared,
        base: Option<Revision>,
        run: impl FnOnce(&mut T) -> Result<Arc<str>, RequestError>,
    ) -> Result<(Written, Arc<str>), RequestError> {
        let mut result = None;
        let next = self.change(
            shared,
            base,
            |current| {
                let mut value = Contained::new(current.value().clone());
                result = Some(run(&mut value)?);
                Ok(Some(value.into_inner()))
            },
            |next| self.check_json(shared, next),
        )?;
        let revision = next.expect("the action made a value").revision();
        let written = Written { revision, computable: Computable::No };
        Ok((written, result.expect("the action has a result")))
    }
}

impl Registry {
    /// Declares an action: a change that windows with the permission may ask for by name.
    ///
    /// `run` works on a copy, like an update closure, and may run on any thread. What it returns goes to the
    /// page that asked, and the new value to every window that shows the topic. An action of a topic wins
    /// over one of the same name of a family that covers it.
    ///
    /// # Errors
    /// [`ActionError`]: the name is none, or this target has an action of this name already.
    ///
    /// ```
    /// # use statesync_core::{Registry, TopicKey};
    /// # let registry = Registry::new("e");
    /// const TAGS: TopicKey<Vec<String>> = TopicKey::new("tags");
    /// registry.action(TAGS, "add", |tags, tag: String| {
    ///     if tags.contains(&tag) {
    ///         return Err("there is such a tag already");
    ///     }
    ///     tags.push(tag);
    ///     Ok(tags.len())
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "a constant is passed as it is named")]
    pub fn action<G, A, R>(
        &self,
        target: G,
        name: &str,
        run: impl Fn(&mut G::Value, A) -> R + Send + Sync + 'static,
    ) -> Result<(), ActionError>
    where
        G: ActionTarget,
        A: DeserializeOwned + 'static,
        R: ActionOutcome + 'static,
    {
        if !is_action_name(name) {
            return Err(ActionError::InvalidName { target: target.pattern(), action: excerpt(name) });
        }
        let of = Selector::of(&target);
        let action: Arc<dyn AnyAction> =
            Arc::new(ActionOf { run, types: std::marker::PhantomData::<fn(G::Value, A)> });
        let mut state = self.shared.lock();
        let declared = state.actions.0.entry(name.into()).or_default();
        if declared.iter().any(|other| other.of == of) {
            drop(state);
            return Err(ActionError::AlreadyDeclared { target: target.pattern(), action: name.into() });
        }
        declared.push(Declared { of, action });
        Ok(())
    }
}

impl Actions {
    /// The action of this name for this topic.
    pub(crate) fn find(&self, topic: &str, action: &str) -> Option<Arc<dyn AnyAction>> {
        let declared = self.0.get(action)?;
        let covering = declared.iter().filter(|declared| declared.of.covers(topic));
        let best = covering.min_by_key(|declared| declared.of.is_family())?;
        Some(best.action.clone())
    }
}
