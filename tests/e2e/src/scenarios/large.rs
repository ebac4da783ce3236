//! Large values.

use crate::stage::{Outcome, Stage, check};
use crate::topics::{MAX_VALUE_BYTES, Tally, count_up};

const TWO_MEGABYTES: usize = 2 << 20;

pub fn two_megabytes(stage: &Stage) -> Outcome {
    let blob = stage.topic("large:blob")?;
    let pages = stage.open_all(&["reader-a", "reader-b", "reader-c", "reader-d"], "large:blob")?;
    stage.agree(&pages, &[&blob])?;
    for count in 1..=3 {
        blob.set(Tally::filled(count, TWO_MEGABYTES)).map_err(|error| error.to_string())?;
        let states = stage.agree(&pages, &[&blob])?;
        for state in states {
            let digest = &state.topic("large:blob")?.digest;
            let bytes = digest.split('-').next().and_then(|bytes| bytes.parse().ok()).unwrap_or(0);
            check(bytes > TWO_MEGABYTES, || format!("the page shows {bytes} bytes"))?;
        }
    }
    stage.await_all_answered(&pages)
}

pub fn over_the_limit(stage: &Stage) -> Outcome {
    let blob = stage.topic("limit:blob")?;
    let other = stage.topic("limit:other")?;
    let mut pages = stage.open_all(&["reader-a", "reader-b"], "limit:blob,limit:other")?;
    stage.agree(&pages, &[&blob, &other])?;
    blob.set(Tally::filled(1, MAX_VALUE_BYTES + 1)).map_err(|error| error.to_string())?;
    // A late window asks for both in one call.
    pages.push(stage.open("reader-late", "index.html?watch=limit:blob,limit:other")?);
    for page in &pages {
        stage.until("the page is told that the value is too large", || {
            let kind = page.state()?.error_kind("limit:blob");
            check(kind.as_deref() == Some("too-large"), || format!("it was told {kind:?}"))
        })?;
    }
    // The other topic goes on, and the parked one is left alone meanwhile.
    let asked = || pages[0].state().map(|state| state.ledger.asked.get("limit:blob").copied());
    let before = asked()?;
    for _ in 0..10 {
        count_up(&other, 64).map_err(|error| error.to_string())?;
        stage.agree(&pages, &[&other])?;
    }
    let after = asked()?;
    check(before == after, || format!("the parked topic was asked for again: {before:?}, {after:?}"))?;
    check(pages[0].state()?.topic("limit:blob")?.values == 1, || "the page lost the older value".to_owned())?;

    blob.set(Tally::filled(2, 64)).map_err(|error| error.to_string())?;
    for state in stage.agree(&pages, &[&blob, &other])? {
        let errors = &state.topic("limit:other")?.errors;
        check(errors.is_empty(), || format!("the other topic failed as well: {errors:?}"))?;
    }
    stage.await_all_answered(&pages)
}
