//! Two processes on one database.

use crate::{COUNT, OTHER, Process, shown, two};
use statesync_core::persist::{Durability, Persist, SaveWhen, Sqlite, StorageBackend, conformance};
use statesync_core::{RegisterError, TopicKey, TopicName, UpdateError};
use std::cell::RefCell;
use std::sync::Arc;

#[test]
fn both_kinds_meet_the_claims_of_a_storage() {
    for open in [Sqlite::open, Sqlite::shared] as [fn(std::path::PathBuf) -> Sqlite; 2] {
        let dir = tempfile::tempdir().unwrap();
        conformance::check(|| Box::new(open(dir.path().join("state.db"))));
    }
}

#[test]
fn two_processes_begin_with_one_value_and_one_revision() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (Process::sharing(dir.path()), Process::sharing(dir.path()));
    let one = a.topic(COUNT, Persist::new(), 7);
    let other = b.topic(COUNT, Persist::new(), 8);
    assert_eq!(shown(&one), (7, 1));
    assert_eq!(shown(&other), (7, 1), "the one that was first decides");
    assert!(!a.poll() && !b.poll(), "there is nothing new");
}

#[test]
fn what_one_process_commits_the_other_shows_after_a_poll() {
    let dir = tempfile::tempdir().unwrap();
    let [(_a, one), (b, other)] = two(dir.path());
    let mut watch = other.watch();
    let revision = one.set(5).unwrap();
    assert_eq!(other.get(), 0, "not before");
    assert!(b.poll());
    assert_eq!(shown(&other), (5, revision.get()));
    let woken = std::pin::pin!(watch.changed());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(std::future::Future::poll(woken, &mut context).is_ready(), "who waits is told");
    assert!(!b.poll());
}

#[test]
fn an_update_works_on_the_newest_value_of_all_processes_without_a_poll() {
    let dir = tempfile::tempdir().unwrap();
    let [(_a, one), (_b, other)] = two(dir.path());
    for _ in 0..10 {
        one.update(|n| *n += 1).unwrap();
        other.update(|n| *n += 1).unwrap();
    }
    assert_eq!(shown(&other), (20, 21));
}

#[test]
fn compare_and_set_sees_the_commits_of_other_processes() {
    let dir = tempfile::tempdir().unwrap();
    let [(_a, one), (_b, other)] = two(dir.path());
    let base = other.revision();
    let newer = one.set(1).unwrap();
    let error = other.compare_and_set(base, 2).unwrap_err();
    assert_eq!(error, UpdateError::Conflict { topic: other.name().clone(), current: newer });
    assert_eq!(other.get(), 1, "it learned what it lost against");
    assert!(other.compare_and_set(newer, 2).unwrap() > newer);
}

#[test]
fn a_refused_change_stores_nothing_and_keeps_what_was_learned() {
    let dir = tempfile::tempdir().unwrap();
    let [(a, one), (_b, other)] = two(dir.path());
    one.set(1).unwrap();
    assert!(other.try_update(|n| Err::<(), _>(*n)).is_err());
    assert!(other.update(|_| panic!("no")).is_err());
    assert_eq!(other.get(), 1);
    assert!(!a.poll());
    one.set(2).unwrap();
    assert!(other.update(|n| *n += 1).is_ok());
    assert_eq!(other.get(), 3);
}

#[test]
fn whatever_the_options_say_a_write_is_stored_when_it_returns() {
    let dir = tempfile::tempdir().unwrap();
    let lazy = || Persist::new().when(SaveWhen::OnExit).durability(Durability::Unsynced);
    let a = Process::sharing(dir.path());
    let revision = a.topic(COUNT, lazy(), 0).set(3).unwrap();
    drop(a);
    let count = Process::sharing(dir.path()).topic(COUNT, lazy(), 0);
    assert_eq!(shown(&count), (3, revision.get()), "nothing was lost, so no revision is skipped either");
}

