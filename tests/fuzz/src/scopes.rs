//! Scopes and patterns against a matcher that compares characters.

use crate::chance::Chance;
use crate::json;
use crate::target::Target;
use statesync_core::{ActionPattern, ActionScope, InvalidPattern, Pattern, Scope, TopicFamily, TopicName};

/// The most bytes of an error about a name, which a page may have sent.
const MOST_MESSAGE: usize = 500;

/// The texts of a scope, and what is asked of it.
#[derive(Clone, Debug)]
pub struct Case {
    allow: Vec<String>,
    deny: Vec<String>,
    actions: [Option<String>; 2],
    topics: Vec<(String, String)>,
}

/// The target.
pub struct Scopes;

impl Target for Scopes {
    const NAME: &'static str = "scopes";
    const QUICK: u64 = 20_000;
    type Case = Case;

    fn draw(_: u64, chance: &mut Chance) -> Case {
        let list = |chance: &mut Chance| (0..chance.below(4)).map(|_| entry(chance)).collect();
        let action = |chance: &mut Chance| chance.one_in(2).then(|| word(chance, &["add", "a", "", "*"]));
        Case {
            allow: list(chance),
            deny: list(chance),
            actions: [action(chance), action(chance)],
            topics: (0..20).map(|_| (topic(chance), word(chance, &["add", "a", "", "*", "addd"]))).collect(),
        }
    }

    fn check(case: &Case) -> Result<u64, String> {
        let texts = |list: &[String]| list.to_vec();
        let (allow, deny) = (texts(&case.allow), texts(&case.deny));
        let scope = Scope::parse(allow.iter().map(String::as_str), deny.iter().map(String::as_str));
        let valid = allow.iter().chain(&deny).all(|entry| is_pattern(entry));
        match &scope {
            Ok(_) if !valid => return Err("a scope with an entry that is no pattern was taken".into()),
            Err(error) if valid => return Err(format!("a scope was refused: {error}")),
            Err(error) => return quoted(error).map(|()| 1),
            Ok(_) => {}
        }
        let scope = scope.map_err(|error| error.to_string())?;
        let actions = action_scope(case).map_err(|error| error.to_string())?;
        for (topic, action) in &case.topics {
            let covered = |list: &[String]| list.iter().any(|entry| covers(entry, topic));
            if scope.allows(topic) != (covered(&allow) && !covered(&deny)) {
                return Err(format!("{topic:?} is judged wrongly"));
            }
            let runs = |name: &Option<String>| name.as_ref().is_none_or(|name| name == action);
            let allowed = covered(&allow) && runs(&case.actions[0]);
            let denied = covered(&deny) && runs(&case.actions[1]);
            if actions.allows(topic, action) != (allowed && !denied) {
                return Err(format!("action {action:?} of {topic:?} is judged wrongly"));
            }
            names(topic)?;
        }
        Ok(case.topics.len() as u64)
    }

    fn show(case: &Case) -> String {
        crate::target::shortened(&format!("{case:?}"), 2000)
    }
}

fn action_scope(case: &Case) -> Result<ActionScope, InvalidPattern> {
    let list = |entries: &[String], action: &Option<String>| {
        entries.iter().map(|entry| ActionPattern::new(entry, action.as_deref())).collect::<Result<_, _>>()
    };
    Ok(ActionScope { allow: list(&case.allow, &case.actions[0])?, deny: list(&case.deny, &case.actions[1])? })
}

/// Names of topics, members of families and patterns are taken exactly if they are such.
fn names(text: &str) -> Result<(), String> {
    const FAMILY: TopicFamily<u32> = TopicFamily::new("cart:{id}/x");
    let name = TopicName::new(text);
    if name.is_ok() != is_name(text) {
        return Err(format!("topic name {text:?}: {name:?}"));
    }
    let member = FAMILY.key(text);
    let full = format!("cart:{text}/x");
    let expected = (!text.is_empty() && is_name(&full)).then_some(full.as_str());
    if member.as_ref().ok().map(statesync_core::TopicKey::name) != expected {
        return Err(format!("member {text:?} of a family: {member:?}"));
    }
    let long = [name.err(), member.err()].into_iter().flatten().map(|error| error.to_string().len()).max();
    if long.is_some_and(|bytes| bytes > MOST_MESSAGE) {
        return Err(format!("the error about a name has {long:?} bytes"));
    }
    match text.parse::<Pattern>() {
        Ok(_) if !is_pattern(text) => Err(format!("pattern {text:?} was taken")),
        Err(error) if is_pattern(text) => Err(format!("pattern {text:?} was refused: {error}")),
        Err(error) => quoted(&error),
        Ok(_) => Ok(()),
    }
}

/// An entry is the app's own, and is quoted once.
fn quoted(error: &InvalidPattern) -> Result<(), String> {
    let bytes = error.to_string().len();
    if bytes > error.entry.len() + MOST_MESSAGE {
        Err(format!("the error about a pattern has {bytes} bytes"))
    } else {
        Ok(())
    }
}

fn is_name(text: &str) -> bool {
    let allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:/.-";
    (1..=128).contains(&text.len()) && text.chars().all(|character| allowed.contains(character))
}

fn is_pattern(text: &str) -> bool {
    match text.strip_suffix('*') {
        Some(prefix) => prefix.is_empty() || is_name(prefix),
        None => is_name(text),
    }
}

/// Character by character: a star at the end stands for whatever is left.
fn covers(pattern: &str, topic: &str) -> bool {
    let (mut pattern, mut topic) = (pattern.chars(), topic.chars());
    loop {
        match (pattern.next(), topic.next()) {
            (Some('*'), _) | (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => return false,
        }
    }
}

fn word(chance: &mut Chance, few: &[&str]) -> String {
    if chance.one_in(6) { json::text(chance, 3000) } else { (*chance.pick(few)).to_owned() }
}

/// Names made of few pieces, so that they meet.
fn topic(chance: &mut Chance) -> String {
    if chance.one_in(8) {
        return json::text(chance, 3000);
    }
    (0..chance.below(4)).map(|_| *chance.pick(&["a", "cart", ":", "/", "1", ".", "-", "A", "_"])).collect()
}

fn entry(chance: &mut Chance) -> String {
    let mut entry = topic(chance);
    if chance.one_in(2) {
        entry.push('*');
    }
    if chance.one_in(20) {
        entry.insert(0, '*');
    }
    entry
}
