//! Where things lie in this checkout.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The folder of the workspace.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        // Asked at run time, so that a moved checkout does not run on the old folder.
        let here = env::var_os("CARGO_MANIFEST_DIR")
            .map(PathBuf::from)
            .or_else(|| env::current_dir().ok())
            .unwrap_or_default();
        here.ancestors().find(|folder| folder.join("Cargo.lock").is_file()).unwrap_or(&here).to_path_buf()
    });
    &ROOT
}

/// Names another folder than `target` for all that is made: `cargo xtask release --check` builds there a second time.
pub const TARGET_FOLDER: &str = "PEER_SUPPORT_TARGET";

/// Everything made by a command; may be deleted at any time.
pub fn target() -> PathBuf {
    env::var_os(TARGET_FOLDER).map_or_else(|| root().join("target"), PathBuf::from)
}

/// What setup installs for this checkout alone.
pub fn tools() -> PathBuf {
    root().join("target/tools")
}
