//! Two processes of one app on one database.

use crate::stage::{Outcome, Stage, check};
use crate::topics::{SHARED, count_now};
use crate::{folder, other_app};
use statesync::StateSyncExt;
use std::io::Write;
use std::process::Child;

/// How often the other process writes.
const WRITES: u64 = 20;

/// What the other process writes shows in a window of this one, and neither loses what the other counts.
pub fn windows(stage: &Stage) -> Outcome {
    let topic = stage.app.statesync().topic(SHARED).map_err(|error| error.to_string())?;
    let page = stage.open("reader-shared", "index.html?watch=shared")?;
    stage.agrees(&page, &[&topic])?;
    let mut other = other_app::start("share", &folder::of(""))?;
    let shown = (1..=WRITES).map(|write| shows(stage, &page, &topic, &mut other, write));
    let lags: Result<Vec<u64>, String> = shown.collect();
    drop(other.stdin.take());
    let ended = stage.until("the other process ends", || {
        let ended = other.try_wait().map_err(|error| error.to_string())?;
        check(ended.is_some(), || "it runs".to_owned())
    });
    let _ = other.kill();
    let mut lags = lags?;
    lags.sort_unstable();
    println!(
        "    from the other process's write to this one's window: median {} ms, most {} ms",
        lags[lags.len() / 2],
        lags[lags.len() - 1]
    );
    let counted = topic.get().count;
    check(counted == 2 * WRITES, || format!("counted to {counted}"))?;
    ended
}

/// The other process counts up, this one too, and the window shows it. How long the first took, in ms.
fn shows(
    stage: &Stage,
    page: &crate::page::Page,
    topic: &statesync::Topic<crate::topics::Tally>,
    other: &mut Child,
    write: u64,
) -> Result<u64, String> {
    let before = topic.revision();
    let input = other.stdin.as_mut().ok_or("it has an input")?;
    input.write_all(b"\n").map_err(|error| error.to_string())?;
    let mut lag = 0;
    stage.until("the window shows what the other process wrote", || {
        let state = page.state()?;
        let shown = state.topic("shared")?;
        check(shown.revision != before.to_string(), || format!("it is at {}", shown.revision))?;
        lag = shown.at_ms.saturating_sub(topic.read(|tally| tally.by["at"]));
        Ok(())
    })?;
    topic.update(count_now).map_err(|error| error.to_string())?;
    let count = topic.get().count;
    check(count == 2 * write, || format!("{count} after {write} writes of each"))?;
    stage.agrees(page, &[topic])?;
    Ok(lag)
}
