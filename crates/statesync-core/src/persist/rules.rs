//! Which topics are persisted, and how: what the app declared, before any topic is registered.

use super::event::StorageEvent;
use super::options::Persist;
use super::storage::StorageBackend;
use super::store::Store;
use crate::Value;
use crate::action::{ActionTarget, Selector};
use crate::contain::contain;
use crate::error::PersistError;
use crate::registry::Registry;
use crate::sync::{Mutex, lock};
use std::any::{Any, type_name};
use std::sync::{Arc, OnceLock};

type Wake = Box<dyn Fn() + Send + Sync>;
type Tell = Box<dyn Fn(&StorageEvent) + Send + Sync>;

/// Who saves, and who wants to know.
#[derive(Default)]
pub(crate) struct Host {
    wake: OnceLock<Wake>,
    tell: OnceLock<Tell>,
    /// Why nobody saves any more.
    saver_ended: OnceLock<String>,
}

impl Host {
    /// Asks for [`Registry::poll_saves`]. No lock may be held but the right to write a topic.
    pub(crate) fn wake(&self) {
        if let Some(wake) = self.wake.get() {
            contain("the wake of `persist_with`", wake);
        }
    }

    /// Why nobody saves any more, if that is so.
    pub(crate) fn saver_ended(&self) -> Option<&str> {
        self.saver_ended.get().map(String::as_str)
    }

    /// Tells the app. No lock may be held.
    pub(crate) fn tell(&self, event: &StorageEvent) {
        contain("tracing", || {
            if event.is_trouble() {
                tracing::warn!(target: "statesync::persist", kind = event.kind(), "{event}");
            } else {
                tracing::info!(target: "statesync::persist", kind = event.kind(), "{event}");
            }
        });
        if let Some(tell) = self.tell.get() {
            contain("the tell of `persist_with`", || tell(event));
        }
    }
}

/// Everything about storage in a registry.
#[derive(Default)]
pub(crate) struct Persistence {
    host: Arc<Host>,
    rules: Mutex<Rules>,
}

#[derive(Default)]
struct Rules {
    declared: Vec<Rule>,
    stores: Vec<Arc<Store>>,
    default: Option<Arc<dyn StorageBackend>>,
}

struct Rule {
    of: Selector,
    value: &'static str,
    options: Arc<dyn Any + Send + Sync>,
    store: Arc<Store>,
}

impl Rules {
    fn store_of(&mut self, backend: &Arc<dyn StorageBackend>, host: &Arc<Host>) -> Arc<Store> {
        let same = |store: &&Arc<Store>| std::ptr::addr_eq(Arc::as_ptr(&store.backend), Arc::as_ptr(backend));
        if let Some(store) = self.stores.iter().find(same) {
            return store.clone();
        }
        let store = Arc::new(Store::new(backend.clone(), host.clone()));
        self.stores.push(store.clone());
        store
    }
}

impl Drop for Persistence {
    /// Lets go of the storages: a slot and its store know each other.
    fn drop(&mut self) {
        for store in self.stores() {
            store.forget_slots();
        }
    }
}

/// What was declared for a topic.
pub(crate) enum Declared<T> {
    No,
    Yes(Arc<Store>, Arc<Persist<T>>),
    /// For topics of this other type.
    OtherType(&'static str),
}

impl Persistence {
    pub(crate) fn stores(&self) -> Vec<Arc<Store>> {
        lock(&self.rules).stores.clone()
    }

    /// The rule for this topic. A rule of the topic itself wins over one of its family.
    pub(crate) fn of<T: Value>(&self, topic: &str) -> Declared<T> {
        let rules = lock(&self.rules);
        let covering = rules.declared.iter().filter(|rule| rule.of.covers(topic));
        let Some(rule) = covering.min_by_key(|rule| rule.of.is_family()) else { return Declared::No };
        match rule.options.clone().downcast::<Persist<T>>() {
            Ok(options) => Declared::Yes(rule.store.clone(), options),
            Err(_) => Declared::OtherType(rule.value),
        }
    }

