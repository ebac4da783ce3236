//! The thread that saves, and the last save before the app ends.
//!
//! Keeps: one thread, only in an app that persists topics; it sleeps until something changed or a save is due.
//! Loses: what is not saved when the process is killed, or when the disk takes longer than the app may wait at its
//! end. `docs/persistence.md` says what that can be.

use crate::builder::PLUGIN;
use crate::trouble::{caught, tell};
use statesync_core::Registry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long the saver rests after a panic. Everything the app gives it is caught where it is called: this is for what
/// nobody thought of.
const REST: Duration = Duration::from_secs(1);

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
    /// It has saved everything it could, and ended.
    Ended,
    /// It has ended without having been told to.
    Lost,
}

/// How the saving thread ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    InTime,
    Late,
    /// Before, and without a last save.
    Lost,
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

    /// Lets the thread save everything and end, and waits for that.
    fn end(&self, at_most: Duration) -> End {
        let mut call = self.call();
        if matches!(*call, Call::None | Call::Look) {
            *call = Call::End;
            self.rung.notify_all();
        }
        let saving = |call: &mut Call| !matches!(*call, Call::Ended | Call::Lost);
        let waited = self.rung.wait_timeout_while(call, at_most, saving);
        match *waited.unwrap_or_else(PoisonError::into_inner).0 {
            Call::Ended => End::InTime,
            Call::Lost => End::Lost,
            _ => End::Late,
        }
    }

    fn ended(&self, how: Call) {
        *self.call() = how;
        self.rung.notify_all();
    }
}

/// The saving thread of an app.
pub(crate) struct Saver {
    registry: Registry,
    bell: Arc<Bell>,
    exit_timeout: Duration,
    /// The app has ended.
    ended: AtomicBool,
}

impl Saver {
    /// Starts the thread.
    pub(crate) fn start(
        registry: Registry,
        bell: Arc<Bell>,
        exit_timeout: Duration,
    ) -> std::io::Result<Self> {
        let start = Instant::now();
        let mut running = Running { registry: registry.clone(), bell: bell.clone(), how: Call::Lost };
        thread::Builder::new().name(format!("{PLUGIN}-saver")).spawn(move || running.run(start))?;
        Ok(Self { registry, bell, exit_timeout, ended: AtomicBool::new(false) })
    }

    /// The app ends: everything is saved, or the time is over. Persisted topics cannot be written afterwards. Only the
    /// first call does something, and waits.
    pub(crate) fn end(&self) {
        if self.ended.swap(true, Ordering::AcqRel) {
            return;
        }
        match self.bell.end(self.exit_timeout) {
            End::InTime => {}
            End::Lost => close(&self.registry),
            End::Late => {
                let waited = self.exit_timeout.as_millis();
                tell!(
                    "statesync::persist",
                    "the last save took longer than {waited} ms, and the app ends without it"
                );
            }
        }
    }
}

/// The last save.
fn close(registry: &Registry) {
    match caught(|| registry.close()) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tell!("statesync::persist", "at the end of the app: {error}"),
        Err(panic) => tell!("statesync::persist", "the last save panicked: {panic}"),
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        self.end();
    }
}

/// The thread while it runs. However it ends, the app does not wait for it, and hears of it if it was too soon.
struct Running {
    registry: Registry,
    bell: Arc<Bell>,
    how: Call,
}

impl Running {
    fn run(&mut self, start: Instant) {
        loop {
            let next = caught(|| self.registry.poll_saves(start.elapsed())).unwrap_or_else(|panic| {
                tell!("statesync::persist", "saving panicked, and is tried again: {panic}");
                Some(start.elapsed() + REST)
            });
            if self.bell.wait(next.map(|at| at.saturating_sub(start.elapsed()))) {
                break;
            }
        }
        close(&self.registry);
        self.how = Call::Ended;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.how == Call::Lost {
            self.registry.saver_ended("it panicked");
        }
        self.bell.ended(self.how);
    }
}

#[cfg(test)]
mod tests {
    use super::{Bell, Call, Running, Saver};
    use statesync_core::persist::{Memory, Persist, SaveWhen};
    use statesync_core::{Registry, TopicKey};
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
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
    #[test]
    fn a_saver_that_ended_too_soon_is_told_by_the_next_write_and_flush_and_the_end_saves_without_it() {
        let memory = Memory::new();
        let registry = Registry::new("e");
        registry.persist_with(Arc::new(memory.clone()), || {}, |_| {});
        registry.persist(COUNT, Persist::new().when(SaveWhen::OnExit)).unwrap();
        let count = registry.register(COUNT, 0).unwrap();
        count.set(7).unwrap();
        let bell = Bell::new();
        drop(Running { registry: registry.clone(), bell: bell.clone(), how: Call::Lost });
        assert_eq!(count.set(8).unwrap_err().kind(), "saver-ended");
        let exit_timeout = Duration::from_secs(60);
        Saver { registry: registry.clone(), bell, exit_timeout, ended: AtomicBool::default() }.end();
        assert_eq!((memory.saves(), count.get()), (1, 7));
        assert_eq!(registry.flush().unwrap_err().kind(), "saver-ended");
    }
}
