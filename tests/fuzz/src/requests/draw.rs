//! Random calls: mostly such as a client makes, mixed with parts that no client would send.

use super::world::{HIDDEN, TOPICS, windows};
use super::{Call, Command, EPOCH, Step};
use crate::chance::Chance;
use crate::json;
use crate::patch_text;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// What the drawing of one case remembers, to make calls that mean something.
struct Pages {
    operations: u64,
    generations: u64,
}

/// The steps of one case.
pub fn steps(chance: &mut Chance) -> Vec<Step> {
    let mut pages = Pages { operations: 0, generations: 0 };
    let count = 1 + chance.below(60);
    let mut steps: Vec<Step> = Vec::with_capacity(count);
    for _ in 0..count {
        let step = match chance.below(30) {
            0 => Step::Renew(chance.below(TOPICS.len())),
            1 | 2 => Step::Flush(Duration::from_millis(*chance.pick(&[0, 50, 1_000, 70_000]))),
            3 if chance.one_in(3) => Step::Reload(chance.below(windows().len())),
            3 if chance.one_in(6) => Step::Close(chance.below(windows().len())),
            // The same call again, as a webview makes it.
            4 | 5 if !steps.is_empty() => steps[chance.below(steps.len())].clone(),
            _ => Step::Call(pages.call(chance)),
        };
        steps.push(step);
    }
    steps
}

impl Pages {
    fn call(&mut self, chance: &mut Chance) -> Call {
        let window = chance.below(windows().len());
        let commands = [
            Command::Subscribe,
            Command::Pull,
            Command::Snapshot,
            Command::Set,
            Command::Set,
            Command::Patch,
            Command::Patch,
            Command::Action,
            Command::Inspect,
            Command::FirstPaint,
        ];
        let command = *chance.pick(&commands);
        let topic = topic(chance);
        // What the window that sees everything writes must not depend on what it sees.
        let command = if window == 0 && topic.starts_with(HIDDEN) && command == Command::Patch {
            Command::Set
        } else {
            command
        };
        let mut arguments = match command {
            Command::Subscribe => {
                self.generations += 1;
                let generation =
                    if chance.one_in(6) { json::value(chance, 2, 1) } else { json!(self.generations) };
                json!({ "request": { "page": page(chance), "generation": generation, "topics": topics(chance) } })
            }
            Command::Pull => {
                let seen = if chance.one_in(6) { json::value(chance, 2, 1) } else { json!(chance.below(5)) };
                json!({ "request": { "page": page(chance), "generation": self.generation(chance), "seen": seen, "topics": topics(chance) } })
            }
            Command::Snapshot => json!({ "topic": topic }),
            Command::FirstPaint | Command::Inspect => json!({}),
            Command::Set => json!({ "request": self.write(chance, &topic), "value": value(chance, &topic) }),
            Command::Patch => {
                let example = example(&topic);
                json!({ "request": self.write(chance, &topic), "patch": patch_text::draw(chance, &example, 5) })
            }
            Command::Action => {
                let mut request = self.write(chance, &topic);
                let name = *chance.pick(&["touch", "touch", "fail", "panic", "number", "none"]);
                request["action"] =
                    if chance.one_in(8) { json::text(chance, 3000).into() } else { name.into() };
                let args =
                    if chance.one_in(2) { json!(chance.below(300)) } else { json::value(chance, 6, 3) };
                json!({ "request": request, "args": args })
            }
        };
        if chance.one_in(12) {
            spoil(chance, &mut arguments);
        }
        // Spoiled or not, the rule of above holds.
        let writes_hidden =
            arguments["request"]["topic"].as_str().is_some_and(|name| name.starts_with(HIDDEN));
        let command =
            if window == 0 && writes_hidden && command == Command::Patch { Command::Set } else { command };
        Call { window, command, arguments }
    }

    fn generation(&self, chance: &mut Chance) -> Value {
        match chance.below(8) {
            0 => json::value(chance, 2, 1),
            1 => json!(0),
            2 => json!(u64::MAX),
            _ => json!(self.generations - (chance.below(3) as u64).min(self.generations)),
        }
    }

