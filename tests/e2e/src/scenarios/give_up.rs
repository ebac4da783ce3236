//! A page that no signal reaches any more: its Channel has lost a message, and the stock receiver waits for it for ever.

use crate::page::read;
use crate::stage::{Outcome, Stage, check};
use crate::topics::count_up;
use serde_json::json;
use std::time::Duration;

/// A signal and five more tries take 1 + 2 + 4 + 8 + 16 + 32 seconds; more on a busy machine.
const GIVE_UP: Duration = Duration::from_secs(100);

pub fn deaf(stage: &Stage) -> Outcome {
    let tally = stage.topic("deaf:tally")?;
    let pages = stage.open_all(&["reader-deaf", "reader-hearing"], "deaf:tally")?;
    stage.agree(&pages, &[&tally])?;
    // The Channel is known to the page's ledger with its first message.
    count_up(&tally, 64).map_err(|error| error.to_string())?;
    stage.agree(&pages, &[&tally])?;
    stage.await_all_answered(&pages)?;
    let page = &pages[0];
    let channels: u64 = read(page.order("swallow", &json!({}))?)?;
    check(channels == 1, || format!("the page has {channels} Channels"))?;
    let before = page.state()?.ledger;

    count_up(&tally, 64).map_err(|error| error.to_string())?;
    stage.agrees(&pages[1], &[&tally])?;
    let dropped = stage.inspect().counters.dropped;
    stage.within(GIVE_UP, "Rust gives the session up", || {
        let inspection = stage.inspect();
        let there = inspection.sessions.iter().any(|session| session.window == page.label);
        check(!there && inspection.counters.dropped > dropped, || "the session is there".to_owned())
    })?;
    check(page.state()?.ledger.signals == before.signals, || "the page is not deaf".to_owned())?;

    // The page's next call is told that it has no session, and it subscribes afresh with a new Channel.
    page.order("look", &json!({}))?;
    stage.await_sessions(page, 1)?;
    count_up(&tally, 64).map_err(|error| error.to_string())?;
    let state = stage.agrees(page, &[&tally])?;
    check(state.ledger.subscribes > before.subscribes, || "it did not subscribe afresh".to_owned())?;
    stage.until("signals reach the page again", || {
        check(page.state()?.ledger.signals > before.signals, || "none so far".to_owned())
    })?;
    stage.await_all_answered(&pages)
}
