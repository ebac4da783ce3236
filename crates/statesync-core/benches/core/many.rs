//! Ten thousand topics, and a page that wants a thousand of them.

use crate::page::Page;
use crate::rounds::Rounds;
use crate::value::Small;
use statesync_core::{Registry, Topic, TopicKey};
use std::time::{Duration, Instant};

const GROUP: &str = "10,000 topics";
const TOPICS: usize = 10_000;
const WANTED: usize = 1_000;

/// A registry with that many topics of a few bytes, and their handles.
pub fn fill(registry: &Registry, names: &[&'static str]) -> Vec<Topic<Small>> {
    names.iter().map(|name| registry.register(TopicKey::new(name), Small::default()).expect("new")).collect()
}

/// Names for that many topics.
pub fn names() -> Vec<&'static str> {
    (0..TOPICS).map(|number| &*format!("cart:{number}").leak()).collect()
}

pub fn measure(rounds: &mut Rounds) {
    let names = names();
    rounds.timed(GROUP, "register all of them", None, |times| {
        let mut time = Duration::ZERO;
        for _ in 0..times {
            let registry = Registry::new("bench");
            let start = Instant::now();
            let topics = fill(&registry, &names);
            time += start.elapsed();
            drop(topics);
        }
        time
    });

    let registry = Registry::new("bench");
    let topics = fill(&registry, &names);
    let mut round_robin = topics.iter().cycle();
    rounds.work(GROUP, "update, one after the other", None, || {
        let topic = round_robin.next().expect("a cycle has no end");
        topic.update(|small| small.count += 1)
    });

    let registry = Registry::new("bench");
    let _topics = fill(&registry, &names);
    let mut page = Page::subscribe(&registry, 0, &names[..WANTED]);
    rounds.work(GROUP, "pull of 1,000 snapshots", None, || page.pull(&registry));
    page.knows(&registry, "1");
    rounds.work(GROUP, "pull of 1,000 unchanged", None, || page.pull(&registry));
}
