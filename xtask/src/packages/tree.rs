//! Files as they will lie on another machine.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tar::{Builder, EntryType, Header};

/// Files and folders by their path from the root, such as `usr/bin/peer-support-server`; folders end in a slash.
#[derive(Default)]
pub struct Tree(BTreeMap<String, Entry>);

struct Entry {
    bytes: Vec<u8>,
    mode: u32,
}

impl Tree {
    /// Adds a file, and the folders that it lies in.
    pub fn add(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.put(path, bytes.into(), 0o644);
    }

    /// Adds a program or a library.
    pub fn add_program(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.put(path, bytes.into(), 0o755);
    }

    /// Adds a file that not everybody reads.
    pub fn add_private(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.put(path, bytes.into(), 0o640);
    }

    /// Adds an empty folder that everybody may write into, and nobody may take another's file from.
    pub fn add_shared_folder(&mut self, path: &str) {
        self.put(&format!("{path}/"), Vec::new(), 0o1777);
    }

    /// The bytes of all files together.
    pub fn size(&self) -> usize {
        self.0.values().map(|entry| entry.bytes.len()).sum()
    }

    fn put(&mut self, path: &str, bytes: Vec<u8>, mode: u32) {
        for (end, _) in path.trim_end_matches('/').match_indices('/') {
            self.0.entry(path[..=end].to_owned()).or_insert(Entry { bytes: Vec::new(), mode: 0o755 });
        }
        self.0.insert(path.to_owned(), Entry { bytes, mode });
    }

    /// An archive in which everything is root's and of one moment, in the order of names.
    ///
    /// # Errors
    ///
    /// When a name is too long for one.
    pub fn tar(&self, epoch: u64) -> Result<Vec<u8>> {
        let mut archive = Builder::new(Vec::new());
        for (path, entry) in &self.0 {
            let mut header = Header::new_gnu();
            header.set_entry_type(if path.ends_with('/') {
                EntryType::Directory
            } else {
                EntryType::Regular
            });
            header.set_size(entry.bytes.len() as u64);
            header.set_mode(entry.mode);
            header.set_mtime(epoch);
            header.set_uid(0);
            header.set_gid(0);
            header.set_username("root")?;
            header.set_groupname("root")?;
            archive.append_data(&mut header, path, &entry.bytes[..]).with_context(|| path.clone())?;
        }
        Ok(archive.into_inner()?)
    }

    /// Writes all of it below `folder`.
    ///
    /// # Errors
    ///
    /// When something cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        for (path, entry) in &self.0 {
            let place = folder.join(path);
            if path.ends_with('/') {
                fs::create_dir_all(&place).with_context(|| place.display().to_string())?;
            } else {
                fs::write(&place, &entry.bytes).with_context(|| place.display().to_string())?;
            }
            fs::set_permissions(&place, fs::Permissions::from_mode(entry.mode))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn an_archive_is_the_same_in_whichever_order_it_was_filled() {
        let long = format!("usr/share/{}/file", "folder/".repeat(20));
        let (mut one, mut other) = (Tree::default(), Tree::default());
        one.add("usr/b", "b");
        one.add_program("usr/bin/a", "a");
        one.add(&long, "c");
        other.add(&long, "c");
        other.add_program("usr/bin/a", "a");
        other.add("usr/b", "b");

        assert_eq!(one.tar(7).unwrap(), other.tar(7).unwrap());
        assert_ne!(one.tar(7).unwrap(), one.tar(8).unwrap());

        let tar = one.tar(7).unwrap();
        let mut archive = tar::Archive::new(&tar[..]);
        let mut names = Vec::new();
        for entry in archive.entries().unwrap() {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 7));
            names.push(entry.path().unwrap().to_str().unwrap().to_owned());
        }
        assert_eq!(names[..2], ["usr/".to_owned(), "usr/b".to_owned()], "{names:?}");
        assert!(names.contains(&long));
    }
}
