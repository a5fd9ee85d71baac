//! The page and its files as the worker sees them. In the browser they are a message channel and blobs; tests have their own.

use std::future::Future;

use crate::domain::log::NewDecoder;
use crate::protocol::{Reply, RequestId};

/// The page that the worker answers.
pub trait Page {
    /// Decodes files in other encodings than Unicode's.
    const DECODER: NewDecoder;

    /// Sends a reply, with a byte buffer beside it when given.
    fn post(&self, reply: &Reply, bytes: Option<&[u8]>);

    /// Takes the page's cancellation of that load out of its messages; whether there was one.
    fn takes_cancel(&self, load: RequestId) -> bool;

    /// Milliseconds since 1970.
    fn now(&self) -> f64;

    /// Resolves once the page's messages have been delivered.
    fn breathe(&self) -> impl Future<Output = ()>;
}

/// A file of the user's, which is read piece by piece.
pub trait SourceFile {
    /// In bytes.
    fn size(&self) -> u64;

    /// Begins to read at most `length` bytes from `start` on: fewer at the file's end, `None` when it cannot be read.
    fn piece(&self, start: u64, length: u64) -> impl Future<Output = Option<Vec<u8>>> + use<Self>;
}
