//! Files on Windows, where nobody deletes, replaces or renames what a program has open without its leave.
//!
//! wine differs from Windows 10 and later in one point that shows here: a file that was opened with that leave keeps its
//! name until it is closed. So no claim is made about such a file but that the app goes on.

use crate::Life;
use statesync_core::persist::{Files, Persist, SaveWhen};
use statesync_core::{Topic, TopicKey};
use std::fs::{self, OpenOptions};
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

const NOTE: TopicKey<String> = TopicKey::new("note");
/// Others may read, and neither write nor delete nor rename.
const SHARE_READ: u32 = 1;

fn life(dir: &Path) -> (Life, Topic<String>) {
    let app = Life::on(Arc::new(Files::in_dir(dir)));
    let note = app.topic(NOTE, Persist::new().when(SaveWhen::OnExit), "initial".into());
    (app, note)
}

#[test]
fn the_lock_is_neither_deleted_nor_renamed_while_the_app_runs_and_keeps_others_out() {
    let dir = tempfile::tempdir().unwrap();
    let (first, note) = life(dir.path());
    note.set_durable("one".into()).unwrap();
    let lock = dir.path().join("@lock");
    fs::remove_file(&lock).unwrap_err();
    fs::rename(&lock, dir.path().join("away")).unwrap_err();
    let (second, _) = life(dir.path());
    assert_eq!(second.told(), ["held"]);
    drop((first, second, note));
    fs::remove_file(&lock).expect("nothing keeps it open after the end");
}

#[test]
fn a_directory_in_use_cannot_be_removed_and_what_is_deleted_of_it_is_saved_again() {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("state");
    let (app, note) = life(&inner);
    note.set_durable("one".into()).unwrap();
    fs::remove_dir_all(&inner).unwrap_err();
    note.set("two".into()).unwrap();
    app.registry.flush().unwrap();
    drop((app, note));
    assert_eq!(life(&inner).1.get(), "two");
}

#[test]
fn a_file_that_another_program_keeps_open_is_not_replaced_and_saved_once_it_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let (app, note) = life(dir.path());
    note.set_durable("one".into()).unwrap();
    let path = dir.path().join("note.json");
    let held = OpenOptions::new().read(true).share_mode(SHARE_READ).open(&path).unwrap();
    let before = fs::read(&path).unwrap();
    assert_eq!(note.set_durable("refused".into()).unwrap_err().kind(), "storage");
    assert_eq!(note.get(), "one", "a write that cannot be stored changes nothing");
    note.set("two".into()).unwrap();
    assert!(app.registry.flush().is_err());
    assert!(app.told().contains(&"save-failed"));
    assert_eq!(fs::read(&path).unwrap(), before, "and what is stored is whole");
    drop(held);
    app.registry.flush().unwrap();
    assert!(app.told().contains(&"save-recovered"));
    drop((app, note));
    assert_eq!(life(dir.path()).1.get(), "two");
}

#[test]
fn a_file_that_is_read_while_it_is_saved_is_replaced_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (app, note) = life(dir.path());
    note.set_durable("one".into()).unwrap();
    let reader = fs::File::open(dir.path().join("note.json")).unwrap();
    note.set_durable("two".into()).unwrap();
    drop((app, note, reader));
    assert_eq!(life(dir.path()).1.get(), "two");
}
