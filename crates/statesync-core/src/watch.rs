//! Waiting in Rust for the next value of a topic.
//!
//! Keeps: whether there is a newer revision than the one seen last. Loses: the values in between. A writer
//! never waits for a watcher: a commit wakes who waits, and that is all. No runtime is needed; any executor
//! can poll a [`Watch`].

use crate::Value;
use crate::cell::TopicCell;
use crate::contain::contain;
use crate::registry::Shared;
use crate::revision::Revision;
use crate::sync::next_id;
use crate::topic::TopicName;
use crate::update::Topic;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Follows one topic. Made by [`Topic::watch`]; each one sees every change for itself.
///
/// [`changed`](Self::changed) waits, [`read`](Self::read) and [`get`](Self::get) look at the newest value and
/// count it as seen.
///
/// ```no_run
/// # use statesync_core::{Registry, Topic};
/// # async fn f(count: Topic<u32>) {
/// let mut watch = count.watch();
/// while watch.changed().await.is_ok() {
///     println!("now {}", watch.get());
/// }
/// # }
/// ```
pub struct Watch<T> {
    cell: Arc<TopicCell<T>>,
    shared: Arc<Shared>,
    seen: Revision,
    /// Its place among the topic's watchers.
    id: u64,
}

/// The topic was removed: there will be no other value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("topic \"{topic}\" was removed: there is nothing to wait for any more")]
pub struct WatchEnded {
    /// Which topic.
    pub topic: TopicName,
}

impl<T: Value> Topic<T> {
    /// Follows the topic from its current value on: the first `changed` waits for the next commit.
    ///
    /// Dropping it ends the watch. See [`Watch`] for an example.
    pub fn watch(&self) -> Watch<T> {
        Watch { seen: self.revision(), id: next_id(), cell: self.cell.clone(), shared: self.shared.clone() }
    }
}

impl<T: Value> Watch<T> {
    /// Waits until the topic has a newer revision than the one seen last, and counts it as seen. Commits
    /// that come together are one change. Cancel safe: what was not returned was not seen.
    ///
    /// # Errors
    /// [`WatchEnded`] once the topic is removed.
    pub async fn changed(&mut self) -> Result<Revision, WatchEnded> {
        poll_fn(|context| self.poll_changed(context)).await
    }

    /// Like [`changed`](Self::changed), for hand-written futures.
    ///
    /// # Errors
    /// As [`changed`](Self::changed).
    pub fn poll_changed(&mut self, context: &mut Context<'_>) -> Poll<Result<Revision, WatchEnded>> {
        // A waker is the executor's code: it is cloned and dropped under no lock.
        let waker = context.waker().clone();
        let mut state = self.shared.lock();
        let revision = state.topics.entry_of(self.cell.id, &*self.cell).map(crate::registry::Entry::revision);
        match revision {
            None => {
                drop(state);
                Poll::Ready(Err(WatchEnded { topic: self.cell.name.clone() }))
            }
            Some(revision) if revision > self.seen => {
                drop(state);
                self.seen = revision;
                Poll::Ready(Ok(revision))
            }
            Some(_) => {
                let watchers = &mut state.topics.entry_mut(self.cell.id).watchers;
                let registered = watchers.iter_mut().find(|(id, _)| *id == self.id);
                let old = if let Some((_, registered)) = registered {
                    Some(std::mem::replace(registered, waker))
                } else {
                    watchers.push((self.id, waker));
                    None
                };
                drop(state);
                contain("a waker", || drop(old));
                Poll::Pending
            }
        }
    }

    /// Looks at the newest value and its revision, and counts it as seen. No lock is held while `look` runs.
    pub fn read<U>(&mut self, look: impl FnOnce(&T, Revision) -> U) -> U {
        let snapshot = self.cell.standing(&self.shared).snapshot();
        let revision = crate::snapshot::AnySnapshot::revision(&*snapshot);
        self.seen = self.seen.max(revision);
        look(snapshot.value(), revision)
    }

    /// A copy of the newest value, which counts as seen.
    pub fn get(&mut self) -> T {
        self.read(|value, _| value.clone())
    }

    /// The topic's name.
    pub fn name(&self) -> &TopicName {
        &self.cell.name
    }
}

impl<T> Drop for Watch<T> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        let mut gone = None;
        if state.topics.entry_of(self.cell.id, &*self.cell).is_some() {
            let watchers = &mut state.topics.entry_mut(self.cell.id).watchers;
            if let Some(place) = watchers.iter().position(|(id, _)| *id == self.id) {
                gone = Some(watchers.swap_remove(place));
            }
        }
        drop(state);
        contain("a waker", || drop(gone));
    }
}

impl<T> fmt::Debug for Watch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("topic", &self.cell.name)
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use crate::{Registry, TopicKey};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, Wake, Waker};

    #[derive(Default)]
    struct Woken(AtomicUsize);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    const COUNT: TopicKey<u32> = TopicKey::new("count");

    #[test]
    fn commits_that_come_together_are_one_change() {
        let count = Registry::new("e").register(COUNT, 0).unwrap();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let mut context = Context::from_waker(&waker);
        let mut watch = count.watch();
        for _ in 0..3 {
            assert_eq!(watch.poll_changed(&mut context), Poll::Pending);
        }
        count.set(1).unwrap();
        let newest = count.set(2).unwrap();
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        assert_eq!(watch.poll_changed(&mut context), Poll::Ready(Ok(newest)));
        assert_eq!(watch.poll_changed(&mut context), Poll::Pending);
        assert_eq!(watch.get(), 2);
    }

    #[test]
    fn a_value_that_was_looked_at_is_no_news() {
        let count = Registry::new("e").register(COUNT, 0).unwrap();
        let mut context = Context::from_waker(Waker::noop());
        let mut watch = count.watch();
        count.set(1).unwrap();
        assert_eq!(watch.get(), 1);
        assert_eq!(watch.poll_changed(&mut context), Poll::Pending);
    }

    #[test]
    fn a_watch_ends_with_its_topic_and_not_with_a_new_one_of_the_same_name() {
        let registry = Registry::new("e");
        let count = registry.register(COUNT, 0).unwrap();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let mut context = Context::from_waker(&waker);
        let mut watch = count.watch();
        assert_eq!(watch.poll_changed(&mut context), Poll::Pending);
        registry.remove(&count).unwrap();
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        registry.register(COUNT, 7).unwrap();
        assert!(matches!(watch.poll_changed(&mut context), Poll::Ready(Err(_))));
        assert_eq!(watch.get(), 0);
    }

    #[test]
    fn a_dropped_watch_is_not_woken() {
        let count = Registry::new("e").register(COUNT, 0).unwrap();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let mut watch = count.watch();
        assert_eq!(watch.poll_changed(&mut Context::from_waker(&waker)), Poll::Pending);
        drop(watch);
        count.set(1).unwrap();
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
        assert_eq!(Arc::strong_count(&woken), 2);
    }
}
