//! Files that are torn, edited, or of somebody else.

use crate::Life;
use statesync_core::persist::{Files, Format, Memory, Persist, conformance};
use statesync_core::{Topic, TopicKey, TopicName};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) const NOTE: TopicKey<String> = TopicKey::new("note");
/// The same topic, as an earlier version of the app had it.
pub(crate) const NUMBER: TopicKey<u32> = TopicKey::new("note");

pub(crate) fn life(dir: &Path) -> (Life, Topic<String>) {
    let app = Life::on(Arc::new(Files::in_dir(dir)));
    let note = app.topic(NOTE, Persist::new(), "initial".into());
    (app, note)
}

/// A directory in which "one" and then "two" were saved.
pub(crate) fn two_saves() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (_app, note) = life(dir.path());
    note.set_durable("one".into()).unwrap();
    note.set_durable("two".into()).unwrap();
    dir
}

pub(crate) fn names(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.starts_with('@')).collect();
    names.sort();
    names
}

pub(crate) fn file(dir: &Path) -> PathBuf {
    Files::in_dir(dir).path(&TopicName::new("note").unwrap())
}

#[test]
fn the_storages_meet_the_claims_of_a_storage() {
    let memory = Memory::new();
    conformance::check(|| Box::new(memory.clone()));
    for format in [Format::Pretty, Format::Compact] {
        let dir = tempfile::tempdir().unwrap();
        conformance::check(|| Box::new(Files::in_dir(dir.path()).format(format)));
    }
}

#[test]
fn a_torn_file_is_put_aside_and_the_version_before_is_used() {
    for cut in [0, 1, 40, 120] {
        let dir = two_saves();
        let whole = fs::read(file(dir.path())).unwrap();
        fs::write(file(dir.path()), &whole[..cut.min(whole.len() - 3)]).unwrap();
        let (app, note) = life(dir.path());
        assert_eq!(note.get(), "one");
        assert_eq!(app.told(), ["set-aside", "recovered"]);
        assert_eq!(names(dir.path()), ["note.bad-not-a-record.json", "note.previous.json"]);
        app.registry.flush().unwrap();
        assert!(names(dir.path()).contains(&"note.json".into()), "and saved as the newest again");
        drop((app, note));
        assert_eq!(life(dir.path()).1.get(), "one");
    }
}

#[test]
fn an_edited_file_is_put_aside_whole_with_a_name_that_says_why() {
    let dir = two_saves();
    let edited = fs::read_to_string(file(dir.path())).unwrap().replace("two", "TWO");
    fs::write(file(dir.path()), &edited).unwrap();
    let (app, note) = life(dir.path());
    assert_eq!(note.get(), "one");
    assert_eq!(app.told(), ["set-aside", "recovered"]);
    let aside = dir.path().join("note.bad-checksum-mismatch.json");
    assert_eq!(fs::read_to_string(aside).unwrap(), edited);
    // A second one gets a name of its own.
    app.registry.flush().unwrap();
    drop((app, note));
    fs::write(file(dir.path()), &edited).unwrap();
    let _life = life(dir.path());
    assert!(names(dir.path()).contains(&"note.bad-checksum-mismatch-2.json".into()));
}

#[test]
fn two_bad_files_leave_the_initial_value_and_are_both_kept() {
    let dir = two_saves();
    for path in [file(dir.path()), dir.path().join("note.previous.json")] {
        fs::write(path, "{}").unwrap();
    }
    let (app, note) = life(dir.path());
    assert_eq!(note.get(), "initial");
    assert_eq!(app.told(), ["set-aside", "set-aside"]);
    assert_eq!(names(dir.path()), ["note.bad-not-a-record-2.json", "note.bad-not-a-record.json"]);
}

#[test]
fn a_value_that_does_not_fit_the_type_is_put_aside_too() {
    let dir = tempfile::tempdir().unwrap();
    let app = Life::on(Arc::new(Files::in_dir(dir.path())));
    app.topic(NUMBER, Persist::new(), 0).set_durable(7).unwrap();
    drop(app);
    let (app, note) = life(dir.path());
    assert_eq!(note.get(), "initial");
    assert_eq!(app.told(), ["set-aside"]);
    assert_eq!(names(dir.path()), ["note.bad-invalid-value.json"]);
}

#[test]
fn a_missing_file_is_replaced_by_the_version_before() {
    let dir = two_saves();
    fs::remove_file(file(dir.path())).unwrap();
    assert_eq!(life(dir.path()).1.get(), "one");
}

/// The file as a newer version of the library would write it: its checksum is over the version and all other bytes.
pub(crate) fn newer(text: &str) -> String {
    let text = text.replace("\"statesync\": 1", "\"statesync\": 2");
    let (before, after) = text.split_once("\"crc32:").unwrap();
    let after = after.split_once('"').unwrap().1;
    let sum = crc32fast::hash(format!("2\n{before}{after}").as_bytes());
    format!("{before}\"crc32:{sum:08x}\"{after}")
}

#[test]
fn a_damaged_version_is_damage_and_does_not_hold_the_topic() {
    for version in ["0", "3", "5", "9", "11"] {
        let dir = two_saves();
        let text = fs::read_to_string(file(dir.path())).unwrap();
        let damaged = text.replace("\"statesync\": 1", &format!("\"statesync\": {version}"));
        fs::write(file(dir.path()), damaged).unwrap();
        let (app, note) = life(dir.path());
        assert_eq!(app.told(), ["set-aside", "recovered"], "{version}");
        assert_eq!(note.get(), "one");
        note.set("three".into()).unwrap();
        app.registry.flush().unwrap();
        drop((app, note));
        assert_eq!(life(dir.path()).1.get(), "three");
    }
}

#[test]
fn a_file_of_a_newer_format_is_left_where_it_is() {
    let dir = two_saves();
    let newer = newer(&fs::read_to_string(file(dir.path())).unwrap());
    fs::write(file(dir.path()), &newer).unwrap();
    let (app, note) = life(dir.path());
    assert_eq!(app.told(), ["held", "recovered"]);
    assert_eq!(note.get(), "one", "the version before can be read");
    note.set("other".into()).unwrap();
    app.registry.flush().unwrap();
    assert_eq!(fs::read_to_string(file(dir.path())).unwrap(), newer);
}

#[test]
fn a_second_process_reads_and_does_not_save() {
    let dir = two_saves();
    let (first, kept) = life(dir.path());
    // Locks belong to an open file, so a second life in this process stands for another process.
    let (second, note) = life(dir.path());
    assert_eq!(note.get(), "two");
    assert_eq!(second.told(), ["held"]);
    note.set("three".into()).unwrap();
    second.registry.flush().unwrap();
    assert_eq!(note.set_durable("four".into()).unwrap_err().kind(), "storage");
    drop((second, first, kept, note));
    assert_eq!(life(dir.path()).1.get(), "two");
}

// `windows.rs` has what is there instead.
#[cfg(not(windows))]
#[test]
fn a_directory_that_is_removed_while_the_app_runs_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("state");
    let (app, note) = life(&inner);
    note.set_durable("one".into()).unwrap();
    fs::remove_dir_all(&inner).unwrap();
    note.set("two".into()).unwrap();
    app.registry.flush().unwrap();
    note.set_durable("three".into()).unwrap();
    drop((app, note));
    assert_eq!(life(&inner).1.get(), "three");
}
