//! What answering a page costs: nothing new, or a snapshot whose JSON is there already or not.

use crate::page::Page;
use crate::rounds::Rounds;
use crate::value::{LARGE, Large, SMALL, Small};
use statesync_core::Registry;
use std::hint::black_box;
use std::time::{Duration, Instant};

const GROUP: &str = "pull";

pub fn measure(rounds: &mut Rounds) {
    let registry = Registry::new("bench");
    registry.register(SMALL, Small::default()).expect("new");
    let large = registry.register(LARGE, Large::new()).expect("new");
    let mut small_page = Page::subscribe(&registry, 0, &[SMALL.name()]);
    let mut large_page = Page::subscribe(&registry, 1, &[LARGE.name()]);

    rounds.work(GROUP, "small snapshot, JSON there", None, || small_page.pull(&registry));
    small_page.knows(&registry, "1");
    rounds.work(GROUP, "unchanged", None, || small_page.pull(&registry));
    rounds.work(GROUP, "100 KB snapshot, JSON there", None, || large_page.pull(&registry));
    rounds.timed(GROUP, "100 KB snapshot, first pull of a revision", None, |times| {
        let mut time = Duration::ZERO;
        for _ in 0..times {
            large.update(|large| large.count += 1).expect("an update");
            let start = Instant::now();
            black_box(large_page.pull(&registry));
            time += start.elapsed();
        }
        time
    });
}
