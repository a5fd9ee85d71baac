//! Labels that have not arrived.
use super::{Finding, FindingKind, Funnel};
use crate::domain::log::LabelMaturity;

/// A smaller share of what is to be expected is not worth a word.
const NOTICEABLE: f64 = 0.05;

impl Funnel<'_> {
    /// Late labels of which a noticeable share is estimated to be still to come.
    pub(super) fn labels_to_come(&self) -> Vec<Finding> {
        let maturity = self.log.label_maturity();
        let noticeable = maturity.iter().filter(|(_, label)| label.share_to_come() >= NOTICEABLE);
        noticeable.map(|(name, label)| self.to_come(name, label)).collect()
    }

    fn to_come(&self, name: &str, label: &LabelMaturity) -> Finding {
        let is_return = name == "return";
        let expected = format!("{:.0}", label.expected);
        let message = text!(
            funnel::to_come::found,
            to_come = format_args!("{:.0}", label.expected - label.arrived as f64),
            expected = match is_return {
                true => text!(funnel::to_come::returns, n = expected),
                false => text!(funnel::to_come::conversions, n = expected),
            },
            share = format_args!("{:.0}", 100.0 * label.share_to_come()),
            half = days(label.half_days),
            mature = days(label.mature_days),
            horizon = days(label.horizon_days)
        );
        let column = if is_return { &self.roles.return_time } else { &self.roles.conversion_time };
        Finding::new(FindingKind::LabelsToCome, message, text!(funnel::to_come::remedy))
            .columns(column.iter().map(String::as_str))
            .row_count((label.expected - label.arrived as f64).round() as usize)
    }
}

/// Days in two significant digits.
fn days(days: f64) -> String {
    let n = match days {
        d if d >= 10.0 => format!("{d:.0}"),
        d if d >= 1.0 => format!("{d:.1}"),
        d => format!("{d:.2}"),
    };
    text!(funnel::to_come::days, n = n)
}
