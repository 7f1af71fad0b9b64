//! Files as they are sent: named by their content, compressed once, listed with sizes and digests.

use crate::project;
use anyhow::{Context, Result};
use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use brotli::enc::BrotliEncoderParams;
use brotli::enc::backward_references::BrotliEncoderMode;
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use sha2::{Digest, Sha256, Sha384};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// One file as it is sent.
#[derive(Clone, Debug, Serialize)]
pub struct Asset {
    /// What it is, whatever its content: `widget.wasm`.
    pub name: String,
    /// Where it lies under `target/dist`, and under the server's root.
    pub path: String,
    /// Bytes as they are.
    pub raw: usize,
    /// Bytes by gzip.
    pub gz: usize,
    /// Bytes by brotli.
    pub br: usize,
    /// For the attribute `integrity`.
    pub sri: String,
}

/// The folder that is sent, while it is put together.
pub struct Dist {
    folder: PathBuf,
    assets: Vec<Asset>,
}

impl Dist {
    /// Starts anew in `folder`.
    ///
    /// # Errors
    ///
    /// When the folder cannot be emptied.
    pub fn new(folder: &Path) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), assets: Vec::new() })
    }

    /// Adds a file whose path says its content, so that it can be kept forever; returns that path.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn add_hashed(&mut self, name: &str, bytes: Vec<u8>) -> Result<String> {
        let (stem, extension) = name.rsplit_once('.').context("an asset has an extension")?;
        let path = format!("assets/{stem}-{}.{extension}", short_digest(&bytes));
        self.put(name, &path, &bytes)?;
        Ok(path)
    }

    /// Adds files that belong together under one stem that says the content of all; returns that stem. A file's name is
    /// what stands behind the stem: `.js`, `/names.txt`.
    ///
    /// # Errors
    ///
    /// When one cannot be written.
    pub fn add_together(&mut self, name: &str, files: Vec<(String, Vec<u8>)>) -> Result<String> {
        let mut all = Vec::new();
        for (file, bytes) in &files {
            all.extend(format!("{file} {}\n", bytes.len()).into_bytes());
            all.extend(bytes);
        }
        let stem = format!("assets/{name}-{}", short_digest(&all));
        for (file, bytes) in files {
            self.put(&format!("{name}{file}"), &format!("{stem}{file}"), &bytes)?;
        }
        Ok(stem)
    }

    /// Adds a file under its own name.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn add(&mut self, path: &str, bytes: Vec<u8>) -> Result<()> {
        self.put(path, path, &bytes)
    }

    /// Adds a file that is sent as it is and not listed: a page.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn add_page(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let file = self.folder.join(path);
        fs::create_dir_all(file.parent().context("a page lies in a folder")?)?;
        fs::write(&file, bytes).with_context(|| format!("could not write {}", file.display()))
    }

    /// As [`add_page`](Self::add_page), also compressed: a long page.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn add_long_page(&self, path: &str, bytes: &[u8]) -> Result<[usize; 2]> {
        let [gz, br] = remember("compress 5", bytes, || Ok([gzip(bytes)?, brotli(bytes)?]))?;
        self.add_page(path, bytes)?;
        self.add_page(&format!("{path}.gz"), &gz)?;
        self.add_page(&format!("{path}.br"), &br)?;
        Ok([gz.len(), br.len()])
    }

    /// Writes `manifest.json` and moves everything to `place`, in one step.
    ///
    /// # Errors
    ///
    /// When it cannot be moved.
    pub fn finish(mut self, place: &Path) -> Result<Self> {
        let manifest = serde_json::to_vec_pretty(&serde_json::json!({ "assets": self.assets }))?;
        self.add_page("manifest.json", &manifest)?;
        let old = place.with_extension("old");
        if old.exists() {
            fs::remove_dir_all(&old)?;
        }
        if place.exists() {
            fs::rename(place, &old)?;
        }
        fs::rename(&self.folder, place).with_context(|| format!("could not make {}", place.display()))?;
        if old.exists() {
            fs::remove_dir_all(&old)?;
        }
        self.folder = place.to_owned();
        Ok(self)
    }

    /// What was added, in that order.
    pub fn assets(&self) -> &[Asset] {
        &self.assets
    }

    /// Name and sizes of each file, those of a folder in one row.
    pub fn table(&self) -> String {
        let mut rows: Vec<(String, [usize; 3])> = Vec::new();
        for asset in &self.assets {
            let name =
                asset.name.split_once('/').map_or(asset.name.clone(), |(folder, _)| format!("{folder}/"));
            let sizes = [asset.raw, asset.gz, asset.br];
            match rows.last_mut() {
                Some((last, sums)) if *last == name => {
                    for (sum, size) in sums.iter_mut().zip(sizes) {
                        *sum += size;
                    }
                }
                _ => rows.push((name, sizes)),
            }
        }
        let mut table = format!("{:<20} {:>9} {:>9} {:>9}", "bytes", "raw", "gzip", "brotli");
        for (name, [raw, gz, br]) in rows {
            let _ = write!(table, "\n{name:<20} {raw:>9} {gz:>9} {br:>9}");
        }
        table
    }

    fn put(&mut self, name: &str, path: &str, bytes: &[u8]) -> Result<()> {
        let [gz, br] = self.add_long_page(path, bytes)?;
        self.assets.push(Asset {
            name: name.to_owned(),
            path: path.to_owned(),
            raw: bytes.len(),
            gz,
            br,
            sri: format!("sha384-{}", BASE64.encode(Sha384::digest(bytes))),
        });
        Ok(())
    }
}

