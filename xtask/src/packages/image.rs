//! The folder that `packaging/oci/Containerfile` makes an image of.

use super::{Tree, read};
use crate::run;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;

/// By which webhooks and mail servers are known; Debian's package ca-certificates makes it.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Fills `folder`, which must not be there: the program with the libraries it is linked to, and what it serves.
///
/// # Errors
///
/// When a library or the list of certificate authorities is not on this machine.
pub fn fill(
    folder: &Path,
    program: &Path,
    served: &[(String, Vec<u8>)],
    licences: &str,
    configuration: &[u8],
) -> Result<()> {
    let mut tree = Tree::default();
    tree.add_program("usr/bin/peer-support-server", fs::read(program)?);
    for library in libraries(program)? {
        let bytes = fs::read(&library).with_context(|| library.clone())?;
        tree.add_program(library.trim_start_matches('/'), bytes);
    }
    for (name, bytes) in served {
        tree.add(&format!("usr/share/peer-support/dist/{name}"), &bytes[..]);
    }
    tree.add(AUTHORITIES.trim_start_matches('/'), fs::read(AUTHORITIES).context(AUTHORITIES)?);
    tree.add("etc/nsswitch.conf", "hosts: files dns\n");
    tree.add("etc/peer-support/config.toml", configuration);
    tree.add("usr/share/doc/peer-support-server/THIRD-PARTY.txt", licences);
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        tree.add(&format!("usr/share/doc/peer-support-server/{name}"), read(name)?);
    }
    // Of an import, while it runs.
    tree.add_shared_folder("tmp");
    // A volume takes over whose folder it is; the server's user has no name, so everybody may write. It makes what it keeps
    // readable by itself alone.
    tree.add_shared_folder("var/lib/peer-support");
    fs::create_dir_all(folder.join("root"))?;
    tree.write(&folder.join("root"))
}

/// The paths of all libraries that the system would load with `program`, and of what loads them.
fn libraries(program: &Path) -> Result<Vec<String>> {
    let said = run::output(Command::new("ldd").arg(program))?;
    let mut paths: Vec<String> = Vec::new();
    for line in said.lines() {
        ensure!(!line.contains("not found"), "{}: {}", program.display(), line.trim());
        paths.extend(line.split_whitespace().find(|word| word.starts_with('/')).map(str::to_owned));
    }
    ensure!(!paths.is_empty(), "{} is linked to nothing: {said}", program.display());
    Ok(paths)
}
