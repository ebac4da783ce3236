//! The end of the app: what has to end with it.
//!
//! Whichever way an app ends, Tauri drops its resources, after every handler of events and before the process is
//! replaced. Nothing else of Tauri is there at all those ends: `RunEvent::Exit` comes before the app's own handler of it,
//! and not at all when the app restarts on the main thread. So a guard is in the table of resources, and ends the work
//! when Tauri drops it.
//!
//! Pages reach that table too: `plugin:resources|close` closes whatever number a page guesses. A guard that is closed
//! ends nothing; it is added to the table again under another number.

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

/// Ends the work when it is dropped.
struct ExitGuard<R: Runtime> {
    app: AppHandle<R>,
    work: Arc<Work>,
}

/// Ends this work when the app ends. Called twice, the first guard that is dropped does it.
pub(crate) fn end_with_app<R: Runtime>(app: &AppHandle<R>, work: &Arc<Work>) {
    if !work.is_none() {
        app.resources_table().add(ExitGuard { app: app.clone(), work: work.clone() });
    }
}

impl<R: Runtime> Resource for ExitGuard<R> {
    /// Called for a page, never at the end of the app. The caller has locked the table.
    fn close(self: Arc<Self>) {
        async_runtime::spawn(async move {
            let app = self.app.clone();
            app.resources_table().add_arc(self);
        });
    }
}

impl<R: Runtime> Drop for ExitGuard<R> {
    fn drop(&mut self) {
        self.work.end();
    }
}
