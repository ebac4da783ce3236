//! Files and directories that are links: saved through, and never replaced.

use crate::Life;
use crate::damage::{NOTE, file, life, names, two_saves};
use statesync_core::persist::{Files, Persist, StorageEvent};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Saves the note again and again in lives of their own.
fn save(dir: &Path, texts: &[&str]) {
    for text in texts {
        let (app, note) = life(dir);
        note.set((*text).into()).unwrap();
        app.registry.flush().unwrap();
        assert!(!app.told().contains(&"save-failed"));
    }
}

fn has(path: &Path, text: &str) -> bool {
    fs::read_to_string(path).unwrap().contains(&format!("\"data\": \"{text}\""))
}

/// Moves the note's file elsewhere, and makes its place a link to it. With `relative`, one that begins in the directory.
fn link(dir: &Path, name: &str, elsewhere: &Path, relative: bool) -> PathBuf {
    let target = elsewhere.join(name);
    fs::rename(dir.join(name), &target).unwrap();
    let to = if relative {
        Path::new("..").join(elsewhere.file_name().unwrap()).join(name)
    } else {
        target.clone()
    };
    symlink(to, dir.join(name)).unwrap();
    target
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).unwrap().is_symlink()
}

/// A directory with two saves, and one beside it.
fn two_dirs() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let [state, elsewhere] = ["state", "dotfiles"].map(|name| dir.path().join(name));
    fs::create_dir(&elsewhere).unwrap();
    save(&state, &["one", "two"]);
    (dir, state, elsewhere)
}

#[test]
fn a_file_that_is_a_link_stays_one_and_its_target_has_the_newest_state() {
    for kind in ["absolute", "relative", "chain"] {
        let (_dir, state, elsewhere) = two_dirs();
        let target = link(&state, "note.json", &elsewhere, kind == "relative");
        if kind == "chain" {
            fs::remove_file(file(&state)).unwrap();
            symlink("note.json", elsewhere.join("second")).unwrap();
            symlink(elsewhere.join("second"), elsewhere.join("first")).unwrap();
            symlink("../dotfiles/first", file(&state)).unwrap();
        }
        let to = fs::read_link(file(&state)).unwrap();
        save(&state, &["three", "four"]);
        assert_eq!(fs::read_link(file(&state)).unwrap(), to, "{kind}");
        assert!(has(&target, "four"), "{kind}");
        assert!(has(&state.join("note.previous.json"), "three"), "{kind}");
        assert_eq!(names(&state), ["note.json", "note.previous.json"], "{kind}: nothing is left over");
        assert_eq!(names(&elsewhere).len(), if kind == "chain" { 3 } else { 1 }, "{kind}");
        assert_eq!(life(&state).1.get(), "four");
    }
}

#[test]
fn a_directory_that_is_a_link_stays_one() {
    let (dir, state, _) = two_dirs();
    let real = dir.path().join("real");
    fs::rename(&state, &real).unwrap();
    symlink("real", &state).unwrap();
    save(&state, &["three", "four"]);
    assert!(is_link(&state));
    assert!(has(&file(&real), "four"));
    // It is the same directory, whichever way somebody comes.
    let (_first, _note) = life(&real);
    assert_eq!(life(&state).0.told(), ["held"]);
}

#[test]
fn a_directory_that_is_a_link_to_nothing_is_told_and_nothing_is_made_behind_it() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    symlink("unmounted", &state).unwrap();
    let (app, note) = life(&state);
    assert_eq!(app.told(), ["save-failed"]);
    note.set("one".into()).unwrap();
    let error = app.registry.flush().unwrap_err().to_string();
    assert!(error.contains("a link to unmounted"), "{error}");
    assert!(is_link(&state) && !dir.path().join("unmounted").exists());
    fs::create_dir(dir.path().join("unmounted")).unwrap();
    app.registry.flush().unwrap();
    assert!(has(&dir.path().join("unmounted/note.json"), "one"));
}

#[test]
fn the_version_before_and_the_reserved_number_may_be_links_too() {
    for linked in [&["note.previous.json"] as &[_], &["note.json", "note.previous.json", "@reserved.json"]] {
        let (_dir, state, elsewhere) = two_dirs();
        for name in linked {
            link(&state, name, &elsewhere, true);
        }
        save(&state, &["three", "four"]);
        assert!(linked.iter().all(|name| is_link(&state.join(name))), "{linked:?}");
        assert!(has(&file(&state), "four") && has(&state.join("note.previous.json"), "three"));
        fs::write(file(&state), "torn").unwrap();
        let (app, note) = life(&state);
        assert_eq!((note.get().as_str(), app.told()), ("three", vec!["set-aside", "recovered"]));
    }
}

