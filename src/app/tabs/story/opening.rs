//! The sentence that the Story opens with.

use crate::app::format;
use crate::app::page::LogState;
use crate::app::sentence;
use crate::domain::log::Space;
use crate::protocol::LoadedLog;

/// What remains of the log's impressions after clicks and purchases, as a sentence.
pub fn funnel(log: &LoadedLog) -> String {
    let offers = log.offers();
    if !offers.has_click {
        let (size, what) = (sentence::size(log), sentence::summary(log));
        return match offers.space {
            Space::Clicks => text!(status::clicks_alone, log = what),
            _ => text!(status::no_clicks, log = what, size = size),
        };
    }
    let funnel = sentence::funnel(&log.dots, offers.has_conversion);
    match log.summary.population {
        Some(population) => {
            let (rows, of) = (sentence::size(log), format::rounded(population.rows));
            format!("{funnel} {}", text!(status::stand_for, rows = rows, population = of))
        }
        None => funnel,
    }
}

/// The log's `funnel`; without a log, what is loaded or that one can be dropped.
pub fn opening(funnel: Option<String>, log_state: &LogState) -> String {
    match (funnel, log_state) {
        (Some(sentence), _) => sentence,
        (None, LogState::Loading { what, .. }) => format!("{what} …"),
        (None, _) => text!(views::story::drop).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::Population;

    #[test]
    fn the_log_on_view_is_spoken_of_before_the_one_that_is_loaded() {
        let clicks = ("click".to_owned(), 2);
        let log = LoadedLog { dots: vec![0, 1, 3], label_counts: vec![clicks.clone()], ..LoadedLog::default() };
        let known = LoadedLog { label_counts: vec![clicks, ("conversion".into(), 1)], ..log.clone() };
        let alone = LoadedLog { label_counts: vec![("conversion".into(), 1)], space: Space::Clicks, ..log.clone() };
        assert!(funnel(&alone).contains("clicks alone"), "{}", funnel(&alone));
        assert_ne!(funnel(&log), funnel(&known), "conversions are named where they are known");
        let mut sampled = known.clone();
        sampled.summary.population = Some(Population { rows: 300.0, clicks: 2.0, conversions: 1.0 });
        assert!(funnel(&sampled).contains("stand for 300"), "{}", funnel(&sampled));
        let loading = LogState::Loading { what: "Reading a.csv".into(), progress: None };
        assert_eq!(opening(Some(funnel(&log)), &loading), funnel(&log));
        assert_eq!(opening(None, &loading), "Reading a.csv …");
        assert_eq!(opening(None, &LogState::Idle), text!(views::story::drop));
    }
}
