//! Writes from pages: scope, operation id, type, base, and only then the change.
//!
//! Everything is checked before anything changes, also that the new value can go back to pages. The answer
//! is one cut of what the page shows, taken after the change, so that it sees its write at once, together
//! with all that happened before (`one-cut`).

use crate::Value;
use crate::action::{ActionCall, is_action_name};
use crate::cell::{Computable, TopicCell, Written};
use crate::depth;
use crate::error::UpdateError;
use crate::excerpt::{excerpt, excerpt_of};
use crate::json::json_bytes;
use crate::numbers::{self, Refused};
use crate::operation::Done;
use crate::patch::{self, PatchRefusal};
use crate::pull::FoundState;
use crate::refusal::RequestError;
use crate::registry::{Registry, Shared};
use crate::revision::Revision;
use crate::scope::{Access, ActionScope, Scope};
use crate::session::{Stated, check_page, check_topics};
use crate::snapshot::{AnySnapshot, Snapshot};
use crate::topic::TopicName;
use crate::wire::WriteRequest;
use serde_json::Value as Json;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The longest operation id, in bytes.
const MAX_OPERATION_BYTES: usize = 64;

/// What a page asks a topic to become.
pub(crate) enum JsonChange {
    Set(Json),
    Patch(json_patch::Patch),
}

/// A request whose texts have been checked.
struct Checked {
    topic: TopicName,
    base: Option<Revision>,
    stated: Vec<Stated>,
}

/// Who asks for a write: a window, the request as it came and as it was checked, and whether the window may read
/// the topic.
struct Writer<'a> {
    window: &'a str,
    request: &'a WriteRequest,
    checked: Checked,
    reads: bool,
}

