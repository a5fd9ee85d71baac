//! The encodings that a log's text may be in, and who decodes those that are not Unicode.

use serde::{Deserialize, Serialize};

/// An encoding of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    #[serde(rename = "utf-32le")]
    Utf32Le,
    #[serde(rename = "utf-32be")]
    Utf32Be,
    #[serde(rename = "gb18030")]
    Gb18030,
    #[serde(rename = "big5")]
    Big5,
    #[serde(rename = "shift_jis")]
    ShiftJis,
    #[serde(rename = "euc-jp")]
    EucJp,
    #[serde(rename = "euc-kr")]
    EucKr,
    #[serde(rename = "windows-1250")]
    Windows1250,
    #[serde(rename = "windows-1251")]
    Windows1251,
    #[serde(rename = "windows-1252")]
    Windows1252,
    #[serde(rename = "windows-1253")]
    Windows1253,
    #[serde(rename = "windows-1254")]
    Windows1254,
    #[serde(rename = "windows-1255")]
    Windows1255,
    #[serde(rename = "windows-1256")]
    Windows1256,
    #[serde(rename = "windows-1257")]
    Windows1257,
    #[serde(rename = "windows-1258")]
    Windows1258,
    #[serde(rename = "macintosh")]
    MacRoman,
}

/// Decodes text of one encoding that is pushed in pieces of any length.
pub trait TextDecoder {
    /// Appends the text of the next bytes as UTF-8; what is no character becomes U+FFFD. `is_last`: no more bytes follow.
    fn decode(&mut self, bytes: &[u8], is_last: bool, text: &mut Vec<u8>);
}

/// Makes the decoder of an encoding that is not Unicode's; `None` when there is none.
pub type NewDecoder = fn(Encoding) -> Option<Box<dyn TextDecoder>>;

impl Encoding {
    /// All encodings.
    pub const ALL: [Self; 20] = [
        Self::Utf8,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Utf32Le,
        Self::Utf32Be,
        Self::Gb18030,
        Self::Big5,
        Self::ShiftJis,
        Self::EucJp,
        Self::EucKr,
        Self::Windows1250,
        Self::Windows1251,
        Self::Windows1252,
        Self::Windows1253,
        Self::Windows1254,
        Self::Windows1255,
        Self::Windows1256,
        Self::Windows1257,
        Self::Windows1258,
        Self::MacRoman,
    ];

    /// The encoding's label in the WHATWG standard, which browsers and ROLES files know it by.
    pub fn label(self) -> &'static str {
        self.names().0
    }

    /// The encoding's name in a sentence.
    pub fn name(self) -> &'static str {
        self.names().1
    }

    /// The encoding with that label.
    pub fn called(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.label().eq_ignore_ascii_case(label))
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Utf8 => ("utf-8", "UTF-8"),
            Self::Utf16Le => ("utf-16le", "UTF-16"),
            Self::Utf16Be => ("utf-16be", "UTF-16"),
            Self::Utf32Le => ("utf-32le", "UTF-32"),
            Self::Utf32Be => ("utf-32be", "UTF-32"),
            Self::Gb18030 => ("gb18030", "GB18030"),
            Self::Big5 => ("big5", "Big5"),
            Self::ShiftJis => ("shift_jis", "Shift-JIS"),
            Self::EucJp => ("euc-jp", "EUC-JP"),
            Self::EucKr => ("euc-kr", "EUC-KR"),
            Self::Windows1250 => ("windows-1250", "Windows-1250"),
            Self::Windows1251 => ("windows-1251", "Windows-1251"),
            Self::Windows1252 => ("windows-1252", "Windows-1252"),
            Self::Windows1253 => ("windows-1253", "Windows-1253"),
            Self::Windows1254 => ("windows-1254", "Windows-1254"),
            Self::Windows1255 => ("windows-1255", "Windows-1255"),
            Self::Windows1256 => ("windows-1256", "Windows-1256"),
            Self::Windows1257 => ("windows-1257", "Windows-1257"),
            Self::Windows1258 => ("windows-1258", "Windows-1258"),
            Self::MacRoman => ("macintosh", "Macintosh"),
        }
    }

    /// Encodings that are taken for this one most easily.
    pub fn alike(self) -> &'static [Self] {
        match self {
            Self::Gb18030 => &[Self::Big5, Self::EucKr, Self::ShiftJis],
            Self::Big5 => &[Self::Gb18030, Self::ShiftJis],
            Self::ShiftJis => &[Self::EucJp, Self::Gb18030],
            Self::EucJp => &[Self::Gb18030, Self::ShiftJis, Self::EucKr],
            Self::EucKr => &[Self::Gb18030, Self::EucJp],
            Self::Windows1250 | Self::Windows1257 => &[Self::Windows1252, Self::Windows1254],
            Self::Windows1251 => &[Self::Windows1253, Self::Windows1255, Self::Windows1252],
            Self::Windows1252 => &[Self::MacRoman, Self::Windows1250, Self::Windows1254],
            Self::Windows1253 | Self::Windows1255 | Self::Windows1256 => &[Self::Windows1251, Self::Windows1252],
            Self::Windows1254 | Self::Windows1258 => &[Self::Windows1252],
            Self::MacRoman => &[Self::Windows1252, Self::Windows1250],
            Self::Utf8 | Self::Utf16Le | Self::Utf16Be | Self::Utf32Le | Self::Utf32Be => &[],
        }
    }
}

impl std::str::FromStr for Encoding {
    type Err = String;

    fn from_str(label: &str) -> Result<Self, String> {
        Self::called(label).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|encoding| encoding.label()).collect();
            text!(reading::encodings, known = known.join(", "))
        })
    }
}
