//! Pages and windows that come and go while Rust writes.

use crate::burst::Burst;
use crate::page::Page;
use crate::stage::{Outcome, Stage, check};
use crate::topics::Tally;
use serde_json::json;
use statesync::Topic;
use std::time::Duration;

/// A page that is being replaced answers no order.
const MOMENT: Duration = Duration::from_millis(500);
const BYTES: usize = 256;

/// Waits until the page was given so many values since it was loaded.
fn await_values(stage: &Stage, page: &Page, topic: &str, values: u64) -> Outcome {
    stage.until(&format!("{} gets {values} values of {topic}", page.label), || {
        match page.state()?.topic(topic)?.values {
            got if got >= values => Ok(()),
            got => Err(format!("it got {got}")),
        }
    })
}

/// The window has one session, and it is of the page that is there now.
fn has_one_session(stage: &Stage, page: &Page, topic: &Topic<Tally>) -> Outcome {
    stage.agrees(page, &[topic])?;
    stage.await_sessions(page, 1)?;
    let stats = page.order("stats", &json!({}))?;
    let own = stats["page"].as_str().unwrap_or_default().to_owned();
    let session = stage.inspect().sessions.into_iter().find(|session| session.window == page.label);
    let theirs = session.map(|session| session.page).unwrap_or_default();
    check(own == theirs, || format!("the session is of the page {theirs}, not of {own}"))
}

pub fn opened(stage: &Stage) -> Outcome {
    let tally = stage.topic("opened:tally")?;
    let first = stage.open("reader-first", "index.html?watch=opened:tally")?;
    let burst = Burst::start(&tally, 0, BYTES);
    await_values(stage, &first, "opened:tally", 3)?;
    let late = stage.open("reader-late", "index.html?watch=opened:tally")?;
    await_values(stage, &late, "opened:tally", 3)?;
    check(burst.is_on(), || "the burst was over before the window was there".to_owned())?;
    burst.finish()?;
    has_one_session(stage, &late, &tally)?;
    has_one_session(stage, &first, &tally)
}

pub fn reloaded(stage: &Stage) -> Outcome {
    let tally = stage.topic("reloaded:tally")?;
    let page = stage.open("reader-page", "index.html?watch=reloaded:tally")?;
    let other = stage.open("reader-other", "index.html?watch=reloaded:tally")?;
    stage.agree(&[page.clone(), other.clone()], &[&tally])?;
    let burst = Burst::start(&tally, 0, BYTES);
    let sessions = || [stage.sessions_of(&page), stage.sessions_of(&other)];
    let mut after = vec![sessions()];
    for reload in 1..=3 {
        await_values(stage, &page, "reloaded:tally", 2)?;
        page.window()?.reload().map_err(|error| error.to_string())?;
        stage.await_hello(&page, reload + 1)?;
        await_values(stage, &page, "reloaded:tally", 2)?;
        after.push(sessions());
    }
    check(burst.is_on(), || "the burst was over before the reloads".to_owned())?;
    burst.finish()?;
    check(after.iter().all(|sessions| *sessions == [1, 1]), || {
        format!("sessions after each load: {after:?}")
    })?;
    has_one_session(stage, &page, &tally)?;
    has_one_session(stage, &other, &tally)
}

/// Reloads that overtake each other: a page that is gone before it was ready leaves nothing behind.
pub fn reloaded_twice(stage: &Stage) -> Outcome {
    let tally = stage.topic("twice:tally")?;
    let page = stage.open("reader-page", "index.html?watch=twice:tally")?;
    let burst = Burst::start(&tally, 0, BYTES);
    for _ in 0..5 {
        let before = page.state()?.load;
        let window = page.window()?;
        for _ in 0..3 {
            window.reload().map_err(|error| error.to_string())?;
        }
        stage.until("a new page is there", || match page.state_within(MOMENT) {
            Ok(state) if state.load != before => Ok(()),
            Ok(_) => Err("the old one answers".to_owned()),
            Err(error) => Err(error),
        })?;
    }
    burst.finish()?;
    has_one_session(stage, &page, &tally)
}

pub fn closed(stage: &Stage) -> Outcome {
    let tally = stage.topic("closed:tally")?;
    let pages = stage.open_all(&["reader-a", "reader-b", "reader-c"], "closed:tally")?;
    let burst = Burst::start(&tally, 0, BYTES);
    for page in &pages {
        await_values(stage, page, "closed:tally", 2)?;
    }
    stage.close(&pages[0])?;
    stage.await_sessions(&pages[0], 0)?;
    for page in &pages[1..] {
        let values = page.state()?.topic("closed:tally")?.values;
        await_values(stage, page, "closed:tally", values + 3)?;
    }
    check(burst.is_on(), || "the burst was over before the window was closed".to_owned())?;
    burst.finish()?;
    for page in &pages[1..] {
        has_one_session(stage, page, &tally)?;
    }
    let subscribers = stage.inspect().topics.into_iter().find(|topic| topic.topic.as_str() == "closed:tally");
    let subscribers = subscribers.map_or(0, |topic| topic.subscribers);
    check(subscribers == 2, || format!("{subscribers} subscribers are left"))
}

/// To another page of the app by address, and back through the history: from the page cache or loaded anew.
pub fn navigated(stage: &Stage) -> Outcome {
    let tally = stage.topic("navigated:tally")?;
    let page = stage.open("reader-page", "index.html?watch=navigated:tally")?;
    let burst = Burst::start(&tally, 0, BYTES);
    await_values(stage, &page, "navigated:tally", 2)?;
    let first = page.state()?.load;
    page.navigate("other.html?watch=navigated:tally")?;
    stage.await_hello(&page, 2)?;
    await_values(stage, &page, "navigated:tally", 2)?;
    stage.await_sessions(&page, 1)?;
    page.begin("back", &json!({}))?;
    stage.await_hello(&page, 3)?;
    await_values(stage, &page, "navigated:tally", 2)?;
    let cached = page.state()?.load == first;
    println!("    the first page came back {}", if cached { "from the page cache" } else { "loaded anew" });
    burst.finish()?;
    has_one_session(stage, &page, &tally)
}
