//! Debian's package of the server, without Debian's tools: an `ar` of two archives and a version.

use super::{Tree, packed, read};
use anyhow::{Context, Result, bail, ensure};
use flate2::Compression;
use std::env::{self, consts::ARCH};

/// The name of the file without its ending, as other tools expect it: `peer-support-server_0.1.0_amd64`.
///
/// # Errors
///
/// When Debian has no name for this kind of machine, or none that we know.
pub fn name() -> Result<String> {
    Ok(format!("{NAME}_{}_{}", env!("CARGO_PKG_VERSION"), architecture()?))
}

const NAME: &str = "peer-support-server";

/// Files that an upgrade leaves as their owner changed them.
const CONFFILES: &str = "/etc/peer-support/config.toml\n";

/// The package.
pub struct Package<'a> {
    /// The server.
    pub program: &'a [u8],
    /// What it serves, by path.
    pub served: &'a [(String, Vec<u8>)],
    /// Licences of all that is in the program.
    pub licences: &'a str,
    /// What the archive says of when its files are from, in Unix seconds.
    pub epoch: u64,
    pub compression: Compression,
}

impl Package<'_> {
    /// Its bytes.
    ///
    /// # Errors
    ///
    /// When a part of it is not there.
    pub fn build(&self) -> Result<Vec<u8>> {
        let data = self.data()?;
        let control = control(self.program, data.size())?;
        let mut package = b"!<arch>\n".to_vec();
        self.member(&mut package, "debian-binary", b"2.0\n");
        self.member(&mut package, "control.tar.gz", &self.packed(&control.tar(self.epoch)?)?);
        self.member(&mut package, "data.tar.gz", &self.packed(&data.tar(self.epoch)?)?);
        Ok(package)
    }

    fn data(&self) -> Result<Tree> {
        let mut tree = Tree::default();
        tree.add_program("usr/bin/peer-support-server", self.program);
        for (name, bytes) in self.served {
            tree.add(&format!("usr/share/peer-support/dist/{name}"), &bytes[..]);
        }
        tree.add(
            "usr/lib/systemd/system/peer-support.service",
            read("packaging/systemd/peer-support.service")?,
        );
        tree.add(
            "usr/lib/sysusers.d/peer-support.conf",
            read("packaging/systemd/peer-support.sysusers.conf")?,
        );
        // Secrets of webhooks may stand in it; the script that runs after installing gives it to the server's group.
        tree.add_private("etc/peer-support/config.toml", read("packaging/debian/config.toml")?);
        let documents = format!("usr/share/doc/{NAME}");
        tree.add(&format!("{documents}/example.toml"), read("server/example.toml")?);
        tree.add(&format!("{documents}/changelog.gz"), self.packed(&read("CHANGELOG.md")?)?);
        let mut copyright =
            b"peer-support may be used under the terms of the MIT licence or of the Apache License 2.0, \
            at your option.\n\n"
                .to_vec();
        copyright.extend(read("LICENSE-MIT")?);
        copyright.extend(b"\n\n");
        copyright.extend(read("LICENSE-APACHE")?);
        tree.add(&format!("{documents}/copyright"), copyright);
        tree.add(&format!("{documents}/THIRD-PARTY.txt"), self.licences);
        for name in ["nginx.conf", "apache.conf", "Caddyfile"] {
            tree.add(&format!("{documents}/proxies/{name}"), read(&format!("packaging/proxies/{name}"))?);
        }
        Ok(tree)
    }

    fn packed(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        packed(bytes, self.compression)
    }

    fn member(&self, package: &mut Vec<u8>, name: &str, bytes: &[u8]) {
        let head =
            format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", self.epoch, 0, 0, "100644", bytes.len());
        package.extend(head.as_bytes());
        package.extend(bytes);
        if bytes.len() % 2 == 1 {
            package.push(b'\n');
        }
    }
}

fn control(program: &[u8], size: usize) -> Result<Tree> {
    let description = format!(
        "Package: {NAME}\n\
        Version: {}\n\
        Architecture: {}\n\
        Maintainer: {}\n\
        Installed-Size: {}\n\
        Depends: libc6 (>= 2.{}), libgcc-s1, passwd\n\
        Recommends: ca-certificates\n\
        Suggests: nginx | httpd, postgresql\n\
        Section: web\n\
        Priority: optional\n\
        Description: server of peer-support panels\n \
        The API, the database, the moderators' page and the files of a support panel that\n \
        any website embeds: helplines of the visitor's country, and a moderated, anonymous\n \
        place to write.\n",
        env!("CARGO_PKG_VERSION"),
        architecture()?,
        maintainer(env::var("DEBFULLNAME").ok(), env::var("DEBEMAIL").ok())?,
        size.div_ceil(1024),
        needed_glibc(program).context("the program names no version of glibc")?,
    );
    let mut tree = Tree::default();
    tree.add("control", description);
    tree.add("conffiles", CONFFILES);
    for script in ["postinst", "prerm", "postrm"] {
        tree.add_program(script, read(&format!("packaging/debian/{script}"))?);
    }
    Ok(tree)
}

/// Who answers for the package: whoever publishes it says so, as Debian's own tools are told. Otherwise an address that every
/// reader and program knows to be none, because nobody answers for what somebody builds.
fn maintainer(name: Option<String>, email: Option<String>) -> Result<String> {
    let Some(email) = email else { return Ok("Whoever built it <nobody@example.invalid>".to_owned()) };
    let name = name.unwrap_or_else(|| "The peer-support authors".to_owned());
    ensure!(
        email.contains('@') && ![&name, &email].into_iter().any(|text| text.contains(['\n', '<', '>'])),
        "DEBFULLNAME={name} and DEBEMAIL={email} are no name and address"
    );
    Ok(format!("{name} <{email}>"))
}

/// The newest `GLIBC_2.N` that a program asks for.
fn needed_glibc(program: &[u8]) -> Option<u32> {
    let text = String::from_utf8_lossy(program);
    let numbers = text.split("GLIBC_2.").skip(1).filter_map(|rest| {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse::<u32>().ok()
    });
    numbers.max()
}

fn architecture() -> Result<&'static str> {
    ensure!(cfg!(target_os = "linux"), "Debian's package is built on Linux");
    Ok(match ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => bail!("Debian's name of {other} is not known here"),
    })
}

#[cfg(test)]
mod tests {
    use super::{maintainer, needed_glibc};

    #[test]
    fn whoever_publishes_a_package_says_who_answers_for_it() {
        let said = |name: Option<&str>, email: Option<&str>| {
            maintainer(name.map(str::to_owned), email.map(str::to_owned)).ok()
        };

        assert_eq!(
            said(Some("Rowan House"), Some("it@rowan.example")).as_deref(),
            Some("Rowan House <it@rowan.example>")
        );
        assert_eq!(
            said(None, Some("it@rowan.example")).as_deref(),
            Some("The peer-support authors <it@rowan.example>")
        );
        assert!(said(Some("Rowan House"), None).unwrap().ends_with(".invalid>"));
        for [name, email] in [["Rowan\nDepends: x", "it@rowan.example"], ["Rowan House", "it"]] {
            assert_eq!(said(Some(name), Some(email)), None, "{name} {email}");
        }
    }

    #[test]
    fn the_newest_glibc_that_is_asked_for_counts() {
        assert_eq!(needed_glibc(b"..GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.9\0"), Some(34));
        assert_eq!(needed_glibc(b"static"), None);
    }
}
