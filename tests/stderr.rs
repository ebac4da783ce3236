//! An app whose standard error output cannot be written starts, saves, and ends in order all the same.
//!
//! The app is this program once more, as a process of its own: each test starts itself with another output.

mod mock;

use statesync::storage::{Failure, Files, Memory, StorageErrorKind};
use statesync::{Builder, Persist, SaveWhen, StateSyncExt, TopicKey};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::{env, fs, io};
use tauri::RunEvent;

const COUNT: TopicKey<u32> = TopicKey::new("count");
const BAD: TopicKey<u32> = TopicKey::new("bad");

/// Where the app stores, and the sign that this process is the app.
const DIR: &str = "STATESYNC_STDERR_DIR";

/// Starts with a damaged record, then meets a storage that is full, and changes something afterwards.
fn app(dir: &Path) {
    let memory = Memory::new();
    let builder = Builder::new()
        .topic(COUNT, 0)
        .topic(BAD, 0)
        .persist(COUNT, Persist::new().when(SaveWhen::Immediately))
        .persist(BAD, Persist::new().when(SaveWhen::Immediately).in_storage(Arc::new(memory.clone())))
        .persist_in(Files::in_dir(dir));
    let app = mock::app(builder.build(), &[]);
    let sync = app.app.statesync();
    memory.fail(Failure::Saves(StorageErrorKind::Full));
    sync.topic(BAD).unwrap().set(1).unwrap();
    // The saver has failed, has said so, and goes on.
    let failed = memory.clone();
    sync.topic(COUNT).unwrap().set(5).unwrap();
    mock::wait_for(|| stored(dir) == Some(5) && failed.saves() == 0);
    sync.topic(COUNT).unwrap().set(7).unwrap();
    memory.fail(Failure::Never);
    let window = app.window("main");
    app.app.run_return(move |_, event| {
        if let RunEvent::Ready = event {
            window.close().unwrap();
        }
    });
    assert_eq!(memory.saves(), 1, "also what could not be saved before");
}

fn stored(dir: &Path) -> Option<u64> {
    let text = fs::read(dir.join("count.json")).ok()?;
    serde_json::from_slice::<serde_json::Value>(&text).ok()?["data"].as_u64()
}

/// Runs the app with this standard error output; in the process of the app, is it.
fn survives(test: &str, stderr: impl FnOnce() -> Stdio) {
    if let Some(dir) = env::var_os(DIR) {
        return app(dir.as_ref());
    }
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("count.json"), "no record").unwrap();
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(DIR, dir.path()).stderr(stderr());
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{}: {}", ran.status, String::from_utf8_lossy(&ran.stdout));
    assert_eq!(stored(dir.path()), Some(7));
}

#[cfg(target_os = "linux")]
#[test]
fn an_app_whose_errors_go_to_a_full_disk_loses_nothing() {
    survives("an_app_whose_errors_go_to_a_full_disk_loses_nothing", || {
        fs::File::options().write(true).open("/dev/full").unwrap().into()
    });
}

#[test]
fn an_app_whose_errors_go_to_a_closed_pipe_loses_nothing() {
    survives("an_app_whose_errors_go_to_a_closed_pipe_loses_nothing", || {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        writer.into()
    });
}
