//! Embeds the page and the capabilities.

fn main() {
    println!("cargo::rerun-if-changed=page");
    // The global script is embedded too.
    println!("cargo::rerun-if-changed=../../api-iife.js");
    tauri_build::build();
}
