//! What a page has before its first script.

use crate::page::{Page, read};
use crate::stage::{Outcome, Stage, check};
use crate::topics::{Tally, count_up, earlier, truth};
use serde::Deserialize;
use serde_json::json;
use statesync::{Revision, Topic};
use std::collections::BTreeMap;

const LARGE: usize = 100 << 10;
/// More than a page may begin with.
const TOO_LARGE: usize = 300 << 10;

/// What the first script of a page found; see page/first.ts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    calls: u64,
    digests: BTreeMap<String, String>,
    plain: bool,
    boom: bool,
    scripts: u64,
    asked_ms: Option<f64>,
    took_ms: f64,
    frame: Frame,
}

/// What was on the screen at the first frame.
#[derive(Debug, Deserialize)]
struct Frame {
    text: String,
    calls: u64,
}

fn found(page: &Page) -> Result<Found, String> {
    read(page.order("first", &json!({}))?)
}

/// The first script had these topics as Rust has them, no call had been made, and so it was at the first frame.
fn has_all(page: &Page, topics: &[&Topic<Tally>]) -> Result<Found, String> {
    let found = found(page)?;
    for topic in topics {
        let (name, truth) = (topic.name().as_str(), truth(topic));
        let digest = &found.digests[name];
        check(*digest == truth.digest, || format!("it began with {digest} of {name}, not {}", truth.digest))?;
    }
    check(found.calls == 0, || format!("{} calls before", found.calls))?;
    let counts: Vec<_> =
        topics.iter().map(|topic| format!("{}: {}", topic.name(), topic.get().count)).collect();
    check(found.frame.text == counts.join(", "), || format!("the first frame says {:?}", found.frame))?;
    Ok(found)
}

fn has_none(page: &Page) -> Outcome {
    let found = found(page)?;
    check(found.digests.values().all(String::is_empty), || format!("it began with {:?}", found.digests))
}

fn set(topic: &Topic<Tally>, tally: Tally) -> Outcome {
    topic.set(tally).map(drop).map_err(|error| error.to_string())
}

pub fn large(stage: &Stage) -> Outcome {
    let topic = stage.topic("first:large")?;
    set(&topic, Tally::filled(7, LARGE))?;
    let page = stage.open("reader-first", "first.html?first=first:large&watch=first:large")?;
    let first = has_all(&page, &[&topic])?;
    println!("    {LARGE} bytes: asked {:?} ms, read {:.1} ms", first.asked_ms, first.took_ms);
    println!("    calls at the first frame: {}", first.frame.calls);
    // The subscription states it, is told that it is current, and shows nothing else.
    let state = stage.agrees(&page, &[&topic])?;
    stage.await_sessions(&page, 1)?;
    check(state.topic("first:large")?.values == 1, || "the handler got a value again".to_owned())?;
    count_up(&topic, LARGE).map_err(|error| error.to_string())?;
    let state = stage.agrees(&page, &[&topic])?;
    check(state.topic("first:large")?.values == 2, || "the handler missed a value".to_owned())?;
    // After a reload it is the state of that moment, not of the window's beginning.
    for reload in 2..=4 {
        let unchanged = stage.inspect().counters.unchanged;
        page.window()?.reload().map_err(|error| error.to_string())?;
        stage.await_hello(&page, reload)?;
        has_all(&page, &[&topic])?;
        stage.agrees(&page, &[&topic])?;
        stage.until("the host has said that nothing has changed", || {
            check(stage.inspect().counters.unchanged > unchanged, || "not yet".to_owned())
        })?;
        check(page.state()?.topic("first:large")?.values == 1, || "it got a value again".to_owned())?;
        count_up(&topic, LARGE).map_err(|error| error.to_string())?;
        stage.agrees(&page, &[&topic])?;
    }
    Ok(())
}

