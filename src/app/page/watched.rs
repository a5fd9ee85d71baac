//! A value that counts its changes, so that drawings of it are redrawn only then.

use std::ops::{Deref, DerefMut};

/// A part of the page's state; every mutable borrow counts as a change.
#[derive(Debug, Default)]
pub struct Watched<T> {
    value: T,
    changes: u32,
}

impl<T> Watched<T> {
    pub fn new(value: T) -> Self {
        Self { value, changes: 0 }
    }

    /// Number of mutable borrows.
    pub fn changes(&self) -> u32 {
        self.changes
    }

    /// Replaces the value; an equal value is no change.
    pub fn set(&mut self, value: T)
    where
        T: PartialEq,
    {
        if self.value != value {
            **self = value;
        }
    }
}

impl<T> Deref for Watched<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Watched<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.changes = self.changes.wrapping_add(1);
        &mut self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_counted_and_reading_or_setting_the_same_is_none() {
        let mut watched = Watched::new(vec![1]);
        assert_eq!(watched.iter().sum::<i32>(), 1);
        watched.set(vec![1]);
        assert_eq!(watched.changes(), 0);
        watched.push(2);
        watched.set(vec![3]);
        assert_eq!((watched.changes(), &**watched), (2, &[3][..]));
    }
}
