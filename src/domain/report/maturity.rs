//! How complete the labels of a log are: conversions known by the age of their click, and by day.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::label;
use crate::domain::log::{Arrivals, ImpressionLog, LabelMaturity, Timing};

const DAY_SECONDS: f64 = 86_400.0;

/// Ages at which the share is told.
const POINTS: usize = 41;

/// Stretches of time of a [`DelayReading`], at the most.
const MAX_STRETCHES: usize = 60;

/// What a log says about how late conversions and returns come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DelayReading {
    /// Length of one stretch of time in days. Stretch 0 begins with the first impression.
    pub stretch_days: f64,
    /// Stretch in which the log was taken; what lies beyond is only known when the truth is.
    pub observed_stretches: usize,
    /// Whether conversions and returns after the log's end are known, because it was generated.
    pub truth_known: bool,
    /// Clicks by stretch of the click.
    pub clicks: Vec<u32>,
    /// `[stretch of the click][stretch of the conversion]`, up to the last one known.
    pub conversions: Vec<Vec<u32>>,
    /// `[stretch of the click][stretch of the return]`; empty when the log has no returns.
    pub returns: Vec<Vec<u32>>,
    /// Share of the eventual conversions that are known by the age of the click, ascending in age.
    pub maturity: Vec<MaturityPoint>,
    /// What the log alone says of its late labels, by name.
    pub labels: BTreeMap<String, LabelMaturity>,
}

/// Share of the eventual conversions that have happened within `age_days` of the click.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MaturityPoint {
    pub age_days: f64,
    pub share: f64,
}

/// Clicks of one stretch as they stood at a cut-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    pub clicks: u32,
    /// Conversions that had happened.
    pub converted: u32,
    /// Conversions that were still to come: they look like negatives.
    pub pending: u32,
    /// Conversions that had been returned.
    pub returned: u32,
    /// Conversions that had happened and were still to be returned.
    pub to_be_returned: u32,
}

impl DelayReading {
    /// Reads a log; `None` when it does not say when conversions happened, or has none.
    pub fn of(log: &ImpressionLog) -> Option<Self> {
        let timing = log.timing.as_ref()?;
        let events = Events::of(log, timing)?;
        let (first, last) = (timing.first(), events.last(timing.observed_until));
        let stretch_days = stretch_days((last - first) / DAY_SECONDS);
        let stretch_of = |at: f64| ((at - first) / (stretch_days * DAY_SECONDS)) as usize;
        let n_clicks = 1 + events.rows.iter().map(|&row| stretch_of(timing.start[row])).max()?;
        let n = 1 + stretch_of(last);
        let mut clicks = vec![0; n_clicks];
        events.rows.iter().for_each(|&row| clicks[stretch_of(timing.start[row])] += 1);
        let count = |at: &[f64]| {
            let mut counts = vec![vec![0; n]; n_clicks];
            for (&row, &at) in events.rows.iter().zip(at).filter(|(_, at)| !at.is_nan()) {
                counts[stretch_of(timing.start[row])][stretch_of(at)] += 1;
            }
            counts
        };
        Some(Self {
            stretch_days,
            observed_stretches: stretch_of(timing.observed_until.min(last)) + 1,
            truth_known: events.truth_known,
            clicks,
            conversions: count(&events.converted),
            returns: events.returned.as_deref().map(count).unwrap_or_default(),
            maturity: maturity(&events, timing),
            labels: log.label_maturity(),
        })
    }

    /// How the clicks of each stretch stood at the end of `stretches` stretches.
    pub fn standing(&self, stretches: usize) -> Vec<Standing> {
        let by = |counts: &[u32]| counts.iter().take(stretches).sum::<u32>();
        let total = |counts: &[u32]| counts.iter().sum::<u32>();
        let of = |stretch: usize| {
            let converted = by(&self.conversions[stretch]);
            let returned = self.returns.get(stretch).map_or(0, |counts| by(counts));
            Standing {
                clicks: self.clicks[stretch],
                converted,
                pending: total(&self.conversions[stretch]) - converted,
                returned,
                to_be_returned: self.returns.get(stretch).map_or(0, |counts| total(counts)) - returned,
            }
        };
        (0..self.clicks.len().min(stretches)).map(of).collect()
    }
}

/// Clicked rows and what became of them, as far as it is known.
struct Events {
    rows: Vec<usize>,
    /// When each converted; NaN where it did not, or where that is not known.
    converted: Vec<f64>,
    returned: Option<Vec<f64>>,
    truth_known: bool,
}

impl Events {
    fn of(log: &ImpressionLog, timing: &Timing) -> Option<Self> {
        let rows: Vec<usize> = (0..log.n_rows).filter(|&row| log.is_clicked(row)).collect();
        let pick = |at: &[f64]| rows.iter().map(|&row| at[row]).collect::<Vec<f64>>();
        let truth = log.truth.as_ref().and_then(|truth| truth.delays.as_ref());
        let converted = match truth {
            Some(truth) => pick(&truth.potential_conversion_time),
            None => pick(timing.times(label::CONVERSION)?),
        };
        let returned = match truth.map(|truth| &truth.potential_return_time) {
            Some(at) => at.as_deref().map(pick),
            None => timing.times("return").map(pick),
        };
        let has_any = converted.iter().any(|at| !at.is_nan());
        has_any.then_some(Self { rows, converted, returned, truth_known: truth.is_some() })
    }

    fn last(&self, observed_until: f64) -> f64 {
        let events = self.converted.iter().chain(self.returned.iter().flatten());
        events.copied().filter(|at| !at.is_nan()).fold(observed_until, f64::max)
    }
}

/// A whole number of days, or a round part of one, that gives few enough stretches.
fn stretch_days(span_days: f64) -> f64 {
    const ROUND: [f64; 12] = [1.0 / 24.0, 0.125, 0.25, 0.5, 1.0, 2.0, 3.0, 7.0, 14.0, 30.0, 90.0, 365.0];
    let fits = |days: &&f64| span_days / **days <= (MAX_STRETCHES - 1) as f64;
    ROUND.iter().find(fits).copied().unwrap_or(span_days / (MAX_STRETCHES - 1) as f64)
}

fn maturity(events: &Events, timing: &Timing) -> Vec<MaturityPoint> {
    let delays: Vec<(f64, f64)> = events
        .rows
        .iter()
        .zip(&events.converted)
        .filter(|(_, at)| !at.is_nan())
        .map(|(&row, at)| {
            let window = if events.truth_known { f64::INFINITY } else { timing.elapsed(row, f64::INFINITY) };
            (at - timing.start[row], window)
        })
        .collect();
    let longest = delays.iter().map(|(delay, _)| *delay).fold(0.0, f64::max);
    let arrivals = Arrivals::estimate(&delays);
    let point = |k: usize| {
        let age = longest * k as f64 / (POINTS - 1) as f64;
        MaturityPoint { age_days: age / DAY_SECONDS, share: arrivals.share(age) }
    };
    (0..POINTS).map(point).collect()
}
