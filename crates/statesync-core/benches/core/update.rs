//! What a write costs on the writer's thread, and what a signal and its answer cost after it.

use crate::page::pages;
use crate::rounds::Rounds;
use crate::value::{LARGE, Large, SHARED, SMALL, Small, TEXT};
use statesync_core::{Registry, Topic, TopicKey};
use std::time::{Duration, Instant};

const GROUP: &str = "update";

pub fn measure(rounds: &mut Rounds) {
    no_sessions(rounds);
    for (sessions, limit) in [(1, None), (8, Some(100.0)), (64, None)] {
        slot_occupied(rounds, sessions, limit);
    }
    for sessions in [1, 8, 64] {
        slot_free(rounds, sessions);
    }
    for sessions in [1, 8, 64] {
        whole_way(rounds, sessions);
    }
}

fn no_sessions(rounds: &mut Rounds) {
    let registry = Registry::new("bench");
    let small = registry.register(SMALL, Small::default()).expect("new");
    let text = registry.register(TEXT, "a title of some length".into()).expect("new");
    let large = registry.register(LARGE, Large::new()).expect("new");
    let shared = registry.register(SHARED, Large::new().into()).expect("new");
    rounds.work(GROUP, "update, no sessions", Some(30.0), || change(&small));
    rounds.work(GROUP, "set, no sessions", None, || small.set(Small::default()));
    rounds.work(GROUP, "read", None, || small.read(|small| small.count));
    rounds.work(GROUP, "update of a text, no sessions", None, || text.update(|text| text.truncate(8)));
    rounds.work(GROUP, "update of 100 KB (copies it)", None, || large.update(|large| large.count += 1));
    rounds.work(GROUP, "update of 100 KB that are behind an Arc", None, || {
        shared.update(|shared| shared.count += 1)
    });
}

fn change(topic: &Topic<Small>) {
    topic.update(|small| small.count += 1).expect("an update");
}

/// The steady state of a burst: every session is dirty and waits for its page.
fn slot_occupied(rounds: &mut Rounds, sessions: usize, limit: Option<f64>) {
    let registry = Registry::new("bench");
    let small = registry.register(SMALL, Small::default()).expect("new");
    let _pages = pages(&registry, sessions, &[SMALL.name()]);
    change(&small);
    registry.poll_flush(Duration::ZERO).deliver();
    change(&small);
    rounds.work(GROUP, format!("update, dirty sessions: {sessions}"), limit, || change(&small));
}

/// The first change of a topic after a flush: each session gets it into its queue.
fn slot_free(rounds: &mut Rounds, sessions: usize) {
    let registry = Registry::new("bench");
    let names: Vec<&'static str> = (0..256).map(|number| &*format!("topic-{number}").leak()).collect();
    let topics: Vec<_> = names
        .iter()
        .map(|name| registry.register(TopicKey::new(name), Small::default()).expect("new"))
        .collect();
    let mut pages = pages(&registry, sessions, &names);
    for page in &mut pages {
        page.request.topics.clear();
    }
    rounds.timed(GROUP, format!("update, sessions that are up to date: {sessions}"), None, |times| {
        let mut time = Duration::ZERO;
        for done in (0..times).step_by(topics.len()) {
            let batch = topics.iter().take((times - done) as usize);
            let start = Instant::now();
            batch.for_each(change);
            time += start.elapsed();
            registry.poll_flush(Duration::ZERO).deliver();
            for page in &mut pages {
                page.pull(&registry);
            }
        }
        time
    });
}

/// From the change to the acknowledged signal, without the pull: stages 1 to 3 for every session.
fn whole_way(rounds: &mut Rounds, sessions: usize) {
    let registry = Registry::new("bench");
    let small = registry.register(SMALL, Small::default()).expect("new");
    let mut pages = pages(&registry, sessions, &[SMALL.name()]);
    for page in &mut pages {
        page.request.topics.clear();
    }
    rounds.work(GROUP, format!("update, flush, acknowledgements: {sessions}"), None, || {
        change(&small);
        registry.poll_flush(Duration::ZERO).deliver();
        for page in &mut pages {
            page.pull(&registry);
        }
    });
}
