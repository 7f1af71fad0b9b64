//! The layer of faults below the program: `layer.c`, and what a disk holds after the power was cut.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::program::Place;
use crate::rounds::Chance;

/// Why the system refuses to write, as Linux numbers it.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum Refusal {
    /// The disk gives up: `EIO`.
    Io = 5,
    /// The disk is full: `ENOSPC`.
    Full = 28,
    /// The disk became read-only, as file systems do after an error: `EROFS`.
    ReadOnly = 30,
}

/// What steers the layer below one place.
pub struct Layer {
    folder: TempDir,
    control: File,
}

/// Bytes of `struct control`.
const CONTROL_BYTES: u64 = 16;

impl Layer {
    /// Puts the layer below whatever serves `place` from now on.
    pub fn below(place: &mut Place) -> Self {
        let folder = TempDir::new().unwrap();
        let control =
            File::options().read(true).write(true).create_new(true).open(folder.path().join("control"));
        let control = control.unwrap();
        control.set_len(CONTROL_BYTES).unwrap();
        let layer = Self { folder, control };
        let text = |path: PathBuf| path.into_os_string().into_string().unwrap();
        place.serve_environment.push(("LD_PRELOAD".to_owned(), text(library())));
        place
            .serve_environment
            .push(("FAULTY_LAYER_CONTROL".to_owned(), text(layer.folder.path().join("control"))));
        layer
    }

    /// As [`below`](Self::below); it also writes down what reaches the database's files.
    pub fn recording(place: &mut Place) -> Self {
        let layer = Self::below(place);
        let log = layer.log().into_os_string().into_string().unwrap();
        place.serve_environment.push(("FAULTY_LAYER_LOG".to_owned(), log));
        layer
    }

    /// Turns the clock of the day by so much; other clocks go on as they do when somebody sets a machine's clock.
    pub fn turn_clock(&self, ms: i64) {
        self.control.write_all_at(&ms.to_ne_bytes(), 0).unwrap();
    }

    /// From now on writing fails like this, or works.
    pub fn refuse_writes(&self, refusal: Option<Refusal>) {
        self.set(8, refusal);
    }

    /// From now on flushing fails like this, or works.
    pub fn refuse_flushes(&self, refusal: Option<Refusal>) {
        self.set(12, refusal);
    }

    fn set(&self, at: u64, refusal: Option<Refusal>) {
        let number = refusal.map_or(0, |refusal| refusal as i32);
        self.control.write_all_at(&number.to_ne_bytes(), at).unwrap();
    }

    /// Where the records are.
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

/// The layer, compiled once for all tests of this process.
fn library() -> PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY
        .get_or_init(|| {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/layer.c");
            let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faulty-layer.so");
            let new = library.with_extension(format!("so.{}", std::process::id()));
            // What compiles SQLite compiles this, too.
            let compiler = std::env::var_os("CC").unwrap_or_else(|| OsString::from("cc"));
            let compiled = Command::new(compiler)
                .args(["-shared", "-fPIC", "-O1", "-o"])
                .args([&new, &source])
                .output()
                .unwrap();
            assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
            fs::rename(&new, &library).unwrap();
            library
        })
        .clone()
}

/// Bytes that a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;
/// Bytes of `struct record`.
const RECORD_BYTES: usize = 16;

/// One thing that was done to a file.
enum Done {
    Written { at: usize, bytes: Vec<u8> },
    Flushed,
    Cut { to: usize },
}

/// What was done to the database's files, in order.
pub struct Recording {
    /// The file (0 the database, 1 its log), what was done, and where in the records its own ends.
    done: Vec<(usize, Done, u64)>,
}

impl Recording {
    pub fn of(layer: &Layer) -> Self {
        let records = fs::read(layer.log()).unwrap();
        let (mut done, mut at) = (Vec::new(), 0);
        // The last one may be cut short by the end of the process.
        while let Some(head) = records.get(at..at + RECORD_BYTES) {
            let n_bytes = u32::from_ne_bytes(head[4..8].try_into().unwrap()) as usize;
            let offset = usize::try_from(i64::from_ne_bytes(head[8..16].try_into().unwrap())).unwrap();
            let Some(bytes) = records.get(at + RECORD_BYTES..at + RECORD_BYTES + n_bytes) else { break };
            at += RECORD_BYTES + n_bytes;
            let what = match head[0] {
                1 => Done::Written { at: offset, bytes: bytes.to_vec() },
                2 => Done::Flushed,
                3 => Done::Cut { to: offset },
                other => panic!("a record of kind {other}"),
            };
            done.push((usize::from(head[1]) - 1, what, at as u64));
        }
        Self { done }
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.done.len()
    }

    /// Writes into `folder` what a disk may hold when the power is cut after `n` of the records, and gives the mark of that
    /// moment: everything that was acknowledged by then must be there.
    ///
    /// What was flushed is there. Of what was written since, each sector is there, is not, or (seldom) holds anything at all,
    /// independently of the others; so writes are torn and come in any order. A cut that was not flushed may have been done.
    /// Not simulated: disks that forget what they say they flushed, or damage what nobody wrote.
    pub fn cut_power(&self, n: usize, base: &Path, folder: &Path, chance: &mut Chance) -> u64 {
        let database = fs::read(base).unwrap();
        let mut files = [database, Vec::new()];
        let mut pending: [Vec<&Done>; 2] = [Vec::new(), Vec::new()];
        for (file, done, _) in &self.done[..n] {
            match done {
                Done::Flushed => {
                    for done in pending[*file].drain(..) {
                        apply(&mut files[*file], done);
                    }
                }
                done => pending[*file].push(done),
            }
        }
        for (file, pending) in pending.iter().enumerate() {
            for done in pending {
                apply_in_part(&mut files[file], done, chance);
            }
        }
        let name = base.file_name().unwrap().to_str().unwrap();
        fs::write(folder.join(name), &files[0]).unwrap();
        fs::write(folder.join(format!("{name}-wal")), &files[1]).unwrap();
        n.checked_sub(1).map_or(0, |last| self.done[last].2)
    }
}

fn apply(file: &mut Vec<u8>, done: &Done) {
    match done {
        Done::Written { at, bytes } => write(file, *at, bytes),
        Done::Cut { to } => file.resize(*to, 0),
        Done::Flushed => {}
    }
}

fn apply_in_part(file: &mut Vec<u8>, done: &Done, chance: &mut Chance) {
    match done {
        Done::Written { at, bytes } => {
            let mut begin = 0;
            while begin < bytes.len() {
                let end = ((at + begin) / SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES - at).min(bytes.len());
                if chance.once_in(32) {
                    let anything: Vec<u8> = (begin..end).map(|_| chance.next() as u8).collect();
                    write(file, at + begin, &anything);
                } else if chance.once_in(2) {
                    write(file, at + begin, &bytes[begin..end]);
                }
                begin = end;
            }
        }
        done if chance.once_in(2) => apply(file, done),
        _ => {}
    }
}

fn write(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if file.len() < at + bytes.len() {
        file.resize(at + bytes.len(), 0);
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}