/// What `work` made of `input` earlier, or makes now: both parts are kept under the input's digest.
///
/// `step` names the work and its version, so that a changed step does not find the old results.
///
/// # Errors
///
/// Those of `work`, and when its results cannot be kept.
pub fn remember(
    step: &str,
    input: &[u8],
    work: impl FnOnce() -> Result<[Vec<u8>; 2]>,
) -> Result<[Vec<u8>; 2]> {
    let key = hex(&Sha256::new().chain_update(step).chain_update([0]).chain_update(input).finalize());
    let folder = project::target().join("kept");
    let place = |n: usize| folder.join(format!("{key}.{n}"));
    if let (Ok(first), Ok(second)) = (fs::read(place(0)), fs::read(place(1))) {
        return Ok([first, second]);
    }

    let made = work()?;
    fs::create_dir_all(&folder)?;
    for (n, part) in made.iter().enumerate() {
        // Renamed into place: a build that was stopped leaves no half a file.
        let unfinished = place(n).with_extension(format!("{n}.{}", std::process::id()));
        fs::write(&unfinished, part)?;
        fs::rename(&unfinished, place(n))?;
    }
    Ok(made)
}

/// 40 bits of SHA-256: the chance that any two of a thousand builds share a name is one in two million, and
/// the loader, which carries four of these, stays short.
fn short_digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..5])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// The smallest of several results: a file of a few kilobytes is often smaller by a small window, because the encoder then
/// takes it apart more finely, and by another guess at what it holds. For the loader that is 60 bytes of its 5,120. One of some
/// hundred kilobytes is smaller in short blocks: 370 bytes of the panel's wasm, 180 of the peer space's.
///
/// # Errors
///
/// When the encoder fails.
pub fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    use BrotliEncoderMode::{BROTLI_MODE_FONT as FONT, BROTLI_MODE_GENERIC as GENERIC};

    // Window, guess and block, of which 0 leaves the choice to the encoder; the first way is for all.
    let ways: &[(i32, BrotliEncoderMode, i32)] = match bytes.len() / 1024 {
        ..64 => &[
            (22, GENERIC, 0),
            (11, GENERIC, 0),
            (12, GENERIC, 0),
            (13, GENERIC, 0),
            (11, FONT, 0),
            (12, FONT, 0),
        ],
        64..512 => &[(22, GENERIC, 0), (22, GENERIC, 16)],
        _ => &[(22, GENERIC, 0)],
    };
    let mut smallest: Option<Vec<u8>> = None;
    for &(lgwin, mode, lgblock) in ways {
        let params = BrotliEncoderParams {
            quality: 11,
            lgwin,
            lgblock,
            mode,
            size_hint: bytes.len(),
            ..Default::default()
        };
        let mut compressed = Vec::new();
        brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &params)?;
        if smallest.as_ref().is_none_or(|smallest| compressed.len() < smallest.len()) {
            smallest = Some(compressed);
        }
    }
    smallest.context("there is a way")
}

#[cfg(test)]
mod tests {
    use super::{brotli, gzip, short_digest};
    use std::io::Read;

    #[test]
    fn a_name_changes_with_the_content() {
        assert_eq!(short_digest(b"a"), "ca978112ca");
        assert_ne!(short_digest(b"a"), short_digest(b"b"));
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let bytes = b"help ".repeat(1000);

        let mut from_gzip = Vec::new();
        flate2::read::GzDecoder::new(&gzip(&bytes).unwrap()[..]).read_to_end(&mut from_gzip).unwrap();
        let mut from_brotli = Vec::new();
        brotli::BrotliDecompress(&mut &brotli(&bytes).unwrap()[..], &mut from_brotli).unwrap();

        assert_eq!(from_gzip, bytes);
        assert_eq!(from_brotli, bytes);
    }
}
