//! Databases that are damaged, replaced, deleted, full or of somebody else, mostly while they are in use.

use crate::{COUNT, Process, shown, two};
use rusqlite::Connection;
use statesync_core::persist::{Persist, Sqlite, StorageEvent};
use std::fs;
use std::path::{Path, PathBuf};

fn file(dir: &Path) -> PathBuf {
    dir.join("state.db")
}

fn raw(dir: &Path) -> Connection {
    Connection::open(file(dir)).unwrap()
}

fn backup(dir: &Path) -> PathBuf {
    let copy = dir.join("backup.db");
    raw(dir).execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    copy
}

/// Removes the database as a person would who knows how.
#[cfg(not(windows))]
fn remove(dir: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(dir.join(format!("state.db{ending}")));
    }
}

/// Restores a backup while the database is in use.
#[cfg(not(windows))]
fn restore(dir: &Path, backup: &Path) {
    remove(dir);
    fs::rename(backup, file(dir)).unwrap();
}

/// The file is open and stays: what is in it is replaced.
#[cfg(windows)]
fn restore(dir: &Path, backup: &Path) {
    let database = raw(dir);
    database.execute("ATTACH ?1 AS backup", [backup.to_str().unwrap()]).unwrap();
    let tables = ["statesync_meta", "statesync_records"];
    let replaced =
        tables.map(|table| format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM backup.{table};"));
    database.execute_batch(&format!("BEGIN IMMEDIATE; {} COMMIT", replaced.concat())).unwrap();
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_restored_backup_is_taken_by_every_process_and_no_revision_goes_back() {
    let dir = tempfile::tempdir().unwrap();
    let [(a, one), (b, other)] = two(dir.path());
    one.set(1).unwrap();
    let copy = backup(dir.path());
    for n in 2..=9 {
        one.set(n).unwrap();
    }
    b.poll();
    let last = one.revision();
    restore(dir.path(), &copy);
    assert!(a.poll());
    assert_eq!(one.get(), 1, "what was restored is what counts");
    assert!(one.revision() > last);
    assert_eq!(a.told(), ["replaced"]);
    b.poll();
    assert_eq!(shown(&other), shown(&one));
    other.update(|n| *n += 1).unwrap();
    a.poll();
    assert_eq!(shown(&one), shown(&other));
    assert_eq!(one.get(), 2);
}

#[test]
fn an_update_after_a_restore_that_nobody_has_noticed_works_on_what_was_restored() {
    let dir = tempfile::tempdir().unwrap();
    let [(_a, one), (b, other)] = two(dir.path());
    one.set(1).unwrap();
    let copy = backup(dir.path());
    for n in 2..=8 {
        one.set(n).unwrap();
    }
    let last = one.set(9).unwrap();
    // The other process has not seen any of it, and knows the revisions of the copy.
    assert_eq!(other.get(), 0);
    restore(dir.path(), &copy);
    let revision = one.update(|n| *n += 10).unwrap();
    assert_eq!(one.get(), 11);
    assert!(revision > last);
    b.poll();
    assert_eq!(shown(&other), shown(&one));
}

#[test]
fn equal_revisions_of_two_histories_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let [(a, one), (b, other)] = two(dir.path());
    let copy = backup(dir.path());
    one.set(1).unwrap();
    b.poll();
    restore(dir.path(), &copy);
    // A third process makes the same revision with another value.
    let third = Process::sharing(dir.path());
    let stranger = third.counter(COUNT);
    stranger.set(50).unwrap();
    assert_eq!(stranger.revision(), one.revision());
    for process in [&a, &b, &third, &a] {
        process.poll();
    }
    assert_eq!(shown(&one), shown(&other));
    assert_eq!(shown(&one), shown(&stranger));
    assert_eq!(one.get(), 50);
}

// `windows.rs` has what is there instead.
#[cfg(not(windows))]
#[test]
fn a_database_deleted_while_it_is_in_use_is_begun_again_with_what_is_in_memory() {
    for poll in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let [(a, one), (b, other)] = two(dir.path());
        let (a_other, b_other) = (a.counter(crate::OTHER), b.counter(crate::OTHER));
        a_other.set(77).unwrap();
        let last = one.set(4).unwrap();
        b.poll();
        remove(dir.path());
        if poll {
            assert!(a.poll());
        }
        one.update(|n| *n += 1).unwrap();
        assert_eq!(a.told(), ["replaced"]);
        other.update(|n| *n += 1).unwrap();
        a.poll();
        assert_eq!(shown(&one), shown(&other));
        assert_eq!(one.get(), 6);
        assert!(one.revision() > last);
        assert_eq!((a_other.get(), b_other.get()), (77, 77));
        drop((a, b));
        let next = Process::sharing(dir.path());
        assert_eq!((next.counter(COUNT).get(), next.counter(crate::OTHER).get()), (6, 77));
    }
}

