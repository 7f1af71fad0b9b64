//! Newer helplines that the site's owner signed: their keys, the signing, and the folder of signed files that is served.
//!
//! `peer_support_domain::signed` is the format and the rule of what is taken. Whoever holds the secret key decides which
//! numbers people in need are shown, so it is better kept where no server runs: the server needs the files only.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use peer_support_domain::bundle::{self, InvalidBundle};
use peer_support_domain::country::Country;
use peer_support_domain::helpline::Directory;
use peer_support_domain::line_report::Day;
use peer_support_domain::signed::{self, Signed};
// Not a crate of its own for Ed25519: ring is here already, under PostgreSQL's TLS.
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::clock::Random;

/// Bytes of a file: the largest bundle (Canada's) has 33 KB, and a phone on a bad line loads this in half a minute.
pub const FILE_BYTES: u64 = 128 * 1024;

/// What signs: the 32 bytes of an Ed25519 key, written as base64url.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

/// What verifies: it stands in the snippet, as `data-helplines-key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// A text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a key; expected 43 characters, as `peer-support-server helplines keygen` prints them")]
pub struct InvalidKey;

impl SecretKey {
    /// A new key.
    pub fn draw(random: &Random) -> Self {
        Self(random.bytes())
    }

    fn pair(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&self.0).expect("every 32 bytes are a key")
    }

    /// What verifies that this key signed.
    pub fn public(&self) -> PublicKey {
        let bytes = self.pair().public_key().as_ref().try_into();
        PublicKey(bytes.expect("a public key has 32 bytes"))
    }

    /// `bundle` as a signed file.
    pub fn sign(&self, bundle: &str, issued_s: i64) -> String {
        let text = signed::to_sign(issued_s, bundle);
        let signature = self.pair().sign(text.as_bytes());
        signed::write(signature.as_ref().try_into().expect("a signature has 64 bytes"), &text)
    }

    /// Writes the key to a new file that only its owner may read.
    ///
    /// # Errors
    ///
    /// When the file is there already, or cannot be written.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut to = options.open(file)?;
        to.write_all(format!("{}\n", signed::to_base64url(&self.0)).as_bytes())?;
        to.sync_all()
    }
}

impl FromStr for SecretKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        signed::from_base64url(text.trim()).map(Self).ok_or(InvalidKey)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl PublicKey {
    fn has_signed(&self, file: &Signed<'_>) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(file.signed.as_bytes(), &file.signature).is_ok()
    }
}

impl FromStr for PublicKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        signed::from_base64url(text.trim()).map(Self).ok_or(InvalidKey)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&signed::to_base64url(&self.0))
    }
}

/// Why a country's file is of no use.
#[derive(Debug, thiserror::Error)]
#[error("{country}.txt: {why}")]
pub struct Unusable {
    country: Country,
    why: Why,
}

#[derive(Debug, thiserror::Error)]
enum Why {
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("is not a file")]
    NoFile,
    #[error("is larger than {FILE_BYTES} bytes")]
    TooLarge,
    #[error("line 1: is not signed; expected `signed 1`, a signature and the second when it was made")]
    NotSigned,
    /// Counted from the beginning of the file.
    #[error("{0}")]
    Bundle(InvalidBundle),
    #[error("is of another country, {0}")]
    Country(Country),
    #[error("its signature is not one of this key, or what was signed has changed")]
    Signature,
}

/// The country whose file has this name: two capitals and `.txt`.
#[must_use]
pub fn country_of(file_name: &str) -> Option<Country> {
    code_of(file_name)?.parse().ok()
}