#[test]
fn a_link_that_leads_nowhere_is_told_and_neither_it_nor_what_it_leads_to_is_written() {
    for (name, to) in [
        ("note.json", "../dotfiles/missing"),
        ("note.json", "../unmounted/missing"),
        ("note.json", "note.json"),
        ("note.previous.json", "../dotfiles/missing"),
        ("@reserved.json", "../dotfiles/missing"),
    ] {
        let (_dir, state, elsewhere) = two_dirs();
        let link = state.join(name);
        fs::remove_file(&link).unwrap();
        symlink(to, &link).unwrap();
        let (app, note) = life(&state);
        note.set("three".into()).unwrap();
        if name == "@reserved.json" {
            assert!(app.told().contains(&"save-failed"));
        } else {
            let error = app.registry.flush().unwrap_err().to_string();
            assert!(error.contains(&format!("{}: it is a link to {to}", link.display())), "{error}");
            assert!(app.told().contains(&"save-failed"));
            assert_eq!(note.set_durable("four".into()).unwrap_err().kind(), "storage");
        }
        assert_eq!(fs::read_link(&link).unwrap(), Path::new(to));
        assert!(names(&elsewhere).is_empty());
        // Once there is a file, it is saved through.
        if to == "../dotfiles/missing" {
            fs::write(elsewhere.join("missing"), "").unwrap();
            app.registry.flush().unwrap();
            assert!(is_link(&link));
            drop((app, note));
            assert_eq!(life(&state).1.get(), "three");
        }
    }
}

#[test]
fn what_is_damaged_behind_a_link_is_copied_and_the_link_stays() {
    let (_dir, state, elsewhere) = two_dirs();
    let target = link(&state, "note.json", &elsewhere, false);
    fs::write(&target, "torn").unwrap();
    for _ in 0..3 {
        let (app, note) = life(&state);
        assert_eq!((note.get().as_str(), app.told()), ("one", vec!["set-aside", "recovered"]));
        assert_eq!(names(&state), ["note.bad-not-a-record.json", "note.json", "note.previous.json"]);
    }
    assert_eq!(fs::read_to_string(state.join("note.bad-not-a-record.json")).unwrap(), "torn");
    let (app, note) = life(&state);
    note.set("three".into()).unwrap();
    app.registry.flush().unwrap();
    assert!(is_link(&file(&state)) && has(&target, "three"));
    assert!(has(&state.join("note.previous.json"), "one"), "what is damaged is no version before");
}

#[test]
fn a_value_behind_a_link_that_does_not_fit_is_copied_and_not_kept_as_the_version_before() {
    let (_dir, state, elsewhere) = two_dirs();
    let target = link(&state, "note.json", &elsewhere, false);
    let app = Life::on(Arc::new(Files::in_dir(&state)));
    app.topic(NOTE, Persist::new(), String::new()).set_durable("two".into()).unwrap();
    drop(app);
    // Under another type neither of the two fits.
    let app = Life::on(Arc::new(Files::in_dir(&state)));
    let number = app.topic(crate::damage::NUMBER, Persist::new(), 7);
    assert_eq!((number.get(), app.told()), (7, vec!["set-aside", "set-aside"]));
    number.set_durable(8).unwrap();
    assert!(is_link(&file(&state)));
    assert!(fs::read_to_string(target).unwrap().contains("\"data\": 8"));
    let aside = ["note.bad-invalid-value-2.json", "note.bad-invalid-value.json", "note.json"];
    assert_eq!(names(&state), aside);
}

#[test]
fn what_cannot_be_read_behind_a_link_is_not_written_over() {
    let (_dir, state, elsewhere) = two_dirs();
    let target = link(&state, "note.json", &elsewhere, false);
    fs::remove_file(&target).unwrap();
    fs::create_dir(&target).unwrap();
    let (app, note) = life(&state);
    assert_eq!((note.get().as_str(), app.told()), ("one", vec!["unread", "recovered"]));
    note.set("three".into()).unwrap();
    assert!(app.registry.flush().is_err());
    assert!(is_link(&file(&state)) && target.is_dir());
    let events = app.events.lock().unwrap();
    let StorageEvent::SaveFailed { error, .. } = events.last().unwrap() else { panic!("{events:?}") };
    assert_eq!(error.place, file(&state).display().to_string());
}

#[test]
fn what_is_erased_is_gone_behind_a_link_too() {
    let (_dir, state, elsewhere) = two_dirs();
    link(&state, "note.json", &elsewhere, false);
    let (app, note) = life(&state);
    app.registry.erase_stored(note.name()).unwrap();
    assert!(names(&state).is_empty() && names(&elsewhere).is_empty());
    note.set_durable("three".into()).unwrap();
    assert_eq!(names(&state), ["note.json"]);
}

#[test]
fn a_plain_file_is_saved_as_before_beside_a_link_of_another_topic() {
    let dir = two_saves();
    symlink(dir.path().join("note.json"), dir.path().join("other.json")).unwrap();
    save(dir.path(), &["three"]);
    assert!(is_link(&dir.path().join("other.json")) && !is_link(&file(dir.path())));
}
