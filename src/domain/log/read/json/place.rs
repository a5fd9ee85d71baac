//! Where in a file's brackets its records are.

/// What is between the records: followed byte by byte.
pub(super) enum Place {
    /// No byte yet.
    Start,
    /// Behind the file's first byte, a bracket.
    Array,
    /// Objects, wherever they are.
    Records,
    /// Lists, within one or one after the other.
    Lists,
    /// The items of a list of the file's only object.
    List(Box<Outside>),
    /// The values of the file's only object.
    Index(Box<Outside>),
}

/// An object around the records.
pub(super) struct Outside {
    /// Key of the list that holds them.
    key: String,
    depth: usize,
    is_in_string: bool,
    is_escaped: bool,
    /// The last text of the object's own level: a key, when a list follows.
    last: Vec<u8>,
    is_in_list: bool,
}

impl Place {
    pub(super) fn list(key: String) -> Self {
        Self::List(Box::new(Outside::new(key)))
    }

    pub(super) fn index() -> Self {
        Self::Index(Box::new(Outside::new(String::new())))
    }

    /// Whether a record begins with `byte`; where it is neither a brace nor a bracket, with the bracket before it. `None`
    /// when nothing of the kind is expected here.
    pub(super) fn starts_record(&mut self, byte: u8) -> Option<bool> {
        let is_between = matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b'[' | b']' | b'\x1e');
        match (&mut *self, byte) {
            (Self::List(outside), byte) => return Some(outside.starts_item(byte)),
            (Self::Index(outside), byte) => return Some(outside.starts_value(byte)),
            (Self::Lists, b'{' | b'[') | (Self::Records, b'{') => return Some(true),
            (Self::Start | Self::Array, b'{') => *self = Self::Records,
            (Self::Start, b'[') => {
                *self = Self::Array;
                return Some(false);
            }
            (Self::Array, b'[') => *self = Self::Lists,
            (Self::Array, b']') => {
                *self = Self::Records;
                return Some(false);
            }
            (_, _) if is_between => return Some(false),
            (Self::Array, _) => *self = Self::Lists,
            (_, _) => return None,
        }
        Some(true)
    }

    /// Whether the file may end here.
    pub(super) fn is_complete(&self) -> bool {
        match self {
            Self::List(outside) | Self::Index(outside) => outside.depth == 0,
            _ => true,
        }
    }
}

impl Outside {
    fn new(key: String) -> Self {
        Self { key, depth: 0, is_in_string: false, is_escaped: false, last: Vec::new(), is_in_list: false }
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    fn starts_item(&mut self, byte: u8) -> bool {
        let is_item = self.is_in_list && self.depth == 2 && !self.is_in_string && matches!(byte, b'{' | b'[');
        if !is_item {
            self.step(byte);
        }
        is_item
    }

    fn starts_value(&mut self, byte: u8) -> bool {
        let is_value = self.depth == 1 && !self.is_in_string && byte == b'{';
        if !is_value {
            self.step(byte);
        }
        is_value
    }

    fn step(&mut self, byte: u8) {
        if self.is_in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.is_in_string = false,
                _ => {}
            }
            // A longer text is not the key.
            if self.depth == 1 && self.last.len() <= 6 * self.key.len() + 2 {
                self.last.push(byte);
            }
            return;
        }
        match byte {
            b'"' => {
                self.is_in_string = true;
                if self.depth == 1 {
                    self.last.clear();
                    self.last.push(byte);
                }
            }
            b'[' if self.depth == 1 => {
                let key: Option<String> = serde_json::from_slice(&self.last).ok();
                self.is_in_list = key.as_ref() == Some(&self.key);
                self.depth = 2;
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.is_in_list &= self.depth > 1;
            }
            _ => {}
        }
    }
}
