//! The end of the app: what has to end with it, and how it is told.
//!
//! Whichever way an app ends, Tauri lets go of its resources, after every handler of events and before the process is
//! replaced. Nothing else of Tauri is there at all those ends: `RunEvent::Exit` comes before the app's own handler of it, and
//! not at all when the app restarts on the main thread. So a rope hangs in the table of resources, and the bell rings when
//! Tauri lets go of it.
//!
//! Pages reach that table too: `plugin:resources|close` closes whatever number a page guesses. A rope that is closed
//! does not ring; it is hung up again under another number.

use crate::persist::Saver;
#[cfg(feature = "sqlite")]
use crate::shared::Follower;
use std::sync::Arc;
use tauri::{AppHandle, Manager, Resource, Runtime, async_runtime};

/// What ends with the app.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) saver: Option<Saver>,
    #[cfg(feature = "sqlite")]
    pub(crate) follower: Option<Follower>,
}

impl Work {
    fn end(&self) {
        #[cfg(feature = "sqlite")]
        if let Some(follower) = &self.follower {
            follower.end();
        }
        if let Some(saver) = &self.saver {
            saver.end();
        }
    }

    fn is_none(&self) -> bool {
        #[cfg(feature = "sqlite")]
        if self.follower.is_some() {
            return false;
        }
        self.saver.is_none()
    }
}

/// Rings when it is dropped.
struct Rope<R: Runtime> {
    app: AppHandle<R>,
    work: Arc<Work>,
}

/// Ends this work when the app ends. Hung up twice, the first to be let go of rings.
pub(crate) fn hang<R: Runtime>(app: &AppHandle<R>, work: &Arc<Work>) {
    if !work.is_none() {
        app.resources_table().add(Rope { app: app.clone(), work: work.clone() });
    }
}

impl<R: Runtime> Resource for Rope<R> {
    /// Called for a page, never at the end of the app. Whoever calls it has the table locked.
    fn close(self: Arc<Self>) {
        async_runtime::spawn(async move {
            let app = self.app.clone();
            app.resources_table().add_arc(self);
        });
    }
}

impl<R: Runtime> Drop for Rope<R> {
    fn drop(&mut self) {
        self.work.end();
    }
}