// `windows.rs` has what is there instead.
#[cfg(not(windows))]
#[test]
fn the_directory_deleted_while_it_is_in_use_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let made = dir.path().join("made");
    let [(_a, one), (_b, other)] = two(&made);
    one.set(1).unwrap();
    fs::remove_dir_all(&made).unwrap();
    one.update(|n| *n += 1).unwrap();
    other.update(|n| *n += 1).unwrap();
    assert_eq!(other.get(), 3);
}

// `windows.rs` has what is there instead.
#[cfg(not(windows))]
#[test]
fn a_database_for_one_process_that_is_deleted_is_made_again_by_the_next_save() {
    let dir = tempfile::tempdir().unwrap();
    let app = Process::alone(dir.path());
    let count = app.counter(COUNT);
    count.set_durable(1).unwrap();
    remove(dir.path());
    count.set_durable(2).unwrap();
    drop((app, count));
    assert_eq!(Process::alone(dir.path()).counter(COUNT).get(), 2);
}

#[test]
fn a_file_that_is_no_database_is_renamed_whole_and_a_new_one_begins() {
    for shared in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let garbage = "this is no database, and long enough to be looked at ".repeat(100);
        fs::write(file(dir.path()), &garbage).unwrap();
        let app = if shared { Process::sharing(dir.path()) } else { Process::alone(dir.path()) };
        let count = app.counter(COUNT);
        assert_eq!(count.get(), 0);
        assert_eq!(app.told(), ["set-aside"]);
        count.set_durable(1).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("state.db.bad-not-a-database")).unwrap(), garbage);
        drop((app, count));
        assert_eq!(Process::alone(dir.path()).counter(COUNT).get(), 1);
    }
}

#[test]
fn a_journal_without_a_database_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("state.db-wal"), "somebody's").unwrap();
    let app = Process::sharing(dir.path());
    app.counter(COUNT);
    let kept = dir.path().join("state.db.bad-journal-without-database-wal");
    assert_eq!(fs::read_to_string(kept).unwrap(), "somebody's");
}

#[test]
fn a_damaged_row_is_put_aside_and_the_version_before_is_used_at_the_start() {
    for shared in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let begin = || if shared { Process::sharing(dir.path()) } else { Process::alone(dir.path()) };
        let app = begin();
        let count = app.counter(COUNT);
        count.set_durable(1).unwrap();
        count.set_durable(2).unwrap();
        let last = count.set_durable(3).unwrap();
        drop((app, count));
        raw(dir.path()).execute("UPDATE statesync_records SET value = '33' WHERE value = '3'", []).unwrap();
        let app = begin();
        let count = app.counter(COUNT);
        assert_eq!(count.get(), 2);
        assert!(count.revision() >= last, "{} after {last}", count.revision());
        assert_eq!(app.told(), ["set-aside", "recovered"]);
        let aside: String = raw(dir.path())
            .query_row("SELECT value FROM statesync_records WHERE aside = 'checksum-mismatch'", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(aside, "33", "nothing is deleted");
    }
}

#[test]
fn a_row_damaged_while_it_is_in_use_is_stored_again_from_memory() {
    let dir = tempfile::tempdir().unwrap();
    let [(a, one), (b, other)] = two(dir.path());
    one.set(3).unwrap();
    b.poll();
    raw(dir.path())
        .execute(
            "UPDATE statesync_records SET value = '33', revision = '99', checksum = 0 WHERE value = '3'",
            [],
        )
        .unwrap();
    assert!(a.poll());
    assert_eq!(a.told(), ["set-aside"]);
    b.poll();
    assert_eq!(shown(&one), shown(&other));
    assert_eq!(one.get(), 3);
    other.update(|n| *n += 1).unwrap();
    assert_eq!(Process::sharing(dir.path()).counter(COUNT).get(), 4);
}

#[test]
fn a_damaged_database_is_moved_away_and_what_is_whole_in_it_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let app = Process::alone(dir.path());
    let keys: Vec<statesync_core::TopicKey<String>> =
        (0..40).map(|n| statesync_core::TopicFamily::new("many:{n}").key(n).unwrap()).collect();
    for (n, key) in keys.iter().enumerate() {
        let topic = app.topic(key.clone(), Persist::new(), String::new());
        topic.set_durable(format!("{n}:{}", "x".repeat(3000))).unwrap();
    }
    drop(app);
    // A page in the middle of the table is overwritten.
    let mut bytes = fs::read(file(dir.path())).unwrap();
    let page = bytes.len() / 4096 / 2 * 4096;
    bytes[page..page + 4096].fill(0xAB);
    fs::write(file(dir.path()), bytes).unwrap();
    let app = Process::alone(dir.path());
    let values: Vec<_> =
        keys.iter().map(|key| app.topic(key.clone(), Persist::new(), "lost".into()).get()).collect();
    let kept =
        values.iter().enumerate().filter(|(n, value)| **value == format!("{n}:{}", "x".repeat(3000))).count();
    let lost = values.iter().filter(|value| *value == "lost" || value.is_empty()).count();
    assert_eq!(kept + lost, 40, "nothing is half there");
    assert!(kept >= 30, "{kept} of 40 were kept");
    assert!(
        names(dir.path()).iter().any(|name| name.starts_with("state.db.bad-damaged")),
        "{:?}",
        names(dir.path())
    );
    assert!(app.told().contains(&"set-aside"));
}

