//! What has to hold of every call, whatever the page sent.

use super::door::{Answer, kind_of};
use super::world::{HIDDEN, TOPICS, World};
use super::{Call, Command, echo, shape};
use crate::json::depth_of;
use crate::patches::model::MOST_DEPTH;
use crate::target::shortened;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// How many pages of a window are remembered.
const PAGES: usize = 4;

/// How deep a value stands in an answer.
const ENVELOPE: usize = 3;

type Checked = Result<(), String>;
type Signals = [(&'static str, Value)];

/// Remembers what was written.
#[derive(Default)]
pub struct Judge {
    /// Writes that were made, by window, page and operation.
    made: HashSet<(usize, String, String)>,
    /// Pages that were named in each window.
    pages: HashMap<usize, HashSet<String>>,
}

fn text<'a>(arguments: &'a Value, name: &str) -> &'a str {
    arguments["request"][name].as_str().unwrap_or_default()
}

/// An answer or an error, as text for people.
fn shown(answer: &Answer) -> String {
    match answer {
        Ok(answer) => shortened(&answer.to_string(), 400),
        Err(body) => shortened(&body.to_string(), 400),
    }
}

impl Judge {
    /// A window was destroyed, and with it what Rust knew of its pages.
    pub fn forget(&mut self, window: usize) {
        self.made.retain(|(of, _, _)| *of != window);
        self.pages.remove(&window);
    }

    /// Makes a call in both apps and judges what comes of it.
    pub fn call(&mut self, app: &World, twin: &World, call: &Call) -> Checked {
        let is_write = call.command.writes();
        let target =
            TOPICS.iter().position(|name| *name == text(&call.arguments, "topic")).filter(|_| is_write);
        let before = (app.revisions(), target.map(|topic| app.json(topic)));
        let answer = app.call(call);
        let its_twin = twin.call(call);
        let told = |problem: String| format!("{problem}\n  the answer: {}", shown(&answer));

        match &answer {
            Ok(answer) if depth_of(answer) > MOST_DEPTH + ENVELOPE => {
                return Err("a value is deeper than pages may read".into());
            }
            Ok(answer) => shape::answer(call.command, answer).map_err(told)?,
            Err(body) => {
                shape::error(body).map_err(told)?;
                echo::too_long(&call.arguments, body).map_or(Ok(()), Err).map_err(told)?;
            }
        }
        if call.window > 0 {
            unseeing(app, &answer, &its_twin).map_err(told)?;
        }
        self.changes(app, call, target, &before, &answer).map_err(told)?;
        permitted(app, call, target, &answer).map_err(told)?;
        results(app, call, &answer).map_err(told)
    }

    /// Only the topic that was written changes, by one revision, and only if the write succeeded for the first time.
    fn changes(
        &mut self,
        app: &World,
        call: &Call,
        target: Option<usize>,
        (before, json): &(Vec<u64>, Option<String>),
        answer: &Answer,
    ) -> Checked {
        let page = text(&call.arguments, "page").to_owned();
        let pages = self.pages.entry(call.window).or_default();
        pages.insert(page.clone());
        let all_remembered = pages.len() <= PAGES;
        let operation = (call.window, page, text(&call.arguments, "operation").to_owned());
        let was_made = self.made.contains(&operation);
        for (topic, (before, after)) in before.iter().zip(app.revisions()).enumerate() {
            let grew = after.checked_sub(*before).ok_or("a revision went back")?;
            let name = TOPICS[topic];
            let may_grow = target == Some(topic) && answer.is_ok() && !(was_made && all_remembered);
            let has_to = may_grow && !was_made;
            if grew > u64::from(may_grow) || grew < u64::from(has_to) {
                return Err(format!("{name} went from revision {before} to {after}"));
            }
        }
        if let (Some(topic), Some(json), Err(_)) = (target, json, answer)
            && app.json(topic) != *json
        {
            return Err(format!("{} was changed by a write that was refused", TOPICS[topic]));
        }
        if answer.is_ok() && call.command.writes() {
            self.made.insert(operation);
        }
        Ok(())
    }

