//! Embeds the pages, the capabilities and the icons.

fn main() {
    // The pages are bundled by `npm run build`. Without them the crate still compiles; its windows then show that the
    // asset is missing.
    std::fs::create_dir_all("../dist").expect("examples/svelte/dist can be created");
    println!("cargo::rerun-if-changed=../dist");

    tauri_build::try_build(tauri_build::Attributes::new())
        .expect("tauri.conf.json, the capabilities and the icons are valid");
}
