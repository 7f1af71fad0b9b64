//! Debian's package `rust-src`, unpacked for this checkout alone.
//!
//! The mirror is the one that the machine's apt uses, asked of apt itself. All that apt writes goes
//! into a folder of ours, and the archive's signature is checked against Debian's keyring.

use crate::{project, run};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's archives that carry recent compilers, the smallest index first.
const SUITES: [&str; 4] = ["trixie-backports", "stable-backports", "testing", "unstable"];

const KEYRINGS: [&str; 2] =
    ["/usr/share/keyrings/debian-archive-keyring.pgp", "/usr/share/keyrings/debian-archive-keyring.gpg"];

/// Puts the folder `library` of Rust `version` into `folder`, whole or not at all.
///
/// # Errors
///
/// When there is no apt, no Debian keyring, no mirror, or none with exactly this version.
pub fn download(version: &str, folder: &Path) -> Result<()> {
    let keyring = KEYRINGS
        .into_iter()
        .find(|path| Path::new(path).is_file())
        .context("Debian's keyring is missing (package debian-archive-keyring)")?;
    let mirrors = mirrors()?;
    let mut problems = Vec::new();
    for suite in SUITES {
        for mirror in &mirrors {
            let source = format!("deb [signed-by={keyring}] {mirror} {suite} main\n");
            match Apt::new(&source).and_then(|apt| apt.fetch(version)) {
                Ok(package) => return unpack(&package, folder),
                Err(error) => problems.push(format!("{mirror} {suite}: {error:#}")),
            }
        }
    }
    bail!("no Debian mirror gave rust-src {version}\n    {}", problems.join("\n    "))
}

/// The Debian mirrors in the machine's own settings, whichever way they are written down.
fn mirrors() -> Result<BTreeSet<String>> {
    let wanted = run::output(Command::new("apt-get").args(["update", "--print-uris"]))?;
    let mirrors: BTreeSet<String> = wanted.lines().filter_map(mirror_of).collect();
    if mirrors.is_empty() {
        bail!("apt's settings name no Debian mirror");
    }
    Ok(mirrors)
}

/// The mirror in a line such as `'http://mirror/debian/dists/trixie/InRelease' file-name 0`.
///
/// Security archives hold no other suites, and other distributions no Debian ones.
fn mirror_of(line: &str) -> Option<String> {
    let (mirror, file) = line.strip_prefix('\'')?.split_once("/dists/")?;
    let is_debian = mirror.ends_with("/debian") || mirror.starts_with("mirror+");
    (is_debian && file.contains("/InRelease'")).then(|| mirror.to_owned())
}

/// An apt with its own state: it neither reads nor changes the machine's lists and packages.
struct Apt {
    folder: PathBuf,
    options: Vec<OsString>,
}

impl Apt {
    fn new(source: &str) -> Result<Self> {
        let folder = project::tools().join("apt");
        for name in ["state/lists/partial", "cache/archives/partial", "no-parts"] {
            fs::create_dir_all(folder.join(name))?;
        }
        fs::write(folder.join("sources.list"), source)?;
        fs::write(folder.join("state/status"), "")?;

        let mut options = Vec::new();
        for (name, place) in [
            ("Dir::State", "state"),
            ("Dir::State::status", "state/status"),
            ("Dir::Cache", "cache"),
            ("Dir::Etc::sourcelist", "sources.list"),
            ("Dir::Etc::sourceparts", "no-parts"),
            ("Dir::Etc::preferences", "no-preferences"),
            ("Dir::Etc::preferencesparts", "no-parts"),
        ] {
            options.push("-o".into());
            let mut option = OsString::from(format!("{name}="));
            option.push(folder.join(place));
            options.push(option);
        }
        // apt's own low user could not write into a checkout.
        for setting in ["APT::Sandbox::User=root", "Acquire::Languages=none", "Acquire::http::Timeout=30"] {
            options.extend(["-o".into(), setting.into()]);
        }
        Ok(Self { folder, options })
    }

    /// Downloads the package whose upstream version is exactly `version`.
    fn fetch(&self, version: &str) -> Result<PathBuf> {
        eprintln!("setup: looking for Debian's rust-src {version}");
        run::output(self.command("apt-get").args(["-qq", "update"]))?;
        let offered = run::output(self.command("apt-cache").args(["madison", "rust-src"]))?;
        let exact = offered
            .lines()
            .filter_map(|line| line.split('|').nth(1).map(str::trim))
            .find(|offer| offer.split(['+', '-', '~']).next() == Some(version))
            .with_context(|| format!("has no rust-src {version}"))?;

        let downloads = self.folder.join("downloads");
        if downloads.exists() {
            fs::remove_dir_all(&downloads)?;
        }
        fs::create_dir_all(&downloads)?;
        let package = format!("rust-src={exact}");
        run::output(self.command("apt-get").args(["-qq", "download", &package]).current_dir(&downloads))?;
        let file = fs::read_dir(&downloads)?.next().context("apt-get downloaded nothing")??;
        Ok(file.path())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.args(&self.options);
        command
    }
}

fn unpack(package: &Path, folder: &Path) -> Result<()> {
    let raw = project::tools().join("rust-src-unpacking");
    if raw.exists() {
        fs::remove_dir_all(&raw)?;
    }
    run::output(Command::new("dpkg-deb").arg("-x").arg(package).arg(&raw))?;
    let rust = fs::read_dir(raw.join("usr/src"))?.next().context("Debian's rust-src is empty")??;

    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    fs::rename(rust.path().join("library"), folder.join("library")).context("rust-src holds no library")?;
    fs::remove_dir_all(&raw)?;
    fs::remove_file(package)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::mirror_of;

    #[test]
    fn the_mirror_is_read_from_what_apt_would_fetch() {
        let line = "'http://mirror.example/debian/dists/bookworm/InRelease' mirror.example_InRelease 0 ";

        assert_eq!(mirror_of(line).as_deref(), Some("http://mirror.example/debian"));
    }

    #[test]
    fn security_archives_and_other_distributions_are_no_mirror() {
        for line in [
            "'http://mirror.example/debian-security/dists/bookworm-security/InRelease' x 0 ",
            "'http://mirror.example/ubuntu/dists/noble/InRelease' x 0 ",
            "'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' x 0 ",
            "",
        ] {
            assert_eq!(mirror_of(line), None, "{line}");
        }
    }
}
