//! Ending the sessions of pages that are gone: at page-load start, and when a window is destroyed.
//!
//! A session missed here (a child webview closes without a hook) costs one signal and a few re-sends;
//! then the core gives it up.

use crate::{StateSync, StateSyncExt};
use tauri::webview::{PageLoadEvent, PageLoadPayload};
use tauri::{AppHandle, Manager, RunEvent, Runtime, Webview, WindowEvent};

pub(crate) fn page_load<R: Runtime>(webview: &Webview<R>, payload: &PageLoadPayload<'_>) {
    // `Started` fires when the old page is gone and before the new one can call.
    if matches!(payload.event(), PageLoadEvent::Started) {
        webview.statesync().page_loads(webview.label());
    }
}

pub(crate) fn run_event<R: Runtime>(app: &AppHandle<R>, event: &RunEvent) {
    match event {
        RunEvent::WindowEvent { label, event: WindowEvent::Destroyed, .. } => {
            app.statesync().page_gone(label);
        }
        // A page may have closed the guard a moment ago.
        RunEvent::Exit => {
            if let Some(sync) = app.try_state::<StateSync<R>>() {
                crate::ending::end_with_app(app, &sync.work);
            }
        }
        _ => {}
    }
}

impl<R: Runtime> StateSync<R> {
    /// A new page begins to load in this webview.
    pub(crate) fn page_loads(&self, webview: &str) {
        self.registry.handle_page_load(webview);
    }

    /// This webview is gone.
    pub(crate) fn page_gone(&self, webview: &str) {
        self.registry.handle_window_gone(webview);
    }
}
