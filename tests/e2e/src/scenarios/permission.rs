//! What windows may not do.

use crate::page::Page;
use crate::stage::{Outcome, Stage, check};
use crate::topics::count_up;
use serde_json::{Value, json};

/// Every command of the plugin, with arguments that would do for a window that may call it.
fn calls(topic: &str) -> Vec<(&'static str, Value)> {
    let topics = json!([{ "topic": topic }]);
    vec![
        (
            "subscribe",
            json!({
                "request": { "page": "by-hand", "generation": 1, "topics": topics },
                "channel": "__CHANNEL__:1",
            }),
        ),
        ("pull", json!({ "request": { "page": "by-hand", "generation": 1, "seen": 0, "topics": topics } })),
        ("snapshot", json!({ "topic": topic })),
        (
            "set",
            json!({
                "request": { "page": "by-hand", "operation": "o", "topic": topic },
                "value": { "count": 666, "by": {}, "filler": "" },
            }),
        ),
        ("inspect", json!({})),
    ]
}

fn call(page: &Page, command: &str, args: &Value) -> Result<Value, String> {
    page.invoke(&format!("plugin:statesync|{command}"), args)
}

/// Waits until the page was told that it gets this topic not, and says why.
fn await_error(stage: &Stage, page: &Page, topic: &str) -> Result<String, String> {
    let mut kind = None;
    stage.until(&format!("{} is told an error about {topic}", page.label), || {
        kind = page.state()?.error_kind(topic);
        check(kind.is_some(), || "no error yet".to_owned())
    })?;
    kind.ok_or_else(|| "no error".to_owned())
}

pub fn nobody(stage: &Stage) -> Outcome {
    let tally = stage.topic("nobody:tally")?;
    let page = stage.open("nobody-page", "index.html?watch=nobody:tally,nobody:none")?;
    for topic in ["nobody:tally", "nobody:none"] {
        let kind = await_error(stage, &page, topic)?;
        check(kind == "forbidden", || format!("subscribing to {topic} failed as {kind}"))?;
        let refused = page.state()?.topic(topic)?.refused.is_some();
        check(refused, || format!("subscribe({topic}) did not reject"))?;
        for (command, args) in calls(topic) {
            let answer = call(&page, command, &args)?;
            let refused = answer["error"].as_str().is_some_and(|error| error.contains("not allowed"));
            check(refused, || format!("{command} answered {answer}"))?;
        }
    }
    let before = tally.revision();
    count_up(&tally, 64).map_err(|error| error.to_string())?;
    check(tally.get().count == 1 && before.get() == 1, || "a window wrote without permission".to_owned())?;
    let state = page.state()?;
    check(stage.sessions_of(&page) == 0 && state.ledger.signals == 0, || "it has a session".to_owned())?;
    check(state.topics.values().all(|shown| shown.values == 0), || "it was shown a value".to_owned())
}

pub fn some(stage: &Stage) -> Outcome {
    let open = stage.topic("some:open")?;
    let denied = stage.topic("some:secret")?;
    let outside = stage.topic("outside:tally")?;
    let page =
        stage.open("some-page", "index.html?watch=some:open,some:secret,outside:tally,outside:none")?;
    stage.agrees(&page, &[&open])?;
    let mut troubles = Vec::new();
    for topic in ["some:secret", "outside:tally", "outside:none"] {
        let kind = await_error(stage, &page, topic)?;
        check(kind == "unknown-topic", || format!("{topic} failed as {kind}"))?;
        let answer = call(&page, "snapshot", &json!({ "topic": topic }))?;
        let state = page.state()?;
        let told = state.topic(topic)?.errors.last().map(|error| error.message.replace(topic, "T"));
        troubles.push((told, answer.to_string().replace(topic, "T")));
    }
    check(troubles.windows(2).all(|pair| pair[0] == pair[1]), || {
        format!("the errors tell topics apart: {troubles:?}")
    })?;
    // Changes of topics it may not read cause no signal; a change of the one it may read does.
    let quiet = page.state()?.ledger;
    for _ in 0..20 {
        count_up(&denied, 64).map_err(|error| error.to_string())?;
        count_up(&outside, 64).map_err(|error| error.to_string())?;
    }
    count_up(&open, 64).map_err(|error| error.to_string())?;
    let state = stage.agrees(&page, &[&open])?;
    let signals = state.ledger.signals - quiet.signals;
    check(signals == 1, || format!("{signals} signals for one change it may know of"))?;
    let named = &state.ledger.signalled;
    check(named == &["some:open"], || format!("signals named {named:?}"))?;
    for topic in ["some:secret", "outside:tally"] {
        check(state.topic(topic)?.values == 0, || format!("it was shown {topic}"))?;
    }
    let set = calls("some:open").into_iter().find(|(command, _)| *command == "set");
    let (command, args) = set.expect("set is a command");
    let answer = call(&page, command, &args)?;
    check(answer["error"].is_string() && open.get().count == 1, || format!("it wrote: {answer}"))
}

pub fn malformed(stage: &Stage) -> Outcome {
    // A window may read `some:open` by its own capability; the bad entry beside it takes even that away.
    let topic = stage.topic("malformed:tally")?;
    let page = stage.open("bad-page", "index.html?watch=some:open")?;
    let other = stage.open("reader-other", "index.html?watch=malformed:tally")?;
    let kind = await_error(stage, &page, "some:open")?;
    check(kind == "bad-scope", || format!("subscribing failed as {kind}"))?;
    let said = page.state()?.topic("some:open")?.refused.clone();
    let said = said.ok_or("subscribe did not reject")?;
    check(said.message.contains("\"cart:**\""), || format!("the entry is not quoted: {}", said.message))?;
    for command in ["subscribe", "pull", "snapshot"] {
        let args = calls("some:open").into_iter().find(|(name, _)| *name == command).expect("a command").1;
        let error = call(&page, command, &args)?["error"].clone();
        check(error["kind"] == "bad-scope", || format!("{command} failed as {error}"))?;
        let quoted = error["message"].as_str().is_some_and(|message| message.contains("\"cart:**\""));
        check(quoted, || format!("the entry is not quoted: {error}"))?;
    }
    count_up(&topic, 64).map_err(|error| error.to_string())?;
    stage.agrees(&other, &[&topic])?;
    check(stage.sessions_of(&page) == 0, || "the refused window has a session".to_owned())
}

pub fn reader(stage: &Stage) -> Outcome {
    let foreign = stage.topic("reader:foreign")?;
    let own = stage.topic("reader:own")?;
    let page = stage.open("reader-page", "index.html?watch=reader:foreign,reader:own")?;
    stage.agrees(&page, &[&foreign, &own])?;
    let overwrite =
        |topic: &str| page.order("overwrite", &json!({ "topic": topic, "who": "reader-page", "times": 1 }));
    for topic in ["reader:foreign", "reader:none"] {
        let error = overwrite(topic).err().ok_or_else(|| format!("it wrote {topic}"))?;
        check(error.contains("[unknown-topic]"), || format!("the write failed as {error}"))?;
    }
    check(foreign.revision().get() == 1 && foreign.get().count == 0, || {
        "the write changed something".to_owned()
    })?;
    overwrite("reader:own")?;
    check(own.revision().get() == 2, || format!("its own topic is at {}", own.revision()))?;
    stage.agrees(&page, &[&foreign, &own]).map(|_| ())
}
