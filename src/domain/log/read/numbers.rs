//! Numbers in the making.

use super::column::retain_rows;
use super::number::{DecimalMark, Spelling, parse_number, spell};

/// Numbers, and what it takes to spell them as they were.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// NaN where a field was empty or said that it has no value.
    pub(super) values: Vec<f64>,
    /// Decimals of plain numbers: one number for all, or one a row.
    decimals: Decimals,
    own: OwnSpellings,
}

#[derive(Debug, Default)]
enum Decimals {
    #[default]
    None,
    All(u8),
    Each(Vec<u8>),
}

/// Fields whose spelling their number does not tell, by row, ascending.
#[derive(Debug, Default)]
struct OwnSpellings {
    rows: Vec<u32>,
    text: String,
    ends: Vec<u32>,
}

impl Numbers {
    /// Whether the field is a number, or has no value; if not, nothing is changed.
    #[inline]
    pub(super) fn push(&mut self, field: &str, mark: DecimalMark) -> bool {
        if field.is_empty() {
            self.values.push(f64::NAN);
            return true;
        }
        let Some((number, spelling)) = parse_number(field, mark) else { return false };
        let row = self.values.len();
        match spelling {
            Spelling::Plain { decimals } => self.decimals.set(row, decimals),
            Spelling::Own => {
                if !self.own.push(row, field) {
                    return false;
                }
            }
        }
        self.values.push(number);
        true
    }

    /// Whether a number, not a word for none, is spelled in a way that its value does not tell.
    pub(super) fn has_own_spellings(&self) -> bool {
        self.own.rows.iter().any(|&row| !self.values[row as usize].is_nan())
    }

    pub(super) fn field(&self, row: usize, mark: DecimalMark) -> String {
        let mut field = String::new();
        if let Ok(at) = self.own.rows.binary_search(&(row as u32)) {
            self.own.at(at).clone_into(&mut field);
        } else if !self.values[row].is_nan() {
            spell(self.values[row], self.decimals.of(row), mark, &mut field);
        }
        field
    }

    pub(super) fn for_each_field<E>(
        &self,
        mark: DecimalMark,
        mut use_field: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut field = String::new();
        let mut own = 0;
        for (row, &value) in self.values.iter().enumerate() {
            if self.own.rows.get(own).is_some_and(|&own_row| own_row as usize == row) {
                use_field(self.own.at(own))?;
                own += 1;
            } else if value.is_nan() {
                use_field("")?;
            } else {
                spell(value, self.decimals.of(row), mark, &mut field);
                use_field(&field)?;
            }
        }
        Ok(())
    }

    pub(super) fn retain(&mut self, keep: &[bool]) {
        let mut own = OwnSpellings::default();
        let mut new_row = 0;
        let mut at = 0;
        for (row, &kept) in keep.iter().enumerate() {
            let is_own = self.own.rows.get(at).is_some_and(|&own_row| own_row as usize == row);
            if is_own && kept {
                own.push(new_row, self.own.at(at));
            }
            at += usize::from(is_own);
            new_row += usize::from(kept);
        }
        self.own = own;
        if let Decimals::Each(each) = &mut self.decimals {
            each.resize(self.values.len(), 0);
            retain_rows(each, keep);
        }
        retain_rows(&mut self.values, keep);
    }

    pub(super) fn bytes(&self) -> usize {
        let decimals = if let Decimals::Each(each) = &self.decimals { each.len() } else { 0 };
        8 * self.values.len() + decimals + self.own.text.len() + 8 * self.own.rows.len()
    }
}

impl Decimals {
    #[inline]
    fn set(&mut self, row: usize, decimals: u8) {
        match self {
            Self::All(all) if *all == decimals => {}
            Self::Each(each) => {
                each.resize(row, 0); // rows in between have no plain number
                each.push(decimals);
            }
            Self::None => *self = Self::All(decimals),
            Self::All(all) => {
                let mut each = vec![*all; row];
                each.push(decimals);
                *self = Self::Each(each);
            }
        }
    }

    fn of(&self, row: usize) -> u8 {
        match self {
            Self::None => 0,
            Self::All(all) => *all,
            Self::Each(each) => each.get(row).copied().unwrap_or_default(),
        }
    }
}

impl OwnSpellings {
    /// Whether there was room (4 GB of text).
    fn push(&mut self, row: usize, field: &str) -> bool {
        let (Ok(row), Ok(end)) = (u32::try_from(row), u32::try_from(self.text.len() + field.len())) else {
            return false;
        };
        self.rows.push(row);
        self.text.push_str(field);
        self.ends.push(end);
        true
    }

    fn at(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.text[start..self.ends[at] as usize]
    }
}
