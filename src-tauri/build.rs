//! Resolves the window's permissions and embeds its configuration.

fn main() {
    // The folder stands outside the default place beside the manifest, and cargo would not see a change in it:
    // a permission that does not exist would then build without a word.
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("src-tauri/capabilities/**/*")
        .app_manifest(tauri_build::AppManifest::new().commands(&["call", "open_external", "save_file"]));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo:warning={error:#}");
        std::process::exit(1);
    }
}