fn code_of(file_name: &str) -> Option<&str> {
    let code = file_name.strip_suffix(".txt")?;
    (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(code)
}

fn file_of(folder: &Path, country: Country) -> PathBuf {
    folder.join(format!("{country}.txt"))
}

/// The text of a country's file; `None` when there is none.
fn load(folder: &Path, country: Country) -> Result<Option<String>, Why> {
    let path = file_of(folder, country);
    let is_there = match fs::metadata(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata?,
    };
    // Opening what is no file, such as a pipe, may never return.
    if !is_there.is_file() {
        return Err(Why::NoFile);
    }
    let mut text = String::new();
    File::open(&path)?.take(FILE_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES { Err(Why::TooLarge) } else { Ok(Some(text)) }
}

/// The directory in a country's bundle, which begins `n_lines_before` lines into its file.
fn decode(bundle: &str, country: Country, n_lines_before: usize) -> Result<Directory, Why> {
    let directory = bundle::decode(bundle)
        .map_err(|e| Why::Bundle(InvalidBundle { line: e.line + n_lines_before, ..e }))?;
    if directory.country == country { Ok(directory) } else { Err(Why::Country(directory.country)) }
}

/// The parts of a signed file, when it is well-formed, the country's, and signed by `key` if one is given.
fn check<'a>(
    text: &'a str,
    country: Country,
    key: Option<&PublicKey>,
) -> Result<(Signed<'a>, Directory), Why> {
    let file = Signed::parse(text).ok_or(Why::NotSigned)?;
    if key.is_some_and(|key| !key.has_signed(&file)) {
        return Err(Why::Signature);
    }
    let directory = decode(file.bundle, country, 1)?;
    Ok((file, directory))
}

/// The countries whose files lie in a folder.
struct Found {
    /// By code.
    countries: Vec<Country>,
    /// What is named as a country's file and is none's: `UK.txt`.
    strays: Vec<String>,
}

/// What has another name is passed over: in a release's folder of bundles their packed forms lie beside them.
fn find(folder: &Path) -> io::Result<Found> {
    let mut found = Found { countries: Vec::new(), strays: Vec::new() };
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        match country_of(&name) {
            Some(country) => found.countries.push(country),
            None if code_of(&name).is_some() => {
                found.strays.push(format!("{name}: no country has this code"))
            }
            None => {}
        }
    }
    found.countries.sort_unstable_by_key(|country| country.as_str().to_owned());
    found.strays.sort_unstable();
    Ok(found)
}

/// The signed files that are served, and the key that they must be signed with, if it is known.
///
/// They are read when they are asked for: a file that is replaced is served from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helplines {
    /// Holds `GB.txt` and so on.
    pub folder: PathBuf,
    /// Without it, what is served was only looked at for its form; the visitor's browser verifies anyway.
    pub public_key: Option<PublicKey>,
}

impl Helplines {
    /// The country's signed file as it is sent; `None` when there is none.
    ///
    /// # Errors
    ///
    /// When there is one, and no widget could take it.
    pub fn read(&self, country: Country) -> Result<Option<String>, Unusable> {
        let read = || {
            let Some(text) = load(&self.folder, country)? else { return Ok(None) };
            check(&text, country, self.public_key.as_ref())?;
            Ok(Some(text))
        };
        read().map_err(|why| Unusable { country, why })
    }

    /// How many files are there to be served, and all that is wrong in the folder.
    #[must_use]
    pub fn survey(&self) -> (usize, Vec<String>) {
        let place = self.folder.display();
        let Found { countries, strays } = match find(&self.folder) {
            Ok(found) => found,
            Err(e) => return (0, vec![format!("{place}: cannot be read: {e}")]),
        };
        let unusable = countries.iter().filter_map(|country| self.read(*country).err());
        let mut problems: Vec<_> = unusable.map(|unusable| format!("{place}/{unusable}")).collect();
        let n_good = countries.len() - problems.len();
        problems.extend(strays.into_iter().map(|stray| format!("{place}/{stray}")));
        (n_good, problems)
    }
}

/// What [`sign`] did.
#[derive(Debug, PartialEq, Eq)]
pub struct Signing {
    /// How many files it wrote.
    pub n_files: usize,
    /// Countries whose signed files were there and got no successor: they are served as they were.
    pub left: Vec<Country>,
}