/// What an earlier life of the app has left is there in the first script, without a pull.
pub fn stored(stage: &Stage) -> Outcome {
    let topic = stage.topic("kept:large")?;
    check(topic.get() == earlier(), || "it was not loaded".to_owned())?;
    check(topic.revision() > Revision::new(41), || format!("it is at {}", topic.revision()))?;
    let page = stage.open("reader-kept", "first.html?first=kept:large&watch=kept:large")?;
    let first = has_all(&page, &[&topic])?;
    println!("    {LARGE} stored bytes: asked {:?} ms, read {:.1} ms", first.asked_ms, first.took_ms);
    let state = stage.agrees(&page, &[&topic])?;
    check(state.topic("kept:large")?.values == 1, || "the handler got a value again".to_owned())
}

pub fn over_the_cap(stage: &Stage) -> Outcome {
    let (large, small) = (stage.topic("first:a-huge")?, stage.topic("first:small")?);
    set(&large, Tally::filled(1, TOO_LARGE))?;
    let topics = "first:a-huge,first:small";
    let page = stage.open("reader-cap", &format!("first.html?first={topics}&watch={topics}"))?;
    let first = found(&page)?;
    check(first.digests["first:a-huge"].is_empty(), || "it began with what does not fit".to_owned())?;
    check(first.digests["first:small"] == truth(&small).digest, || "it lacks what fits".to_owned())?;
    stage.agrees(&page, &[&large, &small]).map(drop)
}

pub fn hostile(stage: &Stage) -> Outcome {
    let topic = stage.topic("first:hostile")?;
    let filler = "</script><script>window.boom=1</script><!--<script>\u{2028}\u{2029}\u{0}'`\\${boom=1}]]>";
    let names = ["__proto__", "constructor", "</script>", "\u{2028}"];
    let by = names.map(|name| (name.to_owned(), 1)).into();
    set(&topic, Tally { count: 1, by, filler: filler.to_owned() })?;
    let page = stage.open("reader-hostile", "first.html?first=first:hostile&watch=first:hostile")?;
    let first = has_all(&page, &[&topic])?;
    check(!first.boom && first.plain && first.scripts == 1, || format!("it was no data: {first:?}"))?;
    stage.agrees(&page, &[&topic]).map(drop)
}

pub fn permission(stage: &Stage) -> Outcome {
    let (open, secret) = (stage.topic("first:open")?, stage.topic("first:secret")?);
    let topics = "first=first:open,first:secret";
    let page = stage.open("some-first", &format!("first.html?{topics}&watch=first:open"))?;
    let first = found(&page)?;
    check(first.digests["first:open"] == truth(&open).digest, || "it lacks what it may read".to_owned())?;
    check(first.digests["first:secret"].is_empty(), || "it has what it may not read".to_owned())?;
    let all = page.invoke("plugin:statesync|first_paint", &json!({}))?;
    check(!all.to_string().contains("secret"), || format!("it can ask for it: {all}"))?;
    for label in ["nobody-first", "bad-first"] {
        has_none(&stage.open(label, &format!("first.html?{topics}"))?)?;
    }
    let reader = stage.open("reader-open", &format!("first.html?{topics}"))?;
    has_all(&reader, &[&open, &secret]).map(drop)
}

pub fn behind_a_csp(stage: &Stage) -> Outcome {
    let topic = stage.topic("first:csp")?;
    count_up(&topic, 64).map_err(|error| error.to_string())?;
    let address = "first.html?first=first:csp&watch=first:csp";
    let strict = "default-src 'none'; script-src 'self'; connect-src ipc: http://ipc.localhost";
    let page = stage.open_behind("reader-strict", address, strict)?;
    has_all(&page, &[&topic])?;
    let state = stage.agrees(&page, &[&topic])?;
    check(state.warnings.is_empty(), || format!("it warns: {:?}", state.warnings))?;
    // Without Tauri's own line there is nothing to begin with, one warning that says why, and the pull as always.
    let page = stage.open_behind("reader-closed", address, "default-src 'self'")?;
    has_none(&page)?;
    let state = stage.agrees(&page, &[&topic])?;
    let ours = state.warnings.iter().filter(|warning| warning.starts_with("statesync")).count();
    check(ours == 1, || format!("{ours} warnings: {:?}", state.warnings))
}
