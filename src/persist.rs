//! The thread that saves, and the last save before the app ends.
//!
//! Keeps: one thread, only in an app that persists topics; it sleeps until something changed or a save is due.
//! Loses: what is not saved when the process is killed, or when the disk takes longer than the app may wait at its
//! end. `docs/persistence.md` says what that can be.

use crate::builder::PLUGIN;
use statesync_core::Registry;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tauri::{Manager, Resource, Runtime};

/// How long the end of the app waits for the last save.
pub(crate) const EXIT_TIMEOUT: Duration = Duration::from_secs(3);

/// What the saving thread is to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// Nothing before the next save is due.
    None,
    /// Look at once: something changed.
    Look,
    /// Save everything and end. Leads to `Ended`.
    End,
    /// It has ended.
    Ended,
}

/// Wakes the saving thread.
#[derive(Debug)]
pub(crate) struct Bell {
    call: Mutex<Call>,
    rung: Condvar,
}

impl Bell {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { call: Mutex::new(Call::None), rung: Condvar::new() })
    }

    fn call(&self) -> MutexGuard<'_, Call> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something changed.
    pub(crate) fn ring(&self) {
        let mut call = self.call();
        if *call == Call::None {
            *call = Call::Look;
            self.rung.notify_all();
        }
    }

    /// Sleeps until it is rung, or for this long; true when it is time to end.
    fn wait(&self, at_most: Option<Duration>) -> bool {
        let call = self.call();
        let idle = |call: &mut Call| *call == Call::None;
        let mut call = match at_most {
            Some(at_most) => {
                let waited = self.rung.wait_timeout_while(call, at_most, idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.rung.wait_while(call, idle).unwrap_or_else(PoisonError::into_inner),
        };
        if *call == Call::Look {
            *call = Call::None;
        }
        *call == Call::End
    }

    /// Lets the thread save everything and end, and waits for that; false when it takes longer.
    fn end(&self, at_most: Duration) -> bool {
        let mut call = self.call();
        if *call != Call::Ended {
            *call = Call::End;
            self.rung.notify_all();
        }
        let saving = |call: &mut Call| *call != Call::Ended;
        let waited = self.rung.wait_timeout_while(call, at_most, saving);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    fn ended(&self) {
        *self.call() = Call::Ended;
        self.rung.notify_all();
    }
}

/// The saving thread of an app.
#[derive(Debug)]
pub(crate) struct Saver {
    bell: Arc<Bell>,
    exit_timeout: Duration,
}

impl Saver {
    /// Starts the thread.
    pub(crate) fn start(
        registry: Registry,
        bell: Arc<Bell>,
        exit_timeout: Duration,
    ) -> std::io::Result<Self> {
        let (start, here) = (Instant::now(), bell.clone());
        thread::Builder::new().name(format!("{PLUGIN}-saver")).spawn(move || {
            let ended = Ended(here);
            while !ended
                .0
                .wait(registry.poll_saves(start.elapsed()).map(|at| at.saturating_sub(start.elapsed())))
            {
            }
            if let Err(error) = registry.close() {
                tracing::error!(target: "statesync::persist", "at the end of the app: {error}");
                eprintln!("statesync: at the end of the app: {error}");
            }
        })?;
        Ok(Self { bell, exit_timeout })
    }

    /// Leaves the last save to the end of the app. Whichever way it ends, exit, restart or the last window, and after
    /// every handler of events, Tauri lets go of the app's resources: so this is one.
    pub(crate) fn end_with<R: Runtime>(self, app: &impl Manager<R>) {
        app.resources_table().add(self);
    }

    /// The app ends: everything is saved, or the time is over. Persisted topics cannot be written afterwards.
    fn end(&self) {
        if !self.bell.end(self.exit_timeout) {
            let waited = self.exit_timeout.as_millis();
            tracing::error!(target: "statesync::persist", "the last save took longer than {waited} ms");
            eprintln!("statesync: the last save took longer than {waited} ms, and the app ends without it");
        }
    }
}

impl Resource for Saver {}

impl Drop for Saver {
    fn drop(&mut self) {
        self.end();
    }
}

/// Says so when the thread ends, also by a panic, or the app would wait for it.
struct Ended(Arc<Bell>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.ended();
    }
}

#[cfg(test)]
mod tests {
    use super::{Bell, Saver};
    use statesync_core::persist::{Memory, Persist, SaveWhen};
    use statesync_core::{Registry, TopicKey};
    use std::sync::Arc;
    use std::time::Duration;

    const COUNT: TopicKey<u32> = TopicKey::new("count");

    #[test]
    fn the_end_saves_what_nobody_saved_before_and_a_second_end_does_nothing() {
        let memory = Memory::new();
        let registry = Registry::new("e");
        let bell = Bell::new();
        let ring = bell.clone();
        registry.persist_with(Arc::new(memory.clone()), move || ring.ring(), |_| {});
        registry.persist(COUNT, Persist::new().when(SaveWhen::OnExit)).unwrap();
        let count = registry.register(COUNT, 0).unwrap();
        let saver = Saver::start(registry, bell, Duration::from_secs(60)).unwrap();
        count.set(7).unwrap();
        saver.end();
        assert_eq!(memory.saves(), 1);
        saver.end();
        drop(saver);
        assert_eq!(memory.saves(), 1);
    }
}
