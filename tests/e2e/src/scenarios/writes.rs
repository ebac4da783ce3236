//! Many writers at once.

use crate::burst::Burst;
use crate::page::read;
use crate::stage::{Outcome, Stage, check};
use serde_json::json;
use std::time::Duration;

const WRITES: u64 = 25;
const UPDATES: u64 = 1000;
const KILOBYTE: usize = 1024;
const WRITERS: [&str; 2] = ["full-a", "full-b"];
/// Two windows that conflict with a burst all the time need a while.
const WRITING: Duration = Duration::from_secs(20);

/// Two windows count up on top of what they show, and repeat when Rust or the other one was faster.
pub fn burst(stage: &Stage) -> Outcome {
    let tally = stage.topic("burst:tally")?;
    let pages = stage.open_all(&["full-a", "full-b", "reader-c", "reader-d"], "burst:tally")?;
    stage.agree(&pages, &[&tally])?;
    let orders: Result<Vec<_>, _> = pages[..2]
        .iter()
        .zip(WRITERS)
        .map(|(page, who)| {
            page.begin("countUp", &json!({ "topic": "burst:tally", "who": who, "times": WRITES }))
        })
        .collect();
    let burst = Burst::start(&tally, UPDATES, KILOBYTE);
    let mut conflicts = 0;
    // The burst is as long as it is; the windows may still be counting afterwards.
    let updates = burst.finish()?;
    for order in orders? {
        conflicts += read::<u64>(order.wait(WRITING)?)?;
    }
    stage.agree(&pages, &[&tally])?;
    let value = tally.get();
    check(value.count == updates && updates >= UPDATES, || {
        format!("Rust counted to {}, not {updates}", value.count)
    })?;
    for who in WRITERS {
        let counted = value.by.get(who).copied().unwrap_or(0);
        check(counted == WRITES, || format!("{who} wrote {WRITES} times and {counted} are there"))?;
    }
    let expected = updates + 2 * WRITES + 1;
    check(tally.revision().get() == expected, || {
        format!("revision {} after {expected} commits", tally.revision())
    })?;
    println!("    {updates} updates of 1 KB, {} writes of windows, {conflicts} conflicts", 2 * WRITES);
    stage.agree_with_few_pulls(&pages, &[&tally])
}

/// Two windows overwrite each other without looking, and Rust does as well.
pub fn overwrite(stage: &Stage) -> Outcome {
    let note = stage.topic("overwrite:note")?;
    let pages = stage.open_all(&["full-a", "full-b", "reader-c"], "overwrite:note")?;
    stage.agree(&pages, &[&note])?;
    let orders: Result<Vec<_>, _> = pages[..2]
        .iter()
        .zip(WRITERS)
        .map(|(page, who)| {
            page.begin("overwrite", &json!({ "topic": "overwrite:note", "who": who, "times": WRITES }))
        })
        .collect();
    let updates = Burst::start(&note, 200, KILOBYTE).finish()?;
    for order in orders? {
        order.wait(WRITING)?;
    }
    let expected = updates + 2 * WRITES + 1;
    check(note.revision().get() == expected, || {
        format!("revision {} after {expected} commits", note.revision())
    })?;
    stage.agree_with_few_pulls(&pages, &[&note])
}

pub fn eight_windows(stage: &Stage) -> Outcome {
    let tally = stage.topic("eight:tally")?;
    let other = stage.topic("eight:other")?;
    let labels: Vec<_> = (1..=8).map(|number| format!("reader-{number}")).collect();
    let labels: Vec<_> = labels.iter().map(String::as_str).collect();
    let pages = stage.open_all(&labels, "eight:tally,eight:other")?;
    stage.agree(&pages, &[&tally, &other])?;
    // Two threads: signals name now one topic, now the other, now both.
    let bursts = [Burst::start(&tally, 200, 64), Burst::start(&other, 200, 64)];
    for burst in bursts {
        burst.finish()?;
    }
    stage.agree_with_few_pulls(&pages, &[&tally, &other])
}
