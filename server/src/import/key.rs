//! The key of an import: ids and authors' tags come from it, so that a run that was cut short goes on with the same ones. It is
//! a file in the data folder and never in the database, so no backup has it, and it goes when the import ends.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use hmac::{Hmac, Mac};
use peer_support_domain::id::{AuthorTag, ItemId, RecoveryHash};
use sha2::Sha256;

use crate::clock::Random;
use crate::secret::{from_hex, hex, sha256};

/// 32 random bytes.
pub(super) struct ImportKey([u8; 32]);

impl ImportKey {
    /// Where the key of the import of a file to a site lies.
    pub(super) fn file(data: &Path, site: &str, file_hash: &[u8; 32]) -> PathBuf {
        data.join(format!("import-{site}-{}.key", hex(&file_hash[..8])))
    }

    /// A key that is kept nowhere, for a trial.
    pub(super) fn for_now(random: &Random) -> Self {
        Self(random.bytes())
    }

    /// Draws a key and writes it to `file`, over what may lie there of a run that never stored anything.
    pub(super) fn draw(file: &Path, random: &Random) -> io::Result<Self> {
        let key = Self(random.bytes());
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut written = options.open(file)?;
        written.write_all(hex(&key.0).as_bytes())?;
        written.sync_all()?;
        if let Some(folder) = file.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(key)
    }

    /// The key in `file`; `None` when it is gone or cut short.
    pub(super) fn read(file: &Path) -> Option<Self> {
        from_hex(fs::read_to_string(file).ok()?.trim()).map(Self)
    }

    /// Removes the key, overwritten first; nothing when it is gone already.
    pub(super) fn destroy(file: &Path) -> io::Result<()> {
        let overwritten = OpenOptions::new().write(true).open(file).and_then(|mut there| {
            there.write_all(&[b'0'; 64])?;
            there.sync_all()
        });
        match overwritten.and_then(|()| fs::remove_file(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// By which the store knows it again.
    pub(super) fn hash(&self) -> [u8; 32] {
        sha256(&[b"import-key", &self.0])
    }

    /// The id of an old comment, or of a further part of it.
    pub(super) fn item(&self, thread: &str, id: &str) -> ItemId {
        ItemId::from_bits(u64::from_be_bytes(self.bytes(&[b"item", thread.as_bytes(), id.as_bytes()])))
    }

    /// The id of a further part of a comment that is too long for one.
    pub(super) fn part(&self, item: ItemId, number: usize) -> ItemId {
        let number = (number as u64).to_be_bytes();
        ItemId::from_bits(u64::from_be_bytes(self.bytes(&[b"part", &item.bits().to_be_bytes(), &number])))
    }

    /// One person in one of our threads; another one in every other.
    pub(super) fn author(&self, post: ItemId, user: &str) -> AuthorTag {
        AuthorTag::from_bytes(self.bytes(&[b"author", &post.bits().to_be_bytes(), user.as_bytes()]))
    }

    /// The hash of a code that nobody has.
    pub(super) fn recovery(&self, item: ItemId) -> RecoveryHash {
        RecoveryHash::from_bytes(self.bytes(&[b"recovery", &item.bits().to_be_bytes()]))
    }

    /// Each part stands behind its length, so that no two lists run together.
    fn bytes<const N: usize>(&self, parts: &[&[u8]]) -> [u8; N] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let bytes = mac.finalize().into_bytes();
        std::array::from_fn(|place| bytes[place])
    }
}
