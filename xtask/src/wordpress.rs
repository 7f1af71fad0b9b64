//! `cargo xtask wordpress`: the WordPress plugin as it is installed, in `target/wordpress`; its translations are compiled here.

use crate::build::files_under;
use crate::project;
use anyhow::{Context, Result, bail, ensure};
use flate2::{Compression, Crc, write::DeflateEncoder};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What it is called everywhere.
const NAME: &str = "peer-support";

/// A text: what it is about where that must be said, and its words in English.
type Text = (Option<&'static str>, String);

/// Where the plugin's sources are.
pub fn source() -> PathBuf {
    project::root().join("integrations/wordpress").join(NAME)
}

/// Writes the list of texts anew, and puts the plugin together.
///
/// # Errors
///
/// When a translation cannot be read, or lacks a text.
pub fn command() -> Result<()> {
    let pot = source().join("languages/peer-support.pot");
    fs::write(&pot, template(&source())?)?;
    let folder = build()?;
    println!("wordpress: {} and {}", folder.display(), folder.with_extension("zip").display());
    Ok(())
}

/// Puts the plugin together, in a folder and as a ZIP; returns the folder.
///
/// # Errors
///
/// As [`command`].
pub fn build() -> Result<PathBuf> {
    let folder = project::target().join("wordpress").join(NAME);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let texts = texts(&source())?;
    let mut files = files_under(&source())?;
    for license in ["LICENSE-MIT", "LICENSE-APACHE"] {
        files.push((license.to_owned(), fs::read(project::root().join(license))?));
    }
    for (name, bytes) in files.clone() {
        let Some(stem) = name.strip_suffix(".po") else { continue };
        let locale = stem.rsplit_once(&format!("{NAME}-")).context("it is named for its language")?.1;
        let said = translations(std::str::from_utf8(&bytes)?).with_context(|| name.clone())?;
        for (context, text) in &texts {
            ensure!(said.contains_key(&key(*context, text)), "{name} lacks {text:?}");
        }
        ensure!(said.len() == texts.len(), "{name} has texts that the plugin does not");
        files.push((format!("{stem}.mo"), machine_object(locale, &said)));
        files.push((format!("{stem}.l10n.php"), php(locale, &said).into_bytes()));
    }
    files.sort();
    for (name, bytes) in &files {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
        fs::write(file, bytes)?;
    }
    fs::write(folder.with_extension("zip"), zip(&files)?)?;
    Ok(folder)
}

/// All that is said in the plugin, in the order of the alphabet.
fn texts(source: &Path) -> Result<BTreeSet<Text>> {
    let mut texts = BTreeSet::new();
    for (name, bytes) in files_under(source)? {
        let Ok(code) = String::from_utf8(bytes) else { continue };
        if name.ends_with(".php") {
            // `esc_html__( 'the text', 'peer-support' )`
            let mut calls: Vec<&str> = code.split("', 'peer-support' )").collect();
            calls.pop();
            for call in calls {
                let (_, text) = call.rsplit_once("( '").with_context(|| format!("{name}: no text"))?;
                texts.insert((None, text.replace("\\'", "'")));
            }
        }
        if let Some((_, rest)) = code.split_once(" * Description:").filter(|_| name == "peer-support.php") {
            texts.insert((None, rest.lines().next().unwrap_or_default().trim().to_owned()));
        }
        if name.ends_with("block.json") {
            let block: serde_json::Value = serde_json::from_str(&code)?;
            for (context, key) in [("block title", "title"), ("block description", "description")] {
                texts.insert((
                    Some(context),
                    block[key].as_str().context("block.json lacks a text")?.to_owned(),
                ));
            }
            for word in block["keywords"].as_array().into_iter().flatten() {
                texts.insert((Some("block keyword"), word.as_str().unwrap_or_default().to_owned()));
            }
        }
    }
    Ok(texts)
}

/// The list of texts that translators start from.
fn template(source: &Path) -> Result<String> {
    let mut pot = "msgid \"\"\nmsgstr \"\"\n\"Project-Id-Version: Peer Support\\n\"\n\
        \"Content-Type: text/plain; charset=UTF-8\\n\"\n"
        .to_owned();
    for (context, text) in texts(source)? {
        pot.push('\n');
        if let Some(context) = context {
            writeln!(pot, "msgctxt {context:?}")?;
        }
        writeln!(pot, "msgid \"{}\"\nmsgstr \"\"", text.replace('\\', "\\\\").replace('"', "\\\""))?;
    }
    Ok(pot)
}

/// How gettext finds a text.
fn key(context: Option<&str>, text: &str) -> String {
    context.map_or_else(|| text.to_owned(), |context| format!("{context}\u{4}{text}"))
}

/// The texts of a `.po` file, whose texts stand in one line each, by their keys; without its header.
fn translations(po: &str) -> Result<BTreeMap<String, String>> {
    let mut said = BTreeMap::new();
    let (mut context, mut id) = (None, String::new());
    for line in po.lines() {
        let text = |line: &str| -> Result<String> {
            let inside = line.strip_prefix('"').and_then(|line| line.strip_suffix('"'));
            Ok(inside
                .with_context(|| format!("no text: {line}"))?
                .replace("\\\"", "\"")
                .replace("\\\\", "\\"))
        };
        match line.split_once(' ') {
            Some(("msgctxt", rest)) => context = Some(text(rest)?),
            Some(("msgid", rest)) => id = text(rest)?,
            Some(("msgstr", rest)) => {
                let words = text(rest)?;
                let of = context.take();
                if !id.is_empty() {
                    ensure!(!words.is_empty(), "{id:?} is not translated");
                    said.insert(key(of.as_deref(), &id), words);
                }
            }
            _ if line.is_empty() || line.starts_with(['#', '"']) => {}
            _ => bail!("not understood: {line}"),
        }
    }
    Ok(said)
}

/// What gettext reads: <https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html>.
fn machine_object(locale: &str, said: &BTreeMap<String, String>) -> Vec<u8> {
    let header = format!("Language: {locale}\nContent-Type: text/plain; charset=UTF-8\n");
    let mut pairs = vec![(String::new(), header)];
    pairs.extend(said.clone());
    let number = |n: usize| u32::try_from(n).expect("it is a small file").to_le_bytes();
    let n = pairs.len();
    let mut file: Vec<u8> =
        [0x9504_12de, 0, n, 28, 28 + 8 * n, 0, 28 + 16 * n].into_iter().flat_map(number).collect();
    let (mut words, mut tables) = (Vec::new(), [Vec::new(), Vec::new()]);
    for (side, table) in tables.iter_mut().enumerate() {
        for (id, translation) in &pairs {
            let text = if side == 0 { id } else { translation };
            table.extend(number(text.len()));
            table.extend(number(28 + 16 * n + words.len()));
            words.extend(text.bytes());
            words.push(0);
        }
    }
    file.extend(tables.concat());
    file.extend(words);
    file
}

/// What WordPress reads from 6.5 on, in place of the other.
fn php(locale: &str, said: &BTreeMap<String, String>) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let mut file = format!(
        "<?php\nreturn array( 'domain' => 'peer-support', 'language' => '{locale}', 'messages' => array(\n"
    );
    for (id, words) in said {
        // A key with a context holds a sign that stands only between double quotes.
        let id = quoted(id).replace('\u{4}', "' . \"\\4\" . '");
        file += &format!("\t{id} => {},\n", quoted(words));
    }
    file + ") );\n"
}

