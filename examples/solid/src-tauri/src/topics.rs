//! The topics of the app, and the actions windows may call. `src/statesync.ts` is made from them.
//!
//! Keeps: which palettes there are. Loses: all changes when the app ends.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicU32, Ordering},
};

use serde::{Deserialize, Serialize};
use statesync::{StateSyncExt, TopicFamily, TopicKey};
use tauri::{AppHandle, Runtime};
use ts_rs::TS;

use crate::palette::{Palette, Remove, Rename, Swatch, Tune};

/// One topic a palette: `palette:warm`. Windows change them by actions only.
pub const PALETTES: TopicFamily<Palette> = TopicFamily::new("palette:{id}").read_only();
/// What lies on the table.
pub const STUDIO: TopicKey<Studio> = TopicKey::new("studio");

/// What lies on the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Studio {
    /// The palettes there are; each is the topic `palette:` and this.
    pub palettes: Vec<String>,
    /// The one both windows show.
    pub open: String,
    /// Whether the last color of the open palette drifts.
    pub drift: bool,
}

/// What each palette begins with: its id and name, and the hue, saturation and lightness of its colors.
type Beginning = (&'static str, &'static str, &'static [(u16, u16, u16)]);
const BEGINNINGS: &[Beginning] = &[
    ("warm", "Late summer", &[(14, 78, 52), (32, 88, 58), (46, 92, 66), (352, 58, 40), (20, 30, 22)]),
    ("cool", "Harbor", &[(198, 72, 38), (176, 46, 50), (214, 40, 24), (190, 38, 82)]),
    ("calm", "Paper and moss", &[(88, 26, 42), (52, 36, 80), (108, 22, 26)]),
];

static COLORS: AtomicU32 = AtomicU32::new(1);

/// A number no color has.
fn number() -> u32 {
    COLORS.fetch_add(1, Ordering::Relaxed)
}

/// Everything windows share, declared once.
pub fn declared() -> statesync::Builder {
    let palettes: Vec<_> = BEGINNINGS.iter().map(|(id, ..)| (*id).to_owned()).collect();
    let open = palettes[0].clone();
    statesync::Builder::new()
        .topic(STUDIO, Studio { palettes, open, drift: false })
        .family(PALETTES)
        .action(PALETTES, "rename", |palette: &mut Palette, args: Rename| palette.name = args.name)
        .action(PALETTES, "tune", |palette: &mut Palette, args: Tune| palette.tune(&args))
        .action(PALETTES, "add", |palette: &mut Palette, (): ()| Ok::<_, Infallible>(palette.add(number())))
        .action(PALETTES, "remove", |palette: &mut Palette, args: Remove| palette.take(args.swatch))
}

/// Puts the palettes on the table.
pub fn register<R: Runtime>(app: &AppHandle<R>) -> Result<(), Box<dyn std::error::Error>> {
    for (id, name, colors) in BEGINNINGS {
        let swatches = colors.iter().map(|&(hue, saturation, lightness)| Swatch {
            id: number(),
            hue,
            saturation,
            lightness,
        });
        let palette = Palette { name: (*name).to_owned(), swatches: swatches.collect() };
        app.statesync().register(PALETTES.key(id)?, palette)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_types_are_those_of_the_topics() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/statesync.ts");
        declared().typescript().check(file).expect("src/statesync.ts is fresh");
    }
}
