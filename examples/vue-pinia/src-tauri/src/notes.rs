//! Notes come and go while the app runs: each is a topic of its family.
//!
//! Keeps nothing. Loses a note's text with the note.

use statesync::StateSyncExt;
use tauri::{AppHandle, Runtime};

use crate::topics::{Entry, NOTE, NOTEBOOK, Note};

/// Why a note could not be made or removed, in words for a person.
type Refusal = String;

/// Makes the topic of a note. From now on its words are counted whenever its text changes.
pub fn register<R: Runtime>(app: &AppHandle<R>, id: u32, text: &str) -> Result<(), Refusal> {
    let key = NOTE.key(id).map_err(|error| error.to_string())?;
    let note = app.statesync().register(key.clone(), Note::new(text)).map_err(|error| error.to_string())?;
    let counted = move |_: &Note, _| {
        // Counting changes the note once more, and is called once more: then nothing changes.
        let _ = note.update_if_changed(Note::count);
    };
    app.statesync().on_change(key, counted).map_err(|error| error.to_string())?.forever();
    Ok(())
}

/// Makes an empty note and opens it. Answers its id.
///
/// The note is there before the notebook names it: no window looks for what is not there yet.
#[tauri::command]
pub async fn new_note<R: Runtime>(app: AppHandle<R>) -> Result<u32, Refusal> {
    let notebook = app.statesync().topic(NOTEBOOK).map_err(|error| error.to_string())?;
    let id = notebook.get().unused_id();
    register(&app, id, "")?;
    notebook
        .update(|notebook| {
            notebook.notes.insert(id, Entry { title: format!("Note {id}"), pinned: false });
            notebook.open = id;
        })
        .map_err(|error| error.to_string())?;
    Ok(id)
}

/// Removes a note; the first of those that are left is open then. The last one stays.
///
/// The notebook forgets the note before its topic is removed: no window shows what is not there any more.
#[tauri::command]
pub async fn delete_note<R: Runtime>(app: AppHandle<R>, id: u32) -> Result<(), Refusal> {
    let notebook = app.statesync().topic(NOTEBOOK).map_err(|error| error.to_string())?;
    notebook
        .try_update(|notebook| {
            if notebook.notes.len() == 1 {
                return Err("a notebook has at least one note".to_owned());
            }
            notebook.notes.remove(&id);
            if notebook.open == id {
                notebook.open = notebook.notes.keys().next().copied().unwrap_or(id);
            }
            Ok(())
        })
        .map_err(|error| error.to_string())?;
    let key = NOTE.key(id).map_err(|error| error.to_string())?;
    app.statesync().remove(key).map_err(|error| error.to_string())
}