    fn write(&mut self, chance: &mut Chance, topic: &str) -> Value {
        self.operations += 1;
        let operation = match chance.below(12) {
            0 => json::text(chance, 3000),
            1 | 2 => format!("op{}", chance.below(usize::try_from(self.operations).unwrap_or(usize::MAX))),
            _ => format!("op{}", self.operations),
        };
        let mut request = json!({ "page": page(chance), "generation": self.generation(chance), "operation": operation, "topic": topic });
        if chance.one_in(5) {
            request["base"] = revision(chance);
        }
        if chance.one_in(3) {
            request["topics"] = topics(chance);
        }
        request
    }
}

fn page(chance: &mut Chance) -> Value {
    match chance.below(20) {
        0 => json::text(chance, 3000).into(),
        1 => json::value(chance, 3, 2),
        _ => (*chance.pick(&["p1", "p2", "p3"])).into(),
    }
}

fn topic(chance: &mut Chance) -> String {
    match chance.below(16) {
        0 => json::text(chance, 3000),
        1 => "none".to_owned(),
        2 => format!("{HIDDEN}none"),
        _ => (*chance.pick(TOPICS)).to_owned(),
    }
}

fn revision(chance: &mut Chance) -> Value {
    match chance.below(8) {
        0 => json::value(chance, 2, 1),
        1 => json::text(chance, 3000).into(),
        2 => u64::MAX.to_string().into(),
        _ => chance.below(8).to_string().into(),
    }
}

fn topics(chance: &mut Chance) -> Value {
    if chance.one_in(20) {
        return json::value(chance, 6, 3);
    }
    let most = if chance.one_in(20) { 80 } else { 6 };
    let mut names: Vec<String> = (0..chance.below(most)).map(|_| topic(chance)).collect();
    if !chance.one_in(10) {
        names.sort();
        names.dedup();
    }
    names
        .into_iter()
        .map(|name| {
            let mut request = json!({ "topic": name });
            if chance.one_in(2) {
                let epoch = if chance.one_in(4) { json::text(chance, 3000) } else { EPOCH.to_owned() };
                request["known"] = json!({ "epoch": epoch, "revision": revision(chance) });
            }
            request
        })
        .collect()
}

/// A value of the topic's type; for hidden ones with other values than they have.
pub fn example(topic: &str) -> Value {
    match topic {
        "open" => json!({ "a": [1, 2, { "b": null }], "c": "text" }),
        "count" | "fixed" => json!(7),
        "list" => json!([1, 2, 3]),
        "map" => json!({ "a": [1, -2] }),
        "form" => json!({ "name": "n", "age": 7, "tags": ["t"], "kind": { "boxed": 3 } }),
        "loose" => json!({ "id": 1, "x": 1.5, "y": { "z": [] } }),
        "secret:vault" => json!({ "token": "guess", "pin": 1, "codes": [1, 2], "note": null }),
        "secret:big" => json!({ "n": 1, "s": "guess" }),
        "secret:broken" => json!({ "held": "guess" }),
        "secret:keys" => json!({ "guess": 1 }),
        "secret:any" => json!({ "a": "guess", "b": [1, { "c": "guess" }] }),
        _ => json!(["apple"]),
    }
}

fn value(chance: &mut Chance, topic: &str) -> Value {
    match chance.below(10) {
        0..6 => example(topic),
        6 => {
            let other = *chance.pick(TOPICS);
            example(other)
        }
        7 => {
            let depth = chance.below(150);
            json::nested(depth, chance.one_in(2))
        }
        8 => json::text(chance, 300_000).into(),
        _ => json::value(chance, 30, 6),
    }
}

/// Replaces, adds or removes something anywhere.
fn spoil(chance: &mut Chance, here: &mut Value) {
    let goes_on = chance.one_in(2);
    match here {
        Value::Object(members) if goes_on && !members.is_empty() => {
            let place = chance.below(members.len());
            members.values_mut().nth(place).into_iter().for_each(|member| spoil(chance, member));
        }
        Value::Array(list) if goes_on && !list.is_empty() => {
            let place = chance.below(list.len());
            spoil(chance, &mut list[place]);
        }
        Value::Object(members) if chance.one_in(2) => change(chance, members),
        other => *other = json::value(chance, 10, 5),
    }
}

fn change(chance: &mut Chance, members: &mut Map<String, Value>) {
    if chance.one_in(2) && !members.is_empty() {
        let place = chance.below(members.len());
        let name = members.keys().nth(place).expect("it is there").clone();
        members.remove(&name);
    } else {
        let name = if chance.one_in(3) { json::text(chance, 3000) } else { json::key(chance) };
        members.insert(name, json::value(chance, 10, 5));
    }
}
