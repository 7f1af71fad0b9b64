//! The panel in a frame: both sides of it, the page inside, and what chooses between frame and page.

use super::minify;
use crate::project;
use anyhow::{Context, Result, ensure};
use std::fs;

/// The name of the default export of wasm-bindgen's glue, in `start.js`.
const INIT: &str = "__PEER_SUPPORT_INIT__";

pub(super) fn read(name: &str) -> Result<String> {
    let file = project::root().join("pkg-template").join(name);
    fs::read_to_string(file).with_context(|| format!("pkg-template/{name}"))
}

/// The panel's glue with `start.js` behind it, which the loader calls.
///
/// # Errors
///
/// When the glue has no default export under a name.
pub fn with_start(glue: Vec<u8>) -> Result<Vec<u8>> {
    let glue = String::from_utf8(glue).context("the glue is no UTF-8")?;
    let (before, _) = glue.rsplit_once(" as default").context("the glue has no default export")?;
    let init =
        before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).next().unwrap_or_default();
    ensure!(!init.is_empty(), "the glue's default export has no name");
    let start = read("start.js")?;
    ensure!(start.matches(INIT).count() == 1, "pkg-template/start.js must hold {INIT} once");
    let start = minify::module(&start.replace(INIT, init))?;
    Ok(format!("{glue}\n{start}").into_bytes())
}

/// One side: `frame` in the host page, `framed` inside.
///
/// # Errors
///
/// When it is no JavaScript.
pub fn side(name: &str) -> Result<Vec<u8>> {
    Ok(minify::module(&read(&format!("{name}.js"))?)?.into_bytes())
}

/// The page inside, with `__PANEL__` for what the names of the panel's files begin with, and `__ORIGINS__`, which the server
/// fills in.
///
/// # Errors
///
/// When it cannot be read.
pub fn page() -> Result<String> {
    read("frame.html")
}

#[cfg(test)]
mod tests {
    use super::with_start;

    #[test]
    fn the_glue_gains_what_the_loader_calls() {
        for glue in [
            "function mount(){}async function N(){}export{N as default};",
            "export { initSync, __wbg_init as default };",
        ] {
            let name = if glue.contains('N') { "N" } else { "__wbg_init" };

            let whole = String::from_utf8(with_start(glue.into()).unwrap()).unwrap();

            assert!(whole.starts_with(glue));
            assert!(whole.contains(&format!("{name}({{module_or_path:")), "{whole}");
            assert!(whole.contains("start"), "{whole}");
        }
        assert!(with_start("export default 1".into()).is_err());
    }
}
