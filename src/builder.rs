//! Making the plugin.

use crate::statesync::StateSync;
use crate::{commands, notify, scope, sessions};
use statesync_core::{InvalidPattern, Limits, RegisterError, Registry, Scope, TopicKey, Value};
use tauri::plugin::{Builder as PluginBuilder, TauriPlugin};
use tauri::{Manager, Runtime};

/// The name the plugin has in Tauri: commands are `plugin:statesync|…`, permissions `statesync:…`.
pub(crate) const PLUGIN: &str = "statesync";

/// The plugin with its defaults: `app.plugin(statesync::init())`.
///
/// Topics are registered at run time with [`StateSync::register`]; to declare them here, or to change a
/// limit, use [`Builder`].
pub fn init<R: Runtime>() -> TauriPlugin<R> {
    Builder::new().build()
}

type Declaration = Box<dyn FnOnce(&Registry) -> Result<(), RegisterError> + Send>;

/// The plugin with topics and limits of your choice.
///
/// ```no_run
/// use statesync::TopicKey;
///
/// const COUNT: TopicKey<u32> = TopicKey::new("count");
///
/// # fn plugin() -> tauri::plugin::TauriPlugin<tauri::Wry> {
/// statesync::Builder::new()
///     .topic(COUNT, 0)
///     .max_value_bytes(1 << 20)
///     .build()
/// # }
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until it is built and given to the app"]
pub struct Builder {
    topics: Vec<Declaration>,
    limits: Limits,
    event: Option<PublicEvent>,
}

/// The plain event: its name, and the patterns of the topics it may name.
struct PublicEvent {
    name: String,
    patterns: Vec<String>,
}

impl Builder {
    /// A plugin without topics, with the default limits and no plain event.
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares a topic. It exists before the first window does.
    ///
    /// A topic declared twice fails the app's start with [`RegisterError`].
    pub fn topic<T: Value>(mut self, key: TopicKey<T>, value: T) -> Self {
        self.topics.push(Box::new(move |registry| registry.register(key, value).map(|_| ())));
        self
    }

    /// The largest JSON of one value, in bytes, read or written by a window. 16 MiB.
    pub fn max_value_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_value_bytes = bytes;
        self
    }

    /// The most topics one page may subscribe to. 1024.
    pub fn max_topics_per_page(mut self, topics: usize) -> Self {
        self.limits.max_topics_per_session = topics;
        self
    }

    /// Also emits the plain event `{ topic, revision }` under `name`, for the topics that match.
    ///
    /// For generic clients made of `listen(name)` and `invoke('plugin:statesync|snapshot', { topic })`.
    /// Off by default, because any webview that may listen to events can read and forge it: name only
    /// topics that everybody may know of. At most one round of events in 50 ms, the newest always sent.
    /// Patterns are as in permissions: a name, a prefix (`cart:*`), or `*`; a bad one, or a name that is
    /// no Tauri event name, fails the app's start.
    pub fn public_event<P: Into<String>>(mut self, name: &str, topics: impl IntoIterator<Item = P>) -> Self {
        self.event =
            Some(PublicEvent { name: name.into(), patterns: topics.into_iter().map(Into::into).collect() });
        self
    }

    /// The plugin, to be given to `tauri::Builder::plugin` or `AppHandle::plugin`.
    pub fn build<R: Runtime>(self) -> TauriPlugin<R> {
        PluginBuilder::new(PLUGIN)
            .invoke_handler(tauri::generate_handler![
                commands::subscribe,
                commands::pull,
                commands::snapshot,
                commands::set,
                commands::inspect,
            ])
            .setup(move |app, _| {
                let public = self.event.as_ref().map(PublicEvent::scope).transpose()?;
                let event = self.event.map(PublicEvent::checked_name).transpose()?;
                let registry = notify::registry(app, self.limits, public.unwrap_or_default())?;
                for declare in self.topics {
                    declare(&registry)?;
                }
                app.manage(StateSync::new(app.clone(), registry, event));
                notify::flush_declared(app);
                Ok(())
            })
            .on_webview_ready(|webview| scope::check_window(&webview))
            .on_page_load(sessions::page_load)
            .on_event(sessions::run_event)
            .build()
    }
}

impl PublicEvent {
    fn scope(&self) -> Result<Scope, InvalidPattern> {
        Scope::parse(self.patterns.iter().map(String::as_str), [])
    }

    /// Tauri panics or fails late on a bad name; this fails at the start.
    fn checked_name(self) -> Result<String, String> {
        let valid =
            !self.name.is_empty() && self.name.chars().all(|c| c.is_alphanumeric() || "-/:_".contains(c));
        if valid {
            Ok(self.name)
        } else {
            Err(format!("\"{}\" is not an event name: use A-Z a-z 0-9 - / : _", self.name))
        }
    }
}
