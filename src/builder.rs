//! Making the plugin.

use crate::declared::{Access, Action, Declared, Kept, Subject};
use crate::described::{Described, TypeOf};
use crate::ending::{self, Work};
use crate::first_paint::FirstPaint;
use crate::persist::{Bell, EXIT_TIMEOUT, Saver};
use crate::statesync::StateSync;
use crate::trouble::{caught, say, tell};
use crate::{commands, notify, scope, sessions};
use serde::de::DeserializeOwned;
use statesync_core::persist::{Files, Persist, StorageBackend, StorageEvent};
use statesync_core::{
    ActionError, ActionOutcome, ActionTarget, InvalidPattern, Limits, PersistError, RegisterError, Registry,
    Scope, TopicFamily, TopicKey, Value,
};
use std::sync::Arc;
use std::time::Duration;
use tauri::plugin::{Builder as PluginBuilder, TauriPlugin};
use tauri::{AppHandle, Manager, Runtime};

/// The name the plugin has in Tauri: commands are `plugin:statesync|…`, permissions `statesync:…`.
pub(crate) const PLUGIN: &str = "statesync";

/// The plugin with its defaults: `app.plugin(statesync::init())`.
///
/// Topics are registered at run time with [`StateSync::register`]; to declare them here, or to change a
/// limit, use [`Builder`].
pub fn init<R: Runtime>() -> TauriPlugin<R> {
    Builder::new().build()
}

/// A topic that exists from the start.
trait Initial: Send {
    fn register(self: Box<Self>, registry: &Registry) -> Result<(), RegisterError>;
    /// The topic's name, and its first value as pages get it.
    #[cfg(feature = "typescript")]
    fn sample(&self) -> (String, serde_json::Result<serde_json::Value>);
}

struct Topic<T> {
    key: TopicKey<T>,
    value: T,
}

impl<T: Value> Initial for Topic<T> {
    fn register(self: Box<Self>, registry: &Registry) -> Result<(), RegisterError> {
        registry.register(self.key, self.value).map(|_| ())
    }

    #[cfg(feature = "typescript")]
    fn sample(&self) -> (String, serde_json::Result<serde_json::Value>) {
        (self.key.name().to_owned(), serde_json::to_value(&self.value))
    }
}

type DeclareStorage = Box<dyn FnOnce(&Registry) -> Result<(), PersistError> + Send>;
type OnStorageEvent = Box<dyn Fn(&StorageEvent) + Send + Sync>;
type DeclareAction = Box<dyn FnOnce(&Registry) -> Result<(), ActionError> + Send>;

/// The plugin with topics, actions and limits of your choice.
///
/// ```no_run
/// use statesync::TopicKey;
///
/// const COUNT: TopicKey<u32> = TopicKey::new("count");
///
/// # fn plugin() -> tauri::plugin::TauriPlugin<tauri::Wry> {
/// statesync::Builder::new()
///     .topic(COUNT, 0)
///     .action(COUNT, "add", |count: &mut u32, by: u32| *count += by)
///     .max_value_bytes(1 << 20)
///     .build()
/// # }
/// ```
///
/// Declarations that contradict each other fail the app's start with a
/// [`DeclarationError`](crate::DeclarationError) that names them. With the feature `typescript` all types have
/// to be [`Described`], and `Builder::typescript` gives the pages' side of the declarations.
#[derive(Default)]
#[must_use = "a builder does nothing until it is built and given to the app"]
pub struct Builder {
    declared: Declared,
    topics: Vec<Box<dyn Initial>>,
    actions: Vec<DeclareAction>,
    storage: Storage,
    limits: Limits,
    event: Option<PublicEvent>,
    first_paint: FirstPaint,
}

/// What was said about storage.
#[derive(Default)]
struct Storage {
    rules: Vec<DeclareStorage>,
    default: Option<Arc<dyn StorageBackend>>,
    tell: Option<OnStorageEvent>,
    exit_timeout: Option<Duration>,
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
    /// A topic declared twice, here or elsewhere, fails the app's start.
    pub fn topic<T: Value + Described>(self, key: TopicKey<T>, value: T) -> Self {
        let mut with = self.declare(key.clone());
        with.topics.push(Box::new(Topic { key, value }));
        with
    }

    /// Declares a topic that is registered at run time, with [`StateSync::register`]: so its actions have
    /// something to belong to, and pages know its type.
    ///
    /// ```no_run
    /// # use statesync::{Builder, TopicKey};
    /// const RESULT: TopicKey<Vec<String>> = TopicKey::new("result");
    /// # fn f(builder: Builder) -> Builder {
    /// builder.declare(RESULT)
    /// # }
    /// ```
    #[allow(clippy::needless_pass_by_value)] // One reads like the other: `topic(KEY, value)`, `declare(KEY)`.
    pub fn declare<T: Value + Described>(mut self, key: TopicKey<T>) -> Self {
        self.declared.subjects.push(Subject {
            pattern: key.name().to_owned(),
            access: Access::read_only(key.is_read_only()),
            of: TypeOf::of::<T>(),
        });
        self
    }

