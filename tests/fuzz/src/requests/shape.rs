//! The shapes that docs/protocol.md promises for answers and errors.

use super::Command;
use crate::requests::EPOCH;
use serde_json::{Map, Value};

/// The kinds of error that a page may get.
const KINDS: &[&str] = &[
    "malformed-request",
    "invalid-topic",
    "invalid-page",
    "invalid-revision",
    "invalid-action",
    "unknown-topic",
    "unknown-session",
    "superseded",
    "too-many-topics",
    "too-large",
    "unserializable",
    "invalid-value",
    "invalid-patch",
    "unsafe-integer",
    "read-only",
    "unknown-action",
    "action-refused",
    "conflict",
    "operation-reused",
    "panicked",
    "revision-exhausted",
    "storage",
    "unreserved",
];

/// The kinds of error that one topic of an answer may have.
const TOPIC_KINDS: &[&str] = &["unknown-topic", "too-large", "unsafe-integer", "unserializable"];

/// The longest text of an error: a few quotes of 200 bytes, and the sentence around them.
const MOST_BYTES: usize = 1200;

type Checked = Result<(), String>;

/// Checks an answer.
pub fn answer(command: Command, answer: &Value) -> Checked {
    let members = object(answer)?;
    match command {
        Command::Subscribe | Command::Pull | Command::FirstPaint => {
            only(members, &["epoch", "results"], &[])?;
            results(members, false)
        }
        Command::Snapshot => {
            only(members, &["revision", "data"], &[])?;
            revision(&members["revision"])
        }
        Command::Set | Command::Patch => {
            only(members, &["epoch", "results", "revision"], &[])?;
            revision(&members["revision"])?;
            results(members, true)
        }
        Command::Action => {
            only(members, &["epoch", "results", "revision", "result"], &[])?;
            revision(&members["revision"])?;
            results(members, true)
        }
        Command::Inspect => only(members, &["epoch", "topics", "sessions", "counters"], &[]),
    }
}

fn results(members: &Map<String, Value>, after_a_write: bool) -> Checked {
    if members["epoch"] != EPOCH {
        return Err(format!("another epoch: {}", members["epoch"]));
    }
    let results = members["results"].as_array().ok_or("results is no list")?;
    results.iter().try_for_each(|result| {
        let members = object(result)?;
        let is_true = |name: &str| members.get(name) == Some(&Value::Bool(true));
        if members.contains_key("error") {
            only(members, &["topic", "error"], &[])?;
            let error = object(&members["error"])?;
            only(error, &["kind", "message"], &[])?;
            return kind(error, TOPIC_KINDS);
        }
        revision(members.get("revision").ok_or("a result without revision")?)?;
        match () {
            () if members.contains_key("data") => only(members, &["topic", "revision", "data"], &[]),
            () if is_true("unchanged") => only(members, &["topic", "revision", "unchanged"], &[]),
            () if is_true("written") && after_a_write => {
                only(members, &["topic", "revision", "written"], &[])
            }
            () => Err(format!("no result: {result}")),
        }
    })
}

/// Checks the body of an error.
pub fn error(body: &Value) -> Checked {
    let members = object(body)?;
    only(members, &["kind", "message"], &["topic", "path", "revision", "epoch", "data"])?;
    kind(members, KINDS)?;
    for name in ["topic", "path", "epoch"] {
        if members.get(name).is_some_and(|text| !text.is_string()) {
            return Err(format!("{name} is no text: {body}"));
        }
    }
    members.get("revision").map_or(Ok(()), revision)?;
    let is_conflict = members["kind"] == "conflict";
    if is_conflict != members.contains_key("revision") || !is_conflict && members.contains_key("data") {
        return Err(format!("a conflict has a revision, and others have none: {body}"));
    }
    Ok(())
}

fn kind(members: &Map<String, Value>, known: &[&str]) -> Checked {
    let kind = members["kind"].as_str().unwrap_or_default();
    if !known.contains(&kind) {
        return Err(format!("an unknown kind: {kind:?}"));
    }
    for name in ["message", "path", "topic"] {
        let bytes = members.get(name).and_then(Value::as_str).map_or(0, str::len);
        if bytes > MOST_BYTES {
            return Err(format!("the {name} of {kind} has {bytes} bytes"));
        }
    }
    if members["message"].as_str().is_none_or(str::is_empty) { Err("no message".into()) } else { Ok(()) }
}

fn object(value: &Value) -> Result<&Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("no object: {value}"))
}

fn only(members: &Map<String, Value>, must: &[&str], may: &[&str]) -> Checked {
    if let Some(missing) = must.iter().find(|name| !members.contains_key(**name)) {
        return Err(format!("{missing} is missing"));
    }
    let is_known = |name: &String| must.contains(&name.as_str()) || may.contains(&name.as_str());
    members.keys().find(|name| !is_known(name)).map_or(Ok(()), |name| Err(format!("{name} is too much")))
}

fn revision(value: &Value) -> Checked {
    let canonical =
        value.as_str().is_some_and(|text| text.parse::<u64>().is_ok_and(|number| number.to_string() == text));
    if canonical { Ok(()) } else { Err(format!("no revision: {value}")) }
}
