//! The actions of the simulated app.

use crate::document::Document;
use serde::Deserialize;
use statesync_core::{ActionError, Registry, TopicFamily};

const FAMILIES: [TopicFamily<Document>; 4] = [
    TopicFamily::new("t:{id}"),
    TopicFamily::new("late:{id}"),
    TopicFamily::new("pair:{id}"),
    TopicFamily::new("secret:{id}"),
];

/// What each action gets.
#[derive(Deserialize)]
struct Args {
    stamp: u64,
    by: i64,
}

/// `add` adds and returns the sum. `refuse` and `panic` do so after they have changed their copy.
pub fn declare(registry: &Registry) -> Result<(), ActionError> {
    for family in FAMILIES {
        registry.action(family, "add", add)?;
        registry.action(family, "refuse", refuse)?;
        registry.action(family, "panic", |_: &mut Document, _: Args| -> () { panic!("on purpose") })?;
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "actions get their arguments by value")]
#[expect(clippy::unnecessary_wraps, reason = "what an action returns is a result")]
fn add(document: &mut Document, args: Args) -> Result<i64, String> {
    document.count += args.by;
    document.stamp = args.stamp;
    Ok(document.count)
}

fn refuse(document: &mut Document, args: Args) -> Result<i64, String> {
    add(document, args)?;
    Err("on purpose".into())
}
