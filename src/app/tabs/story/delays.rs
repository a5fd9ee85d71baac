//! Purchases of a log known at a cut-off: counts, shares and sentences.

use crate::app::format;
use crate::domain::report::{DelayReading, Standing};

/// The log as it stood at the end of a stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct CutOff {
    /// Stretches before the cut-off, at least one.
    pub stretches: usize,
    /// Stretches until the end of the log.
    pub observed: usize,
    pub stretch_days: f64,
    /// By stretch of the click, up to the cut-off.
    pub standing: Vec<Standing>,
    pub total: Standing,
    /// Purchases known in the end, by stretch of the click; over all stretches.
    pub in_the_end: Vec<u32>,
    pub has_returns: bool,
    pub truth_known: bool,
}

/// The reading of a log with late purchases; `None` if every purchase comes with its click.
pub fn late(reading: Option<&DelayReading>) -> Option<&DelayReading> {
    reading.filter(|reading| reading.maturity.last().is_some_and(|point| point.age_days > 0.0))
}

impl CutOff {
    /// The cut-off nearest to `days` after the first impression; `None`: the log's end.
    pub fn of(reading: &DelayReading, days: Option<f64>) -> Self {
        let observed = reading.observed_stretches.max(1);
        let stretches = days.map_or(observed, |days| stretches(days, reading.stretch_days, observed));
        let standing = reading.standing(stretches);
        let sum = |of: fn(&Standing) -> u32| standing.iter().map(of).sum::<u32>();
        let total = Standing {
            clicks: sum(|s| s.clicks),
            converted: sum(|s| s.converted),
            pending: sum(|s| s.pending),
            returned: sum(|s| s.returned),
            to_be_returned: sum(|s| s.to_be_returned),
        };
        Self {
            stretches,
            observed,
            stretch_days: reading.stretch_days,
            total,
            in_the_end: reading.conversions.iter().map(|counts| counts.iter().sum()).collect(),
            has_returns: reading.returns.iter().flatten().any(|count| *count > 0),
            truth_known: reading.truth_known,
            standing,
        }
    }

    /// Days from the first impression to the cut-off.
    pub fn days(&self) -> f64 {
        self.stretches as f64 * self.stretch_days
    }

    pub fn is_end(&self) -> bool {
        self.stretches >= self.observed
    }

    /// The clicks and purchases at the cut-off, in sentences.
    pub fn sentences(&self) -> Vec<String> {
        let Standing { clicks, converted, pending, returned, to_be_returned } = self.total;
        let when = if self.is_end() { text!(delays::at_end).to_owned() } else { self.on_day() };
        let known = if self.truth_known { text!(delays::in_the_end) } else { text!(delays::by_the_end) };
        let mut said = Vec::new();
        if clicks > 0 {
            said.push(text!(
                delays::stood,
                when = when,
                bought = count(converted),
                clicks = count(clicks),
                cvr = format::percent(share(converted, clicks)),
                pending = count(pending),
                true_cvr = format::percent(share(converted + pending, clicks)),
                known = known
            ));
        }
        if let [first, .., last] = &self.standing[..] {
            let of = |s: &Standing| (s.converted + s.pending > 0).then(|| share(s.converted, s.converted + s.pending));
            if let (Some(first), Some(last)) = (of(first), of(last)) {
                said.push(text!(delays::ages, oldest = format::percent(first), youngest = format::percent(last)));
            }
        }
        if self.has_returns {
            said.push(text!(
                delays::returns,
                purchases = count(converted),
                returned = count(returned),
                more = count(to_be_returned)
            ));
        }
        said
    }

    /// `On day 5 of 14`.
    pub fn on_day(&self) -> String {
        let end = self.observed as f64 * self.stretch_days;
        text!(delays::on_day, day = number(self.days()), end = number(end))
    }
}

/// The number of whole stretches nearest to `days`, 1 to `observed`.
pub fn stretches(days: f64, stretch_days: f64, observed: usize) -> usize {
    ((days / stretch_days).round() as usize).clamp(1, observed.max(1))
}

/// The delay of purchases, in a sentence.
pub fn lateness(reading: &DelayReading) -> Option<String> {
    let age = |share: f64| reading.maturity.iter().find(|point| point.share >= share).map(|point| point.age_days);
    let (half, most) = (age(0.5)?, age(0.9)?);
    Some(text!(delays::lateness, half = number(half), most = number(most)))
}

/// A number of days as text.
pub fn number(days: f64) -> String {
    if days.fract().abs() < 1e-9 { format::rounded(days) } else { format::significant(days, 2) }
}

pub fn count(value: u32) -> String {
    format::count(value as usize)
}

fn share(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole.max(1))
}

#[cfg(test)]
pub(in crate::app) mod tests {
    use super::*;
    use crate::domain::report::MaturityPoint;

    /// Three days, ten clicks each; two purchases each, on the day and two days later; one return.
    pub fn reading() -> DelayReading {
        let conversions = vec![vec![1, 0, 1, 0, 0], vec![0, 1, 0, 1, 0], vec![0, 0, 1, 0, 1]];
        let mut returns = vec![vec![0; 5]; 3];
        returns[0][1] = 1;
        DelayReading {
            stretch_days: 1.0,
            observed_stretches: 3,
            truth_known: true,
            clicks: vec![10, 10, 10],
            conversions,
            returns,
            maturity: vec![MaturityPoint { age_days: 0.0, share: 0.5 }, MaturityPoint { age_days: 2.0, share: 1.0 }],
            labels: Default::default(),
        }
    }

    #[test]
    fn the_words_follow_the_cut_off() {
        let end = CutOff::of(&reading(), None);
        assert!(end.is_end());
        let said = end.sentences().join(" ").replace('\u{202f}', " ");
        assert!(said.contains("When the log was taken, 4 of 30 clicks had bought: a CVR of 13 %."), "{said}");
        assert!(said.contains("Another 2 purchases"), "{said}");
        assert!(said.contains("CVR is 20 % in the end"), "{said}");
        assert!(said.contains("The oldest clicks showed 100 % of their purchases, the youngest 50 %."), "{said}");
        assert!(said.contains("Of the 4 purchases 1 had been sent back, and 0 more"), "{said}");
        let early = CutOff::of(&reading(), Some(1.2));
        let said = early.sentences().join(" ").replace('\u{202f}', " ");
        assert!(said.starts_with("On day 1 of 3, 1 of 10 clicks had bought"), "{said}");
        assert!(said.contains("Of the 1 purchases 0 had been sent back, and 1 more"), "{said}");
    }

    #[test]
    fn a_cut_off_stays_within_the_log() {
        let at = |days| CutOff::of(&reading(), Some(days)).stretches;
        assert_eq!([at(-4.0), at(0.0), at(1.6), at(99.0), at(f64::NAN)], [1, 1, 2, 3, 1]);
    }

    #[test]
    fn without_lateness_there_is_nothing_to_cut() {
        let mut reading = reading();
        assert!(late(Some(&reading)).is_some());
        reading.maturity = vec![MaturityPoint { age_days: 0.0, share: 1.0 }];
        assert!(late(Some(&reading)).is_none() && late(None).is_none());
    }
}