impl Registry {
    /// Replaces a topic's value by one from a page.
    ///
    /// Nothing changes unless the window may write the topic, the operation is new, the base (if any) is
    /// current and the value fits the topic's type. A repeated operation gets the first result. A window that may
    /// not read the topic gets revision zero, and a base of such a window is never current.
    ///
    /// # Errors
    /// [`RequestError`]; then nothing has changed. A topic that does not exist and one the window may
    /// not write look the same.
    pub fn handle_set<'a>(
        &self,
        window: &str,
        request: &WriteRequest,
        value: Json,
        access: impl Into<Access<'a, Scope>>,
    ) -> Result<String, RequestError> {
        let value = depth::bounded(value).map_err(Refused::too_deep);
        let (access, checked) = (access.into(), self.check(request)?);
        let writer = self.writer(window, request, checked, &access);
        self.write(&writer, access.scope, |topic| {
            let value = value.and_then(numbers::from_page).map_err(|Refused { path, reason }| {
                RequestError::InvalidValue { topic: topic.clone(), path, reason }
            })?;
            self.check_size(&value, topic)?;
            Ok(JsonChange::Set(value))
        })
    }

    /// Changes parts of a topic's value by a JSON Patch (RFC 6902) from a page: all operations, or none.
    ///
    /// Without a base it is applied to the newest value. The window has to be allowed to read the topic as well:
    /// what a patch does, and whether it fails, depends on the value. Otherwise like
    /// [`handle_set`](Self::handle_set).
    ///
    /// # Errors
    /// As [`handle_set`](Self::handle_set).
    pub fn handle_patch<'a>(
        &self,
        window: &str,
        request: &WriteRequest,
        operations: &Json,
        access: impl Into<Access<'a, Scope>>,
    ) -> Result<String, RequestError> {
        let (access, checked) = (access.into(), self.check(request)?);
        let writer = self.writer(window, request, checked, &access);
        let nothing = Scope::default();
        self.write(&writer, if writer.reads { access.scope } else { &nothing }, |topic| {
            let limit = self.shared.limits.max_value_bytes;
            let patch = patch::parse(operations).map_err(|refusal| refusal.of(topic.clone(), limit))?;
            self.check_size(operations, topic)?;
            Ok(JsonChange::Patch(patch))
        })
    }

    /// Runs an action of a topic for a page.
    ///
    /// A window that may not read the topic learns what the action returns, or the text of its error, and nothing
    /// else.
    ///
    /// # Errors
    /// As [`handle_set`](Self::handle_set). An action that does not exist and one the window may not run
    /// look the same.
    pub fn handle_action<'a>(
        &self,
        window: &str,
        request: &WriteRequest,
        args: Json,
        access: impl Into<Access<'a, ActionScope>>,
    ) -> Result<String, RequestError> {
        let args = depth::bounded(args).map_err(Refused::too_deep);
        let (access, checked) = (access.into(), self.check(request)?);
        let topic = checked.topic.clone();
        let action = request.action.clone().unwrap_or_default();
        if !is_action_name(&action) {
            return Err(RequestError::InvalidAction { topic, action: excerpt(action) });
        }
        let unknown = || {
            self.count_denied(window, &topic);
            RequestError::UnknownAction { topic: topic.clone(), action: action.clone() }
        };
        if !access.scope.allows(topic.as_str(), &action) {
            return Err(unknown());
        }
        let writer = self.writer(window, request, checked, &access);
        // A write that is repeated gets its first result, whatever became of the topic.
        self.once(&writer, unknown, || {
            let state = self.shared.lock();
            let found =
                state.topics.registered(topic.as_str()).zip(state.actions.find(topic.as_str(), &action));
            drop(state);
            let (found, run) = found.ok_or_else(unknown)?;
            let args = args.and_then(numbers::from_page).map_err(|Refused { path, reason }| {
                RequestError::InvalidArguments { topic: topic.clone(), action: action.clone(), path, reason }
            })?;
            self.check_size(&args, &topic)?;
            let base = writer.base()?;
            let call = ActionCall { topic: found, name: topic.clone(), action: action.clone(), base, args };
            let ran = run.run(&self.shared, call).ok_or_else(unknown)?;
            let (written, result) = ran.map_err(|error| writer.told_of_action(error))?;
            Ok(Done { written, result: Some(result) })
        })
    }

    fn write(
        &self,
        writer: &Writer<'_>,
        scope: &Scope,
        change: impl FnOnce(&TopicName) -> Result<JsonChange, RequestError>,
    ) -> Result<String, RequestError> {
        let name = &writer.checked.topic;
        let unknown = || {
            self.count_denied(writer.window, name);
            RequestError::UnknownTopic { topic: name.clone() }
        };
        if !scope.allows(name.as_str()) {
            return Err(unknown());
        }
        // A write that is repeated gets its first result, whatever became of the topic.
        self.once(writer, unknown, || {
            let found = self.shared.lock().topics.registered(name.as_str());
            let topic = found.ok_or_else(unknown)?;
            if topic.is_read_only() {
                return Err(RequestError::ReadOnly { topic: name.clone() });
            }
            let change = change(name)?;
            let written = topic.change_json(&self.shared, writer.base()?, change);
            let written = written.map_err(|error| writer.told_of_set(error))?;
            Ok(Done { written, result: None })
        })
    }

    fn writer<'a, S>(
        &self,
        window: &'a str,
        request: &'a WriteRequest,
        checked: Checked,
        access: &Access<'_, S>,
    ) -> Writer<'a> {
        let stated = [Stated { name: checked.topic.clone(), known: None }];
        let shown = self.shared.lock().readable(window, request, &stated);
        let reads = shown.is_some_and(|readable| readable[0]) || access.reads(checked.topic.as_str());
        Writer { window, request, checked, reads }
    }

    fn check(&self, request: &WriteRequest) -> Result<Checked, RequestError> {
        check_page(&request.page)?;
        let topic = TopicName::new(&request.topic)?;
        if request.operation.is_empty() || request.operation.len() > MAX_OPERATION_BYTES {
            return Err(RequestError::Malformed {
                reason: format!("operation: use 1 to {MAX_OPERATION_BYTES} bytes"),
            });
        }
        let base = request.base.as_deref().map(str::parse::<Revision>).transpose();
        let base = base.map_err(|error| RequestError::InvalidRevision {
            topic: topic.clone(),
            reason: error.to_string(),
        })?;
        let stated = check_topics(&request.topics, &self.shared.limits)?;
        // A base out of another life of the counters is no longer current, whatever its number (`epoch`).
        let known =
            stated.iter().find(|stated| stated.name == topic).and_then(|stated| stated.known.as_ref());
        let foreign = known.is_some_and(|(epoch, _)| *epoch != self.shared.epoch);
        let base = base.map(|base| if foreign { Revision::ZERO } else { base });
        Ok(Checked { topic, base, stated })
    }

    fn check_size(&self, sent: &Json, topic: &TopicName) -> Result<(), RequestError> {
        let limit = self.shared.limits.max_value_bytes;
        match json_bytes(sent, limit) {
            Some(_) => Ok(()),
            None => Err(RequestError::TooLarge { topic: topic.clone(), limit }),
        }
    }

    fn count_denied(&self, window: &str, topic: &TopicName) {
        self.shared.lock().counters.denied += 1;
        tracing::debug!(target: "statesync::denied", window, %topic);
    }

    /// Runs a write that is not a repetition, and answers.
    fn once(
        &self,
        writer: &Writer<'_>,
        unknown: impl FnOnce() -> RequestError,
        write: impl FnOnce() -> Result<Done, RequestError>,
    ) -> Result<String, RequestError> {
        let Writer { window, request, checked, reads } = writer;
        let mut ended = Vec::new();
        let limits = &self.shared.limits;
        let operations = self.shared.lock().operations(window, &request.page, limits, &mut ended);
        drop(ended);
        match operations.once(&request.operation, &checked.topic, unknown, write) {
            Ok(done) => Ok(self.answer(writer, &done)),
            Err(RequestError::Conflict { topic, current, .. }) if *reads => {
                Err(self.conflict(window, request, topic, current))
            }
            Err(error) => Err(error),
        }
    }

    /// The answer to a write: its revision, and one cut of what the page asked for and its session may read.
    fn answer(&self, writer: &Writer<'_>, done: &Done) -> String {
        let Writer { window, request, checked: Checked { topic, stated, .. }, reads } = writer;
        let Written { revision, computable } = done.written;
        let epoch = &self.shared.epoch;
        let mut state = self.shared.lock();
        let readable = state.readable(window, request, stated);
        let mut cut = readable.map(|readable| state.cut(stated, &readable, epoch)).unwrap_or_default();
        drop(state);
        for (found, stated) in cut.iter_mut().zip(stated) {
            let has_all_it_needs = match computable {
                Computable::No => false,
                Computable::Always => true,
                Computable::From(base) => stated.revision_in(epoch) == base,
            };
            if has_all_it_needs && found.topic == *topic && found.state.is_newer_at(revision) {
                found.state = FoundState::Written(revision);
            }
        }
        // How often a topic changes is nothing for a window that may not read it.
        let told = if *reads { revision } else { Revision::ZERO };
        let mut answer = format!("{{\"revision\":\"{told}\",");
        if let Some(result) = &done.result {
            answer.push_str("\"result\":");
            answer.push_str(result);
            answer.push(',');
        }
        answer.push_str(&self.render(window, &cut)[1..]);
        answer
    }

    /// A conflict with what the topic has become, if the page may see that.
    fn conflict(
        &self,
        window: &str,
        request: &WriteRequest,
        topic: TopicName,
        current: Revision,
    ) -> RequestError {
        let stated = [Stated { name: topic.clone(), known: None }];
        let epoch = &self.shared.epoch;
        let mut state = self.shared.lock();
        let readable = state.readable(window, request, &stated);
        let found = readable.map(|readable| state.cut(&stated, &readable, epoch)).unwrap_or_default();
        drop(state);
        let max_bytes = self.shared.limits.max_value_bytes;
        let snapshot = found.first().and_then(|found| match &found.state {
            FoundState::Newer(snapshot) => Some((snapshot.revision(), snapshot.json(max_bytes).ok()?)),
            _ => None,
        });
        match snapshot {
            Some((current, data)) => {
                RequestError::Conflict { topic, current, snapshot: Some((epoch.clone(), data)) }
            }
            None => RequestError::Conflict { topic, current, snapshot: None },
        }
    }
}

