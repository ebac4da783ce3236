//! One revision of a topic: the value and, made once and only when somebody pulls, its JSON.
//!
//! A burst of updates nobody pulled makes no JSON at all. The JSON is made outside every lock a writer
//! needs, and a second reader waits for the first instead of making it again.

use crate::contain::Contained;
use crate::json::{JsonError, make_json};
use crate::revision::Revision;
use crate::sync::{Condvar, Mutex, ThreadId, current, lock, wait};
use serde::Serialize;
use std::any::Any;
use std::sync::Arc;

pub(crate) struct Snapshot<T> {
    revision: Revision,
    value: Contained<T>,
    json: Mutex<Json>,
    made: Condvar,
}

/// What the making of a revision's JSON came to.
pub(crate) type MadeJson = Result<Arc<str>, JsonError>;

enum Json {
    Unmade,
    /// This thread is at it; the others wait. If `Serialize` itself pulls this topic, it gets a copy of its own.
    InTheMaking(ThreadId),
    Made(MadeJson),
}

impl<T> Snapshot<T> {
    pub(crate) fn new(revision: Revision, value: T) -> Self {
        Self::holding(revision, Contained::new(value))
    }

    pub(crate) fn holding(revision: Revision, value: Contained<T>) -> Self {
        Self { revision, value, json: Mutex::new(Json::Unmade), made: Condvar::new() }
    }

    pub(crate) fn value(&self) -> &T {
        &self.value
    }

    /// The JSON, if it was made.
    pub(crate) fn made(&self) -> Option<Arc<str>> {
        self.made_result()?.ok()
    }

    fn made_result(&self) -> Option<MadeJson> {
        match &*lock(&self.json) {
            Json::Made(result) => Some(result.clone()),
            Json::Unmade | Json::InTheMaking(_) => None,
        }
    }
}

/// A snapshot of any type.
pub(crate) trait AnySnapshot: Any + Send + Sync {
    fn revision(&self) -> Revision;
    /// The JSON, made at the first call. A call while another thread makes it waits for that one.
    fn json(&self, max_bytes: usize) -> MadeJson;
    /// What the making of the JSON came to, if it has ended. Never waits for it; the registry's lock may be held.
    fn made_json(&self) -> Option<MadeJson>;
    /// The bytes of the JSON, if it was made. The registry's lock may be held.
    fn bytes(&self) -> Option<usize>;
}

impl<T: Serialize + Send + Sync + 'static> AnySnapshot for Snapshot<T> {
    fn revision(&self) -> Revision {
        self.revision
    }

    fn json(&self, max_bytes: usize) -> MadeJson {
        let mut json = lock(&self.json);
        loop {
            match &*json {
                Json::Made(result) => return result.clone(),
                Json::InTheMaking(thread) if *thread == current().id() => {
                    drop(json);
                    return make_json(&*self.value, max_bytes);
                }
                Json::InTheMaking(_) => json = wait(&self.made, json),
                Json::Unmade => break,
            }
        }
        *json = Json::InTheMaking(current().id());
        drop(json);
        let result = make_json(&*self.value, max_bytes);
        *lock(&self.json) = Json::Made(result.clone());
        self.made.notify_all();
        result
    }

    fn made_json(&self) -> Option<MadeJson> {
        self.made_result()
    }

    fn bytes(&self) -> Option<usize> {
        self.made().map(|json| json.len())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{AnySnapshot, Snapshot};
    use crate::json::JsonError;
    use crate::revision::Revision;
    use serde::{Serialize, Serializer};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Barrier};

    struct Counted(Arc<AtomicUsize>);
    impl Serialize for Counted {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.fetch_add(1, Ordering::SeqCst);
            serializer.serialize_str("value")
        }
    }

    #[test]
    fn eight_readers_at_once_share_one_serialization() {
        let count = Arc::new(AtomicUsize::new(0));
        let snapshot = Snapshot::new(Revision::new(1), Counted(count.clone()));
        let barrier = Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    barrier.wait();
                    assert_eq!(&*snapshot.json(100).unwrap(), "\"value\"");
                });
            }
        });
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_panicking_serialize_is_an_error_every_time() {
        struct Bad;
        impl Serialize for Bad {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                panic!("no JSON for you")
            }
        }
        let snapshot = Snapshot::new(Revision::new(1), Bad);
        for _ in 0..2 {
            match snapshot.json(100) {
                Err(JsonError::Unserializable { reason }) => {
                    assert!(reason.contains("no JSON for you"));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_value_over_the_limit_is_refused_without_being_kept() {
        let snapshot = Snapshot::new(Revision::new(1), "x".repeat(1000));
        assert_eq!(snapshot.json(1001), Err(JsonError::TooLarge { limit: 1001 }));
        assert_eq!(snapshot.bytes(), None);
        let fits = Snapshot::new(Revision::new(1), "x".repeat(1000));
        assert_eq!(fits.json(1002).unwrap().len(), 1002);
        assert_eq!(fits.bytes(), Some(1002));
    }
}
