//! What an app that ends leaves behind: other processes of this program, with a topic that is saved on exit only.

use crate::folder;
use crate::other_app;
use crate::stage::{Outcome, Stage, check};

pub fn saves(stage: &Stage) -> Outcome {
    for (way, count) in [
        ("exit", 1),
        ("last-window", 1),
        ("restart", 2),
        ("request-restart", 2),
        ("restart-on-main-thread", 2),
    ] {
        let dir = folder::of(way);
        let mut app = other_app::start(way, &dir)?;
        let ended = stage.until(&format!("{way} leaves {count}"), || {
            let ended = app.try_wait().map_err(|error| error.to_string())?.is_some();
            let stored = other_app::stored(&dir);
            check(ended && stored == Some(count), || format!("ended: {ended}, stored: {stored:?}"))
        });
        let _ = app.kill();
        ended?;
    }
    Ok(())
}