#[test]
fn a_topic_that_is_registered_again_goes_on_above_what_its_process_showed() {
    let dir = tempfile::tempdir().unwrap();
    let [(a, one), (b, other)] = two(dir.path());
    let before = one.set(4).unwrap();
    a.registry.remove(&one).unwrap();
    let again = a.registry.register(COUNT, 0).unwrap();
    assert_eq!(again.get(), 4);
    assert!(again.revision() > before);
    b.poll();
    assert_eq!(shown(&other), shown(&again));
    let twice = a.registry.register(COUNT, 0).unwrap_err();
    assert!(matches!(twice, RegisterError::AlreadyRegistered { .. }));
}

#[test]
fn an_erased_topic_stays_in_memory_and_is_stored_above_all_revisions_with_its_next_change() {
    let dir = tempfile::tempdir().unwrap();
    let [(a, one), (b, other)] = two(dir.path());
    for n in 1..=5 {
        one.set(n).unwrap();
    }
    // The other one has seen none of it when it is erased.
    assert!(a.registry.erase_stored(one.name()).unwrap());
    b.poll();
    assert_eq!(shown(&other), (0, 1));
    let stored = Sqlite::open(dir.path().join("state.db")).load(one.name()).unwrap();
    assert!(stored.records.is_empty(), "nobody stored it again");
    assert!(other.set(9).unwrap() > one.revision());
    a.poll();
    assert_eq!(shown(&one), shown(&other));
}

#[test]
fn a_process_that_begins_after_a_topic_was_erased_begins_above_it() {
    let dir = tempfile::tempdir().unwrap();
    let [(a, one), _] = two(dir.path());
    let last = one.set(1).unwrap();
    a.registry.erase_stored(one.name()).unwrap();
    drop(a);
    let next = Process::sharing(dir.path()).counter(COUNT);
    assert_eq!(next.get(), 0);
    assert!(next.revision() > last);
}

#[test]
fn many_topics_of_one_database_do_not_touch_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let [(a, one), (b, _)] = two(dir.path());
    let (fresh, b_other) = (a.counter(OTHER), b.counter(OTHER));
    one.set(1).unwrap();
    fresh.set(2).unwrap();
    b.poll();
    assert_eq!(b_other.get(), 2);
}

#[test]
fn a_value_of_a_newer_app_is_held_and_the_older_one_goes_on_without_writing() {
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    struct New {
        n: u64,
    }
    let dir = tempfile::tempdir().unwrap();
    let [(a, one), _] = two(dir.path());
    one.set(3).unwrap();
    let newer = Process::sharing(dir.path());
    let options = Persist::new().schema(2).migrate(1, |n: u64| Ok::<_, String>(New { n }));
    let new = newer.topic(TopicKey::<New>::new("count"), options, New { n: 0 });
    assert_eq!(new.get().n, 3);
    assert_eq!(newer.told(), ["migrated"]);
    a.poll();
    assert_eq!(a.told(), ["held"]);
    let error = one.set(4).unwrap_err();
    assert_eq!(error.kind(), "storage");
    assert!(error.to_string().contains("use the newer app"), "{error}");
    assert_eq!(one.get(), 3);
    assert!(!a.poll() && a.told().is_empty(), "once");
    new.set(New { n: 9 }).unwrap();
    assert_eq!(new.get().n, 9);
}

#[test]
fn a_value_that_does_not_fit_is_held_until_one_that_fits_comes() {
    let dir = tempfile::tempdir().unwrap();
    let [(a, one), (b, other)] = two(dir.path());
    b.registry.remove(&other).unwrap();
    let text = Process::sharing(dir.path());
    let words = text.topic(TopicKey::<serde_json::Value>::new("count"), Persist::new(), 0.into());
    words.set("three".into()).unwrap();
    a.poll();
    assert_eq!(a.told(), ["held"]);
    assert_eq!(one.set(1).unwrap_err().kind(), "storage");
    words.set(3.into()).unwrap();
    a.poll();
    assert_eq!(one.get(), 3);
    one.set(4).unwrap();
}

