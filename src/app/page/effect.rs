//! What the page has done in the browser, as data; `app::browser` carries it out.

use std::any::Any;
use std::fmt;
use std::rc::Rc;

use super::Message;
use crate::app::exports;
use crate::protocol::Request;

/// Something that only a browser can do.
#[derive(Debug, PartialEq)]
pub enum Effect {
    StartWorker {
        worker: WorkerKey,
        program: Program,
    },
    EndWorker {
        worker: WorkerKey,
    },
    Post {
        worker: WorkerKey,
        request: Box<Request>,
        file: Option<FileHandle>,
    },
    /// Sends `message` to the page after this time.
    Wait {
        millis: u32,
        message: Box<Message>,
    },
    /// Finds out whether a file is a log, an experiment or roles; answered by [`Message::FileRead`].
    ReadFile {
        file: FileHandle,
    },
    /// Makes a file of text; answered by [`Message::OpenFile`].
    MakeFile {
        name: String,
        text: String,
    },
    /// Fetches the recording that the page opens with; answered by [`Message::Recording`].
    FetchRecording,
    /// Saves a file among the user's downloads; answered by [`Message::Saved`].
    Save {
        file: FileHandle,
    },
    /// Saves bytes that the page has written.
    SaveBytes(exports::File),
    /// Makes an ONNX graph of a run's weights and the sheet that describes them, and saves it.
    SaveGraph {
        weights: FileHandle,
        sheet: FileHandle,
    },
    /// Writes into the browser what outlasts a reload.
    Keep {
        bytes: Vec<u8>,
        /// The log's file, where the user wants it kept.
        file: Option<FileHandle>,
        /// Weights of the runs that are kept, in their order.
        weights: Vec<Option<FileHandle>>,
    },
    /// Deletes all that the page has written into the browser; answered by [`Message::Deleted`].
    DeleteKept,
}

/// Number of a worker, never given twice.
pub type WorkerKey = u32;

/// What a worker runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    CpuEngine,
    GpuEngine,
    /// Turns a Parquet file into text.
    ParquetReader,
}

/// What the page knows of its surroundings when it is told something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Surroundings {
    /// Milliseconds since 1970.
    pub now: f64,
    /// Logical processors.
    pub cores: usize,
    /// The user has pressed or entered something.
    pub has_pressed: bool,
    /// The user wants nothing to move by itself.
    pub wants_stillness: bool,
}

/// A file that only the browser can read: its name, its size, and the browser's own handle.
#[derive(Clone)]
pub struct FileHandle {
    pub name: String,
    pub bytes: u64,
    content: Rc<dyn Any>,
}

impl FileHandle {
    pub fn new(name: impl Into<String>, bytes: u64, content: impl Any) -> Self {
        Self { name: name.into(), bytes, content: Rc::new(content) }
    }

    /// The same file by another name.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The browser's handle, when it is of this type.
    pub fn content<T: 'static>(&self) -> Option<&T> {
        self.content.downcast_ref()
    }
}

impl fmt::Debug for FileHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FileHandle").field(&self.name).field(&self.bytes).finish()
    }
}

impl PartialEq for FileHandle {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Rc::ptr_eq(&self.content, &other.content)
    }
}