    /// A signal names only what its window may read, and tells nothing of hidden values.
    pub fn signals(app: &World, ours: &Signals, theirs: &Signals) -> Checked {
        if ours != theirs {
            return Err(format!("signals depend on hidden values: {ours:?} and {theirs:?}"));
        }
        for (label, signal) in ours {
            let window =
                app.windows.iter().find(|window| window.label == *label).ok_or("an unknown window")?;
            for topic in signal["topics"].as_array().into_iter().flatten() {
                let name = topic["topic"].as_str().unwrap_or_default();
                if !window.read.allows(name) {
                    return Err(format!("{label} is told of {name}, which it may not read"));
                }
            }
        }
        Ok(())
    }
}

/// A window that may not read the hidden topics gets the same from both apps, and no secret.
fn unseeing(app: &World, answer: &Answer, its_twin: &Answer) -> Checked {
    let (Ok(body) | Err(body)) = answer;
    if let Some(secret) = app.secrets.found_in(&body.to_string()) {
        return Err(format!("a window that may not read it gets the hidden {secret}"));
    }
    if answer != its_twin {
        return Err(format!(
            "the answer depends on a hidden value; with another one it is: {}",
            shown(its_twin)
        ));
    }
    Ok(())
}

/// Nothing is done or shown without permission, and a window that may not read learns no revision.
fn permitted(app: &World, call: &Call, target: Option<usize>, answer: &Answer) -> Checked {
    let window = &app.windows[call.window];
    let name = match call.command {
        Command::Snapshot => call.arguments["topic"].as_str().unwrap_or_default(),
        _ => text(&call.arguments, "topic"),
    };
    let may_read = window.read.allows(name);
    let may = match call.command {
        Command::Snapshot => may_read,
        Command::Set => window.write.allows(name),
        Command::Patch => window.write.allows(name) && may_read,
        Command::Action => window.action.allows(name, text(&call.arguments, "action")),
        _ => true,
    };
    match answer {
        Ok(_) if !may => Err("it was done without permission".into()),
        Ok(answer) if call.command.writes() && !may_read && answer["revision"] != "0" => {
            Err("a window that may not read the topic learns its revision".into())
        }
        Ok(_) if call.command.writes() && target.is_none() => Err("there is no such topic".into()),
        Err(body) if kind_of(body) == "conflict" && !may_read && body["revision"] != "0" => {
            Err("a window that may not read the topic learns its revision by a conflict".into())
        }
        Err(body) if body.get("data").is_some() && !may_read => Err("a conflict shows a hidden value".into()),
        _ => Ok(()),
    }
}

/// Each topic of the request has its result, with the current revision, and none that is hidden has more than
/// `unknown-topic`.
fn results(app: &World, call: &Call, answer: &Answer) -> Checked {
    let Ok(answer) = answer else { return Ok(()) };
    let window = &app.windows[call.window];
    let results = answer["results"].as_array().map_or(&[][..], Vec::as_slice);
    let asked = call.arguments["request"]["topics"].as_array().map_or(&[][..], Vec::as_slice);
    let all = matches!(call.command, Command::Subscribe | Command::Pull);
    if all && asked.len() != results.len() {
        return Err(format!("{} results for {} topics", results.len(), asked.len()));
    }
    let revisions = app.revisions();
    for (place, result) in results.iter().enumerate() {
        let name = result["topic"].as_str().unwrap_or_default();
        if call.command != Command::FirstPaint && asked.get(place).is_none_or(|asked| asked["topic"] != name)
        {
            return Err(format!("result {place} is about {name:?}"));
        }
        let topic = TOPICS.iter().position(|topic| *topic == name);
        let kind = kind_of(&result["error"]);
        match topic.filter(|_| window.read.allows(name)) {
            None if kind != "unknown-topic" => return Err(format!("it shows {name:?}")),
            Some(topic)
                if kind.is_empty() && result["revision"].as_str() != Some(&*revisions[topic].to_string()) =>
            {
                return Err(format!("{name} is at revision {}", revisions[topic]));
            }
            Some(_) if kind == "unknown-topic" && !call.command.writes() => {
                return Err(format!("{name} is there and readable"));
            }
            _ => {}
        }
    }
    if call.command == Command::Inspect && call.window > 0 && answer.to_string().contains(HIDDEN) {
        return Err("the inspection names a hidden topic".into());
    }
    Ok(())
}
