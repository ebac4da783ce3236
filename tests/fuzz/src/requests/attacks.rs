//! Calls that were once found to hurt, and their siblings.

use super::{Call, Command, EPOCH, Step};
use crate::json::nested;
use serde_json::{Value, json};

/// How often a large text is sent.
const TIMES: usize = 48;
const MEGABYTE: usize = 1 << 20;
const MAIN: usize = 0;
const BLIND: usize = 1;
const LIMIT: usize = 2 * MEGABYTE;

/// The limit of values and the steps of the attack of this number, if there is one.
pub fn attack(number: u64) -> Option<(usize, Vec<Step>)> {
    let steps = match number {
        0 => large_values(),
        1 => large_names(),
        2 => guesses(),
        3 => many_pages(),
        4 => deep_values(),
        _ => return None,
    };
    Some((LIMIT, steps))
}

fn call(window: usize, command: Command, arguments: Value) -> Step {
    Step::Call(Call { window, command, arguments })
}

fn write(operation: usize, topic: &str) -> Value {
    json!({ "page": "p1", "generation": 1, "operation": format!("op{operation}"), "topic": topic })
}

fn large() -> String {
    "0123456789abcdef".repeat(MEGABYTE / 16)
}

/// Values that are refused, with their text.
fn large_values() -> Vec<Step> {
    let topics = ["count", "form", "list", "map", "secret:vault"];
    let set = |number| {
        let topic = topics[number % topics.len()];
        let value = if topic == "form" { json!({ "name": "n", "age": large() }) } else { json!(large()) };
        call(MAIN, Command::Set, json!({ "request": write(number, topic), "value": value }))
    };
    let patch = |number| {
        let patch = json!([{ "op": "test", "path": "/c", "value": large() }]);
        call(MAIN, Command::Patch, json!({ "request": write(number, "open"), "patch": patch }))
    };
    let action = |number| {
        let mut request = write(number, "open");
        request["action"] = "number".into();
        call(MAIN, Command::Action, json!({ "request": request, "args": large() }))
    };
    (0..TIMES * 3)
        .map(|number| match number % 3 {
            0 => set(number),
            1 => patch(number),
            _ => action(number),
        })
        .collect()
}

/// Names, ids and revisions without end.
fn large_names() -> Vec<Step> {
    let mut steps = Vec::new();
    for number in 0..TIMES {
        let mut requests: Vec<(Command, Value)> = Vec::new();
        for member in ["page", "operation", "topic", "base", "action"] {
            let mut request = write(number, "open");
            request["action"] = "touch".into();
            request[member] = large().into();
            requests.push((Command::Action, json!({ "request": request, "args": null })));
        }
        let path = format!("/{}", large());
        let operations = [
            json!({ "op": "remove", "path": path }),
            json!({ "op": large(), "path": "" }),
            json!({ "op": "copy", "from": path, "path": "/x" }),
            json!({ (large()): 1 }),
        ];
        let one = json!([operations[number % operations.len()]]);
        requests.push((Command::Patch, json!({ "request": write(1000 + number, "open"), "patch": one })));
        let known = json!({ "epoch": large(), "revision": large() });
        let topics = json!([{ "topic": "open", "known": known }]);
        requests.push((
            Command::Pull,
            json!({ "request": { "page": "p1", "generation": 1, "seen": 0, "topics": topics } }),
        ));
        requests.push((Command::Snapshot, json!({ "topic": large() })));
        let mut wrong = write(2000 + number, "form");
        wrong["topics"] = json!([{ "topic": large() }]);
        requests.push((Command::Set, json!({ "request": wrong, "value": { (large()): large() } })));
        requests.push((
            Command::Set,
            json!({ "request": write(3000 + number, "form"), "value": { "name": "n", "kind": large() } }),
        ));
        let (command, arguments) = requests.swap_remove(number % requests.len());
        steps.push(call(MAIN, command, arguments));
    }
    steps
}

/// A window that may write and not read asks in every way what is there.
fn guesses() -> Vec<Step> {
    let copies = [
        ("/token", "/pin"),
        ("/note", "/pin"),
        ("/pin", "/token"),
        ("/codes/0", "/pin"),
        ("/codes", "/token"),
    ];
    let mut patches: Vec<(&str, Value)> = Vec::new();
    for (from, path) in copies {
        patches.push(("secret:vault", json!([{ "op": "copy", "from": from, "path": path }])));
        patches.push(("secret:vault", json!([{ "op": "move", "from": from, "path": path }])));
    }
    patches.push(("secret:vault", json!([{ "op": "test", "path": "/pin", "value": 1 }])));
    patches.push(("secret:keys", json!([{ "op": "add", "path": "/x", "value": "no number" }])));
    patches.push(("secret:any", json!([{ "op": "copy", "from": "", "path": "/x" }])));
    patches.push(("secret:any", json!([{ "op": "copy", "from": "/a", "path": "" }])));
    for topic in ["secret:big", "secret:broken", "secret:keys", "secret:any"] {
        patches.push((topic, json!([])));
    }
    let mut steps = Vec::new();
    for (number, (topic, patch)) in patches.into_iter().enumerate() {
        let subscribe = json!({ "page": "p1", "generation": number + 1, "topics": [{ "topic": topic }] });
        steps.push(call(BLIND, Command::Subscribe, json!({ "request": subscribe })));
        let mut request = write(number, topic);
        request["generation"] = json!(number + 1);
        request["topics"] = json!([{ "topic": topic, "known": { "epoch": EPOCH, "revision": "1" } }]);
        steps.push(call(BLIND, Command::Patch, json!({ "request": request.clone(), "patch": patch })));
        request["operation"] = format!("a{number}").into();
        request["action"] = "touch".into();
        steps.push(call(BLIND, Command::Action, json!({ "request": request.clone(), "args": null })));
        request["operation"] = format!("b{number}").into();
        request["base"] = "77".into();
        steps.push(call(
            BLIND,
            Command::Set,
            json!({ "request": request, "value": super::draw::example(topic) }),
        ));
        let topic = super::world::TOPICS.iter().position(|name| *name == topic);
        steps.extend(topic.map(Step::Renew));
    }
    steps
}

/// Page after page, each with a large text.
fn many_pages() -> Vec<Step> {
    (0..TIMES)
        .map(|number| {
            let mut request = write(number, "count");
            request["page"] = format!("page{number}").into();
            call(MAIN, Command::Set, json!({ "request": request, "value": large() }))
        })
        .collect()
}

fn deep_values() -> Vec<Step> {
    let mut steps = Vec::new();
    for (number, depth) in [127, 128, 129, 150, 300].into_iter().enumerate() {
        let value = nested(depth, number % 2 == 0);
        steps.push(call(MAIN, Command::Set, json!({ "request": write(number, "open"), "value": value })));
        let mut request = write(10 + number, "open");
        request["action"] = "touch".into();
        steps.push(call(MAIN, Command::Action, json!({ "request": request, "args": value })));
        let patch = json!([{ "op": "replace", "path": "", "value": value }]);
        steps.push(call(
            MAIN,
            Command::Patch,
            json!({ "request": write(20 + number, "open"), "patch": patch }),
        ));
        steps.push(call(MAIN, Command::Snapshot, json!({ "topic": "open" })));
    }
    steps
}