#[test]
fn a_database_of_a_newer_format_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    Process::sharing(dir.path()).counter(COUNT).set(5).unwrap();
    raw(dir.path())
        .execute_batch(
            "UPDATE statesync_meta SET value = '2' WHERE name = 'format';
             UPDATE statesync_meta SET value = 'of a newer version' WHERE name = 'format-checksum';",
        )
        .unwrap();
    for app in [Process::sharing(dir.path()), Process::alone(dir.path())] {
        let count = app.counter(COUNT);
        let _ = count.set_durable(1).unwrap_err();
        assert_eq!(app.told(), ["held"]);
        assert!(matches!(app.registry.poll_shared(), Ok(_) | Err(_)), "and does not panic");
    }
    let value: String = raw(dir.path())
        .query_row("SELECT value FROM statesync_records ORDER BY id DESC", [], |row| row.get(0))
        .unwrap();
    assert_eq!(value, "5");
}

#[test]
fn the_tables_of_an_app_in_the_same_database_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    raw(dir.path())
        .execute_batch("CREATE TABLE topics (mine TEXT); INSERT INTO topics VALUES ('x')")
        .unwrap();
    Process::sharing(dir.path()).counter(COUNT).set(5).unwrap();
    let mine: String = raw(dir.path()).query_row("SELECT mine FROM topics", [], |row| row.get(0)).unwrap();
    assert_eq!(mine, "x");
    assert_eq!(Process::sharing(dir.path()).counter(COUNT).get(), 5);
}

#[test]
fn a_write_a_full_database_has_no_room_for_is_refused_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let app = Process::on(Sqlite::shared(file(dir.path())).max_bytes(64 << 10));
    let key = statesync_core::TopicKey::<String>::new("text");
    let text = app.topic(key.clone(), Persist::new(), String::new());
    let before = text.set("small".into()).unwrap();
    let error = text.set("x".repeat(1 << 20)).unwrap_err();
    assert_eq!(error.kind(), "storage");
    assert!(error.to_string().contains("make space"), "{error}");
    assert_eq!((text.get(), text.revision()), ("small".into(), before));
    assert!(text.set("smaller".into()).unwrap() > before, "and goes on");
    assert_eq!(Process::sharing(dir.path()).topic(key, Persist::new(), String::new()).get(), "smaller");
}

#[test]
fn a_full_database_for_one_process_keeps_the_value_in_memory_and_tells() {
    let dir = tempfile::tempdir().unwrap();
    let app = Process::on(Sqlite::open(file(dir.path())).max_bytes(64 << 10));
    let key = statesync_core::TopicKey::<String>::new("text");
    let text = app.topic(key, Persist::new(), String::new());
    text.set("x".repeat(1 << 20)).unwrap();
    assert!(app.registry.flush().is_err());
    let full =
        app.events.lock().unwrap().iter().any(
            |event| matches!(event, StorageEvent::SaveFailed { error, .. } if error.kind.name() == "full"),
        );
    assert!(full);
    text.set("small".into()).unwrap();
    app.registry.flush().unwrap();
    assert!(app.told().contains(&"save-recovered"));
}

#[test]
fn a_process_that_keeps_the_database_locked_is_waited_for_a_bounded_time() {
    let dir = tempfile::tempdir().unwrap();
    let [(_a, one), (b, other)] = two(dir.path());
    let stubborn = raw(dir.path());
    stubborn.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = one.set(1).unwrap_err();
    assert_eq!(error.kind(), "storage");
    assert!(error.to_string().contains("another process"), "{error}");
    assert!(!b.poll(), "who only reads does not wait");
    stubborn.execute_batch("ROLLBACK").unwrap();
    one.set(2).unwrap();
    b.poll();
    assert_eq!(other.get(), 2);
}

#[test]
fn a_topic_begins_without_its_database_and_is_stored_once_there_is_one() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(file(dir.path())).unwrap();
    let app = Process::sharing(dir.path());
    let count = app.counter(COUNT);
    assert_eq!(count.get(), 0);
    assert!(app.told().contains(&"save-failed"));
    assert_eq!(count.set(1).unwrap_err().kind(), "storage");
    assert!(app.registry.poll_shared().is_err());
    fs::remove_dir(file(dir.path())).unwrap();
    app.poll();
    count.set(1).unwrap();
    let other = Process::sharing(dir.path()).counter(COUNT);
    assert_eq!(shown(&other), shown(&count));
}
