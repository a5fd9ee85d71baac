//! The embedding table and a module's memory, which ends at 4 GB.

use super::EngineError;

/// What there is of a number of the table while it is put into memory, four bytes each: as drawn, its value, two moments.
const PARTS: u64 = 4;

/// Bytes that this module may still take; none outside a browser, where the system says when it is out of them.
pub(super) fn left() -> Option<u64> {
    #[cfg(target_arch = "wasm32")]
    {
        const PAGE: u64 = 1 << 16;
        let taken = core::arch::wasm32::memory_size(0) as u64 * PAGE;
        Some((1_u64 << 32).saturating_sub(taken))
    }
    #[cfg(not(target_arch = "wasm32"))]
    None
}

/// Refuses a table that would end the module.
///
/// # Errors
/// [`EngineError::TableTooLarge`], with the size of an embedding that fits.
pub(super) fn check_table(rows: usize, size: usize, left: Option<u64>) -> Result<(), EngineError> {
    let Some(left) = left else { return Ok(()) };
    let per_size = (4 * PARTS).saturating_mul(rows as u64).max(1);
    let needed = per_size.saturating_mul(size as u64);
    if needed <= left {
        return Ok(());
    }
    Err(EngineError::TableTooLarge { rows, size, needed, left, fits: (left / per_size) as usize })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_does_not_fit_is_refused_with_the_size_that_does() {
        let gigabytes = |n: u64| Some(n << 30);
        assert_eq!(check_table(1_000_000, 32, gigabytes(1)), Ok(()));
        assert_eq!(check_table(usize::MAX, 128, None), Ok(()));
        let refused = check_table(10_000_000, 32, gigabytes(4)).unwrap_err();
        let EngineError::TableTooLarge { fits, .. } = refused else { panic!("{refused}") };
        assert_eq!(check_table(10_000_000, fits, gigabytes(4)), Ok(()));
        assert!(check_table(10_000_000, fits + 1, gigabytes(4)).is_err());
        let said = refused.to_string();
        for there in ["10000000 values", "5.1 GB", "4.3 GB", "of 26 "] {
            assert!(said.contains(there), "{there} in {said}");
        }
        let said = check_table(usize::MAX, 8, gigabytes(1)).unwrap_err().to_string();
        assert!(said.contains("fewer values") && !said.contains("of 0"), "{said}");
    }
}
