//! Sending signals: from a task on the main thread, holding no lock.
//!
//! `Channel::send` evaluates a script in the webview. With Tauri's tracing on, that blocks from any
//! thread but the main one, and while a lock is held it deadlocks; hence the rule, and hence a flush
//! never runs inside the call of the writer, not even when the writer is on the main thread.

use crate::StateSync;
use crate::burst::BURST_PAUSE;
use crate::trouble::{caught, tell};
use statesync_core::{Limits, Registry, Scope, Signal, SignalSink};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tauri::ipc::{Channel, InvokeResponseBody};
use tauri::{AppHandle, Emitter, Manager, Runtime, async_runtime};

/// How long sending rests after a panic.
const REST: Duration = Duration::from_secs(1);

/// The registry of an app: it asks for a flush by posting one to the main thread. To be called on that thread.
pub(crate) fn registry<R: Runtime>(
    app: &AppHandle<R>,
    limits: Limits,
    public: Scope,
) -> Result<Registry, getrandom::Error> {
    let epoch = format!("{:016x}", getrandom::u64()?);
    let main_thread = thread::current().id();
    let app = app.clone();
    let wake = move || {
        if let Some(sync) = app.try_state::<StateSync<R>>() {
            sync.burst.woken(sync.registry.commits());
        }
        if thread::current().id() == main_thread {
            // Posted from the main thread, a task would run at once, inside the writer's call.
            let app = app.clone();
            async_runtime::spawn(async move { post_flush(&app) });
        } else {
            post_flush(&app);
        }
    };
    Ok(Registry::with_host(&epoch, limits, public, wake))
}

fn post_flush<R: Runtime>(app: &AppHandle<R>) {
    let handle = app.clone();
    // An error means that the event loop is gone, and with it every window.
    let _ = app.run_on_main_thread(move || {
        // A topic declared in the builder calls for a flush before there is a state; see `flush_declared`.
        if let Some(sync) = handle.try_state::<StateSync<R>>()
            && let Err(panic) = caught(|| sync.send_signals())
        {
            tell!("statesync::flush", "sending signals panicked: {panic}");
            // What did not go out is sent again.
            sync.arm(sync.resend.now() + REST);
        }
    });
}

/// Flushes what was declared before the state was there to do it. To be called once it is.
pub(crate) fn flush_declared<R: Runtime>(app: &AppHandle<R>) {
    let app = app.clone();
    async_runtime::spawn(async move { post_flush(&app) });
}

impl<R: Runtime> StateSync<R> {
    /// Sends what is due. On the main thread only.
    fn send_signals(&self) {
        if self.burst.holds_back(self.registry.commits()) {
            self.arm(self.resend.now() + BURST_PAUSE);
            return;
        }
        let flush = self.registry.poll_flush(self.resend.now());
        flush.deliver();
        if let Some(name) = &self.event {
            for event in &flush.events {
                // A webview that cannot be reached does not stop the others (`isolation`), nor does a listener in Rust.
                let _ = caught(|| self.app.emit(name, event));
            }
        }
        if let Some(due) = flush.next {
            self.arm(due);
        }
    }

    /// Sees to it that a flush runs at `due`, or sooner.
    fn arm(&self, due: Duration) {
        let mut armed = self.resend.armed.lock().unwrap_or_else(PoisonError::into_inner);
        if armed.is_some_and(|armed| armed <= due) {
            return;
        }
        *armed = Some(due);
        drop(armed);
        let app = self.app.clone();
        let delay = due.saturating_sub(self.resend.now());
        let armed = Armed { app, due };
        async_runtime::spawn(async move {
            tokio::time::sleep(delay).await;
            let app = armed.app.clone();
            drop(armed);
            post_flush(&app);
        });
    }
}

/// The timer is set. However its task ends, it can be set again afterwards.
struct Armed<R: Runtime> {
    app: AppHandle<R>,
    due: Duration,
}

impl<R: Runtime> Drop for Armed<R> {
    fn drop(&mut self) {
        let Some(sync) = self.app.try_state::<StateSync<R>>() else { return };
        let mut armed = sync.resend.armed.lock().unwrap_or_else(PoisonError::into_inner);
        if *armed == Some(self.due) {
            *armed = None;
        }
    }
}

/// The clock of the core, and the moment the next flush is set for.
pub(crate) struct ResendTimer {
    start: Instant,
    armed: Mutex<Option<Duration>>,
}

impl Default for ResendTimer {
    fn default() -> Self {
        Self { start: Instant::now(), armed: Mutex::new(None) }
    }
}

impl ResendTimer {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A session's Channel.
pub(crate) struct ChannelSink<R: Runtime> {
    app: AppHandle<R>,
    channel: Option<Channel<InvokeResponseBody>>,
}

impl<R: Runtime> ChannelSink<R> {
    pub(crate) fn new(app: AppHandle<R>, channel: Channel<InvokeResponseBody>) -> Self {
        Self { app, channel: Some(channel) }
    }
}

impl<R: Runtime> SignalSink for ChannelSink<R> {
    fn send(&self, signal: &Signal) {
        let Some(channel) = &self.channel else { return };
        let json = serde_json::to_string(signal).expect("a signal is JSON");
        // A signal that does not arrive is sent again; a window that is gone is given up.
        let _ = channel.send(InvokeResponseBody::Json(json));
    }
}

impl<R: Runtime> Drop for ChannelSink<R> {
    /// The last clone of a Channel tells the page that it has ended, by a script as well.
    fn drop(&mut self) {
        let channel = self.channel.take();
        let _ = self.app.run_on_main_thread(move || drop(channel));
    }
}
