//! A notebook in two windows: one arranges notes and writes in them, the other one shows the open note and nothing else.
//!
//! Everything the windows show lives in topics (`topics`): the notebook, and one for each note (`notes`). Windows write them
//! through the plugin; Rust counts words. Nothing here sends anything to a window; that is the plugin's job.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod notes;
mod topics;

use std::collections::BTreeMap;

use topics::{Entry, NOTE, NOTEBOOK, Notebook};

/// Title and text of the notes to begin with.
const BEGINNING: [(&str, &str); 3] = [
    (
        "The lighthouse",
        "The keeper counts the ships by their lights. Tonight there are four, and then there are five.",
    ),
    ("Soup for six", "Two onions, six carrots, a leek. Slow fire. Salt at the very end."),
    ("Letter to Ada", "Dear Ada,\n\nthe garden has decided to be a meadow this year, and I let it."),
];

/// The app's topics and actions, declared once: the plugin and `src/statesync.ts` are both made of this.
fn declared() -> statesync::Builder {
    let entries = BEGINNING.map(|(title, _)| Entry { title: title.to_owned(), pinned: false });
    let notes: BTreeMap<u32, Entry> = (1..).zip(entries).collect();
    statesync::Builder::new()
        .topic(NOTEBOOK, Notebook { title: "My notebook".to_owned(), open: 1, notes })
        .family(NOTE)
        .action(NOTE, "replace", topics::replace)
}

fn main() {
    tauri::Builder::default()
        .plugin(declared().build())
        .invoke_handler(tauri::generate_handler![notes::new_note, notes::delete_note])
        .setup(|app| {
            for (id, (_, text)) in (1..).zip(BEGINNING) {
                notes::register(app.handle(), id, text)?;
            }
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("the notebook runs");
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_pages_have_the_types_of_today() {
        super::declared().typescript().check("../src/statesync.ts").unwrap();
    }
}
