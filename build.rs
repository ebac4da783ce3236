//! Generates the permission files of the commands and exposes the global guest script.

const COMMANDS: &[&str] = &["subscribe", "pull", "snapshot", "set", "inspect"];

fn main() {
    tauri_plugin::Builder::new(COMMANDS).build();
}
