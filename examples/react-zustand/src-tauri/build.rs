//! Lets Tauri check the configuration and the capabilities.

fn main() {
    // The pages are bundled by `npm run build`. Without them the crate still compiles (for checks and
    // lints of the whole workspace); its windows then show that the asset is missing.
    std::fs::create_dir_all("../dist").expect("dist can be created");
    println!("cargo::rerun-if-changed=../dist");

    tauri_build::build();
}
