//! The state both contenders carry: a few numbers, a text, and as many items as its size asks for.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a window holds. The same type, and the same bytes of JSON, for both contenders.
#[derive(Clone, Serialize, Deserialize)]
pub struct State {
    /// Which change this is.
    pub count: u64,
    /// The change that the windows report when they have applied it.
    pub goal: u64,
    title: String,
    /// Large, and not what changes here: behind an `Arc` an update copies the pointer, not the list.
    items: Arc<[Item]>,
}

/// As on a list of things to do or to buy: short texts, numbers, a flag.
#[derive(Serialize, Deserialize)]
struct Item {
    id: u32,
    title: String,
    done: bool,
    count: u32,
    price: f64,
}

impl Item {
    fn number(id: u32) -> Self {
        Self {
            id,
            title: format!("Item {id}"),
            done: id.is_multiple_of(3),
            count: 1 + id % 9,
            price: f64::from(id % 2_000) / 4.0,
        }
    }
}

impl State {
    /// A state whose JSON has that many bytes, while count and goal have one digit.
    pub fn of_size(bytes: usize) -> Self {
        let mut state = Self { count: 0, goal: 0, title: String::new(), items: Arc::default() };
        let mut left = bytes.saturating_sub(json_bytes(&state));
        let mut items = Vec::new();
        for item in (0..).map(Item::number) {
            // All but the first have a comma before them.
            let bytes = json_bytes(&item) + usize::from(!items.is_empty());
            if bytes > left {
                break;
            }
            left -= bytes;
            items.push(item);
        }
        state.items = items.into();
        state.title = "t".repeat(left);
        state
    }

    /// The next change, reported only when it is the goal.
    pub fn change(&mut self, goal: u64) {
        self.count += 1;
        self.goal = goal;
    }
}

fn json_bytes(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(0, |json| json.len())
}

#[cfg(test)]
mod tests {
    use super::{State, json_bytes};

    #[test]
    fn a_state_has_the_size_it_was_asked_for() {
        for bytes in [128, 1_000, 10_000, 1_000_000] {
            assert_eq!(json_bytes(&State::of_size(bytes)), bytes);
        }
    }
}
