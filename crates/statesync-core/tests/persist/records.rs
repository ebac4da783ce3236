//! The newest record and the one before it, each whole, damaged, unreadable, missing, or of a newer version.

use crate::damage::{NOTE, file, life, names, newer, two_saves};
use crate::{Life, damage};
use statesync_core::TopicKey;
use statesync_core::persist::{Files, Persist};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Whole,
    Damaged,
    Unreadable,
    Missing,
    Newer,
}
use State::{Damaged, Missing, Newer, Unreadable, Whole};

const STATES: [State; 5] = [Whole, Damaged, Unreadable, Missing, Newer];

/// Brings a file into this state; what must not get lost of it.
fn bring(path: &Path, state: State) -> Option<String> {
    let text = fs::read_to_string(path).unwrap();
    match state {
        Whole => return None,
        Missing => {
            fs::remove_file(path).unwrap();
            return None;
        }
        Damaged => fs::write(path, text.replace("\"schema\": 1", "\"schema\": 2")).unwrap(),
        Newer => fs::write(path, newer(&text)).unwrap(),
        // A directory cannot be read as a file, whatever the rights.
        Unreadable => {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
            fs::write(path.join("inside"), &text).unwrap();
            return Some(text);
        }
    }
    Some(fs::read_to_string(path).unwrap())
}

/// Every text in the directory and those in it.
fn texts(dir: &Path) -> Vec<String> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { texts(&path) } else { vec![fs::read_to_string(path).unwrap()] })
        .collect()
}

fn previous(dir: &Path) -> PathBuf {
    dir.join("note.previous.json")
}

fn expected(current: State, before: State) -> (&'static str, Vec<&'static str>) {
    let value = match (current, before) {
        (Whole, _) => "two",
        (_, Whole) => "one",
        _ => "initial",
    };
    let mut told = Vec::new();
    match current {
        Damaged => told.push("set-aside"),
        Unreadable => told.push("unread"),
        Newer => told.push("held"),
        Whole | Missing => {}
    }
    match (current, before) {
        (_, Damaged) | (Whole, Newer) => told.push("set-aside"),
        (_, Unreadable) => told.push("unread"),
        (Damaged | Unreadable | Missing, Newer) => told.push("held"),
        (Damaged | Unreadable | Newer, Whole) => told.push("recovered"),
        _ => {}
    }
    (value, told)
}

#[test]
fn the_newest_readable_record_wins_and_what_is_not_readable_is_told_and_kept() {
    for (current, before) in STATES.into_iter().flat_map(|one| STATES.map(|other| (one, other))) {
        let dir = two_saves();
        let kept: Vec<_> = [(file(dir.path()), current), (previous(dir.path()), before)]
            .into_iter()
            .filter_map(|(path, state)| bring(&path, state))
            .collect();
        let (app, note) = life(dir.path());
        let told = app.told();
        assert_eq!((note.get().as_str(), told.clone()), expected(current, before), "{current:?}, {before:?}");
        let left = texts(dir.path());
        note.set("three".into()).unwrap();
        app.registry.flush().unwrap();
        assert_eq!(app.told(), [""; 0], "{current:?}, {before:?}");
        drop((app, note));
        let texts = texts(dir.path());
        for text in kept {
            assert!(texts.contains(&text), "{current:?}, {before:?}: nothing is lost");
        }
        if told.contains(&"held") {
            assert_eq!(texts, left, "{current:?}, {before:?}: a newer one is left alone");
            continue;
        }
        let (app, note) = life(dir.path());
        assert_eq!((note.get().as_str(), app.told()), ("three", vec![]), "{current:?}, {before:?}");
    }
}

#[test]
fn a_file_that_could_not_be_read_stays_until_something_is_saved() {
    let dir = two_saves();
    bring(&previous(dir.path()), Unreadable);
    let (app, note) = life(dir.path());
    app.registry.flush().unwrap();
    assert!(previous(dir.path()).is_dir(), "nothing has changed");
    note.set("three".into()).unwrap();
    app.registry.flush().unwrap();
    assert_eq!(names(dir.path()), ["note.bad-unread.json", "note.json", "note.previous.json"]);
    assert!(dir.path().join("note.bad-unread.json").is_dir());
}

#[test]
fn two_values_that_do_not_fit_are_both_put_aside() {
    let dir = tempfile::tempdir().unwrap();
    let app = Life::on(Arc::new(Files::in_dir(dir.path())));
    let number = app.topic(damage::NUMBER, Persist::new(), 0);
    number.set_durable(7).unwrap();
    number.set_durable(8).unwrap();
    drop((app, number));
    let (app, note) = life(dir.path());
    assert_eq!((note.get().as_str(), app.told()), ("initial", vec!["set-aside", "set-aside"]));
    let aside = ["note.bad-invalid-value-2.json", "note.bad-invalid-value.json"];
    assert_eq!(names(dir.path()), aside);
    for text in ["three", "four"] {
        note.set_durable(text.into()).unwrap();
    }
    assert!(aside.iter().all(|name| dir.path().join(name).exists()));
}

#[test]
fn a_family_member_with_an_unreadable_version_before_does_not_hinder_another() {
    let dir = two_saves();
    bring(&previous(dir.path()), Unreadable);
    let app = Life::on(Arc::new(Files::in_dir(dir.path())));
    let other = app.topic(TopicKey::<u32>::new("other"), Persist::new(), 0);
    let note = app.topic(NOTE, Persist::new(), "initial".into());
    other.set(1).unwrap();
    app.registry.flush().unwrap();
    assert!(previous(dir.path()).is_dir(), "the topic itself was not saved");
    assert_eq!(note.get(), "two");
}
