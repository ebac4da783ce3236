//! From a window's capabilities to what it may read or write (`scope-at-every-read`).
//!
//! Tauri resolves command scopes through a webview, so a malformed entry can be found no sooner than
//! when the first window it concerns is created: it is refused there, quoted, and that window gets
//! nothing from the plugin until its capability is mended.

use crate::StateSyncExt;
use crate::builder::PLUGIN;
use crate::error::CommandError;
use crate::trouble::tell;
use statesync_core::{ActionPattern, ActionScope, Scope};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tauri::ipc::CommandScope;
use tauri::{Runtime, Webview};

/// The commands whose scopes name topics.
const SCOPED_COMMANDS: [&str; 7] =
    ["subscribe", "pull", "snapshot", "first_paint", "set", "patch", "inspect"];

/// The commands that read a topic: each of them is enough.
const READING_COMMANDS: [&str; 3] = ["pull", "snapshot", "subscribe"];

/// The command whose scope names actions of topics.
const ACTION: &str = "action";

/// A scope entry as it stands in the capability file; read by [`topic_scope`], so that a bad one
/// becomes an error of ours.
pub(crate) type Entry = serde_json::Value;

/// Why each refused window is refused, by label.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<HashMap<String, String>>);

impl Refusals {
    fn refuse(&self, window: &str, message: &str) {
        let mut refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.insert(window.into(), message.into());
    }

    fn forget(&self, window: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(window);
    }

    /// Lets a window pass that was not refused.
    pub(crate) fn check(&self, window: &str) -> Result<(), CommandError> {
        let refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match refusals.get(window) {
            Some(message) => Err(CommandError::BadScope(message.clone())),
            None => Ok(()),
        }
    }
}

/// Looks at all scopes of a new window, and refuses the window when an entry makes no sense.
pub(crate) fn check_window<R: Runtime>(webview: &Webview<R>) {
    let refusals = &webview.statesync().refusals;
    refusals.forget(webview.label());
    for command in SCOPED_COMMANDS.into_iter().chain([ACTION]) {
        let Ok(Some(resolved)) = webview.resolve_command_scope::<Entry>(PLUGIN, command) else {
            continue;
        };
        let (window, scope) = (webview.label(), resolved.command_scope());
        let checked = match command {
            ACTION => action_scope(window, scope).map(drop),
            _ => topic_scope(window, scope).map(drop),
        };
        if let Err(CommandError::BadScope(message)) = checked {
            tell!("statesync::denied", "{message}");
            refusals.refuse(webview.label(), &message);
            return;
        }
    }
}

/// Whether the window may read a topic, by its capabilities at this moment. Asks the main thread for the page's
/// address, so it is for threads that may wait.
pub(crate) fn may_read<R: Runtime>(webview: &Webview<R>, topic: &str) -> bool {
    READING_COMMANDS.into_iter().any(|command| {
        match webview.resolve_command_scope::<Entry>(PLUGIN, command) {
            Ok(Some(resolved)) => {
                let scope = topic_scope(webview.label(), resolved.command_scope());
                scope.is_ok_and(|scope| scope.allows(topic))
            }
            _ => false,
        }
    })
}

/// The topics a command's scope allows and denies.
pub(crate) fn topic_scope(window: &str, scope: &CommandScope<Entry>) -> Result<Scope, CommandError> {
    let texts = |entries: &[Arc<Entry>]| -> Result<Vec<String>, CommandError> {
        entries.iter().map(|entry| text(window, entry)).collect()
    };
    let (allow, deny) = (texts(scope.allows())?, texts(scope.denies())?);
    Scope::parse(allow.iter().map(String::as_str), deny.iter().map(String::as_str))
        .map_err(|error| bad_scope(window, &error.to_string()))
}

/// The actions that the scope of the command `action` allows and denies.
pub(crate) fn action_scope(window: &str, scope: &CommandScope<Entry>) -> Result<ActionScope, CommandError> {
    let patterns = |entries: &[Arc<Entry>]| -> Result<Vec<ActionPattern>, CommandError> {
        entries.iter().map(|entry| action_pattern(window, entry)).collect()
    };
    Ok(ActionScope { allow: patterns(scope.allows())?, deny: patterns(scope.denies())? })
}

/// Like any entry; an object may also name one action.
fn action_pattern(window: &str, entry: &Entry) -> Result<ActionPattern, CommandError> {
    let (topic, action) = match entry {
        Entry::Object(object) if object.len() == 2 => match (object.get("topic"), object.get("action")) {
            (Some(Entry::String(topic)), Some(Entry::String(action))) => {
                (topic.clone(), Some(action.as_str()))
            }
            _ => return Err(not_an_entry(window, entry)),
        },
        _ => (text(window, entry)?, None),
    };
    ActionPattern::new(&topic, action).map_err(|error| bad_scope(window, &error.to_string()))
}

/// An entry is a text, or an object with the text as `topic`.
fn text(window: &str, entry: &Entry) -> Result<String, CommandError> {
    match entry {
        Entry::String(text) => Ok(text.clone()),
        Entry::Object(object) if object.len() == 1 => match object.get("topic") {
            Some(Entry::String(text)) => Ok(text.clone()),
            _ => Err(not_an_entry(window, entry)),
        },
        _ => Err(not_an_entry(window, entry)),
    }
}

fn not_an_entry(window: &str, entry: &Entry) -> CommandError {
    bad_scope(
        window,
        &format!(
            "{entry} is not a scope entry: use a topic name like \"settings\" or a prefix pattern like \"cart:*\" (and in statesync:action also {{ \"topic\": …, \"action\": … }})"
        ),
    )
}

fn bad_scope(window: &str, reason: &str) -> CommandError {
    CommandError::BadScope(format!(
        "window \"{window}\" gets no topics, because its capability has a malformed entry: {reason}"
    ))
}
