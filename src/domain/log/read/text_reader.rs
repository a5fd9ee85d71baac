//! Text of unknown kind, as it comes: its first piece is kept until it tells what it is.

use super::decode::Decoder;
use super::delimited::DelimitedParser;
use super::dialect::Dialect;
use super::json::JsonParser;
use super::notes::{self, ReadNote};
use super::number::DecimalMark;
use super::options::{ReadOptions, RowSampler};
use super::sniff::{TextKind, text_kind};
use super::table::TableBuilder;
use super::{PARQUET, ReadTable, inflate, lists};
use crate::domain::log::LogError;

/// Bytes that tell encoding, kind and dialect.
const HEAD_BYTES: usize = 1 << 16;

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
}

/// What reads the text, once its kind is known.
struct Body {
    decoder: Decoder,
    parser: Parser,
    table: TableBuilder,
    scratch: Vec<u8>,
}

enum Parser {
    Delimited(Box<DelimitedParser>),
    Json(Box<JsonParser>),
}

impl TextReader {
    pub(super) fn new(options: ReadOptions) -> Self {
        Self { options, state: State::Head(Vec::new()), text_bytes: 0 }
    }

    pub(super) fn rows_read(&self) -> u64 {
        match &self.state {
            State::Head(_) => 0,
            State::Body(body) => body.table.rows_read,
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
                body.push(bytes)?;
                body.table.check(sampler)
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

    /// The text is over.
    pub(super) fn finish(mut self, mut sampler: Option<&mut (dyn RowSampler + '_)>) -> Result<ReadTable, LogError> {
        if let State::Head(head) = &mut self.state {
            let head = std::mem::take(head);
            self.start(&head, true)?;
        }
        match self.state {
            State::Head(_) => Err(LogError::Empty),
            State::Body(body) => body.finish(super::again(&mut sampler)),
        }
    }

    fn start(&mut self, head: &[u8], is_whole: bool) -> Result<(), LogError> {
        if head.starts_with(PARQUET) {
            return Err(LogError::Parquet);
        }
        if head.starts_with(&inflate::MAGIC) {
            return Err(LogError::Gzip { byte: 0, reason: text!(reading::gzip::nested) });
        }
        let (mut decoder, skip) = Decoder::sniff(head);
        let mut text = Vec::new();
        decoder.decode(&head[skip..], &mut text);
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
                let dialect = Dialect::sniff(sniffed, self.options.delimiter.or(declared));
                let mark = dialect.decimal;
                let mut parser = DelimitedParser::new(dialect, limits);
                parser.skip_lines(u64::from(start > 0));
                (Parser::Delimited(Box::new(parser)), text, mark)
            }
        };
        let mut body = Body { decoder, parser, table: TableBuilder::new(mark, limits), scratch: Vec::new() };
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
        self.decoder.decode(bytes, &mut text);
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

    fn finish(mut self, sampler: Option<&mut (dyn RowSampler + '_)>) -> Result<ReadTable, LogError> {
        match &mut self.parser {
            Parser::Delimited(parser) => parser.finish(&mut self.table)?,
            Parser::Json(parser) => parser.finish(&mut self.table)?,
        }
        if self.table.n_rows() == 0 {
            return Err(LogError::NoRows { columns: self.table.columns.len() });
        }
        self.table.finish_sample(sampler)?;
        let mut notes = match &self.parser {
            Parser::Delimited(parser) => notes::of_dialect(parser.dialect(), &parser.unnamed, self.table.columns.len()),
            Parser::Json(parser) => parser.notes(self.table.columns.len()),
        };
        if !matches!(self.decoder, Decoder::Utf8) {
            notes.push(ReadNote::Utf16);
        }
        let rows_read = self.table.rows_read;
        let (mut table, lines, missing) = self.table.finish()?;
        notes.extend(missing);
        notes.extend(lists::leave_out_unreadable(&mut table)?);
        let delimiter = match &self.parser {
            Parser::Delimited(parser) => {
                if !parser.dialect().feature_lists.is_empty() {
                    lists::drop_counts(&mut table);
                }
                Some(parser.dialect().delimiter)
            }
            Parser::Json(_) => None,
        };
        notes.extend(lists::find_lists(&mut table, delimiter));
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

/// Without the line that is cut.
fn whole_lines(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(text.len(), |at| at + 1);
    &text[..end]
}
