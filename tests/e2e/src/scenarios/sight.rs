//! Windows nobody can see.

use crate::burst::Burst;
use crate::page::Page;
use crate::stage::{Outcome, Stage, check};
use std::time::{Duration, Instant};

/// How long the window is hidden while Rust writes.
const HIDDEN: Duration = Duration::from_secs(4);

fn await_visible(stage: &Stage, page: &Page, visible: bool) -> Outcome {
    stage.until(&format!("the page knows whether it is visible ({visible})"), || {
        check(page.state()?.visible == visible, || "not yet".to_owned())
    })
}

pub fn hidden(stage: &Stage) -> Outcome {
    let tally = stage.topic("hidden:tally")?;
    let pages = stage.open_all(&["reader-hidden", "reader-seen"], "hidden:tally")?;
    stage.agree(&pages, &[&tally])?;
    let (hidden, seen) = (&pages[0], &pages[1]);
    let window = hidden.window()?;
    window.hide().map_err(|error| error.to_string())?;
    await_visible(stage, hidden, false)?;

    let before = [hidden.state()?.ledger.pulls, seen.state()?.ledger.pulls];
    let began = Instant::now();
    let burst = Burst::start(&tally, 0, 256);
    stage.until("the window is hidden for a while", || {
        check(began.elapsed() > HIDDEN, || "not long enough yet".to_owned())
    })?;
    burst.finish()?;
    // Right while it is still hidden, as soon as things are quiet.
    let states = stage.agree(&pages, &[&tally])?;
    let seconds = began.elapsed().as_secs_f64();
    let pulls = [states[0].ledger.pulls - before[0], states[1].ledger.pulls - before[1]];
    println!("    {seconds:.1} s: {} pulls of the hidden window, {} of the visible one", pulls[0], pulls[1]);
    #[allow(clippy::cast_precision_loss)]
    let rate = pulls[0] as f64 / seconds;
    check(pulls[0] >= 1 && rate < 1.5, || format!("the hidden window made {rate:.1} pulls a second"))?;
    check(pulls[1] > 2 * pulls[0], || "the visible window was held back as well".to_owned())?;
    check(states[0].ledger.unanswered == 0, || "the hidden window leaves signals unanswered".to_owned())?;

    crate::topics::count_up(&tally, 64).map_err(|error| error.to_string())?;
    window.show().map_err(|error| error.to_string())?;
    await_visible(stage, hidden, true)?;
    stage.agree(&pages, &[&tally])?;
    stage.await_all_answered(&pages)
}
