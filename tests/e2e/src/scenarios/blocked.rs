//! Pages whose only thread is busy.

use crate::ledger::line;
use crate::memory::{megabytes, resident};
use crate::page::{Blocked, Ledger, Page};
use crate::stage::{Outcome, Stage, check};
use crate::topics::{Tally, count_up, truth};
use serde_json::json;
use statesync::Topic;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A page that does not answer within this time, and always did before, is blocked.
const NO_ANSWER: Duration = Duration::from_millis(250);
const MILLION: u64 = 1_000_000;
const FLAT: u64 = 64 << 20;

/// Signals that were sent to this window, re-sent ones counted: its unanswered one has the last number.
fn signals_sent(stage: &Stage, page: &Page) -> Result<(u64, u32), String> {
    let session = stage.inspect().sessions.into_iter().find(|session| session.window == page.label);
    let session = session.ok_or_else(|| format!("{} has no session", page.label))?;
    let signal = session.unacknowledged.ok_or_else(|| format!("{} has no signal under way", page.label))?;
    Ok((signal.number, signal.attempts))
}

/// Blocks the page for so long, and returns when it is.
fn block(stage: &Stage, page: &Page, time: Duration) -> Outcome {
    page.order("block", &json!({ "ms": time.as_millis() }))?;
    stage.until(&format!("{} is blocked", page.label), || {
        match page.begin("ping", &json!({}))?.wait(NO_ANSWER) {
            Ok(_) => Err("it answers".to_owned()),
            Err(_) => Ok(()),
        }
    })
}

fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0
}

/// A page that was blocked is right again, and it took at most two pulls however much it missed (`single-flight`).
fn catches_up(stage: &Stage, pages: &[Page], tally: &Topic<Tally>, before: &Ledger) -> Outcome {
    stage.agree(pages, &[tally])?;
    stage.await_all_answered(pages)?;
    let state = pages[0].state()?;
    println!("    {}", line(&pages[0], &state));
    let pulls = state.ledger.pulls - before.pulls;
    check((1..=2).contains(&pulls), || format!("it took {pulls} pulls to catch up"))
}

/// Waits until the page answers again, and says when it was blocked.
fn unblocked(stage: &Stage, page: &Page) -> Result<Blocked, String> {
    let mut blocked = None;
    stage.until(&format!("{} answers again", page.label), || {
        blocked = page.state()?.blocked;
        check(blocked.is_some(), || "not blocked yet".to_owned())
    })?;
    blocked.ok_or_else(|| "it was never blocked".to_owned())
}

/// Waits until the signal was sent again, and checks that nothing else was sent to the page.
fn few_resends(stage: &Stage, page: &Page, before: u64) -> Result<u32, String> {
    stage.until("the signal is sent again", || {
        check(signals_sent(stage, page)?.1 > 1, || "it was sent once".to_owned())
    })?;
    let (number, attempts) = signals_sent(stage, page)?;
    check(number - before == u64::from(attempts), || {
        format!("{} signals while one was unanswered", number - before)
    })?;
    check((2..=4).contains(&attempts), || format!("the signal was sent {attempts} times"))?;
    Ok(attempts)
}

pub fn others_go_on(stage: &Stage) -> Outcome {
    let tally = stage.topic("blocked:tally")?;
    let pages = stage.open_all(&["reader-blocked", "reader-free"], "blocked:tally")?;
    stage.agree(&pages, &[&tally])?;
    let (page, free) = (&pages[0], &pages[1]);
    let before = page.state()?.ledger;
    block(stage, page, Duration::from_secs(6))?;

    // One update at a time, each shown by the free window before the next one.
    let (mut round_trips, mut slowest) = (Vec::new(), 0.0_f64);
    while round_trips.len() < 40 {
        let began = now_ms();
        count_up(&tally, 64).map_err(|error| error.to_string())?;
        stage.until("the free window shows it", || free.state()?.shows("blocked:tally", &truth(&tally)))?;
        round_trips.push(now_ms());
        slowest = slowest.max(now_ms() - began);
    }
    let attempts = few_resends(stage, page, before.signals)?;
    let blocked = unblocked(stage, page)?;
    let during = round_trips.iter().filter(|at| (blocked.from..blocked.to).contains(at)).count();
    println!(
        "    {during} updates shown elsewhere meanwhile, the slowest after {slowest:.0} ms; sent {attempts} times"
    );
    check(during >= 20, || format!("only {during} updates were shown elsewhere meanwhile"))?;
    catches_up(stage, &pages, &tally, &before)
}

pub fn million(stage: &Stage) -> Outcome {
    let tally = stage.topic("million:tally")?;
    let pages = stage.open_all(&["reader-blocked", "reader-free"], "million:tally")?;
    stage.agree(&pages, &[&tally])?;
    let page = &pages[0];
    let before = page.state()?.ledger;
    block(stage, page, Duration::from_secs(8))?;
    let resident_before = resident()?;
    for _ in 0..MILLION {
        count_up(&tally, 0).map_err(|error| error.to_string())?;
    }
    let resident_after = resident()?;
    let done = now_ms();
    let attempts = few_resends(stage, page, before.signals)?;
    let blocked = unblocked(stage, page)?;
    println!(
        "    {MILLION} updates, resident before {}, after {}; sent {attempts} times",
        megabytes(resident_before),
        megabytes(resident_after)
    );
    check(done < blocked.to, || "the page was not blocked all the time".to_owned())?;
    check(resident_after < resident_before + FLAT, || "the memory of the process is not flat".to_owned())?;
    check(tally.get().count == MILLION, || format!("counted to {}", tally.get().count))?;
    catches_up(stage, &pages, &tally, &before)
}
