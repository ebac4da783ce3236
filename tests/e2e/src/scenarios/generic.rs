//! Clients that do not import the guest.

use crate::burst::Burst;
use crate::page::read;
use crate::stage::{Outcome, Stage, check};
use crate::topics::count_up;
use serde_json::json;

pub fn plain_event(stage: &Stage) -> Outcome {
    let public = stage.topic("public:tally")?;
    let private = stage.topic("private:tally")?;
    let page = stage.open("generic-page", "generic.html?watch=public:tally")?;
    stage.agrees(&page, &[&public])?;
    let burst = Burst::start(&public, 500, 256);
    for _ in 0..50 {
        count_up(&private, 64).map_err(|error| error.to_string())?;
    }
    burst.finish()?;
    let state = stage.agrees(&page, &[&public])?;
    check(state.topic("public:tally")?.values >= 2, || "one value only: no event arrived".to_owned())?;
    let named: Vec<String> = read(page.order("named", &json!({}))?)?;
    check(named == ["public:tally"], || format!("the plain event named {named:?}"))?;
    check(stage.sessions_of(&page) == 0, || "a generic client has a session".to_owned())
}

pub fn global_script(stage: &Stage) -> Outcome {
    let tally = stage.topic("global:tally")?;
    let page = stage.open("full-global", "global.html?watch=global:tally")?;
    stage.agrees(&page, &[&tally])?;
    Burst::start(&tally, 200, 256).finish()?;
    stage.agree_with_few_pulls(std::slice::from_ref(&page), &[&tally])?;
    let revision: String = read(page.order("set", &json!({ "topic": "global:tally" }))?)?;
    check(revision == tally.revision().to_string(), || format!("the write answered revision {revision}"))?;
    check(tally.get().filler == "global", || "the write did not arrive".to_owned())?;
    stage.agrees(&page, &[&tally]).map(|_| ())
}
