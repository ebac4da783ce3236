//! What the ledger of a page must say at any quiet moment, and what it says.

use crate::page::{Ledger, Page, PageState};
use crate::stage::{Outcome, check};

/// Pulls that need no signal: one of the heartbeat, which comes every 20 s, and one that fell into a quiet moment.
const FREE_PULLS: u64 = 2;

/// `single-flight`: signals that fell into one pull cost at most two, and a page never has two pulls in flight;
/// `always-seen`: no signal is left unanswered.
pub fn few_pulls(page: &Page, state: &PageState) -> Outcome {
    let Ledger { signals, pulls, writes, looks, .. } = state.ledger;
    let ledger = &state.ledger;
    let who = &page.label;
    check(signals > 0, || format!("{who} got no signal at all"))?;
    check(ledger.most_pulls_per_cause <= 2, || {
        format!("{who} made {} pulls for signals that fell into one", ledger.most_pulls_per_cause)
    })?;
    check(ledger.most_in_flight <= 1, || format!("{who} had {} pulls in flight", ledger.most_in_flight))?;
    check(pulls <= signals + writes + looks + FREE_PULLS, || {
        format!("{who} made {pulls} pulls for {signals} signals, {writes} writes and {looks} looks")
    })?;
    check(ledger.unanswered == 0, || format!("{who} left {} signals unanswered", ledger.unanswered))
}

/// One line for people.
pub fn line(page: &Page, state: &PageState) -> String {
    let Ledger { signals, subscribes, pulls, empty_pulls, writes, slowest_answer_ms, .. } = state.ledger;
    format!(
        "{:<14} {signals} signals, {subscribes} subscribes, {pulls} pulls (at most {} per cause), {empty_pulls} empty, \
         {writes} writes, slowest answer {slowest_answer_ms:.0} ms",
        page.label, state.ledger.most_pulls_per_cause
    )
}
