//! Opens more windows of the kinds that may exist more than once.
//!
//! A window's label begins with its kind, because capabilities go by labels: `overview-2` may read and no
//! more, `processes-2` may also write the settings.

use std::sync::atomic::{AtomicU32, Ordering};

use serde::Deserialize;
use tauri::{AppHandle, Runtime, WebviewUrl, WebviewWindowBuilder};

static OPENED: AtomicU32 = AtomicU32::new(1);

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    Overview,
    Processes,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Processes => "processes",
        }
    }

    fn title(self, number: u32) -> String {
        match self {
            Self::Overview => format!("Overview {number}"),
            Self::Processes => format!("Processes {number}"),
        }
    }

    fn size(self) -> (f64, f64) {
        match self {
            Self::Overview => (560.0, 720.0),
            Self::Processes => (940.0, 720.0),
        }
    }
}

/// Answers the new window's label. Asynchronous, because a command that runs on the main thread and creates
/// a window there waits for itself on Windows.
#[tauri::command]
pub async fn open_window<R: Runtime>(app: AppHandle<R>, kind: Kind) -> Result<String, String> {
    let number = OPENED.fetch_add(1, Ordering::Relaxed) + 1;
    let label = format!("{}-{number}", kind.name());
    let page = WebviewUrl::App(format!("{}.html", kind.name()).into());
    let (width, height) = kind.size();
    let shift = f64::from(number % 8) * 28.0;
    WebviewWindowBuilder::new(&app, &label, page)
        .title(kind.title(number))
        .inner_size(width, height)
        .min_inner_size(400.0, 360.0)
        .position(60.0 + shift, 60.0 + shift)
        .build()
        .map_err(|error| error.to_string())?;
    Ok(label)
}
