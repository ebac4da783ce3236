//! A color moves from one palette to another.
//!
//! Keeps: that it is in exactly one of them at any time, for every window. Loses: nothing; when it cannot move, both
//! palettes stay as they were.

use statesync::StateSyncExt;
use tauri::{AppHandle, Runtime};

use crate::topics::PALETTES;

/// Takes the color out of one palette and puts it into the other, in one transaction.
#[tauri::command]
pub async fn move_swatch<R: Runtime>(
    app: AppHandle<R>,
    swatch: u32,
    from: String,
    to: String,
) -> Result<(), String> {
    let from = PALETTES.key(from).map_err(|error| error.to_string())?;
    let to = PALETTES.key(to).map_err(|error| error.to_string())?;
    app.statesync()
        .transaction(|tx| {
            let mut taken = None;
            tx.try_update(&from, |palette| {
                taken = Some(palette.take(swatch)?);
                Ok::<_, String>(())
            })
            .map_err(|error| error.to_string())?;
            tx.update(&to, |palette| palette.swatches.extend(taken)).map_err(|error| error.to_string())
        })
        .map_err(|error| error.to_string())
}
