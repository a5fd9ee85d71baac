//! Pages that are compressed with Zstandard, which the `parquet` crate unpacks in C only.

use std::io::Read;
use std::sync::Arc;

use ::parquet::basic::Compression;
use ::parquet::column::page::{Page, PageMetadata, PageReader};
use ::parquet::errors::{ParquetError, Result};
use ::parquet::file::metadata::ColumnChunkMetaData;
use ::parquet::file::serialized_reader::SerializedPageReader;
use bytes::Bytes;

/// The pages of a column chunk, unpacked as they are asked for.
pub(super) struct ZstdPages {
    /// They come as they are in the file, which is told to be without compression.
    packed: SerializedPageReader<Bytes>,
    /// Bytes that the chunk says it unpacks to.
    limit: u64,
}

impl ZstdPages {
    pub(super) fn new(file: Bytes, chunk: &ColumnChunkMetaData, n_rows: usize) -> Result<Self> {
        let plain = chunk.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build()?;
        let packed = SerializedPageReader::new(Arc::new(file), &plain, n_rows, None)?;
        Ok(Self { packed, limit: u64::try_from(chunk.uncompressed_size()).unwrap_or_default() })
    }

    fn unpack_page(&self, mut page: Page) -> Result<Page> {
        match &mut page {
            Page::DataPage { buf, .. } | Page::DictionaryPage { buf, .. } => *buf = self.unpack(&[], buf)?.into(),
            Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, is_compressed: true, .. } => {
                let n_levels = (*def_levels_byte_len + *rep_levels_byte_len) as usize;
                let (levels, values) = buf.split_at_checked(n_levels).ok_or_else(damaged)?;
                *buf = self.unpack(levels, values)?.into();
            }
            Page::DataPageV2 { .. } => {}
        }
        Ok(page)
    }

    /// `start` as it is, and `packed` unpacked behind it.
    fn unpack(&self, start: &[u8], mut packed: &[u8]) -> Result<Vec<u8>> {
        let mut unpacked = start.to_vec();
        while !packed.is_empty() {
            let frame = ruzstd::decoding::StreamingDecoder::new(&mut packed).map_err(|_| damaged())?;
            frame.take(self.limit + 1).read_to_end(&mut unpacked)?;
            if unpacked.len() as u64 > self.limit {
                return Err(damaged());
            }
        }
        Ok(unpacked)
    }
}

fn damaged() -> ParquetError {
    ParquetError::General(text!(parquet::damage::zstandard).to_owned())
}

impl Iterator for ZstdPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for ZstdPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        self.packed.get_next_page()?.map(|page| self.unpack_page(page)).transpose()
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.packed.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.packed.skip_next_page()
    }
}
