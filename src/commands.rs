//! The commands. Each takes what the page sent as plain JSON, so that a wrong shape is an error of ours
//! with a `kind`, and answers with JSON that is already made.
//!
//! All are `async`: they run off the main thread, so that no value is ever serialized on it. None blocks the async
//! worker it runs on: a read whose answer is ready is answered there, everything else runs in `calls.rs`.

use crate::StateSync;
use crate::error::CommandError;
use crate::notify::ChannelSink;
use crate::scope::{Entry, action_scope, may_read, topic_scope};
use serde_json::Value;
use statesync_core::{
    Access, Inspection, Registry, Reply, RequestError, Scope, TopicName, WriteRequest, parse_request,
};
use std::str::FromStr;
use std::sync::Arc;
use tauri::ipc::{CommandScope, JavaScriptChannelId, Response};
use tauri::{Runtime, State, Webview, command};

type Answer = Result<Response, CommandError>;

/// The window's scope for this command, unless the window is refused.
fn admit<R: Runtime>(
    sync: &StateSync<R>,
    window: &str,
    scope: &CommandScope<Entry>,
) -> Result<Scope, CommandError> {
    sync.refusals.check(window)?;
    topic_scope(window, scope)
}

fn malformed(reason: &str) -> CommandError {
    RequestError::Malformed { reason: reason.into() }.into()
}

/// Answers a read: here if the answer is ready, otherwise once it is made.
async fn answer<R: Runtime>(sync: &StateSync<R>, window: &str, reply: Reply) -> Answer {
    Ok(Response::new(match reply {
        Reply::Ready(answer) => answer,
        Reply::Pending(pending) => sync.calls.read(window, || pending.make()).await?,
    }))
}

/// The whole set of topics this page wants from now on. Answers like a pull of all of them.
#[command]
pub(crate) async fn subscribe<R: Runtime>(
    webview: Webview<R>,
    sync: State<'_, StateSync<R>>,
    scope: CommandScope<Entry>,
    request: Option<Value>,
    channel: Option<Value>,
) -> Answer {
    let scope = admit(&sync, webview.label(), &scope)?;
    let request = parse_request(request.unwrap_or_default())?;
    let channel = channel
        .as_ref()
        .and_then(Value::as_str)
        .and_then(|id| JavaScriptChannelId::from_str(id).ok())
        .ok_or_else(|| malformed("channel: pass the Channel that the signals should go to"))?
        .channel_on(webview.clone());
    let sink = Arc::new(ChannelSink::new(sync.app.clone(), channel));
    let reply = sync.registry.accept_subscribe(webview.label(), &request, &scope, sink)?;
    answer(&sync, webview.label(), reply).await
}

/// What is newer than what the page says it has.
#[command]
pub(crate) async fn pull<R: Runtime>(
    webview: Webview<R>,
    sync: State<'_, StateSync<R>>,
    scope: CommandScope<Entry>,
    request: Option<Value>,
) -> Answer {
    let scope = admit(&sync, webview.label(), &scope)?;
    let request = parse_request(request.unwrap_or_default())?;
    let reply = sync.registry.accept_pull(webview.label(), &request, &scope)?;
    answer(&sync, webview.label(), reply).await
}

/// One topic as plain `{ revision, data }`, for simple clients.
#[command]
pub(crate) async fn snapshot<R: Runtime>(
    webview: Webview<R>,
    sync: State<'_, StateSync<R>>,
    scope: CommandScope<Entry>,
    topic: Option<Value>,
) -> Answer {
    let scope = admit(&sync, webview.label(), &scope)?;
    let topic = topic.as_ref().and_then(Value::as_str).ok_or_else(|| malformed("topic: pass its name"))?;
    let reply = sync.registry.accept_snapshot(webview.label(), topic, &scope)?;
    answer(&sync, webview.label(), reply).await
}

/// What the app puts into every page, as far as this window may read it. Called by `first-paint.js`.
#[command]
pub(crate) async fn first_paint<R: Runtime>(
    webview: Webview<R>,
    sync: State<'_, StateSync<R>>,
    scope: CommandScope<Entry>,
) -> Answer {
    let scope = admit(&sync, webview.label(), &scope)?;
    let reply = sync.registry.accept_first_paint(webview.label(), &sync.first_paint, &scope);
    answer(&sync, webview.label(), reply).await
}

/// Makes a write, where it may block. The page's session mostly shows whether the window may read the topic; otherwise
/// its capabilities are asked.
async fn write<R: Runtime, S: Send + 'static>(
    sync: &StateSync<R>,
    webview: Webview<R>,
    request: WriteRequest,
    scope: S,
    write: impl FnOnce(&Registry, &str, &WriteRequest, Access<'_, S>) -> Result<String, RequestError>
    + Send
    + 'static,
) -> Answer {
    let topic = TopicName::new(&request.topic).map_err(RequestError::from)?;
    let (registry, window) = (sync.registry.clone(), webview.label().to_owned());
    let work = move || {
        let reads = |topic: &str| may_read(&webview, topic);
        write(&registry, webview.label(), &request, Access::new(&scope, &reads))
    };
    Ok(Response::new(sync.calls.write(&window, topic, work).await?))
}

/// Replaces a topic's value.
#[command]
pub(crate) async fn set<R: Runtime>(
    webview: Webview<R>,
    sync: State<'_, StateSync<R>>,
    scope: CommandScope<Entry>,
    request: Option<Value>,
    value: Option<Value>,
) -> Answer {
    let scope = admit(&sync, webview.label(), &scope)?;
    let request = parse_request(request.unwrap_or_default())?;
    // A missing value and `null` are the same to Tauri; the topic's type says whether null will do.
    write(&sync, webview, request, scope, move |registry, window, request, access| {
        registry.handle_set(window, request, value.unwrap_or_default(), access)
    })
    .await
}

/// Changes parts of a topic's value by a JSON Patch.
#[command]
pub(crate) async fn patch<R: Runtime>(
    webview: Webview<R>,
    sync: State<'_, StateSync<R>>,
    scope: CommandScope<Entry>,
    request: Option<Value>,
    patch: Option<Value>,
) -> Answer {
    let scope = admit(&sync, webview.label(), &scope)?;
    let request = parse_request(request.unwrap_or_default())?;
    write(&sync, webview, request, scope, move |registry, window, request, access| {
        registry.handle_patch(window, request, &patch.unwrap_or_default(), access)
    })
    .await
}

/// Runs an action of a topic.
#[command]
pub(crate) async fn action<R: Runtime>(
    webview: Webview<R>,
    sync: State<'_, StateSync<R>>,
    scope: CommandScope<Entry>,
    request: Option<Value>,
    args: Option<Value>,
) -> Answer {
    sync.refusals.check(webview.label())?;
    let scope = action_scope(webview.label(), &scope)?;
    let request: WriteRequest = parse_request(request.unwrap_or_default())?;
    if request.action.is_none() {
        return Err(malformed("action: pass its name"));
    }
    // An action without arguments takes `()`, which is null.
    write(&sync, webview, request, scope, move |registry, window, request, access| {
        registry.handle_action(window, request, args.unwrap_or_default(), access)
    })
    .await
}

/// Topics, sessions and counters, of the topics that the window's scope for this command allows.
#[command]
pub(crate) async fn inspect<R: Runtime>(
    webview: Webview<R>,
    sync: State<'_, StateSync<R>>,
    scope: CommandScope<Entry>,
) -> Result<Inspection, CommandError> {
    let scope = admit(&sync, webview.label(), &scope)?;
    Ok(sync.registry.inspect().only(&scope))
}
