//! Embeds the pages, and declares the app's own command, so that capabilities decide which window may call it.

fn main() {
    // The pages are bundled by `npm run build`. Without them the crate still compiles; its windows then show that the
    // asset is missing.
    std::fs::create_dir_all("../dist").expect("examples/solid/dist can be created");
    println!("cargo::rerun-if-changed=../dist");

    let commands = tauri_build::AppManifest::new().commands(&["move_swatch"]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands))
        .expect("tauri.conf.json, the capabilities and the icons are valid");
}
