//! Text of unknown kind, as it comes: its first piece is kept until it tells what it is.

use super::decode::Decoder;
use super::delimited::DelimitedParser;
use super::dialect::Dialect;
use super::dressed::undress;
use super::encoding::Encoding;
use super::guess::{count_characters, guess, is_damaged_utf8};
use super::inflate::ArchiveLimit;
use super::json::JsonParser;
use super::notes::ReadNote;
use super::number::DecimalMark;
use super::options::{ReadOptions, RowSampler};
use super::sniff::{TextKind, start_of_record, text_kind};
use super::table::TableBuilder;
use super::totals::ends_in_totals;
use super::wrapped::unwrapped;
use super::{ReadTable, gzip, lists, needs_own_reader, zip};
use crate::domain::log::{LogError, Table};

/// Bytes that tell encoding, kind and dialect.
const HEAD_BYTES: usize = 1 << 16;

/// Bytes from the first that is no UTF-8 on, that tell which encoding it is.
const SURVEY_BYTES: usize = 1 << 16;

/// A head without a line end may be one very long header.
const LONG_HEAD_BYTES: usize = 1 << 20;

/// Turns decoded or undecoded text into rows.
pub(super) struct TextReader {
    options: ReadOptions,
    state: State,
    text_bytes: u64,
}

enum State {
    Head(Vec<u8>),
    Body(Box<Body>),
    /// The text is not UTF-8 after all: what follows is looked at until it tells what it is.
    Survey(Box<Survey>),
}

/// The look at text that is not UTF-8 after all.
struct Survey {
    /// Text from the first byte on that is no UTF-8.
    sample: Vec<u8>,
    /// Characters of several bytes before it.
    characters_before: usize,
    /// Text that was not parsed.
    pending: Vec<u8>,
    body: Box<Body>,
}

impl Survey {
    /// The encoding that the text is in, or what the parser says of broken UTF-8.
    fn verdict(mut self) -> LogError {
        if is_damaged_utf8(&self.sample, self.characters_before) {
            let parsed = self.body.push_text(&self.pending);
            let parsed = parsed.and_then(|()| self.body.finish_parser());
            return parsed.err().unwrap_or(LogError::OtherEncoding { encoding: Encoding::Windows1252 });
        }
        LogError::OtherEncoding { encoding: guess(&self.sample) }
    }
}

/// What reads the text, once its kind is known.
struct Body {
    decoder: Decoder,
    parser: Parser,
    table: TableBuilder,
    scratch: Vec<u8>,
    check: Option<Utf8Check>,
}

/// Whether pushed bytes are UTF-8.
#[derive(Default)]
struct Utf8Check {
    /// Characters of several bytes so far.
    characters: usize,
    /// The first bytes of a character that is not complete.
    held: Vec<u8>,
}

impl Utf8Check {
    /// Takes the next bytes; those from the first that is no UTF-8 on, if there is one.
    fn push(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.held.is_empty() && bytes.is_ascii() {
            return None;
        }
        let joined;
        let mut whole = bytes;
        if !self.held.is_empty() {
            joined = [&self.held[..], bytes].concat();
            whole = &joined;
        }
        let (valid, is_broken) = match std::str::from_utf8(whole) {
            Ok(_) => (whole.len(), false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some()),
        };
        self.characters += count_characters(&whole[..valid]);
        let rest = whole[valid..].to_vec();
        if is_broken {
            return Some(rest);
        }
        self.held = rest;
        None
    }
}

enum Parser {
    Delimited(Box<DelimitedParser>),
    Json(Box<JsonParser>),
}

impl TextReader {
    pub(super) fn new(options: ReadOptions) -> Self {
        Self { options, state: State::Head(Vec::new()), text_bytes: 0 }
    }

    pub(super) fn archive_limit(&self) -> ArchiveLimit {
        self.options.limits.archive
    }

    pub(super) fn rows_read(&self) -> u64 {
        match &self.state {
            State::Head(_) => 0,
            State::Body(body) => body.table.rows_read,
            State::Survey(survey) => survey.body.table.rows_read,
        }
    }

