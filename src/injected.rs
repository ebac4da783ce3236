//! A topic as an argument of a command.

use crate::StateSync;
use statesync_core::{Topic, Value};
use std::ops::Deref;
use tauri::ipc::{CommandArg, CommandItem, InvokeError};
use tauri::{Manager, Runtime};

/// The one topic of type `T`, injected into a command; use it like a [`Topic`].
///
/// When the app has several topics of that type, take the one that has the argument's name; when there is
/// none or no telling which, the call is refused with an error that says so. For anything else take
/// `State<'_, StateSync<Wry>>` and ask it for the topic.
///
/// ```no_run
/// # #[derive(Clone, serde::Serialize, serde::Deserialize)] struct Settings { name: String }
/// #[tauri::command]
/// fn rename(settings: statesync::Injected<Settings>, name: String) -> Result<(), String> {
///     settings.update(|settings| settings.name = name).map_err(|error| error.to_string())?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Injected<T>(Topic<T>);

impl<T> Deref for Injected<T> {
    type Target = Topic<T>;

    fn deref(&self) -> &Topic<T> {
        &self.0
    }
}

impl<'de, R: Runtime, T: Value> CommandArg<'de, R> for Injected<T> {
    fn from_command(command: CommandItem<'de, R>) -> Result<Self, InvokeError> {
        let webview = command.message.webview_ref();
        let sync = webview
            .try_state::<StateSync<R>>()
            .ok_or_else(|| InvokeError::from("add the plugin first: `.plugin(statesync::init())`"))?;
        let mut topics = sync.registry.topics_of::<T>();
        let named = topics.iter().position(|topic| topic.name().as_str() == command.key);
        match (named, topics.len()) {
            (Some(place), _) => Ok(Self(topics.swap_remove(place))),
            (None, 1) => Ok(Self(topics.swap_remove(0))),
            (None, count) => Err(InvokeError::from(format!(
                "the argument \"{}\" of \"{}\" wants the topic of type {}, and there are {count}: {}",
                command.key,
                command.name,
                std::any::type_name::<T>(),
                if count == 0 { "register it first" } else { "give the argument the topic's name" },
            ))),
        }
    }
}
