//! The form of the maximum size of a log.

use super::settings::{SettingChange, number_of};
use crate::app::marks::{Mark, disclosure};
use crate::domain::log::RowLimit;
use crate::domain::spec::settings::LIMIT;

/// The limits, closed: most files are shorter.
pub fn form(limit: RowLimit) -> Mark<SettingChange<RowLimit>> {
    disclosure("limit", text!(forms::limit::title), LIMIT.iter().filter_map(|setting| number_of(setting, &limit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_set_within_their_ranges() {
        let set = |label: &str, input: &str| {
            let mut limit = RowLimit::default();
            form(limit).change(label, input)?.apply(&mut limit);
            Some(limit)
        };
        let limit = RowLimit::default();
        assert_eq!(set("Rows kept at most", "50000"), Some(RowLimit { rows: 50_000, ..limit }));
        assert_eq!(set("Megabytes kept at most", "5"), Some(RowLimit { megabytes: 16, ..limit }));
        assert_eq!(set("Rows kept at most", "many"), None);
    }
}
