//! Browser actions as data; `app::browser` carries them out.

use std::any::Any;
use std::fmt;
use std::rc::Rc;

use super::Message;
use crate::app::exports;
use crate::protocol::Request;

/// An action that needs the browser.
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
        files: Vec<FileHandle>,
    },
    /// Sends `message` to the page after this time.
    Wait {
        millis: u32,
        message: Box<Message>,
    },
    /// Detects whether each file is a table, predictions, an experiment or roles; answered by [`Message::FilesRead`].
    ReadFiles {
        files: Vec<FileHandle>,
    },
    /// Creates a file from text; answered by [`Message::OpenFiles`].
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
    /// Saves bytes as a file.
    SaveBytes(exports::File),
    /// Writes a run as an ONNX graph, from its weights and the sheet that describes them, and saves it.
    SaveGraph {
        weights: FileHandle,
        sheet: FileHandle,
    },
    /// Stores the page's state in the browser, for a reload; answered by [`Message::Stored`].
    StoreState {
        bytes: Vec<u8>,
        /// The log's files, if the user wants them stored.
        files: Vec<FileHandle>,
        /// Weights of the saved runs, in their order.
        weights: Vec<Option<FileHandle>>,
    },
    /// Deletes the stored state; answered by [`Message::Deleted`].
    DeleteStored,
}

/// Unique number of a worker.
pub type WorkerKey = u32;

/// Program of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    CpuEngine,
    GpuEngine,
    /// Converts a Parquet file to text.
    ParquetReader,
}

impl Program {
    /// The name of its binary.
    pub fn name(self) -> &'static str {
        match self {
            Self::CpuEngine => "engine_cpu",
            Self::GpuEngine => "engine_gpu",
            Self::ParquetReader => "reader_parquet",
        }
    }
}

/// Environment of the page at the time of a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Surroundings {
    /// Milliseconds since 1970.
    pub now: f64,
    /// Logical processors.
    pub cores: usize,
    /// The user has pressed or entered something.
    pub has_pressed: bool,
    /// The user prefers no animation.
    pub wants_stillness: bool,
}

/// A file that only the browser can read: name, size, and the browser's handle.
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
