//! A page whose Content-Security-Policy keeps it from Tauri's fast path.

use crate::burst::Burst;
use crate::stage::{Outcome, Stage, check};

pub fn walled(stage: &Stage) -> Outcome {
    let tally = stage.topic("walled:tally")?;
    let page = stage.open("reader-walled", "walled.html?watch=walled:tally")?;
    let free = stage.open("reader-free", "index.html?watch=walled:tally")?;
    stage.agrees(&page, &[&tally])?;
    Burst::start(&tally, 500, 256).finish()?;
    let state = stage.agrees(&page, &[&tally])?;
    check(state.topic("walled:tally")?.values >= 2, || "one value only: no signal arrived".to_owned())?;
    let ours = |warnings: &[String]| -> Vec<String> {
        warnings.iter().filter(|warning| warning.starts_with("statesync")).cloned().collect()
    };
    let warned = ours(&state.warnings);
    check(warned.len() == 1, || format!("{} warnings: {:?}", warned.len(), state.warnings))?;
    check(warned[0].contains("connect-src"), || format!("the directive is not named: {}", warned[0]))?;
    let state = stage.agrees(&free, &[&tally])?;
    check(ours(&state.warnings).is_empty(), || format!("a page without a wall warns: {:?}", state.warnings))?;
    stage.await_all_answered(&[page, free])
}
