//! `@lock`, deleted or replaced while the app runs. Locks belong to an open file, so a second life in this process stands
//! for another process; `tests/crash` tries real ones.

use crate::damage::{life, two_saves};
use std::fs;
use std::path::{Path, PathBuf};

fn lock(dir: &Path) -> PathBuf {
    dir.join("@lock")
}

#[test]
fn a_second_process_is_held_although_the_lock_file_is_gone() {
    for replaced in [false, true] {
        let dir = two_saves();
        let (first, kept) = life(dir.path());
        fs::remove_file(lock(dir.path())).unwrap();
        if replaced {
            fs::write(lock(dir.path()), "").unwrap();
        }
        let (second, note) = life(dir.path());
        assert_eq!(second.told(), ["held"], "replaced: {replaced}");
        note.set("second".into()).unwrap();
        second.registry.flush().unwrap();
        kept.set("first".into()).unwrap();
        first.registry.flush().unwrap();
        assert_eq!(first.told(), [""; 0]);
        assert!(lock(dir.path()).exists(), "it is made again");
        drop((first, kept, second, note));
        assert_eq!(life(dir.path()).1.get(), "first");
    }
}

#[test]
fn a_process_whose_directory_another_one_made_again_saves_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let (first, kept) = life(&state);
    kept.set_durable("first".into()).unwrap();
    fs::remove_dir_all(&state).unwrap();
    let (second, note) = life(&state);
    note.set_durable("second".into()).unwrap();
    kept.set("first again".into()).unwrap();
    let error = first.registry.flush().unwrap_err().to_string();
    assert!(error.contains("restart this one"), "{error}");
    assert_eq!(first.told(), ["save-failed"]);
    assert_eq!(kept.set_durable("durable".into()).unwrap_err().kind(), "storage");
    assert_eq!(second.told(), [""; 0]);
    drop((second, note));
    assert!(first.registry.flush().is_err(), "what the second one saved is newer");
    assert_eq!(life(&state).1.get(), "second");
}

#[test]
fn a_process_that_makes_its_directory_again_goes_on_and_keeps_others_out() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let (first, kept) = life(&state);
    fs::remove_dir_all(&state).unwrap();
    kept.set("first".into()).unwrap();
    first.registry.flush().unwrap();
    assert_eq!(life(&state).0.told(), ["held"]);
}
