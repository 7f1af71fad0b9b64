//! The file to import: packed by gzip or not, read in one go, with the line that was reached and a limit on what one comment
//! may take.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

/// Bytes of one line of JSON, or of one piece of XML (a tag or the text in it): a comment with a hundred thousand votes
/// stays below, and what is larger is refused before it fills the memory.
pub(super) const PIECE_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes read at a time.
const BUFFER_BYTES: usize = 128 * 1024;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The file, from its first byte.
pub(super) struct Input {
    bytes: Box<dyn BufRead>,
    place: Place,
}

/// How far a file was read; shared with whoever reads it.
#[derive(Clone, Default)]
pub(super) struct Place {
    n_lines: Rc<Cell<u64>>,
    piece_bytes: Rc<Cell<u64>>,
}

impl Place {
    /// The line that was reached, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.n_lines.get() + 1
    }

    /// Says that another piece begins, for which the limit counts anew.
    pub(super) fn next_piece(&self) {
        self.piece_bytes.set(0);
    }
}

impl Input {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
        let bytes: Box<dyn BufRead> = if file.fill_buf()?.starts_with(&GZIP_MAGIC) {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(file)))
        } else {
            Box::new(file)
        };
        let mut input = Self { bytes, place: Place::default() };
        // A mark of the byte order, which Windows' editors leave.
        if input.bytes.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            input.bytes.consume(3);
        }
        Ok(input)
    }

    pub(super) fn place(&self) -> Place {
        self.place.clone()
    }

    /// The first byte that is not white space; `None` when there is none.
    pub(super) fn first_byte(&mut self) -> io::Result<Option<u8>> {
        loop {
            let bytes = self.fill_buf()?;
            let Some(&first) = bytes.first() else { return Ok(None) };
            if !first.is_ascii_whitespace() {
                return Ok(Some(first));
            }
            self.consume(1);
        }
    }

    /// The next line that is not empty, without its end; false when there is none.
    pub(super) fn next_line(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        loop {
            line.clear();
            self.place.next_piece();
            if self.read_until(b'\n', line)? == 0 {
                return Ok(false);
            }
            if !line.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.place.piece_bytes.get() > PIECE_BYTES {
            let what = format!("something here is longer than {} MiB", PIECE_BYTES >> 20);
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        self.bytes.fill_buf()
    }

    fn consume(&mut self, n_bytes: usize) {
        // It is in the buffer, or nobody could consume it.
        let read = self.bytes.fill_buf().unwrap_or_default();
        let n_lines = read[..n_bytes.min(read.len())].iter().filter(|&&byte| byte == b'\n').count();
        let Place { n_lines: lines, piece_bytes } = &self.place;
        lines.set(lines.get() + n_lines as u64);
        piece_bytes.set(piece_bytes.get() + n_bytes as u64);
        self.bytes.consume(n_bytes);
    }
}

impl Read for Input {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.fill_buf()?.read(to)?;
        self.consume(n_bytes);
        Ok(n_bytes)
    }
}
