//! Databases on Windows, where nobody deletes, replaces or renames what a process has open.

use crate::{COUNT, Process, shown, two};
use std::fs;
use std::path::{Path, PathBuf};

/// The files that keep something. The one for the place in line keeps nothing, and is open only while a process writes.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| !file.to_string_lossy().ends_with("-next"));
    files.sort();
    files
}

/// Nothing of the database can be deleted, renamed or replaced.
fn assert_kept(dir: &Path) {
    let another = tempfile::tempdir().unwrap();
    let before = files(dir);
    for file in &before {
        fs::remove_file(file).unwrap_err();
        fs::rename(file, another.path().join("away")).unwrap_err();
        let copy = another.path().join("copy");
        fs::write(&copy, "of an older one").unwrap();
        fs::rename(copy, file).unwrap_err();
    }
    assert_eq!(files(dir), before);
}

#[test]
fn a_shared_database_in_use_is_neither_deleted_nor_replaced_and_its_processes_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let [(a, one), (b, other)] = two(dir.path());
    one.set(1).unwrap();
    b.poll();
    assert_kept(dir.path());
    assert!(!a.poll() && !b.poll(), "nothing happened");
    other.update(|n| *n += 1).unwrap();
    a.poll();
    assert_eq!(shown(&one), shown(&other));
    assert_eq!((one.get(), a.told(), b.told()), (2, vec![], vec![]));
}

#[test]
fn a_database_for_one_process_in_use_is_neither_deleted_nor_replaced_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let app = Process::alone(dir.path());
    let count = app.counter(COUNT);
    count.set_durable(1).unwrap();
    assert_kept(dir.path());
    count.set_durable(2).unwrap();
    assert!(app.told().is_empty());
    drop((app, count));
    assert_eq!(Process::alone(dir.path()).counter(COUNT).get(), 2);
}

#[test]
fn the_directory_of_a_database_in_use_is_not_removed() {
    let dir = tempfile::tempdir().unwrap();
    let made = dir.path().join("made");
    let [(_a, one), (_b, other)] = two(&made);
    one.set(1).unwrap();
    fs::remove_dir_all(&made).unwrap_err();
    one.update(|n| *n += 1).unwrap();
    other.update(|n| *n += 1).unwrap();
    assert_eq!(other.get(), 3);
}

#[test]
fn after_its_last_process_a_database_is_deleted_as_any_file_and_begins_again() {
    let dir = tempfile::tempdir().unwrap();
    let processes = two(dir.path());
    processes[0].1.set(1).unwrap();
    drop(processes);
    for file in files(dir.path()) {
        fs::remove_file(file).unwrap();
    }
    assert_eq!(Process::sharing(dir.path()).counter(COUNT).get(), 0);
}