/// Signs the bundle of every country in `from` (`GB.txt` and so on) into a file of the same name in `to`.
///
/// Each is read as the widget would before anything is written, and each file is replaced whole.
///
/// # Errors
///
/// When a bundle is none, with its file and line, all of them at once; then nothing was written. When files cannot be
/// written; those in `to` are then the old or the new ones, each whole.
pub fn sign(
    secret: &SecretKey,
    from: &Path,
    to: &Path,
    issued_s: i64,
    now_ms: i64,
) -> anyhow::Result<Signing> {
    ensure!(issued_s >= 0, "nothing was issued before 1970");
    ensure!(
        issued_s <= now_ms / 1_000 + signed::MAX_AHEAD_S,
        "issued more than a day from now: every widget would pass over it until then"
    );
    let Found { countries, strays } =
        find(from).with_context(|| format!("{} cannot be read", from.display()))?;
    ensure!(!countries.is_empty(), "{} has no bundle such as GB.txt", from.display());
    let mut problems: Vec<_> = strays.iter().map(|stray| format!("{}/{stray}", from.display())).collect();
    let mut files = Vec::new();
    for &country in &countries {
        match signed_file(secret, from, country, issued_s) {
            Ok(text) => files.push((country, text)),
            Err(why) => problems.push(format!("{}/{}", from.display(), Unusable { country, why })),
        }
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));

    fs::create_dir_all(to).with_context(|| format!("{} cannot be made", to.display()))?;
    if fs::canonicalize(from)? == fs::canonicalize(to)? {
        bail!("--from and --to are one folder: the bundles would be lost");
    }
    let draft = |country: Country| to.join(format!(".{country}.txt.{}", std::process::id()));
    let write = |path: &Path, text: &str| {
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    let put = || -> anyhow::Result<()> {
        // All of them beside their places first, where a full disk is still of no consequence.
        for (country, text) in &files {
            let path = draft(*country);
            write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        for (country, _) in &files {
            let path = file_of(to, *country);
            fs::rename(draft(*country), &path)
                .with_context(|| format!("{} cannot be replaced", path.display()))?;
        }
        // Their names reach the disk, too. Some systems do not open folders.
        if let Ok(folder) = File::open(to) {
            folder.sync_all().with_context(|| format!("{} cannot be flushed", to.display()))?;
        }
        Ok(())
    };
    let outcome = put();
    if outcome.is_err() {
        for country in &countries {
            let _ = fs::remove_file(draft(*country));
        }
    }
    outcome?;
    let mut left = find(to)?.countries;
    left.retain(|country| !countries.contains(country));
    Ok(Signing { n_files: files.len(), left })
}

fn signed_file(secret: &SecretKey, from: &Path, country: Country, issued_s: i64) -> Result<String, Why> {
    let bundle = load(from, country)?.ok_or(Why::NoFile)?;
    decode(&bundle, country, 0)?;
    let text = secret.sign(&bundle, issued_s);
    if text.len() as u64 > FILE_BYTES { Err(Why::TooLarge) } else { Ok(text) }
}

/// A line of report for each signed file in `folder`, and one for each that a widget with this key would not take.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn verify(key: &PublicKey, folder: &Path) -> io::Result<(Vec<String>, Vec<String>)> {
    let Found { countries, strays } = find(folder)?;
    let (mut good, mut bad) = (Vec::new(), strays);
    for country in countries {
        let verified = || {
            let text = load(folder, country)?.ok_or(Why::NoFile)?;
            let (file, directory) = check(&text, country, Some(key))?;
            let day = Day::of_ms(file.issued_s.saturating_mul(1_000));
            let n_lines = directory.lines.len();
            Ok(format!("{country}.txt: {n_lines} lines, issued {day} ({})", file.issued_s))
        };
        match verified() {
            Ok(report) => good.push(report),
            Err(why) => bad.push(Unusable { country, why }.to_string()),
        }
    }
    Ok((good, bad))
}
