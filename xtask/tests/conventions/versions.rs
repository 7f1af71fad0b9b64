//! Versions that must agree.

use crate::table;

/// The version of `package` in Cargo.lock.
fn locked(package: &str) -> String {
    let lock = table("Cargo.lock");
    let packages = lock["package"].as_array().expect("a lock file lists packages");
    let versions: Vec<_> = packages.iter().filter(|entry| entry["name"].as_str() == Some(package)).collect();
    assert_eq!(versions.len(), 1, "{package} must be in Cargo.lock once");
    versions[0]["version"].as_str().expect("a package has a version").to_owned()
}

#[test]
fn wasm_bindgen_and_what_reads_its_output_are_of_one_version() {
    let version = locked("wasm-bindgen");

    assert_eq!(locked("wasm-bindgen-cli-support"), version);
    assert_eq!(locked("wasm-bindgen-cli"), version);
    for reader in ["wasm-bindgen-cli-support", "wasm-bindgen-cli"] {
        let wanted = &table("xtask/Cargo.toml")["dependencies"][reader];
        let wanted = wanted.get("version").unwrap_or(wanted).as_str();
        assert_eq!(wanted, Some(format!("={version}").as_str()), "{reader} must be pinned");
    }
}

#[test]
fn the_npm_package_is_of_the_workspaces_version() {
    let package = crate::read(&crate::root().join("pkg-template/package.json"));
    let package: serde_json::Value = serde_json::from_str(&package).unwrap();

    assert_eq!(package["version"].as_str(), table("Cargo.toml")["workspace"]["package"]["version"].as_str());
}
