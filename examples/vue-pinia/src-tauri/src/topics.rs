//! The topics, what is in them, and what windows may ask Rust to do with them. `src/statesync.ts` is generated from this
//! file.
//!
//! Keeps: the shape of everything the windows show. Loses nothing: a value that does not fit is refused when a window tries
//! to write it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use statesync::{TopicFamily, TopicKey};
use ts_rs::TS;

/// What there is to read, and which note is open.
pub const NOTEBOOK: TopicKey<Notebook> = TopicKey::new("notebook");
/// The text of each note, a topic of its own: a window pulls the note it shows and no other one.
pub const NOTE: TopicFamily<Note> = TopicFamily::new("note:{id}");

/// A book of notes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Notebook {
    pub title: String,
    /// The note that both windows show.
    pub open: u32,
    /// By id: a change made in a window meets the note it was made for, whatever was added or removed meanwhile.
    pub notes: BTreeMap<u32, Entry>,
}

/// A note in the table of contents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    pub title: String,
    /// Pinned notes come first.
    pub pinned: bool,
}

/// What is written in a note.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Note {
    pub text: String,
    /// How many words it shall have.
    pub goal: u32,
    /// Counted by Rust, soon after every change of the text.
    pub words: u32,
    /// Counted by Rust, as the words are.
    pub characters: u32,
}

/// What `replace` needs to know.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct Replace {
    pub find: String,
    /// What stands there instead.
    pub with: String,
}

/// Replaces every occurrence in the text and answers how many there were.
pub fn replace(note: &mut Note, Replace { find, with }: Replace) -> Result<usize, &'static str> {
    if find.is_empty() {
        return Err("say what to look for");
    }
    let found = note.text.matches(&find).count();
    note.text = note.text.replace(&find, &with);
    Ok(found)
}

impl Notebook {
    /// An id no note has.
    pub fn unused_id(&self) -> u32 {
        self.notes.last_key_value().map_or(0, |(id, _)| *id) + 1
    }
}

impl Note {
    /// A note with its words counted.
    pub fn new(text: &str) -> Self {
        let mut note = Self { text: text.to_owned(), goal: 40, ..Self::default() };
        note.count();
        note
    }

    /// Makes the counts right.
    pub fn count(&mut self) {
        let counted = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.words = counted(self.text.split_whitespace().count());
        self.characters = counted(self.text.chars().count());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacing_answers_how_often_and_refuses_to_look_for_nothing() {
        let mut note = Note::new("a cat and a hat");
        let cats = Replace { find: "a ".to_owned(), with: "one ".to_owned() };
        assert_eq!(replace(&mut note, cats), Ok(2));
        assert_eq!(note.text, "one cat and one hat");
        assert!(replace(&mut note, Replace { find: String::new(), with: "x".to_owned() }).is_err());
    }

    #[test]
    fn words_and_characters_are_counted_as_people_do() {
        let note = Note::new("Grüße,\n  Zoë ");
        assert_eq!((note.words, note.characters), (2, 13));
    }
}
