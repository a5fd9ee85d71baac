//! A zip archive of one file as it comes, told from its local headers: the directory at the end is not waited for.
//!
//! Source: PKWARE's APPNOTE.TXT 6.3.10, section 4.3.

use super::inflate::{ArchiveLimit, Inflated, Inflater};
use crate::domain::log::LogError;

/// First bytes of a zip archive, and of each file in it.
pub(super) const MAGIC: [u8; 4] = *b"PK\x03\x04";

const DIRECTORY: [u8; 4] = *b"PK\x01\x02";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
const FIXED_BYTES: usize = 30;

/// Names that begin office documents, which are zip archives as well.
const OFFICE: [&str; 6] = ["[Content_Types].xml", "_rels/", "docProps/", "xl/", "mimetype", "META-INF/"];

/// Unpacks a zip archive that is pushed in pieces.
pub(super) struct ZipReader {
    stage: Stage,
    /// Bytes of what is not complete yet.
    held: Vec<u8>,
    inflater: Inflater,
    entry: Entry,
    /// Name of the one file that is read.
    file: Option<String>,
    /// Packed bytes taken so far.
    at: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before a file, or before the directory.
    Start,
    Header,
    Deflated,
    /// Bytes as they are, so many to come.
    Stored(u64),
    /// Behind the bytes of a file whose header did not know their checksum.
    Descriptor,
    /// The files are over.
    Directory,
}

/// What a local header says of the bytes behind it.
#[derive(Debug, Default)]
struct Entry {
    crc32: u32,
    has_descriptor: bool,
    /// Whether it is a folder, or what macOS keeps beside files.
    is_aside: bool,
}

impl ZipReader {
    pub(super) fn new(limit: ArchiveLimit) -> Self {
        Self {
            stage: Stage::Start,
            held: Vec::new(),
            inflater: Inflater::new(limit),
            entry: Entry::default(),
            file: None,
            at: 0,
        }
    }

    /// Takes a piece of the archive; gives the file's text to `sink`, in small pieces.
    ///
    /// # Errors
    /// The archive's damage, with its place; a second file in it; that it unpacks to more than its length lets expect; what
    /// `sink` says.
    pub(super) fn push(
        &mut self,
        mut packed: &[u8],
        mut sink: impl FnMut(&[u8]) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        while !packed.is_empty() {
            let before = packed.len();
            match self.stage {
                Stage::Start => self.take_start(&mut packed),
                Stage::Header => self.take_header(&mut packed)?,
                Stage::Deflated | Stage::Stored(_) => self.take_body(&mut packed, &mut sink)?,
                Stage::Descriptor => self.take_descriptor(&mut packed)?,
                Stage::Directory => packed = &[],
            }
            self.at += (before - packed.len()) as u64;
        }
        Ok(())
    }

    /// Checks that the archive ended where it should.
    pub(super) fn finish(&self) -> Result<(), LogError> {
        match (self.stage, &self.file) {
            (Stage::Directory, Some(_)) => Ok(()),
            (Stage::Directory, None) => Err(self.damaged(text!(reading::zip::no_file))),
            _ => Err(self.damaged(text!(reading::zip::ends))),
        }
    }

    fn damaged(&self, reason: &'static str) -> LogError {
        LogError::Zip { byte: self.at, reason }
    }

    /// Holds bytes until there are `n`.
    fn hold(&mut self, packed: &mut &[u8], n: usize) -> bool {
        let taken = packed.len().min(n.saturating_sub(self.held.len()));
        self.held.extend_from_slice(&packed[..taken]);
        *packed = &packed[taken..];
        self.held.len() >= n
    }

    fn take_start(&mut self, packed: &mut &[u8]) {
        if self.hold(packed, MAGIC.len()) {
            self.stage = if self.held == MAGIC { Stage::Header } else { Stage::Directory };
        }
    }

    fn take_header(&mut self, packed: &mut &[u8]) -> Result<(), LogError> {
        if !self.hold(packed, FIXED_BYTES) {
            return Ok(());
        }
        let half = |held: &[u8], at: usize| u16::from_le_bytes([held[at], held[at + 1]]);
        let name_end = FIXED_BYTES + usize::from(half(&self.held, 26));
        let end = name_end + usize::from(half(&self.held, 28));
        if !self.hold(packed, end) {
            return Ok(());
        }
        let held = std::mem::take(&mut self.held);
        let whole = |at: usize| u32::from_le_bytes([held[at], held[at + 1], held[at + 2], held[at + 3]]);
        let (flags, method) = (half(&held, 6), half(&held, 8));
        let name = shown_name(&held[FIXED_BYTES..name_end]);
        self.entry = Entry {
            crc32: whole(14),
            has_descriptor: flags & 0x08 != 0,
            is_aside: held[..name_end].ends_with(b"/") || name.starts_with("__MACOSX/"),
        };
        if flags & 0x01 != 0 {
            return Err(self.damaged(text!(reading::zip::encrypted)));
        }
        self.begin_file(name)?;
        let length = long_length(&held[name_end..], whole(18), whole(22));
        self.stage = match method {
            8 => Stage::Deflated,
            0 if !self.entry.has_descriptor => Stage::Stored(length),
            0 => return Err(self.damaged(text!(reading::zip::length))),
            _ => return Err(self.damaged(text!(reading::zip::method))),
        };
        self.inflater.begin();
        if self.stage == Stage::Stored(0) {
            self.end_body()?;
        }
        Ok(())
    }