/// A ZIP of these files in one folder. All are of 1 January 1980: the same files make the same ZIP.
fn zip(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let name = format!("{NAME}/{name}");
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(bytes)?;
        let packed = deflate.finish()?;
        let mut crc = Crc::new();
        crc.update(bytes);
        let place = u32::try_from(zip.len())?;
        // Version, flags (the name is UTF-8), deflated, time, date.
        let mut head = Vec::new();
        for value in [20_u16, 0x0800, 8, 0, 0x21] {
            head.extend(value.to_le_bytes());
        }
        for value in [crc.sum(), u32::try_from(packed.len())?, u32::try_from(bytes.len())?] {
            head.extend(value.to_le_bytes());
        }
        head.extend(u16::try_from(name.len())?.to_le_bytes());
        head.extend([0, 0]);
        zip.extend(b"PK\x03\x04");
        zip.extend(&head);
        zip.extend(name.bytes());
        zip.extend(packed);
        directory.extend(b"PK\x01\x02");
        directory.extend(20_u16.to_le_bytes());
        directory.extend(head);
        directory.extend([0; 10]);
        directory.extend(place.to_le_bytes());
        directory.extend(name.bytes());
    }
    let place = u32::try_from(zip.len())?;
    let count = u16::try_from(files.len())?.to_le_bytes();
    let size = u32::try_from(directory.len())?.to_le_bytes();
    zip.extend(directory);
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend([count, count].concat());
    zip.extend([size, place.to_le_bytes()].concat());
    zip.extend([0, 0]);
    Ok(zip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_the_plugin_is_in_its_list_and_in_every_translation() {
        let list = fs::read_to_string(source().join("languages/peer-support.pot")).unwrap_or_default();

        assert_eq!(list, template(&source()).unwrap(), "`cargo xtask wordpress` writes it anew");
        build().unwrap();
    }

    #[test]
    fn the_plugin_is_of_the_workspaces_version() {
        let version = env!("CARGO_PKG_VERSION");
        for (file, line) in [
            ("peer-support.php", format!("const PEER_SUPPORT_VERSION = '{version}';")),
            ("peer-support.php", format!(" * Version:           {version}\n")),
            ("readme.txt", format!("Stable tag: {version}\n")),
            ("block/block.json", format!("\"version\": \"{version}\"")),
        ] {
            let text = fs::read_to_string(source().join(file)).unwrap();
            assert!(text.contains(&line), "{file} lacks {line}");
        }
    }

    #[test]
    fn a_translation_says_what_it_says_in_both_of_its_forms() {
        let said = translations("msgid \"\"\nmsgstr \"\"\n\"X: y\\n\"\n\nmsgctxt \"c\"\nmsgid \"It's \\\"on\\\"\"\nmsgstr \"Da\"\n").unwrap();

        assert_eq!(said["c\u{4}It's \"on\""], "Da");
        assert!(php("de_DE", &said).contains("'c' . \"\\4\" . 'It\\'s \"on\"' => 'Da'"));
        let object = machine_object("de_DE", &said);
        assert_eq!(object[8..12], 2_u32.to_le_bytes());
        assert!(object.ends_with(b"Da\0"));
    }
}