    /// Why nobody saves any more, if that is so.
    pub(crate) fn saver_ended(&self) -> Option<&str> {
        self.host.saver_ended()
    }

    pub(crate) fn store_of(&self, topic: &str) -> Option<Arc<Store>> {
        let rules = lock(&self.rules);
        let covering = rules.declared.iter().filter(|rule| rule.of.covers(topic));
        covering.min_by_key(|rule| rule.of.is_family()).map(|rule| rule.store.clone())
    }
}

impl Registry {
    /// Says who saves: `wake` is called, from any thread, when [`poll_saves`](Self::poll_saves) should run soon; it
    /// may be called while a topic is written, and must not write one. `tell` is called with everything the app may
    /// want to know, with no lock held, on the thread it happened on or on the one that saves. Topics whose options name no storage are kept in
    /// `default`. Only the first call counts.
    pub fn persist_with(
        &self,
        default: Arc<dyn StorageBackend>,
        wake: impl Fn() + Send + Sync + 'static,
        tell: impl Fn(&StorageEvent) + Send + Sync + 'static,
    ) {
        let persistence = &self.shared.persistence;
        let _ = persistence.host.wake.set(Box::new(wake));
        let _ = persistence.host.tell.set(Box::new(tell));
        lock(&persistence.rules).default.get_or_insert(default);
    }

    /// Says that nobody is going to call [`poll_saves`](Self::poll_saves) any more, and why, although the app goes on:
    /// from now on [`flush`](Self::flush) stores what it can and is the error `saver-ended`, and so is every write
    /// of a topic that is stored. Only the first call counts.
    pub fn saver_ended(&self, why: &str) {
        // Under the lock under which a commit asks: what was committed before is there for the next flush.
        let state = self.shared.lock();
        let _ = self.shared.persistence.host.saver_ended.set(why.to_owned());
        drop(state);
    }

    /// Declares that a topic, or every topic of a family, is stored. To be called before they are registered.
    ///
    /// # Errors
    /// [`PersistError`]: declared twice, steps that contradict the schema, or no storage.
    ///
    /// ```
    /// # use statesync_core::{Registry, TopicKey, persist::{Memory, Persist}};
    /// # use std::sync::Arc;
    /// const COUNT: TopicKey<u32> = TopicKey::new("count");
    /// let memory = Memory::new();
    /// let life = || {
    ///     let registry = Registry::new("e");
    ///     registry.persist(COUNT, Persist::new().in_storage(Arc::new(memory.clone())))?;
    ///     Ok::<_, Box<dyn std::error::Error>>((registry.register(COUNT, 0)?, registry))
    /// };
    /// let (count, registry) = life()?;
    /// let before = count.set(7)?;
    /// registry.flush()?;
    /// let (count, _) = life()?;
    /// assert_eq!(count.get(), 7);
    /// assert!(count.revision() > before);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "a constant is passed as it is named")]
    pub fn persist<G: ActionTarget>(
        &self,
        target: G,
        options: Persist<G::Value>,
    ) -> Result<(), PersistError> {
        let name = target.pattern();
        options
            .migrations
            .check()
            .map_err(|reason| PersistError::Migrations { target: name.clone(), reason })?;
        let of = Selector::of(&target);
        let persistence = &self.shared.persistence;
        let mut rules = lock(&persistence.rules);
        if rules.declared.iter().any(|rule| rule.of == of) {
            return Err(PersistError::AlreadyDeclared { target: name });
        }
        let backend = options.backend.clone().or_else(|| rules.default.clone());
        let Some(backend) = backend else { return Err(PersistError::NoStorage { target: name }) };
        let store = rules.store_of(&backend, &persistence.host);
        let value = type_name::<G::Value>();
        rules.declared.push(Rule { of, value, options: Arc::new(options), store });
        Ok(())
    }
}
