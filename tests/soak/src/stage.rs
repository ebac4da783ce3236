//! Windows: opened, waited for, reloaded, closed.

use crate::desk::Desk;
use std::thread;
use std::time::{Duration, Instant};
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindowBuilder};

/// Long enough for anything that happens at all.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(5);

/// Opens a window without waiting for its page.
pub fn open(app: &AppHandle, label: &str, page: &str) -> Result<(), String> {
    WebviewWindowBuilder::new(app, label, WebviewUrl::App(page.into()))
        .title(label)
        .inner_size(240.0, 120.0)
        .build()
        .map(drop)
        .map_err(|error| format!("window {label} cannot be opened: {error}"))
}

/// How many pages of a window have said hello.
pub fn hellos(app: &AppHandle, label: &str) -> u64 {
    app.state::<Desk>().look(|papers| papers.hellos.get(label).copied().unwrap_or_default())
}

/// Waits until so many pages of a window have said hello.
pub fn await_hello(app: &AppHandle, label: &str, count: u64) -> Result<(), String> {
    let enough = app
        .state::<Desk>()
        .wait(PATIENCE, |papers| papers.hellos.get(label).filter(|seen| **seen >= count).copied());
    enough.map(drop).ok_or_else(|| format!("the page of {label} does not come"))
}

/// Loads a window's page anew, and waits for it.
pub fn reload(app: &AppHandle, label: &str) -> Result<(), String> {
    let before = hellos(app, label);
    let window = app.get_webview_window(label).ok_or_else(|| format!("there is no window {label}"))?;
    window.eval("location.reload()").map_err(|error| error.to_string())?;
    await_hello(app, label, before + 1)
}

/// Closes a window, and waits until it is gone.
pub fn close(app: &AppHandle, label: &str) -> Result<(), String> {
    let window = app.get_webview_window(label).ok_or_else(|| format!("there is no window {label}"))?;
    window.destroy().map_err(|error| error.to_string())?;
    drop(window);
    until(|| app.get_webview_window(label).is_none())
        .ok_or_else(|| format!("window {label} does not close"))?;
    app.state::<Desk>().look(|papers| papers.hellos.remove(label));
    Ok(())
}

/// Waits until it is so.
pub fn until(mut is_so: impl FnMut() -> bool) -> Option<()> {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        if Instant::now() > end {
            return None;
        }
        thread::sleep(LOOK);
    }
    Some(())
}
