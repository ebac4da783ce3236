//! The path of a database: names that are none, and links and other things in the places of its files.

use crate::{COUNT, Process};
use statesync_core::persist::{Sqlite, StorageEvent};

#[test]
fn a_name_for_which_nothing_would_be_kept_is_refused_and_the_error_says_what_to_do() {
    let names = [
        "",
        ":memory:",
        ":MEMORY:",
        "file::memory:",
        "file:state.db",
        "FILE:state.db",
        "file:state.db?mode=memory&cache=shared",
        "file:///state.db?vfs=memdb",
        "state.db?mode=memory",
        "state.db?x=1&mode=memory",
        "state.db?cache=shared",
    ];
    for name in names {
        for (shared, storage) in [(false, Sqlite::open(name)), (true, Sqlite::shared(name))] {
            let app = Process::on(storage);
            let count = app.counter(COUNT);
            assert!(app.told().contains(&"save-failed"), "{name}: at the start");
            let error = count.set_durable(1).unwrap_err();
            assert_eq!(error.kind(), "storage", "{name}");
            assert!(error.to_string().contains("open it with the path of a file"), "{name}: {error}");
            if !shared {
                count.set(1).unwrap();
                app.registry.flush().unwrap_err();
            }
            for event in app.events.lock().unwrap().iter() {
                let (StorageEvent::SaveFailed { error, .. } | StorageEvent::Unread { error, .. }) = event
                else {
                    panic!("{event}")
                };
                assert_eq!(error.kind.name(), "not-a-file", "{error}");
            }
        }
    }
}

#[cfg(unix)]
mod on_unix {
    use crate::{COUNT, Process};
    use statesync_core::persist::{Sqlite, StorageEvent};
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};

    fn begin(path: &Path, shared: bool) -> Process {
        Process::on(if shared { Sqlite::shared(path) } else { Sqlite::open(path) })
    }

    /// A directory with another one, and a link in the first to a database in the second.
    fn linked() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let [state, elsewhere] = ["state", "elsewhere"].map(|name| dir.path().join(name));
        fs::create_dir(&state).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        let (link, target) = (state.join("state.db"), elsewhere.join("real.db"));
        symlink("../elsewhere/real.db", &link).unwrap();
        (dir, link, target)
    }

    #[test]
    fn a_database_behind_a_link_has_its_files_beside_it_and_one_lock_whichever_way_it_is_opened() {
        let (_dir, link, target) = linked();
        begin(&target, false).counter(COUNT).set_durable(1).unwrap();
        let app = begin(&link, false);
        let count = app.counter(COUNT);
        count.set_durable(2).unwrap();
        let second = begin(&target, false);
        second.counter(COUNT);
        assert_eq!(second.told(), ["held"]);
        assert_eq!(fs::read_dir(link.parent().unwrap()).unwrap().count(), 1, "only the link");
        // Also when what is there is no database.
        drop((app, count, second));
        fs::write(&target, "this is no database, and long enough to be looked at ".repeat(100)).unwrap();
        let app = begin(&link, false);
        app.counter(COUNT).set_durable(3).unwrap();
        assert_eq!(app.told(), ["set-aside"]);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        drop(app);
        assert_eq!(begin(&target, false).counter(COUNT).get(), 3);
    }

    #[test]
    fn a_link_to_no_database_is_told_and_nothing_is_made_behind_it() {
        for shared in [false, true] {
            let (_dir, link, target) = linked();
            let app = begin(&link, shared);
            let count = app.counter(COUNT);
            assert!(app.told().contains(&"save-failed"));
            let error = count.set_durable(1).unwrap_err().to_string();
            assert!(error.contains("it is a link to ../elsewhere/real.db"), "{error}");
            assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 0);
        }
    }

    #[test]
    fn a_file_that_belongs_to_the_database_and_is_a_link_is_not_followed_and_is_named() {
        for ending in ["-lock", "-open", "-next", "-wal", "-shm"] {
            for to in ["victim", "made-by-mistake"] {
                let dir = tempfile::tempdir().unwrap();
                fs::write(dir.path().join("victim"), "precious").unwrap();
                let way = dir.path().join(format!("state.db{ending}"));
                symlink(to, &way).unwrap();
                let app = Process::sharing(dir.path());
                let count = app.counter(COUNT);
                let error = count.set_durable(1).unwrap_err().to_string();
                assert!(error.contains(&format!("{}: it is no file", way.display())), "{error}");
                assert_eq!(fs::read_to_string(dir.path().join("victim")).unwrap(), "precious");
                assert!(!dir.path().join("made-by-mistake").exists());
                let places: Vec<_> = app.events.lock().unwrap().iter().map(place_of).collect();
                assert!(places.iter().all(|place| Path::new(place) == way), "{places:?}");
                fs::remove_file(&way).unwrap();
                app.poll();
                count.set_durable(2).unwrap();
            }
        }
    }

    fn place_of(event: &StorageEvent) -> String {
        match event {
            StorageEvent::SaveFailed { error, .. } | StorageEvent::Unread { error, .. } => {
                error.place.clone()
            }
            other => panic!("{other}"),
        }
    }

    #[test]
    fn the_files_of_a_database_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let app = Process::sharing(dir.path());
        app.counter(COUNT).set(1).unwrap();
        for entry in fs::read_dir(dir.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
        }
    }

    #[test]
    fn a_process_whose_lock_is_removed_goes_on_alone_and_keeps_others_out() {
        let dir = tempfile::tempdir().unwrap();
        let app = Process::alone(dir.path());
        let count = app.counter(COUNT);
        fs::remove_file(dir.path().join("state.db-lock")).unwrap();
        count.set_durable(1).unwrap();
        let second = Process::alone(dir.path());
        assert_eq!(second.counter(COUNT).get(), 1);
        assert_eq!(second.told(), ["held"]);
        count.set_durable(2).unwrap();
    }

    #[test]
    fn a_process_whose_lock_another_one_took_saves_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let app = Process::alone(dir.path());
        let count = app.counter(COUNT);
        count.set_durable(1).unwrap();
        fs::remove_file(dir.path().join("state.db-lock")).unwrap();
        let second = Process::alone(dir.path());
        let other = second.counter(COUNT);
        other.set_durable(2).unwrap();
        count.set(3).unwrap();
        let error = app.registry.flush().unwrap_err().to_string();
        assert!(error.contains("restart this one"), "{error}");
        assert_eq!(app.told(), ["save-failed"]);
        drop((second, other));
        assert!(app.registry.flush().is_err(), "what the second one saved is newer");
        assert_eq!(count.set_durable(4).unwrap_err().kind(), "storage");
        drop((app, count));
        assert_eq!(Process::alone(dir.path()).counter(COUNT).get(), 2);
    }

    #[test]
    fn processes_that_share_a_database_go_on_when_its_lock_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let [(_a, one), (b, other)] = crate::two(dir.path());
        for ending in ["-lock", "-next", "-open"] {
            let _ = fs::remove_file(dir.path().join(format!("state.db{ending}")));
            one.update(|n| *n += 1).unwrap();
            other.update(|n| *n += 1).unwrap();
        }
        b.poll();
        assert_eq!(other.get(), 6);
        // And keep out who wants it alone.
        let alone = Process::alone(dir.path());
        alone.counter(COUNT);
        assert_eq!(alone.told(), ["held"]);
    }
}
