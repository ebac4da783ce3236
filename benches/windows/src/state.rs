//! The state both contenders carry: a few numbers, a text, and as many rows as its size asks for.

use serde::{Deserialize, Serialize};

/// What a window shows. The same type, and the same bytes of JSON, for both contenders.
#[derive(Clone, Serialize, Deserialize)]
pub struct State {
    /// Which change this is.
    pub count: u64,
    /// The change that the windows report when they show it.
    pub goal: u64,
    title: String,
    rows: Vec<Row>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Row {
    id: u32,
    name: String,
    share: f64,
}

impl State {
    /// A state whose JSON has that many bytes, while count and goal have one digit.
    pub fn of_size(bytes: usize) -> Self {
        let mut state = Self { count: 0, goal: 0, title: String::new(), rows: Vec::new() };
        let mut left = bytes.saturating_sub(json_bytes(&state));
        for id in 0.. {
            let row = Row { id, name: format!("row {id:06} {}", "x".repeat(52)), share: f64::from(id) / 7.0 };
            let row_bytes = json_bytes(&row) + 1;
            if row_bytes > left {
                break;
            }
            left -= row_bytes;
            state.rows.push(row);
        }
        // The first row has no comma before it.
        let comma = usize::from(!state.rows.is_empty());
        state.title = "t".repeat(left + comma);
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
