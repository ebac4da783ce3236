//! The three commands an app writes for the guest's file backend: save, load and clear one real file.
//!
//! Keeps: one file for each name, until the program ends. Loses nothing else: a save is written beside the file and then
//! takes its name.

use crate::folder;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

pub fn path(file: &str) -> PathBuf {
    folder::of("files").join(format!("{file}.json"))
}

#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands arguments over by value.
pub fn save_file(file: String, snapshot: Value) -> Result<(), String> {
    let path = path(&file);
    let beside = path.with_extension("new");
    fs::create_dir_all(folder::of("files"))
        .and_then(|()| fs::write(&beside, snapshot.to_string()))
        .and_then(|()| fs::rename(&beside, &path))
        .map_err(|error| error.to_string())
}

#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands arguments over by value.
pub fn load_file(file: String) -> Result<Option<Value>, String> {
    let path = path(&file);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| format!("{file} is no JSON: {error}"))
}

#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands arguments over by value.
pub fn clear_file(file: String) -> Result<(), String> {
    fs::remove_file(path(&file)).map_err(|error| error.to_string())
}
