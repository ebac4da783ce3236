//! Something in the places of the library's own files: links, left-over files, directories, sockets.

use crate::damage::{file, life, names, two_saves};
use statesync_core::persist::StorageEvent;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_left_of_a_temporary_file_is_removed_and_a_link_is_not_followed() {
    let dir = two_saves();
    let victim = dir.path().join("victim");
    for left in ["link", "link to nothing", "file", "socket"] {
        for name in ["note.json.tmp", "@reserved.json.tmp"] {
            let temporary = dir.path().join(name);
            let _ = fs::remove_file(&temporary);
            fs::write(&victim, "precious").unwrap();
            match left {
                "link" => symlink(&victim, &temporary).unwrap(),
                "link to nothing" => symlink("made-by-mistake", &temporary).unwrap(),
                "file" => {
                    fs::write(&temporary, "left over").unwrap();
                    fs::set_permissions(&temporary, fs::Permissions::from_mode(0o666)).unwrap();
                }
                _ => drop(UnixListener::bind(&temporary).unwrap()),
            }
            let (app, note) = life(dir.path());
            note.set(format!("over a {left}")).unwrap();
            app.registry.flush().unwrap();
            assert_eq!(app.told(), [""; 0]);
            drop((app, note));
            assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
            assert!(!dir.path().join("made-by-mistake").exists());
            for entry in
                [file(dir.path()), dir.path().join("note.previous.json"), dir.path().join("@reserved.json")]
            {
                assert_eq!(mode(&entry), 0o600, "{left} {}", entry.display());
                assert!(fs::symlink_metadata(&entry).unwrap().is_file());
            }
            assert_eq!(life(dir.path()).1.get(), format!("over a {left}"));
        }
    }
}

#[test]
fn a_directory_in_the_way_is_named_and_once_it_is_gone_everything_is_saved() {
    for name in ["note.json.tmp", "note.previous.json", "@reserved.json.tmp", "@reserved.json", "@lock"] {
        let dir = tempfile::tempdir().unwrap();
        let way = dir.path().join(name);
        let (app, note) = life(dir.path());
        if name == "@lock" {
            fs::remove_file(&way).unwrap();
        }
        if name.starts_with("@reserved") {
            // It is reserved when an app begins.
            drop((app, note));
            let _ = fs::remove_file(&way);
            fs::create_dir_all(way.join("with")).unwrap();
            let (app, note) = life(dir.path());
            assert_named(&app.events.lock().unwrap(), &way);
            fs::remove_dir_all(&way).unwrap();
            note.set("one".into()).unwrap();
            app.registry.flush().unwrap();
            continue;
        }
        note.set("zero".into()).unwrap();
        app.registry.flush().unwrap();
        let _ = fs::remove_file(&way);
        fs::create_dir_all(way.join("with")).unwrap();
        note.set("one".into()).unwrap();
        assert!(app.registry.flush().is_err(), "{name}");
        assert_named(&app.events.lock().unwrap(), &way);
        fs::remove_dir_all(&way).unwrap();
        app.registry.flush().unwrap();
        drop((app, note));
        assert_eq!(life(dir.path()).1.get(), "one", "{name}");
    }
}

fn assert_named(events: &[StorageEvent], way: &Path) {
    let Some(StorageEvent::SaveFailed { error, .. }) = events.last() else { panic!("{events:?}") };
    assert_eq!(error.place, way.display().to_string(), "{error}");
    assert_eq!(error.kind.name(), "damaged", "{error}");
}

#[test]
fn a_lock_file_that_is_a_link_is_not_followed() {
    for to in ["victim", "made-by-mistake"] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("victim"), "precious").unwrap();
        let lock = dir.path().join("@lock");
        symlink(to, &lock).unwrap();
        let (app, note) = life(dir.path());
        note.set("one".into()).unwrap();
        assert!(app.registry.flush().is_err());
        assert_named(&app.events.lock().unwrap(), &lock);
        assert_eq!(fs::read_to_string(dir.path().join("victim")).unwrap(), "precious");
        assert!(!dir.path().join("made-by-mistake").exists());
        fs::remove_file(&lock).unwrap();
        app.registry.flush().unwrap();
        assert_eq!(mode(&lock), 0o600);
    }
}

#[test]
fn a_socket_in_the_place_of_a_record_is_not_waited_for() {
    let dir = two_saves();
    fs::remove_file(file(dir.path())).unwrap();
    let _socket = UnixListener::bind(file(dir.path())).unwrap();
    let (app, note) = life(dir.path());
    assert_eq!((note.get().as_str(), app.told()), ("one", vec!["unread", "recovered"]));
    note.set("three".into()).unwrap();
    app.registry.flush().unwrap();
    assert!(names(dir.path()).contains(&"note.bad-unread.json".into()));
}

#[test]
fn a_name_for_what_is_put_aside_that_is_a_link_is_left_alone() {
    let dir = two_saves();
    let link = dir.path().join("note.bad-not-a-record.json");
    symlink("nothing", &link).unwrap();
    fs::write(file(dir.path()), "torn").unwrap();
    let (app, _note) = life(dir.path());
    assert_eq!(app.told(), ["set-aside", "recovered"]);
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("nothing"));
    assert_eq!(fs::read_to_string(dir.path().join("note.bad-not-a-record-2.json")).unwrap(), "torn");
}
