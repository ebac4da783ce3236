//! An app on a disk that fails: `trouble KIND DIR`, in a mount namespace of its own.
//!
//! Mounts a small file system at DIR, lets KIND of trouble begin, writes on, and sees to it that the app goes on,
//! is told, and has everything saved once the trouble is over. Ends with an error when it does not. With the kind
//! `linked` there are two file systems, and a record is a link from one to the other.

use statesync_core::persist::Files;
use statesync_crash::{Life, payload};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// Kinds of trouble: how each begins and ends, and what the app is told.
struct Trouble {
    begin: fn(&Path),
    end: fn(&Path),
    kind: &'static str,
}

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status().expect("the program starts");
    assert!(status.success(), "{program} {arguments:?}");
}

fn trouble(kind: &str) -> Trouble {
    match kind {
        "full" => Trouble {
            begin: |dir| {
                // Until not a byte is left.
                let _ = fs::write(dir.join("filler"), vec![1; 4 << 20]);
                let _ = fs::write(dir.join("filler-2"), vec![1; 4096]);
            },
            end: |dir| {
                fs::remove_file(dir.join("filler")).expect("there is one");
                let _ = fs::remove_file(dir.join("filler-2"));
            },
            kind: "full",
        },
        "read-only" => Trouble {
            begin: |dir| run("mount", &["-o", "remount,bind,ro", &dir.to_string_lossy()]),
            end: |dir| run("mount", &["-o", "remount,bind,rw", &dir.to_string_lossy()]),
            kind: "read-only",
        },
        "denied" => Trouble {
            begin: |dir| run("chmod", &["0500", &dir.join("state").to_string_lossy()]),
            end: |dir| run("chmod", &["0700", &dir.join("state").to_string_lossy()]),
            kind: "denied",
        },
        "removed" => Trouble {
            begin: |dir| {
                fs::remove_dir_all(dir.join("state")).expect("it is there");
                // And something else in its place, so that it cannot be made again at once.
                fs::write(dir.join("state"), "").expect("a file");
            },
            end: |dir| fs::remove_file(dir.join("state")).expect("it is there"),
            kind: "",
        },
        other => panic!("{other} is no trouble"),
    }
}

fn mount(dir: &Path) {
    run("mount", &["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", &dir.to_string_lossy()]);
}

/// A record that is a link into another file system, which is gone in the end.
fn linked(dir: &Path) {
    let [one, other] = ["one", "other"].map(|name| dir.join(name));
    for disk in [&one, &other] {
        fs::create_dir(disk).expect("a directory");
        mount(disk);
    }
    let state = one.join("state");
    let begin = || Life::begin(Arc::new(Files::in_dir(&state)));
    begin().durable.set(payload(1)).expect("all is well");
    let (link, target) = (state.join("durable.json"), other.join("durable.json"));
    fs::copy(&link, &target).expect("a copy");
    fs::remove_file(&link).expect("it is there");
    std::os::unix::fs::symlink(&target, &link).expect("a link");
    for number in 2..5 {
        let life = begin();
        assert_eq!(life.durable.read(|value| value.0), number - 1);
        life.durable.set(payload(number)).expect("it is saved through the link");
        assert_eq!(life.told(), [""; 0]);
    }
    assert_eq!(fs::read_link(&link).expect("it is still one"), target);
    assert_eq!(fs::read_dir(&other).expect("a directory").count(), 1, "nothing is left over");

    run("umount", &[&other.to_string_lossy()]);
    let life = begin();
    assert_eq!(life.durable.read(Clone::clone), payload(3), "the version before is on the first one");
    assert_eq!(life.told(), ["unread", "recovered"]);
    let error = life.durable.set(payload(9)).expect_err("its place is gone").to_string();
    assert!(error.contains("it is a link"), "{error}");
    assert_eq!(fs::read_link(&link).expect("it is still one"), target);
    assert_eq!(fs::read_dir(&other).expect("a directory").count(), 0, "nothing is made in its place");
    println!("linked: {error}");
}

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    if arguments[1] == "linked" {
        return linked(Path::new(&arguments[2]));
    }
    let (trouble, dir) = (trouble(&arguments[1]), Path::new(&arguments[2]));
    mount(dir);
    let files = || Arc::new(Files::in_dir(dir.join("state")));
    let life = Life::begin(files());
    life.durable.set(payload(1)).expect("all is well");
    life.debounced.set(payload(1)).expect("all is well");
    life.registry.flush().expect("all is well");
    assert_eq!(life.told(), [""; 0]);

    (trouble.begin)(dir);
    let mut now = Duration::ZERO;
    for number in 2..10 {
        life.debounced.set(payload(number)).expect("the app goes on");
        assert_eq!(life.debounced.read(|value| value.0), number);
        now = life.registry.poll_saves(now).expect("it is tried again");
    }
    let error = life.durable.set(payload(2)).expect_err("what is to be stored cannot be");
    assert_eq!((error.kind(), life.durable.read(|value| value.0)), ("storage", 1));
    let told = life.events.lock().expect("no panic").clone();
    assert!(told.len() >= 8 && told.iter().all(|kind| kind == "save-failed"), "{told:?}");
    let error = life.registry.flush().expect_err("it is not saved").to_string();
    println!("{}: {error}", arguments[1]);
    match trouble.kind {
        "full" => assert!(error.contains("make space"), "{error}"),
        "read-only" => assert!(error.contains("make it writable"), "{error}"),
        "denied" => assert!(error.contains("right to write"), "{error}"),
        _ => assert!(error.contains("state"), "{error}"),
    }
    life.told();

    (trouble.end)(dir);
    life.registry.poll_saves(now + Duration::from_secs(60));
    assert_eq!(life.told(), ["save-recovered"]);
    life.durable.set(payload(3)).expect("all is well again");
    let seen = life.debounced.revision();
    drop(life);
    let next = Life::begin(files());
    assert_eq!(next.debounced.read(Clone::clone), payload(9));
    assert_eq!(next.durable.read(Clone::clone), payload(3));
    assert!(next.debounced.revision() > seen);
    println!("{}: everything is saved", arguments[1]);
}
