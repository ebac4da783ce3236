//! Embeds the pages and the capabilities.

fn main() {
    // The pages are bundled by `npm run build`. Without them the crate still compiles (for checks and
    // lints of the whole workspace); its windows then never say hello.
    std::fs::create_dir_all("dist").expect("tests/e2e/dist can be created");
    println!("cargo::rerun-if-changed=dist");
    tauri_build::build();
}