    /// Notes the name of the one file.
    fn begin_file(&mut self, name: String) -> Result<(), LogError> {
        if self.entry.is_aside {
            return Ok(());
        }
        match &self.file {
            Some(first) => Err(LogError::ZipOfSeveral { first: first.clone(), second: name }),
            None if OFFICE.iter().any(|office| name.starts_with(office)) => Err(LogError::NotDelimited {
                looks_like: text!(reading::kind::workbook),
                remedy: text!(reading::instead::save_sheet),
            }),
            None => {
                self.file = Some(name);
                Ok(())
            }
        }
    }

    fn take_body(
        &mut self,
        packed: &mut &[u8],
        sink: &mut impl FnMut(&[u8]) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        let is_aside = self.entry.is_aside;
        let mut sink = |bytes: &[u8]| if is_aside { Ok(()) } else { sink(bytes) };
        if let Stage::Stored(left) = self.stage {
            let taken = left.min(packed.len() as u64);
            let (bytes, rest) = packed.split_at(taken as usize);
            self.inflater.give(bytes, self.at + taken, &mut sink)?;
            *packed = rest;
            self.stage = Stage::Stored(left - taken);
            return if left == taken { self.end_body() } else { Ok(()) };
        }
        match self.inflater.push(packed, self.at, &mut sink)? {
            Inflated::Open => Ok(()),
            Inflated::Ended => self.end_body(),
            Inflated::Damaged => Err(self.damaged(text!(reading::gzip::data))),
        }
    }

    fn end_body(&mut self) -> Result<(), LogError> {
        self.stage = if self.entry.has_descriptor { Stage::Descriptor } else { Stage::Start };
        let is_whole = self.entry.has_descriptor || self.inflater.sum().0 == self.entry.crc32;
        if is_whole { Ok(()) } else { Err(self.damaged(text!(reading::gzip::checksum))) }
    }

    /// Takes checksum and lengths behind a file: with or without a mark before them, of four or of eight bytes each. What
    /// follows them tells which.
    fn take_descriptor(&mut self, packed: &mut &[u8]) -> Result<(), LogError> {
        const LONGEST: usize = 4 + 4 + 16;
        if !self.hold(packed, LONGEST + MAGIC.len()) {
            return Ok(());
        }
        let crc32 = self.inflater.sum().0.to_le_bytes();
        let fits = |&(start, length): &(usize, usize)| {
            let next = &self.held[start + length..][..MAGIC.len()];
            self.held[start..].starts_with(&crc32) && (next == MAGIC || next == DIRECTORY)
        };
        let starts = if self.held.starts_with(&DESCRIPTOR) { [4, 0] } else { [0, 0] };
        let places = [(starts[0], 12), (starts[0], 20), (starts[1], 12), (starts[1], 20)];
        let Some((start, length)) = places.into_iter().find(fits) else {
            return Err(self.damaged(text!(reading::gzip::checksum)));
        };
        let behind = self.held.split_off(start + length);
        self.held.clear();
        self.stage = Stage::Start;
        // At most a few bytes of the next header: no file's.
        let at = self.at;
        self.push(&behind, |_| Ok(()))?;
        self.at = at;
        Ok(())
    }
}

/// A file's name as a sentence may quote it.
fn shown_name(bytes: &[u8]) -> String {
    const MAX_CHARACTERS: usize = 80;
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).take(MAX_CHARACTERS).collect()
}

/// The length of the bytes behind a header, which is in its extra fields where four bytes do not hold it.
fn long_length(extra: &[u8], packed: u32, unpacked: u32) -> u64 {
    const ZIP64: [u8; 2] = [1, 0];
    if packed != u32::MAX {
        return packed.into();
    }
    let mut rest = extra;
    while let [a, b, low, high, fields @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(fields.len());
        if [*a, *b] == ZIP64 {
            // The unpacked length comes first, where it is long too; stored bytes have the same.
            let at = if unpacked == u32::MAX { 8 } else { 0 };
            let number = fields[..length].get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
            return number.map_or(u64::MAX, u64::from_le_bytes);
        }
        rest = &fields[length..];
    }
    packed.into()
}
