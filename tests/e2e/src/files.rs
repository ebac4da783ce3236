//! The three commands an app writes for the guest's file backend: save, load and clear one real file.
//!
//! Keeps: one file for each name, in a folder of this process below the system's temporary one, until the program ends.
//! Loses nothing else: a save is written beside the file and then takes its name.

use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use tauri::State;

/// Where the files are.
pub struct Files(PathBuf);

impl Files {
    /// A folder of our own. It is made by the first save.
    pub fn new() -> Self {
        Self(std::env::temp_dir().join(format!("statesync-e2e-{}", std::process::id())))
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.0.join(format!("{file}.json"))
    }

    /// Removes the folder with everything in it.
    pub fn remove(&self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands arguments over by value.
pub fn save_file(files: State<'_, Files>, file: String, snapshot: Value) -> Result<(), String> {
    let path = files.path(&file);
    let beside = path.with_extension("new");
    fs::create_dir_all(&files.0)
        .and_then(|()| fs::write(&beside, snapshot.to_string()))
        .and_then(|()| fs::rename(&beside, &path))
        .map_err(|error| error.to_string())
}

#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands arguments over by value.
pub fn load_file(files: State<'_, Files>, file: String) -> Result<Option<Value>, String> {
    let path = files.path(&file);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| format!("{file} is no JSON: {error}"))
}

#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands arguments over by value.
pub fn clear_file(files: State<'_, Files>, file: String) -> Result<(), String> {
    fs::remove_file(files.path(&file)).map_err(|error| error.to_string())
}