/// What a window that may not read a topic is told instead of anything about its value.
const HIDDEN: &str = "this window may not read the topic, so it is not told why";

impl Writer<'_> {
    /// The base of the write. What a window may not read it cannot know the revision of: no guess is right.
    fn base(&self) -> Result<Option<Revision>, RequestError> {
        match self.checked.base {
            Some(_) if !self.reads => {
                let topic = self.checked.topic.clone();
                Err(RequestError::Conflict { topic, current: Revision::ZERO, snapshot: None })
            }
            base => Ok(base),
        }
    }

    /// Why a `set` failed. The value is the window's own, so it may hear what is wrong with it.
    fn told_of_set(&self, error: RequestError) -> RequestError {
        match error {
            RequestError::Update(UpdateError::Panicked { topic, .. }) if !self.reads => {
                UpdateError::Panicked { topic, message: HIDDEN.into() }.into()
            }
            error => error,
        }
    }

    /// Why an action failed. What the app's closure says is meant for the window; what its results are is not.
    fn told_of_action(&self, error: RequestError) -> RequestError {
        match error {
            RequestError::TooLarge { topic, .. }
            | RequestError::UnsafeInteger { topic, .. }
            | RequestError::Unserializable { topic, .. }
                if !self.reads =>
            {
                RequestError::Unserializable { topic, reason: HIDDEN.into() }
            }
            error => self.told_of_set(error),
        }
    }
}

