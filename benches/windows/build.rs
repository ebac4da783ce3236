//! Embeds the page and the capability.

fn main() {
    // The page is bundled by `npm run build`. Without it the crate still compiles (for checks and lints
    // of the whole workspace); its windows then never get ready.
    std::fs::create_dir_all("dist").expect("benches/windows/dist can be created");
    println!("cargo::rerun-if-changed=dist");
    tauri_build::build();
}
