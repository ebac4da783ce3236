//! What an app holds in its hands: the plugin's state and the way to it.

use statesync_core::{Inspection, LookupError, RegisterError, Registry, Topic, TopicKey, Value};
use tauri::{AppHandle, Manager, Runtime};

use crate::scope::Refusals;

/// The plugin's state in a running app. Get it with [`StateSyncExt::statesync`].
pub struct StateSync<R: Runtime> {
    pub(crate) app: AppHandle<R>,
    pub(crate) registry: Registry,
    /// Name of the plain event, when the app asked for one.
    pub(crate) event: Option<String>,
    /// Windows whose permissions have an entry that makes no sense.
    pub(crate) refusals: Refusals,
    pub(crate) resend: crate::notify::ResendTimer,
    pub(crate) burst: crate::burst::BurstWatch,
}

impl<R: Runtime> StateSync<R> {
    pub(crate) fn new(app: AppHandle<R>, registry: Registry, event: Option<String>) -> Self {
        Self {
            app,
            registry,
            event,
            refusals: Refusals::default(),
            resend: crate::notify::ResendTimer::default(),
            burst: crate::burst::BurstWatch::default(),
        }
    }

    /// Adds a topic at run time. Windows that already wait for it get it by themselves.
    ///
    /// # Errors
    /// [`RegisterError`]: the topic is there already, with this or another type, or this was called
    /// from inside an update closure.
    ///
    /// ```no_run
    /// # use statesync::{StateSyncExt, TopicKey};
    /// # const COUNT: TopicKey<u32> = TopicKey::new("count");
    /// # fn f(app: &tauri::AppHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// let count = app.statesync().register(COUNT, 0)?;
    /// count.update(|n| *n += 1)?;
    /// # Ok(()) }
    /// ```
    pub fn register<T: Value>(&self, key: TopicKey<T>, value: T) -> Result<Topic<T>, RegisterError> {
        self.registry.register(key, value)
    }

    /// The handle of a registered topic: cheap to clone, to send to a thread and to keep.
    ///
    /// # Errors
    /// [`LookupError`]: the topic is not registered, or with another type.
    pub fn topic<T: Value>(&self, key: TopicKey<T>) -> Result<Topic<T>, LookupError> {
        self.registry.topic(key)
    }

    /// Topics, sessions and counters as they are now: names and numbers, never a value.
    pub fn inspect(&self) -> Inspection {
        self.registry.inspect()
    }

    /// The app this belongs to.
    pub fn app_handle(&self) -> &AppHandle<R> {
        &self.app
    }
}

/// `statesync()` on every Tauri manager: `App`, `AppHandle`, `Window`, `Webview`, `WebviewWindow`.
pub trait StateSyncExt<R: Runtime> {
    /// The plugin's state.
    ///
    /// # Panics
    /// When the plugin has not been added to the app.
    fn statesync(&self) -> &StateSync<R>;
}

impl<R: Runtime, M: Manager<R>> StateSyncExt<R> for M {
    fn statesync(&self) -> &StateSync<R> {
        self.try_state::<StateSync<R>>().expect("add the plugin first: `.plugin(statesync::init())`").inner()
    }
}