    /// Declares a family, whose topics are registered at run time.
    ///
    /// ```no_run
    /// # use statesync::{Builder, TopicFamily};
    /// const CART: TopicFamily<Vec<u32>> = TopicFamily::new("cart:{id}");
    /// # fn f(builder: Builder) -> Builder {
    /// builder.family(CART)
    /// # }
    /// ```
    pub fn family<T: Value + Described>(mut self, family: TopicFamily<T>) -> Self {
        self.declared.subjects.push(Subject {
            pattern: family.pattern().to_owned(),
            access: Access::read_only(family.is_read_only()),
            of: TypeOf::of::<T>(),
        });
        self
    }

    /// Declares an action: a change that windows with the permission `statesync:action` ask for by name.
    ///
    /// `target` is a topic or a family that is declared here too. The closure works on a copy and returns
    /// nothing or a `Result`: its value goes to the page that asked; its error refuses the action, and nothing
    /// has changed. A second action of this name for the same target fails the app's start.
    ///
    /// ```no_run
    /// # use statesync::{Builder, TopicKey};
    /// const TAGS: TopicKey<Vec<String>> = TopicKey::new("tags");
    /// # fn f(builder: Builder) -> Builder {
    /// builder.topic(TAGS, Vec::new()).action(TAGS, "add", |tags: &mut Vec<String>, tag: String| {
    ///     if tags.contains(&tag) {
    ///         return Err(format!("there is a tag {tag} already"));
    ///     }
    ///     tags.push(tag);
    ///     Ok(tags.len())
    /// })
    /// # }
    /// ```
    pub fn action<G, A, R>(
        mut self,
        target: G,
        name: &str,
        run: impl Fn(&mut G::Value, A) -> R + Send + Sync + 'static,
    ) -> Self
    where
        G: ActionTarget<Value: Described> + Send + 'static,
        A: DeserializeOwned + Described + 'static,
        R: ActionOutcome<Value: Described + 'static> + 'static,
    {
        self.declared.actions.push(Action {
            target: target.pattern(),
            name: name.to_owned(),
            of: TypeOf::of::<G::Value>(),
            args: TypeOf::of::<A>(),
            result: TypeOf::of::<R::Value>(),
        });
        let name = name.to_owned();
        self.actions.push(Box::new(move |registry| registry.action(target, &name, run)));
        self
    }

    /// Lets a topic, or every topic of a family, outlive the app.
    ///
    /// `target` is declared here too, in `topic`, `family` or `declare`. The stored value is there before anybody
    /// reads the topic; without one it begins with the value given to `topic` or `register`. Stored below the
    /// app's data directory, in `statesync`, a readable file for each topic, unless
    /// [`persist_in`](Self::persist_in) or [`Persist::in_storage`] says otherwise. What contradicts itself, such
    /// as a missing migration, fails the app's start.
    ///
    /// ```no_run
    /// # use statesync::{Builder, Persist, TopicKey};
    /// const COUNT: TopicKey<u32> = TopicKey::new("count");
    /// # fn f() -> Builder {
    /// Builder::new().topic(COUNT, 0).persist(COUNT, Persist::new())
    /// # }
    /// ```
    pub fn persist<G>(mut self, target: G, options: Persist<G::Value>) -> Self
    where
        G: ActionTarget<Value: Described> + Send + 'static,
    {
        self.declared.kept.push(Kept { target: target.pattern(), of: TypeOf::of::<G::Value>() });
        self.storage.rules.push(Box::new(move |registry| registry.persist(target, options)));
        self
    }

    /// Where topics are stored that name no storage of their own.
    ///
    /// ```no_run
    /// # use statesync::{Builder, storage::Files};
    /// # fn f(builder: Builder, dir: std::path::PathBuf) -> Builder {
    /// builder.persist_in(Files::in_dir(dir))
    /// # }
    /// ```
    pub fn persist_in(mut self, storage: impl StorageBackend) -> Self {
        self.storage.default = Some(Arc::new(storage));
        self
    }

    /// Calls `tell` with everything about stored topics that the app, or its user, may want to know: files that
    /// were put aside, migrations, saves that fail. It runs on whatever thread it happens on, mostly the one that
    /// saves, holding no lock; it must be quick. A panic in it is caught and reported.
    ///
    /// Without it, trouble goes to the standard error output, if that can be written. `tracing` always has it, as
    /// `statesync::persist`.
    pub fn on_storage_event(mut self, tell: impl Fn(&StorageEvent) + Send + Sync + 'static) -> Self {
        self.storage.tell = Some(Box::new(tell));
        self
    }

