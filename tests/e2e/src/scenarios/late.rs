//! Topics that come after the windows that want them.

use crate::stage::{Outcome, Stage, check};
use crate::topics::count_up;

pub fn registered(stage: &Stage) -> Outcome {
    let early = stage.topic("late:early")?;
    let pages = stage.open_all(&["reader-a", "reader-b"], "late:early,late:tally")?;
    stage.agree(&pages, &[&early])?;
    for page in &pages {
        stage.until("the page knows that the topic is not there", || {
            let kind = page.state()?.error_kind("late:tally");
            check(kind.as_deref() == Some("unknown-topic"), || format!("it was told {kind:?}"))
        })?;
    }
    let late = stage.topic("late:tally")?;
    stage.agree(&pages, &[&early, &late])?;
    count_up(&late, 64).map_err(|error| error.to_string())?;
    stage.agree(&pages, &[&early, &late])?;
    stage.await_all_answered(&pages)
}
