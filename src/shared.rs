//! Following what other processes of the app commit in a shared storage.
//!
//! Keeps: one thread, only in an app with such a storage. It sleeps until a file of the storage changes, and looks by
//! itself now and then, because watching fails silently: on some file systems, for some users, after the directory
//! was made anew. Loses nothing: a look takes everything there is, whatever called for it.
//!
//! How often it looks by itself depends on whether watching is known to work. Until it has announced a change, and
//! from when it has missed one, it is every 100 ms, so that windows are right within 250 ms anyway; otherwise every second.
//! A look that finds nothing reads one number and takes about 10 µs.

use crate::builder::PLUGIN;
use crate::trouble::{caught, tell};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use statesync_core::Registry;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How often to look while nobody knows whether watching works.
const BLIND: Duration = Duration::from_millis(100);
/// How often to look while it does.
const SEEING: Duration = Duration::from_secs(1);
/// The least time between two looks: an app that writes a lot changes its own files.
const PAUSE: Duration = Duration::from_millis(4);

/// Why to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// A file changed.
    Changed,
    /// The app ends.
    End,
}

/// Whether watching the files can be relied on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sight {
    /// Waits for the first change that it announces, which leads to `Proven`.
    #[default]
    Unproven,
    /// It announced the last change. One it missed leads to `Unproven`.
    Proven,
}

impl Sight {
    fn interval(self) -> Duration {
        match self {
            Self::Unproven => BLIND,
            Self::Proven => SEEING,
        }
    }

    /// After a look that found something new.
    fn learn(&mut self, announced: bool) {
        *self = if announced { Self::Proven } else { Self::Unproven };
    }
}

/// The thread, until dropped.
#[derive(Debug)]
pub(crate) struct Follower(Sender<Call>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.end();
    }
}

impl Follower {
    pub(crate) fn end(&self) {
        // Where it has ended already nobody hears it.
        let _ = self.0.send(Call::End);
    }
}

/// Starts the thread, if there is anything to follow. To be called once the storages are declared.
pub(crate) fn start(registry: &Registry) -> std::io::Result<Option<Follower>> {
    if registry.watched().is_empty() {
        return Ok(None);
    }
    let (calls, heard) = mpsc::channel();
    let (registry, sender) = (registry.clone(), calls.clone());
    thread::Builder::new().name(format!("{PLUGIN}-follower")).spawn(move || {
        // It begins again, whatever happens to it: a look takes everything there is.
        while let Err(panic) = caught(|| follow(&registry, &sender, &heard)) {
            tell!("statesync::persist", "following other processes panicked, and begins again: {panic}");
            if pause(&heard, SEEING) == Next::End {
                break;
            }
        }
    })?;
    Ok(Some(Follower(calls)))
}

fn follow(registry: &Registry, calls: &Sender<Call>, heard: &Receiver<Call>) {
    let mut sight = Sight::default();
    let mut watcher = watch(&registry.watched(), calls);
    let mut watched_at = Instant::now();
    let mut is_well = true;
    let mut next = Next::Wait;
    loop {
        let announced = next == Next::Look
            || match heard.recv_timeout(sight.interval()) {
                Ok(Call::Changed) => true,
                Err(RecvTimeoutError::Timeout) => false,
                Ok(Call::End) | Err(RecvTimeoutError::Disconnected) => return,
            };
        let looked = caught(|| registry.poll_shared().map_err(|error| error.to_string()));
        match looked.and_then(|looked| looked) {
            Ok(anything) => {
                is_well = true;
                if anything {
                    sight.learn(announced);
                }
            }
            Err(error) => {
                if std::mem::replace(&mut is_well, false) {
                    let _ = caught(|| {
                        tracing::warn!(target: "statesync::persist", "what other processes stored cannot be read: {error}");
                    });
                }
            }
        }
        // What it watched may be gone, or may not have been there yet.
        if sight == Sight::Unproven && watched_at.elapsed() > SEEING {
            drop(watcher);
            watcher = watch(&registry.watched(), calls);
            watched_at = Instant::now();
        }
        next = if announced { pause(heard, PAUSE) } else { Next::Wait };
        if next == Next::End {
            return;
        }
    }
}

/// What comes after a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Wait,
    Look,
    End,
}

/// Lets what changes within a moment come together.
fn pause(heard: &Receiver<Call>, time: Duration) -> Next {
    let until = Instant::now() + time;
    let mut next = Next::Wait;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        match heard.recv_timeout(left) {
            Ok(Call::Changed) => next = Next::Look,
            Err(RecvTimeoutError::Timeout) => break,
            Ok(Call::End) | Err(RecvTimeoutError::Disconnected) => return Next::End,
        }
    }
    next
}

