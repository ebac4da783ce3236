//! Safe writes from windows: by a function, by patches, by actions.

use crate::page::{Page, read};
use crate::stage::{Outcome, Stage, check};
use crate::topics::{ACTED, Tally};
use serde::Deserialize;
use serde_json::{Value, json};
use statesync::StateSyncExt;
use std::env;
use std::thread;
use std::time::{Duration, Instant};

const INCREMENTS: u64 = 500;
const FIELD_CHANGES: u64 = 200;
const WRITERS: [&str; 2] = ["full-a", "full-b"];
/// Two windows that conflict all the time need a while.
const WRITING: Duration = Duration::from_secs(60);
/// How often the increments are played; `STATESYNC_ROUNDS` says otherwise.
const ROUNDS: u64 = 2;

/// Two windows and a thread of Rust count one counter up by functions of the newest value.
pub fn increments(stage: &Stage) -> Outcome {
    let rounds = env::var("STATESYNC_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let counter = stage.topic("increments:counter")?;
    let pages = stage.open_all(&WRITERS, "increments:counter")?;
    stage.agree(&pages, &[&counter])?;
    for round in 1..=rounds {
        let began = Instant::now();
        let before = counter.get().count;
        let orders: Result<Vec<_>, _> = pages
            .iter()
            .map(|page| {
                page.begin("increment", &json!({ "topic": "increments:counter", "times": INCREMENTS }))
            })
            .collect();
        let own = counter.clone();
        let rust = thread::spawn(move || {
            for _ in 0..INCREMENTS {
                own.update(|tally| tally.count += 1).map_err(|error| error.to_string())?;
                // Lets the windows in between; it paces the load and proves nothing.
                thread::sleep(Duration::from_millis(1));
            }
            Ok::<_, String>(())
        });
        for order in orders? {
            order.wait(WRITING)?;
        }
        rust.join().map_err(|_| "the thread panicked".to_owned())??;
        let counted = counter.get().count - before;
        check(counted == 3 * INCREMENTS, || format!("round {round} counted to {counted}"))?;
        println!("    round {round}: {counted} increments in {:.1} s", began.elapsed().as_secs_f64());
    }
    stage.agree(&pages, &[&counter]).map(|_| ())
}

/// One window changes its field by functions, the other one by patches.
pub fn fields(stage: &Stage) -> Outcome {
    let form = stage.topic("fields:form")?;
    let pages = stage.open_all(&WRITERS, "fields:form")?;
    stage.agree(&pages, &[&form])?;
    let orders: Result<Vec<_>, _> = pages
        .iter()
        .zip(WRITERS)
        .zip(["field", "fieldByPatch"])
        .map(|((page, who), order)| {
            page.begin(order, &json!({ "topic": "fields:form", "who": who, "times": FIELD_CHANGES }))
        })
        .collect();
    for order in orders? {
        order.wait(WRITING)?;
    }
    for who in WRITERS {
        let changed = form.get().by.get(who).copied().unwrap_or(0);
        check(changed == FIELD_CHANGES, || format!("{who} changed its field to {changed}"))?;
    }
    stage.agree(&pages, &[&form]).map(|_| ())
}

#[derive(Deserialize)]
struct OwnWrite {
    written: String,
    revision: String,
    value: Tally,
}

pub fn own_write(stage: &Stage) -> Outcome {
    let own = stage.topic("own:tally")?;
    let other = stage.topic("own:other")?;
    let pages = stage.open_all(&["full-a", "reader-b"], "own:tally,own:other")?;
    stage.agree(&pages, &[&own, &other])?;
    let writer = &pages[0];
    stage.await_all_answered(&pages)?;
    let before = writer.state()?.ledger.pulls;
    for count in 1..=5 {
        let order = writer.order("ownWrite", &json!({ "topic": "own:tally", "count": count }))?;
        let OwnWrite { written, revision, value } = read(order)?;
        check(revision == written && value.count == count, || {
            format!("revision {written} was written and {revision} is shown, with {}", value.count)
        })?;
        // The signal of the write has come and was answered: by nothing but an empty pull.
        stage.await_all_answered(&pages)?;
        let pulls = writer.state()?.ledger.pulls - before;
        check(pulls == 0, || format!("the write cost {pulls} pulls"))?;
    }
    stage.agree(&pages, &[&own, &other]).map(|_| ())
}

pub fn invalid(stage: &Stage) -> Outcome {
    let topic = stage.topic("invalid:tally")?;
    let page = stage.open("full-a", "index.html?watch=invalid:tally")?;
    let wrong = |path: &str, value: Value| json!([{ "op": "replace", "path": path, "value": value }]);
    for (patch, named) in [
        (wrong("/count", json!("seven")), "count"),
        (wrong("/by", json!({ "me": -1 })), "by.me"),
        (json!([{ "op": "remove", "path": "/filler" }]), "filler"),
        (wrong("/coun", json!(7)), "/coun"),
    ] {
        let words = json!({ "topic": "invalid:tally", "patch": patch });
        let error = page.order("patch", &words).err().ok_or_else(|| format!("{patch} was taken"))?;
        check(error.contains("invalid:tally") && error.contains(named), || {
            format!("the error does not name topic and {named}: {error}")
        })?;
        println!("    {error}");
    }
    check(topic.revision().get() == 1 && topic.get() == Tally::default(), || "something changed".to_owned())?;
    stage.agrees(&page, &[&topic]).map(|_| ())
}

#[derive(Debug, Deserialize)]
struct Seen {
    before: u64,
    during: u64,
    pending: u64,
    error: Option<String>,
    after: u64,
    left: u64,
}

pub fn optimistic(stage: &Stage) -> Outcome {
    let topic = stage.topic("optimistic:tally")?;
    let pages = stage.open_all(&["full-a", "reader-b"], "optimistic:tally")?;
    stage.agree(&pages, &[&topic])?;
    let run = |page: &Page, count: i64| -> Result<Seen, String> {
        let patch = json!([{ "op": "replace", "path": "/count", "value": count }]);
        read(page.order("optimistic", &json!({ "topic": "optimistic:tally", "patch": patch }))?)
    };
    let good = run(&pages[0], 7)?;
    check(
        (good.before, good.during, good.pending, good.after, good.left) == (0, 7, 1, 7, 0)
            && good.error.is_none(),
        || format!("{good:?}"),
    )?;
    stage.agree(&pages, &[&topic])?;
    // The other window may not write: its change shows, and disappears with the refusal.
    let refused = run(&pages[1], 9)?;
    check(
        (refused.before, refused.during, refused.after, refused.left) == (7, 9, 7, 0)
            && refused.error.as_deref() == Some("unknown-topic"),
        || format!("{refused:?}"),
    )?;
    check(topic.get().count == 7, || format!("Rust has {}", topic.get().count))?;
    stage.agree(&pages, &[&topic]).map(|_| ())
}

pub fn action(stage: &Stage) -> Outcome {
    let key = ACTED.key("tally").map_err(|error| error.to_string())?;
    let topic = stage.app.statesync().register(key, Tally::default()).map_err(|error| error.to_string())?;
    let pages = stage.open_all(&["full-a", "reader-b"], "act:tally")?;
    stage.agree(&pages, &[&topic])?;
    let act = |page: &Page, action: &str, args: Value| {
        page.order("act", &json!({ "topic": "act:tally", "action": action, "args": args }))
    };
    let added = act(&pages[0], "add", json!(40))?;
    check(added == json!(40) && topic.get().count == 40, || format!("the action returned {added}"))?;
    for (page, action, args, named) in [
        (&pages[0], "add", json!(70), "110 is more than a hundred"),
        (&pages[0], "add", json!("many"), "[invalid-value]"),
        (&pages[0], "clear", Value::Null, "[unknown-action]"),
        (&pages[0], "double", Value::Null, "[unknown-action]"),
        (&pages[1], "add", json!(1), "[forbidden]"),
    ] {
        let error = act(page, action, args).err().ok_or_else(|| format!("{action} was run"))?;
        check(error.contains(named), || format!("{action} failed as {error}"))?;
    }
    check((topic.get().count, topic.revision().get()) == (40, 2), || "something changed".to_owned())?;
    stage.agree(&pages, &[&topic]).map(|_| ())
}

pub fn removed(stage: &Stage) -> Outcome {
    let topic = stage.topic("removed:tally")?;
    let pages = stage.open_all(&["full-a", "reader-b"], "removed:tally")?;
    stage.agree(&pages, &[&topic])?;
    stage.app.statesync().remove(&topic).map_err(|error| error.to_string())?;
    for page in &pages {
        stage.until(&format!("{} hears of the removal", page.label), || {
            match page.state()?.error_kind("removed:tally").as_deref() {
                Some("unknown-topic") => Ok(()),
                other => Err(format!("its last error is {other:?}")),
            }
        })?;
    }
    let again = stage.topic("removed:tally")?;
    check(again.revision() > topic.revision(), || format!("it begins again at {}", again.revision()))?;
    stage.agree(&pages, &[&again]).map(|_| ())
}
