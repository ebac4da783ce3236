//! What an app holds in its hands: the plugin's state and the way to it.

use statesync_core::persist::{FlushError, StorageError};
use statesync_core::{
    Inspection, LookupError, Named, Pattern, RegisterError, Registry, RemoveError, Revision, Topic, TopicKey,
    TopicName, Transaction, TransactionError, Value,
};
use tauri::{AppHandle, Manager, Runtime, async_runtime};

use crate::ending::Work;
use crate::scope::Refusals;
use crate::trouble::{caught, tell};
use std::sync::Arc;

/// The plugin's state in a running app. Get it with [`StateSyncExt::statesync`].
pub struct StateSync<R: Runtime> {
    pub(crate) app: AppHandle<R>,
    pub(crate) registry: Registry,
    /// Name of the plain event, when the app asked for one.
    pub(crate) event: Option<String>,
    /// The topics that pages get at their start.
    pub(crate) first_paint: Vec<Pattern>,
    /// Windows whose permissions have an entry that makes no sense.
    pub(crate) refusals: Refusals,
    pub(crate) resend: crate::notify::ResendTimer,
    pub(crate) burst: crate::burst::BurstWatch,
    /// Calls of pages that run the app's code.
    pub(crate) calls: crate::calls::Calls,
    pub(crate) work: Arc<Work>,
}

impl<R: Runtime> StateSync<R> {
    pub(crate) fn new(
        app: AppHandle<R>,
        registry: Registry,
        event: Option<String>,
        first_paint: Vec<Pattern>,
        work: Arc<Work>,
    ) -> Self {
        Self {
            app,
            registry,
            event,
            first_paint,
            refusals: Refusals::default(),
            resend: crate::notify::ResendTimer::default(),
            burst: crate::burst::BurstWatch::default(),
            calls: crate::calls::Calls::default(),
            work,
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
    /// [`LookupError`]: the topic is not registered (any more), or with another type.
    pub fn topic<N: Named<Value: Value>>(&self, key: N) -> Result<Topic<N::Value>, LookupError> {
        self.registry.topic(key)
    }

    /// Takes a topic out. Windows that show it are told, and get the error `unknown-topic` from then on;
    /// a topic registered later under this name is a new one, with higher revisions.
    ///
    /// # Errors
    /// [`RemoveError`]: not registered, registered with another type, or called from inside an update
    /// closure.
    pub fn remove<N: Named<Value: Value>>(&self, key: N) -> Result<(), RemoveError> {
        self.registry.remove(key)
    }

    /// Changes several topics in one closure: all of it or nothing, and one signal for each window.
    ///
    /// A window never sees the change of one topic without that of another. An `Err` of the closure, or a
    /// panic in it, changes nothing. Transactions wait for each other; there is no order of topics that
    /// could deadlock.
    ///
    /// # Errors
    /// [`TransactionError`].
    ///
    /// ```no_run
    /// # use statesync::{StateSyncExt, TopicKey};
    /// # const CART: TopicKey<Vec<u32>> = TopicKey::new("cart");
    /// # const TOTAL: TopicKey<u32> = TopicKey::new("total");
    /// # fn f(app: &tauri::AppHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// app.statesync().transaction(|tx| {
    ///     tx.update(CART, |cart| cart.push(7))?;
    ///     tx.update(TOTAL, |total| *total += 7)
    /// })?;
    /// # Ok(()) }
    /// ```
    pub fn transaction<U, E>(
        &self,
        change: impl FnOnce(&mut Transaction<'_>) -> Result<U, E>,
    ) -> Result<U, TransactionError<E>> {
        self.registry.transaction(change)
    }

    /// Calls `follow` with every newer value of a topic, until the subscription is dropped or the topic is
    /// removed. Commits that come together are one call; the writer never waits for it.
    ///
    /// `follow` runs on a thread that may block, one call at a time, holding no lock: it may write any topic. A panic in it
    /// is reported, and it is called again with the next value.
    /// For a loop of your own use [`Topic::watch`].
    ///
    /// # Errors
    /// [`LookupError`]: the topic is not registered (any more), or with another type.
    ///
    /// ```no_run
    /// # use statesync::{StateSyncExt, TopicKey};
    /// # const COUNT: TopicKey<u32> = TopicKey::new("count");
    /// # fn f(app: &tauri::AppHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// app.statesync().on_change(COUNT, |count, revision| println!("{count} at {revision}"))?.forever();
    /// # Ok(()) }
    /// ```
    pub fn on_change<N: Named<Value: Value>>(
        &self,
        key: N,
        mut follow: impl FnMut(&N::Value, Revision) + Send + 'static,
    ) -> Result<Subscription, LookupError> {
        let mut watch = self.registry.topic(key)?.watch();
        let task = async_runtime::spawn(async move {
            while watch.changed().await.is_ok() {
                let called = async_runtime::spawn_blocking(move || {
                    if let Err(panic) = caught(|| watch.read(&mut follow)) {
                        tell!(
                            "statesync::update",
                            "a callback of topic \"{}\" panicked: {panic}",
                            watch.name()
                        );
                    }
                    (watch, follow)
                });
                match called.await {
                    Ok(back) => (watch, follow) = back,
                    // The app ends.
                    Err(_) => return,
                }
            }
        });
        Ok(Subscription(Some(task)))
    }

    /// Saves every stored topic that is not saved yet, and resolves when everything accepted before the call is
    /// stored, also what waits for the app's exit. A topic whose stored value must stay as it is (the app was told
    /// by [`StorageEvent::Held`](crate::StorageEvent::Held)) is not among it.
    ///
    /// # Errors
    /// [`FlushError`] names what is not stored and why. It stays in memory and is tried again by itself.
    ///
    /// ```no_run
    /// # use statesync::StateSyncExt;
    /// # async fn f(app: tauri::AppHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// app.statesync().flush().await?;
    /// # Ok(()) }
    /// ```
    pub async fn flush(&self) -> Result<(), FlushError> {
        let registry = self.registry.clone();
        let flushed = async_runtime::spawn_blocking(move || registry.flush()).await;
        // The runtime is gone: then nothing else is going to save it.
        flushed.unwrap_or_else(|_| self.registry.flush())
    }

    /// As [`flush`](Self::flush), and blocks until then. Not for the main thread.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub fn flush_blocking(&self) -> Result<(), FlushError> {
        self.registry.flush()
    }

    /// Deletes what is stored of a topic, registered or not, also earlier versions and what was put aside. A
    /// registered topic keeps its value, and is stored again with its next change. False: it is not one that is
    /// stored. Blocks on the disk.
    ///
    /// # Errors
    /// [`StorageError`]; then some of it may be left.
    pub fn erase_stored(&self, topic: &TopicName) -> Result<bool, StorageError> {
        self.registry.erase_stored(topic)
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

/// A callback that follows a topic. Dropping it stops the callback.
#[derive(Debug)]
#[must_use = "dropping it stops the callback: keep it, or let it go on with `forever()`"]
pub struct Subscription(Option<async_runtime::JoinHandle<()>>);

impl Subscription {
    /// Lets the callback go on as long as the topic does.
    pub fn forever(mut self) {
        self.0 = None;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
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
