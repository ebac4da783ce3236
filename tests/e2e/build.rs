//! Embeds the pages and the capabilities.

fn main() {
    // The pages are bundled by `npm run build`. Without them the crate still compiles (for checks and
    // lints of the whole workspace); its windows then never say hello.
    std::fs::create_dir_all("dist").expect("tests/e2e/dist can be created");
    println!("cargo::rerun-if-changed=dist");
    // The global script is embedded too.
    println!("cargo::rerun-if-changed=../../api-iife.js");
    tauri_build::build();
}
