//! The three topics, what is in them, and what windows may ask Rust to do with them. `src/statesync.ts` is generated from
//! this file.
//!
//! Keeps: the shape of everything the windows show, and which values are valid. Loses nothing: a value that does not fit is
//! refused when a window tries to write it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use statesync::TopicKey;
use ts_rs::TS;

/// The list both windows are about.
pub const TASKS: TopicKey<TaskList> = TopicKey::new("tasks");
/// What the person chose.
pub const SETTINGS: TopicKey<Settings> = TopicKey::new("settings");
/// What Rust makes of the list; no window writes it.
pub const SUMMARY: TopicKey<Summary> = TopicKey::new("summary").read_only();

/// Everything there is to do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskList {
    /// By id: a change made in a window meets the task it was made for, whatever was added or removed meanwhile.
    pub tasks: BTreeMap<u32, Task>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Task {
    pub title: String,
    pub done: bool,
    /// Whether somebody works on it now: Rust counts the time.
    pub running: bool,
    /// The time worked on it, in milliseconds.
    pub spent_ms: u64,
}

/// What the person chose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The name above the list.
    pub list_name: String,
    pub theme: Theme,
    /// Shows only what is left to do.
    pub hide_done: bool,
    /// How many tasks make a good day.
    pub goal: Goal,
}

/// How the windows look.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    /// Like the system.
    Auto,
    Light,
    Dark,
}

/// A number of tasks from 1 to 8. A window that writes any other one is refused.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(try_from = "u32", into = "u32")]
#[ts(type = "number")]
pub struct Goal(u32);

impl TryFrom<u32> for Goal {
    type Error = String;

    fn try_from(tasks: u32) -> Result<Self, String> {
        if (1..=8).contains(&tasks) {
            Ok(Self(tasks))
        } else {
            Err(format!("a goal is 1 to 8 tasks, not {tasks}"))
        }
    }
}

impl From<Goal> for u32 {
    fn from(goal: Goal) -> Self {
        goal.0
    }
}

/// The list in a few numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    pub open: u32,
    pub done: u32,
    /// The time worked on all tasks, in milliseconds.
    pub spent_ms: u64,
    /// The title of the task somebody works on.
    pub working_on: Option<String>,
}

/// What `add` needs to know.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct AddTask {
    pub title: String,
}

/// Adds a task and answers its id. Ids are given here, so that two windows cannot give the same one.
pub fn add(list: &mut TaskList, AddTask { title }: AddTask) -> Result<u32, &'static str> {
    let title = title.trim();
    if title.is_empty() {
        return Err("a task needs a title");
    }
    let id = list.tasks.last_key_value().map_or(0, |(id, _)| *id) + 1;
    list.tasks.insert(id, Task { title: title.to_owned(), done: false, running: false, spent_ms: 0 });
    Ok(id)
}

/// Removes what is done and answers how many tasks that were.
pub fn clear_done(list: &mut TaskList, (): ()) -> Result<usize, &'static str> {
    let before = list.tasks.len();
    list.tasks.retain(|_, task| !task.done);
    match before - list.tasks.len() {
        0 => Err("nothing is done yet"),
        removed => Ok(removed),
    }
}

impl TaskList {
    /// Something to begin with.
    pub fn example() -> Self {
        let titles = ["Water the plants", "Answer Nora", "Book the train", "Read chapter five"];
        let tasks = (1..).zip(titles).map(|(id, title)| {
            (id, Task { title: title.to_owned(), done: id == 2, running: false, spent_ms: 0 })
        });
        Self { tasks: tasks.collect() }
    }

    /// The list in a few numbers.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for task in self.tasks.values() {
            *(if task.done { &mut summary.done } else { &mut summary.open }) += 1;
            summary.spent_ms += task.spent_ms;
            if task.running {
                summary.working_on = Some(task.title.clone());
            }
        }
        summary
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { list_name: "Today".to_owned(), theme: Theme::Auto, hide_done: false, goal: Goal(3) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_never_given_twice_among_the_tasks_there_are() {
        let mut list = TaskList::example();
        assert_eq!(add(&mut list, AddTask { title: "  Sleep ".to_owned() }), Ok(5));
        assert_eq!(list.tasks[&5].title, "Sleep");
        assert!(add(&mut list, AddTask { title: "  ".to_owned() }).is_err());
        assert_eq!(list.tasks.len(), 5);
    }

    #[test]
    fn clearing_removes_what_is_done_and_counts_it() {
        let mut list = TaskList::example();
        assert_eq!(clear_done(&mut list, ()), Ok(1));
        assert!(clear_done(&mut list, ()).is_err());
        assert_eq!(list.summary(), Summary { open: 3, ..Summary::default() });
    }
}