    /// Takes a small piece of text.
    pub(super) fn push(&mut self, bytes: &[u8], sampler: Option<&mut (dyn RowSampler + '_)>) -> Result<(), LogError> {
        self.text_bytes += bytes.len() as u64;
        if self.text_bytes > self.options.limits.text_bytes {
            let (rows, limit) = (self.rows_read(), self.options.limits.text_bytes);
            return Err(LogError::TooMuchText { rows, limit });
        }
        match &mut self.state {
            State::Body(body) => {
                if let Some(sample) = body.check.as_mut().and_then(|check| check.push(bytes)) {
                    return self.start_survey(sample, bytes);
                }
                body.push(bytes)?;
                body.table.check(sampler)
            }
            State::Survey(survey) => {
                survey.sample.extend_from_slice(bytes);
                survey.pending.extend_from_slice(bytes);
                self.end_survey(false)
            }
            State::Head(head) => {
                head.extend_from_slice(bytes);
                let is_enough = head.len() >= LONG_HEAD_BYTES
                    || (head.len() >= HEAD_BYTES && head.iter().any(|byte| matches!(byte, b'\n' | b'\r')));
                if is_enough {
                    let head = std::mem::take(head);
                    self.start(&head, false)?;
                }
                Ok(())
            }
        }
    }

    fn start_survey(&mut self, sample: Vec<u8>, bytes: &[u8]) -> Result<(), LogError> {
        if let State::Body(body) = std::mem::replace(&mut self.state, State::Head(Vec::new())) {
            let characters_before = body.check.as_ref().map_or(0, |check| check.characters);
            let survey = Survey { sample, characters_before, pending: bytes.to_vec(), body };
            self.state = State::Survey(Box::new(survey));
        }
        self.end_survey(false)
    }

    /// Ends the look at text that is no UTF-8, once it has seen enough.
    fn end_survey(&mut self, is_over: bool) -> Result<(), LogError> {
        let is_enough = matches!(&self.state, State::Survey(survey) if is_over || survey.sample.len() >= SURVEY_BYTES);
        match std::mem::replace(&mut self.state, State::Head(Vec::new())) {
            State::Survey(survey) if is_enough => Err(survey.verdict()),
            state => {
                self.state = state;
                Ok(())
            }
        }
    }

    /// The text is over.
    pub(super) fn finish(mut self, mut sampler: Option<&mut (dyn RowSampler + '_)>) -> Result<ReadTable, LogError> {
        if let State::Head(head) = &mut self.state {
            let head = std::mem::take(head);
            self.start(&head, true)?;
        }
        self.end_survey(true)?;
        match self.state {
            State::Body(body) => body.finish(super::again(&mut sampler)),
            State::Head(_) | State::Survey(_) => Err(LogError::Empty),
        }
    }

    fn start(&mut self, head: &[u8], is_whole: bool) -> Result<(), LogError> {
        if needs_own_reader(head) {
            return Err(LogError::Parquet);
        }
        if head.starts_with(&gzip::MAGIC) {
            return Err(LogError::Gzip { byte: 0, reason: text!(reading::gzip::nested) });
        }
        if head.starts_with(&zip::MAGIC) {
            return Err(LogError::Zip { byte: 0, reason: text!(reading::zip::nested) });
        }
        let ReadOptions { encoding, decoders, .. } = self.options;
        let (mut decoder, skip) = Decoder::sniff(head, encoding, decoders);
        let mut text = Vec::new();
        decoder.decode(&head[skip..], false, &mut text);
        let mut check = Utf8Check::default();
        let is_sure = encoding.is_some() || decoders.is_none() || decoder.encoding() != Encoding::Utf8;
        let check = if is_sure || check.push(head).is_some() { None } else { Some(check) };
        if text.iter().all(u8::is_ascii_whitespace) && is_whole {
            return Err(LogError::Empty);
        }
        let limits = self.options.limits;
        let (parser, text, mark) = match text_kind(&text)? {
            TextKind::Json => (Parser::Json(Box::new(JsonParser::new(&self.options))), &text[..], DecimalMark::Point),
            TextKind::Delimited => {
                let (start, declared) = skip_separator_line(&text);
                let text = &text[start..];
                let sniffed = if is_whole { text } else { whole_lines(text) };
                let inner = unwrapped(sniffed);
                let dialect = Dialect::sniff(inner.as_deref().unwrap_or(sniffed), self.options.delimiter.or(declared));
                let mark = dialect.decimal;
                let above = match inner {
                    Some(_) => 0,
                    None => start_of_record(sniffed, dialect.delimiter, dialect.preamble),
                };
                let mut parser = DelimitedParser::new(dialect, limits, inner.is_some());
                let is_end = |byte: &&u8| **byte == if text.contains(&b'\n') { b'\n' } else { b'\r' };
                parser.skip_lines(u64::from(start > 0) + text[..above].iter().filter(is_end).count() as u64);
                (Parser::Delimited(Box::new(parser)), &text[above..], mark)
            }
        };
        let mut body = Body { decoder, parser, table: TableBuilder::new(mark, limits), scratch: Vec::new(), check };
        body.push_text(text)?;
        self.state = State::Body(Box::new(body));
        Ok(())
    }
}

impl Body {
    fn push(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        if matches!(self.decoder, Decoder::Utf8) {
            return self.push_text(bytes);
        }
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        self.decoder.decode(bytes, false, &mut text);
        let pushed = self.push_text(&text);
        self.scratch = text;
        pushed
    }

    fn push_text(&mut self, text: &[u8]) -> Result<(), LogError> {
        let nul = memchr::memchr(0, text);
        let text = &text[..nul.unwrap_or(text.len())];
        match &mut self.parser {
            Parser::Delimited(parser) => parser.push(text, &mut self.table)?,
            Parser::Json(parser) => parser.push(text, &mut self.table)?,
        }
        if nul.is_none() {
            return Ok(());
        }
        Err(match &self.parser {
            Parser::Delimited(parser) => {
                let (line, column) = parser.place();
                LogError::NulByte { line, column }
            }
            Parser::Json(parser) => {
                LogError::Json { line: parser.line(), reason: text!(reading::json::nul).to_owned() }
            }
        })
    }

    fn finish_parser(&mut self) -> Result<(), LogError> {
        match &mut self.parser {
            Parser::Delimited(parser) => parser.finish(&mut self.table),
            Parser::Json(parser) => parser.finish(&mut self.table),
        }
    }

    fn finish(mut self, sampler: Option<&mut (dyn RowSampler + '_)>) -> Result<ReadTable, LogError> {
        let mut text = Vec::new();
        self.decoder.decode(&[], true, &mut text);
        self.push_text(&text)?;
        self.finish_parser()?;
        if self.table.n_rows() == 0 {
            return Err(LogError::NoRows { columns: self.table.columns.len() });
        }
        self.table.finish_sample(sampler)?;
        let mut notes = match &self.parser {
            Parser::Delimited(parser) => parser.notes(self.table.columns.len()),
            Parser::Json(parser) => parser.notes(self.table.columns.len()),
        };
        match self.decoder.encoding() {
            Encoding::Utf8 => {}
            Encoding::Utf16Le | Encoding::Utf16Be => notes.push(ReadNote::Utf16),
            encoding => notes.push(ReadNote::Encoding { encoding }),
        }
        let mut rows_read = self.table.rows_read;
        let (mut table, lines, missing) = self.table.finish()?;
        notes.extend(missing);
        notes.extend(lists::leave_out_unreadable(&mut table)?);
        let mark = match &self.parser {
            Parser::Delimited(parser) => parser.dialect().decimal,
            Parser::Json(_) => DecimalMark::Point,
        };
        notes.extend(undress(&mut table, mark));
        let is_report = matches!(self.parser, Parser::Delimited(_)) && table.source_rows.is_none();
        if is_report && ends_in_totals(&table) {
            notes.push(ReadNote::Totals { line: lines.line_of(table.n_rows - 1) });
            drop_last_row(&mut table);
            rows_read -= 1;
        }
        if let Parser::Delimited(parser) = &self.parser
            && !parser.dialect().feature_lists.is_empty()
        {
            lists::drop_counts(&mut table);
        }
        notes.extend(lists::find_lists(&mut table));
        Ok(ReadTable { table, lines, notes, rows_read })
    }
}

/// Spreadsheets write `sep=;` above the header to say which delimiter follows.
fn skip_separator_line(text: &[u8]) -> (usize, Option<u8>) {
    let (length, delimiter) = match text {
        [b's', b'e', b'p', b'=', delimiter, b'\n', ..] => (6, *delimiter),
        [b's', b'e', b'p', b'=', delimiter, b'\r', b'\n', ..] => (7, *delimiter),
        _ => return (0, None),
    };
    // Others would cut characters apart, or are no delimiter.
    let can_separate = delimiter.is_ascii() && !matches!(delimiter, b'"' | b'\r' | b'\n');
    if can_separate { (length, Some(delimiter)) } else { (0, None) }
}

fn drop_last_row(table: &mut Table) {
    table.n_rows -= 1;
    for column in &mut table.columns {
        column.values.drop_last();
    }
}

/// Without the line that is cut.
fn whole_lines(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(text.len(), |at| at + 1);
    &text[..end]
}
