//! Whether there is enough of everything: clicks, conversions, users with both.
use super::{Finding, FindingKind, Funnel, Severity};
use crate::domain::label;
use crate::domain::log::Split;

/// The AUC at which intervals are stated: what conversion models reach.
const STATED_AUC: f64 = 0.7;
/// A wider half interval hides the differences between the models of the papers.
const WANTED_HALF_WIDTH: f64 = 0.05;

impl Funnel<'_> {
    pub(super) fn rate_findings(&self, split: &Split) -> Vec<Finding> {
        let mut findings: Vec<Finding> = [label::CLICK, label::ACTION, label::CONVERSION]
            .into_iter()
            .filter_map(|name| self.base_rate(name, split))
            .collect();
        findings.extend(self.weak_selection());
        findings.extend(self.one_class_users(split));
        findings
    }

    /// How well the held-out part can tell models apart in this label, where it is asked for.
    fn base_rate(&self, name: &str, split: &Split) -> Option<Finding> {
        let label = self.log.label(name)?;
        let is_asked = |&&row: &&u32| name == label::CLICK || self.log.is_clicked(row as usize);
        let count = |rows: &[u32]| {
            let asked: Vec<u32> = rows.iter().filter(is_asked).copied().collect();
            (asked.iter().filter(|&&row| label[row as usize]).count(), asked.len())
        };
        let ((train, _), (held_out, asked)) = (count(&split.train), count(&split.eval));
        let all = train + held_out;
        if all == 0 {
            return None; // told as a label of one class
        }
        let negatives = asked - held_out;
        let half_width = match (held_out, negatives) {
            (0, _) | (_, 0) => None,
            (positives, negatives) => Some(1.96 * auc_standard_error(STATED_AUC, positives, negatives)),
        };
        let asked_words = match name {
            label::CLICK => counted!(funnel::rate::impressions, asked),
            _ if self.log.label(label::CLICK).is_none() => format!("{asked} {}", self.log.space.plural()),
            _ => counted!(funnel::rate::clicks, asked),
        };
        let train = match name {
            label::CLICK => counted!(funnel::rate::clicks, train),
            label::ACTION => counted!(funnel::rate::actions, train),
            _ => counted!(funnel::rate::conversions, train),
        };
        let (message, remedy) = match half_width {
            Some(half_width) if half_width <= WANTED_HALF_WIDTH => return None,
            Some(half_width) => {
                let rarer = held_out.min(negatives) as f64;
                let factor = (half_width / WANTED_HALF_WIDTH).powi(2);
                let n = format!("{:.0}", rarer * factor);
                let needed = match name {
                    _ if held_out > negatives => text!(funnel::rate::held_out_without, n = n, label = name),
                    label::CLICK => text!(funnel::rate::held_out_clicks, n = n),
                    label::ACTION => text!(funnel::rate::held_out_actions, n = n),
                    _ => text!(funnel::rate::held_out_conversions, n = n),
                };
                (
                    text!(
                        funnel::rate::known_to,
                        train = train,
                        held_out = held_out,
                        asked = asked_words,
                        auc = STATED_AUC,
                        half_width = format_args!("{half_width:.2}")
                    ),
                    text!(funnel::rate::known_remedy, needed = needed, wanted = WANTED_HALF_WIDTH),
                )
            }
            None => (
                text!(funnel::rate::undefined, train = train, held_out = held_out, asked = asked_words),
                text!(funnel::rate::undefined_remedy).to_owned(),
            ),
        };
        let columns: Vec<&str> = self
            .draft
            .labels
            .iter()
            .filter(|l| l.name == name)
            .flat_map(|l| l.columns.iter().map(String::as_str))
            .collect();
        Some(Finding::new(FindingKind::BaseRate, message, remedy).columns(columns).row_count(all))
    }

    /// Where most impressions are clicked there is little that clicks leave out.
    fn weak_selection(&self) -> Option<Finding> {
        const MOST: f64 = 0.5;
        let click = self.log.label(label::CLICK)?;
        let clicks = click.iter().filter(|&&yes| yes).count();
        let share = match (self.log.population_with(label::CLICK), self.log.population()) {
            (Some(clicks), Some(all)) => clicks / all,
            _ => clicks as f64 / click.len() as f64,
        };
        (share > MOST).then(|| {
            let message = text!(funnel::rate::mostly_clicked, share = format_args!("{:.0}", 100.0 * share));
            let remedy = text!(funnel::rate::mostly_clicked_remedy);
            Finding::new(FindingKind::BaseRate, message, remedy).row_count(clicks)
        })
    }

    /// Users (or groups) of the held-out part within whom a GAUC has nothing to rank.
    fn one_class_users(&self, split: &Split) -> Option<Finding> {
        let (codes, column) = match (&self.log.group, &self.log.user) {
            (_, Some(user)) => (user, &self.roles.user),
            (Some(group), None) => (group, &self.roles.group),
            (None, None) => return None,
        };
        let click = self.log.label(label::CLICK)?;
        let n_codes = codes.iter().max().map_or(0, |&most| most as usize + 1);
        let mut seen = vec![(0u32, 0u32); n_codes];
        for &row in &split.eval {
            let (rows, clicks) = &mut seen[codes[row as usize] as usize];
            *rows += 1;
            *clicks += u32::from(click[row as usize]);
        }
        let present = || seen.iter().filter(|(rows, _)| *rows > 0);
        let one_class = || present().filter(|(rows, clicks)| *clicks == 0 || clicks == rows);
        let (all, skipped) = (present().count(), one_class().count());
        let skipped_rows: usize = one_class().map(|(rows, _)| *rows as usize).sum();
        let covered = 1.0 - skipped_rows as f64 / split.eval.len().max(1) as f64;
        if skipped == 0 {
            return None;
        }
        let all = match self.log.user {
            Some(_) => counted!(funnel::one_class_users::users, all),
            None => counted!(funnel::one_class_users::groups, all),
        };
        let share = format!("{:.1}", 100.0 * covered);
        let message = text!(funnel::one_class_users::found, skipped = skipped, all = all, share = share);
        let remedy = text!(funnel::one_class_users::remedy);
        let severity = if covered < 0.1 { Severity::Caution } else { Severity::Note };
        let finding = Finding::new(FindingKind::OneClassUsers, message, remedy).severity(severity);
        Some(finding.columns(column.iter().map(String::as_str)).row_count(skipped_rows))
    }
}

/// Standard error of an AUC. Source: Hanley and McNeil 1982, equation 1.
fn auc_standard_error(auc: f64, positives: usize, negatives: usize) -> f64 {
    let (n1, n0) = (positives as f64, negatives as f64);
    let q1 = auc / (2.0 - auc);
    let q2 = 2.0 * auc * auc / (1.0 + auc);
    let variance = auc * (1.0 - auc) + (n1 - 1.0) * (q1 - auc * auc) + (n0 - 1.0) * (q2 - auc * auc);
    (variance / (n1 * n0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_error_is_that_of_hanley_and_mcneil() {
        // By hand, for an AUC of .893 of 51 positives and 58 negatives: √((.09555 + 50·.00923 + 57·.04503)/2958).
        assert!((auc_standard_error(0.893, 51, 58) - 0.0325).abs() < 1e-4);
        // Ten times as many rows: nearly √10 times as sure.
        let ratio = auc_standard_error(0.7, 20, 180) / auc_standard_error(0.7, 200, 1800);
        assert!((ratio - 10f64.sqrt()).abs() < 0.05, "{ratio}");
    }
}