#[test]
fn a_write_from_inside_deserialize_is_an_error_and_not_a_deadlock() {
    thread_local! {
        static TOPIC: RefCell<Option<statesync_core::Topic<u64>>> = const { RefCell::new(None) };
    }
    #[derive(Clone, serde::Serialize)]
    struct Meddler;
    impl<'de> serde::Deserialize<'de> for Meddler {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            serde::de::IgnoredAny::deserialize(deserializer)?;
            let written = TOPIC.with(|topic| topic.borrow().as_ref().map(|topic| topic.set(1)));
            assert!(written.is_none_or(|written| written.unwrap_err().kind() == "reentrant"));
            Ok(Self)
        }
    }
    const MEDDLER: TopicKey<Meddler> = TopicKey::new("meddler");
    let dir = tempfile::tempdir().unwrap();
    let [(a, one), (b, _)] = two(dir.path());
    let (mine, _theirs) =
        (a.topic(MEDDLER, Persist::new(), Meddler), b.topic(MEDDLER, Persist::new(), Meddler));
    TOPIC.with(|topic| *topic.borrow_mut() = Some(one));
    mine.set(Meddler).unwrap();
    b.poll();
    assert_eq!(b.told(), Vec::<&str>::new());
}

#[test]
fn a_database_for_one_process_is_only_read_by_a_second_one_whichever_way_it_opens() {
    let dir = tempfile::tempdir().unwrap();
    let first = Process::alone(dir.path());
    let count = first.counter(COUNT);
    count.set_durable(5).unwrap();
    for second in [Process::alone(dir.path()), Process::sharing(dir.path())] {
        let count = second.counter(COUNT);
        assert_eq!(count.get(), 5);
        assert!(second.told().contains(&"held"), "it is told");
        assert_eq!(count.set_durable(6).unwrap_err().kind(), "storage");
    }
    drop((first, count));
    let next = Process::alone(dir.path()).counter(COUNT);
    assert_eq!(next.get(), 5);
}

#[test]
fn a_database_may_change_between_alone_and_shared_and_no_revision_repeats() {
    let dir = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for shared in [false, true, true, false, false, true] {
        let process = if shared { Process::sharing(dir.path()) } else { Process::alone(dir.path()) };
        let count = process.counter(COUNT);
        let first = count.revision().get();
        assert!(if shared { first >= seen } else { first > seen }, "{first} after {seen}");
        count.set(count.get() + 1).unwrap();
        // Shown, and in a database for one process lost with it: the value, never the revision.
        seen = count.revision().get();
    }
}

#[cfg(unix)]
#[test]
fn every_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let made = dir.path().join("made/deeper");
    let [(_a, count), _b] = two(&made);
    count.set(1).unwrap();
    let rights = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(rights(&made), 0o700);
    let mut files: Vec<_> = std::fs::read_dir(&made).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 5, "{files:?}");
    for file in files {
        assert_eq!(rights(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn a_sealed_value_goes_from_one_process_to_the_other() {
    struct Xor;
    impl statesync_core::persist::Cipher for Xor {
        fn seal(
            &self,
            plain: &[u8],
            context: &[u8],
        ) -> Result<Vec<u8>, statesync_core::persist::CipherError> {
            let mut sealed: Vec<u8> = plain.iter().map(|byte| byte ^ 0x55).collect();
            sealed.extend(context);
            Ok(sealed)
        }
        fn open(
            &self,
            sealed: &[u8],
            context: &[u8],
        ) -> Result<Vec<u8>, statesync_core::persist::CipherError> {
            let plain =
                sealed.strip_suffix(context).ok_or(statesync_core::persist::CipherError("other".into()))?;
            Ok(plain.iter().map(|byte| byte ^ 0x55).collect())
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (Process::sharing(dir.path()), Process::sharing(dir.path()));
    let sealed = || Persist::new().encrypted_by(Xor);
    let key = TopicKey::<String>::new("secret");
    let one = a.topic(key.clone(), sealed(), String::new());
    let other = b.topic(key, sealed(), String::new());
    one.set("hidden-in-plain-sight".into()).unwrap();
    b.poll();
    assert_eq!(other.get(), "hidden-in-plain-sight");
    let storage: Arc<dyn StorageBackend> = Arc::new(Sqlite::shared(dir.path().join("state.db")));
    let found = storage.load(&TopicName::new("secret").unwrap()).unwrap();
    assert!(matches!(found.records[0].body, statesync_core::persist::Body::Sealed(_)));
}