impl<T: Value> TopicCell<T> {
    pub(crate) fn write_json(
        &self,
        shared: &Shared,
        base: Option<Revision>,
        change: JsonChange,
    ) -> Result<Written, RequestError> {
        let (json, next, computable) = match change {
            JsonChange::Set(mut json) => {
                let value = self.parse(&mut json)?;
                let next =
                    self.change(shared, base, |_| Ok(Some(value)), |next| self.check_json(shared, next))?;
                (json, next, Computable::Always)
            }
            JsonChange::Patch(patch) => {
                let mut patched = Json::Null;
                let mut based_on = Revision::ZERO;
                let limit = shared.limits.max_value_bytes;
                let make = |current: &Snapshot<T>| {
                    based_on = current.revision();
                    patched = self.data(shared, current)?;
                    patch::apply(&mut patched, patch, limit)
                        .map_err(|refusal| refusal.of(self.name.clone(), limit))?;
                    self.parse(&mut patched).map(Some)
                };
                let next = self.change(shared, base, make, |next| self.check_json(shared, next))?;
                (patched, next, Computable::From(based_on))
            }
        };
        let next = next.expect("the change made a value");
        let as_sent = self.data(shared, &next).is_ok_and(|data| patch::equal(&data, &json));
        let computable = if as_sent { computable } else { Computable::No };
        Ok(Written { revision: next.revision(), computable })
    }

    fn parse(&self, json: &mut Json) -> Result<T, RequestError> {
        let parsed = catch_unwind(AssertUnwindSafe(|| numbers::from_json(json)));
        match parsed {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(RequestError::InvalidValue {
                topic: self.name.clone(),
                path: excerpt_of(error.path()),
                reason: excerpt_of(error.inner()),
            }),
            Err(panic) => Err(self.panicked(panic).into()),
        }
    }

    /// The data of a snapshot as pages see it.
    fn data(&self, shared: &Shared, snapshot: &Snapshot<T>) -> Result<Json, RequestError> {
        let json = snapshot.json(shared.limits.max_value_bytes);
        let json = json.map_err(|error| error.of(self.name.clone()))?;
        depth::read_made(&json).map_err(|error| RequestError::Unserializable {
            topic: self.name.clone(),
            reason: excerpt_of(&error),
        })
    }

    /// Refuses a value that pages could not read back.
    pub(crate) fn check_json(&self, shared: &Shared, next: &Snapshot<T>) -> Result<(), RequestError> {
        let json = next.json(shared.limits.max_value_bytes);
        json.map(|_| ()).map_err(|error| error.of(self.name.clone()))
    }
}

impl PatchRefusal {
    fn of(self, topic: TopicName, limit: usize) -> RequestError {
        match self {
            Self::Invalid { path, reason } => RequestError::InvalidPatch { topic, path, reason },
            Self::TooLarge => RequestError::TooLarge { topic, limit },
        }
    }
}
