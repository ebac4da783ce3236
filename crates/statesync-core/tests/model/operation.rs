//! What can happen in a model run.

use crate::{KEYS, PAGES};
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub enum Operation {
    Register {
        topic: usize,
    },
    Set {
        topic: usize,
        value: u64,
    },
    Add {
        topic: usize,
    },
    Refuse {
        topic: usize,
    },
    Panic {
        topic: usize,
    },
    CompareAndSet {
        topic: usize,
        behind: u64,
        value: u64,
    },
    Subscribe {
        page: usize,
        step: u64,
        topics: Vec<usize>,
    },
    Pull {
        page: usize,
        sees: bool,
        knows: bool,
    },
    Wait {
        ms: u64,
    },
    Flush,
    WindowGone {
        page: usize,
    },
    Remove {
        topic: usize,
    },
    /// A change that changes nothing.
    Keep {
        topic: usize,
    },
    Transact {
        values: Vec<(usize, u64)>,
        refused: bool,
    },
    PageSet {
        page: usize,
        topic: usize,
        behind: Option<u64>,
        value: u64,
    },
}

/// What JavaScript can hold.
fn value() -> impl Strategy<Value = u64> {
    0..(1u64 << 53) - 1000
}

pub fn operation() -> impl Strategy<Value = Operation> {
    use Operation::{
        Add, CompareAndSet, Flush, Keep, PageSet, Panic, Pull, Refuse, Register, Remove, Set, Subscribe,
        Transact, Wait, WindowGone,
    };
    let topic = || 0..KEYS.len();
    let page = || 0..PAGES;
    prop_oneof![
        1 => topic().prop_map(|topic| Register { topic }),
        2 => (topic(), value()).prop_map(|(topic, value)| Set { topic, value }),
        6 => topic().prop_map(|topic| Add { topic }),
        1 => topic().prop_map(|topic| Refuse { topic }),
        1 => topic().prop_map(|topic| Panic { topic }),
        1 => (topic(), 0..2u64, value())
            .prop_map(|(topic, behind, value)| CompareAndSet { topic, behind, value }),
        3 => (page(), 0..3u64, prop::collection::btree_set(topic(), 0..=KEYS.len()))
            .prop_map(|(page, step, topics)| Subscribe { page, step, topics: topics.into_iter().collect() }),
        8 => (page(), any::<bool>(), any::<bool>()).prop_map(|(page, sees, knows)| Pull { page, sees, knows }),
        2 => (0..3000u64).prop_map(|ms| Wait { ms }),
        8 => Just(Flush),
        1 => page().prop_map(|page| WindowGone { page }),
        1 => topic().prop_map(|topic| Remove { topic }),
        1 => topic().prop_map(|topic| Keep { topic }),
        2 => (prop::collection::vec((topic(), value()), 0..4), any::<bool>())
            .prop_map(|(values, refused)| Transact { values, refused }),
        4 => (page(), topic(), prop::option::of(0..2u64), value())
            .prop_map(|(page, topic, behind, value)| PageSet { page, topic, behind, value }),
    ]
}
