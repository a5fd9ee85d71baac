//! How much is kept of a log that is longer.

use crate::app::marks::{Act, Control, Mark, disclosure, number};
use crate::app::range::Range;
use crate::domain::log::RowLimit;

const ROWS: &str = "limit-rows";
const MEGABYTES: &str = "limit-megabytes";
const SEED: &str = "limit-seed";

const ROWS_RANGE: Range = Range::logarithmic(1_000.0, 20_000_000.0).whole();
const MEGABYTES_RANGE: Range = Range::logarithmic(16.0, 2_000.0).whole();
const SEED_RANGE: Range = Range::linear(0.0, 9_007_199_254_740_991.0).whole();

/// The limits, folded: most files are shorter.
pub fn form(limit: RowLimit) -> Mark {
    let hint = text!(forms::limit::sampled);
    let memory = text!(forms::limit::memory);
    disclosure(
        "limit",
        text!(forms::limit::title),
        [
            number(Control::new(ROWS, text!(forms::limit::rows)).hint(hint), limit.rows as f64),
            number(Control::new(MEGABYTES, text!(forms::limit::megabytes)).hint(memory), limit.megabytes as f64),
            number(Control::new(SEED, text!(forms::limit::seed)), limit.seed as f64),
        ],
    )
}

/// The limits as the reader set them; `None` for another act, or what is no number.
pub fn asked(limit: RowLimit, act: &Act) -> Option<RowLimit> {
    Some(match act.name.as_str() {
        ROWS => RowLimit { rows: act.number(ROWS_RANGE)? as usize, ..limit },
        MEGABYTES => RowLimit { megabytes: act.number(MEGABYTES_RANGE)? as usize, ..limit },
        SEED => RowLimit { seed: act.number(SEED_RANGE)? as u64, ..limit },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_set_within_their_ranges() {
        let act = |name: &str, input: &str| Act { name: name.into(), input: input.into(), ..Act::default() };
        let limit = RowLimit::default();
        assert_eq!(asked(limit, &act(ROWS, "50000")), Some(RowLimit { rows: 50_000, ..limit }));
        assert_eq!(asked(limit, &act(MEGABYTES, "64")).map(|limit| limit.megabytes), Some(64));
        assert_eq!(asked(limit, &act(ROWS, "many")), None);
        assert_eq!(asked(limit, &act("other", "5")), None);
        assert!(form(limit).said().contains("Rows kept at most"));
    }
}