    /// How long the end of the app waits for the last save. 3 s.
    pub fn save_on_exit_within(mut self, at_most: Duration) -> Self {
        self.storage.exit_timeout = Some(at_most);
        self
    }

    /// What the declarations are to a page: a file of TypeScript. See [`typescript`](crate::typescript).
    #[cfg(feature = "typescript")]
    pub fn typescript(&self) -> crate::typescript::TypeScript {
        let samples = self.topics.iter().map(|topic| topic.sample());
        crate::typescript::TypeScript::of(&self.declared, samples)
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

    /// Puts the snapshots of these topics into every page before its first script runs, as far as its window
    /// may read them, also after a reload: so the first frame shows them.
    ///
    /// Patterns are as in permissions: a name, a prefix (`cart:*`), or `*`; a bad one fails the app's start.
    /// The most important ones come first: what does not fit into
    /// [`max_first_paint_bytes`](Self::max_first_paint_bytes) is left out, and pulled as always. The page
    /// waits for this one call at its start, so choose what it shows first. The guide is `docs/first-paint.md`.
    ///
    /// ```no_run
    /// # use statesync::Builder;
    /// # fn f(builder: Builder) -> Builder {
    /// builder.first_paint(["settings", "cart:*"])
    /// # }
    /// ```
    pub fn first_paint<P: Into<String>>(mut self, topics: impl IntoIterator<Item = P>) -> Self {
        self.first_paint.choose(topics);
        self
    }

    /// The most bytes of JSON that [`first_paint`](Self::first_paint) puts into a page. 256 KiB.
    pub fn max_first_paint_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_first_paint_bytes = bytes;
        self
    }

    /// The plugin, to be given to `tauri::Builder::plugin` or `AppHandle::plugin`.
    pub fn build<R: Runtime>(self) -> TauriPlugin<R> {
        let mut plugin = PluginBuilder::new(PLUGIN);
        if let Some(script) = self.first_paint.script() {
            plugin = plugin.js_init_script(script);
        }
        plugin
            .invoke_handler(tauri::generate_handler![
                commands::subscribe,
                commands::pull,
                commands::snapshot,
                commands::first_paint,
                commands::set,
                commands::patch,
                commands::action,
                commands::inspect,
            ])
            .setup(move |app, _| {
                self.declared.check()?;
                let public = self.event.as_ref().map(PublicEvent::scope).transpose()?;
                let event = self.event.map(PublicEvent::checked_name).transpose()?;
                let first_paint = self.first_paint.parse()?;
                let registry = notify::registry(app, self.limits, public.unwrap_or_default())?;
                let saver = self.storage.declare(app, &registry)?;
                for topic in self.topics {
                    topic.register(&registry)?;
                }
                for declare in self.actions {
                    declare(&registry)?;
                }
                let work = Arc::new(Work {
                    saver,
                    #[cfg(feature = "sqlite")]
                    follower: crate::shared::start(&registry)?,
                });
                ending::end_with_app(app, &work);
                app.manage(StateSync::new(app.clone(), registry, event, first_paint, work));
                notify::flush_declared(app);
                Ok(())
            })
            .on_webview_ready(|webview| scope::check_window(&webview))
            .on_page_load(sessions::page_load)
            .on_event(sessions::run_event)
            .build()
    }
}

impl Storage {
    /// Tells the registry what is stored, and starts the thread that saves. `None` in an app that stores nothing.
    fn declare<R: Runtime>(
        self,
        app: &AppHandle<R>,
        registry: &Registry,
    ) -> Result<Option<Saver>, Box<dyn std::error::Error>> {
        if self.rules.is_empty() {
            return Ok(None);
        }
        let default = match self.default {
            Some(default) => default,
            None => Arc::new(Files::in_dir(app.path().app_data_dir()?.join(PLUGIN))),
        };
        let bell = Bell::new();
        let ring = bell.clone();
        let tell = self.tell.unwrap_or_else(|| Box::new(print));
        let tell = move |event: &StorageEvent| {
            if let Err(panic) = caught(|| tell(event)) {
                tell!("statesync::persist", "on_storage_event panicked: {panic}; it was told: {event}");
            }
        };
        registry.persist_with(default, move || ring.ring(), tell);
        for declare in self.rules {
            declare(registry)?;
        }
        Ok(Some(Saver::start(registry.clone(), bell, self.exit_timeout.unwrap_or(EXIT_TIMEOUT))?))
    }
}

fn print(event: &StorageEvent) {
    if event.is_trouble() {
        say(event);
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
