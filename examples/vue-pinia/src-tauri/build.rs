//! Declares the app's own commands, so that capabilities decide which window may call them.

fn main() {
    // The pages are bundled by `npm run build`. Without them the crate still compiles (for checks and
    // lints of the whole workspace); its windows then show that the asset is missing.
    std::fs::create_dir_all("../dist").expect("dist can be created");
    println!("cargo::rerun-if-changed=../dist");

    let commands = tauri_build::AppManifest::new().commands(&["new_note", "delete_note"]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands))
        .expect("tauri.conf.json, the capabilities and the icons are valid");
}