/// Calls whenever one of these files is written. `None`: there is no watching.
fn watch(files: &[PathBuf], calls: &Sender<Call>) -> Option<RecommendedWatcher> {
    let (names, calls) = (files.to_vec(), calls.clone());
    let changed = move |event: notify::Result<Event>| {
        let of_ours = match &event {
            // Reading a file is an event, too.
            Ok(event) => !event.kind.is_access() && event.paths.iter().any(|path| is_of(path, &names)),
            Err(_) => true,
        };
        if of_ours {
            // The thread may have ended.
            let _ = calls.send(Call::Changed);
        }
    };
    let mut watcher = notify::recommended_watcher(changed).ok()?;
    for file in files {
        let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        watcher.watch(dir, RecursiveMode::NonRecursive).ok()?;
    }
    Some(watcher)
}

fn is_of(path: &Path, files: &[PathBuf]) -> bool {
    // The path is as the system tells it, and the file's as the app does.
    files.iter().any(|file| file.file_name() == path.file_name())
}

#[cfg(test)]
mod tests {
    use super::{BLIND, Call, Follower, Next, PAUSE, SEEING, Sight, follow, is_of, pause, start};
    use statesync_core::persist::{Persist, Sqlite};
    use statesync_core::{Registry, Topic, TopicKey};
    use std::path::{Path, PathBuf};
    use std::pin::pin;
    use std::sync::{Arc, mpsc};
    use std::task::{Context, Poll, Wake, Waker};
    use std::thread::{self, Thread};
    use std::time::{Duration, Instant};

    const COUNT: TopicKey<u64> = TopicKey::new("count");

    fn process(dir: &Path) -> (Registry, Topic<u64>) {
        let registry = Registry::new("e");
        registry.persist_with(Arc::new(Sqlite::shared(dir.join("state.db"))), || {}, |_| {});
        registry.persist(COUNT, Persist::new()).unwrap();
        let count = registry.register(COUNT, 0).unwrap();
        (registry, count)
    }

    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    /// Waits until the topic has this value.
    fn wait_for(topic: &Topic<u64>, value: u64) {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut watch = topic.watch();
        let mut changed = pin!(async {
            while watch.get() != value {
                watch.changed().await.unwrap();
            }
        });
        while changed.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Pending {
            thread::park_timeout(Duration::from_secs(10));
        }
    }

    #[test]
    fn what_another_process_commits_comes_by_itself_and_soon() {
        let dir = tempfile::tempdir().unwrap();
        let (_one, mine) = process(dir.path());
        let (other, theirs) = process(dir.path());
        let follower = start(&other).unwrap().unwrap();
        let mut took = Vec::new();
        for n in 1..=50 {
            let begun = Instant::now();
            mine.set(n).unwrap();
            wait_for(&theirs, n);
            took.push(begun.elapsed());
        }
        took.sort();
        assert!(took[25] < Duration::from_millis(250), "{took:?}");
        drop(follower);
    }

    #[test]
    fn the_thread_ends_when_its_follower_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let (registry, _count) = process(dir.path());
        let (calls, heard) = mpsc::channel();
        let follower = Follower(calls.clone());
        let following = thread::spawn(move || follow(&registry, &calls, &heard));
        drop(follower);
        following.join().unwrap();
    }

    #[test]
    fn changes_within_a_moment_are_one_more_look_and_the_end_is_not_missed() {
        let (calls, heard) = mpsc::channel();
        assert_eq!(pause(&heard, PAUSE), Next::Wait);
        for _ in 0..3 {
            calls.send(Call::Changed).unwrap();
        }
        assert_eq!(pause(&heard, PAUSE), Next::Look);
        calls.send(Call::Changed).unwrap();
        calls.send(Call::End).unwrap();
        assert_eq!(pause(&heard, PAUSE), Next::End);
    }

    #[test]
    fn an_app_without_a_shared_storage_has_no_such_thread() {
        let registry = Registry::new("e");
        registry.register(COUNT, 0).unwrap();
        assert!(start(&registry).unwrap().is_none());
    }

    #[test]
    fn looks_are_rare_only_while_watching_is_known_to_work() {
        let mut sight = Sight::default();
        assert_eq!(sight.interval(), BLIND);
        sight.learn(true);
        assert_eq!(sight.interval(), SEEING);
        sight.learn(false);
        assert_eq!(sight.interval(), BLIND);
    }

    #[test]
    fn only_what_is_watched_calls_for_a_look() {
        let files = [PathBuf::from("dir/state.db-next")];
        assert!(is_of(Path::new("/somewhere/dir/state.db-next"), &files));
        for name in ["state.db", "state.db-wal", "other.db", "state", ""] {
            assert!(!is_of(Path::new(name), &files), "{name}");
        }
    }
}
