//! Draws a log from its spec.

use super::SynthSpec;
use super::behavior::Probabilities;
use super::delay::{Aftermath, Delays};
use super::selection::ClickScore;
use super::world::{DAY, Impressions, World, streams};
use crate::domain::log::{Column, ColumnValues, OBSERVED_UNTIL, Roles, Table, as_seen_at};
use crate::domain::random::Stream;

/// A generated log as a table, truth columns included, and its roles.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    pub table: Table,
    pub roles: Roles,
    /// What [`SynthSpec::correlation`] came out as over the impressions, those after a cut-off included. None where the click
    /// or the purchase logit does not vary.
    pub correlation: Option<f64>,
}

/// Draws the log.
///
/// Columns: `user_id`, `item_id`, `time`, the features, `click`, `action`, `conversion`, then the truth
/// (`truth_p_click`, `truth_p_action`, `truth_p_buy_action`, `truth_p_buy_other`, `potential_action`,
/// `potential_conversion`). Rows are in the order of `time`, whole seconds since the log's start.
///
/// With delays or returns there are more. Observed, after `conversion`: `return`, `conversion_time`, `return_time` (empty
/// where nothing happened yet) and, when the log was cut off, `observed_until`. Truth, at the end: `truth_p_return`,
/// `potential_return`, `truth_delay_days` (mean), `potential_conversion_time`, `potential_return_time`.
///
/// Expects a spec that [`SynthSpec::validate`] accepts.
///
/// ```
/// use esmm_playground::domain::synth::{SynthSpec, generate};
///
/// let spec = SynthSpec { rows: 300, users: 100, ..SynthSpec::default() };
/// let generated = generate(&spec);
/// assert_eq!(generated.table.n_rows, 300);
/// assert_eq!(generated.roles.click.as_deref(), Some("click"));
/// assert_eq!(generate(&spec), generated, "a seed gives the same log again");
/// ```
pub fn generate(spec: &SynthSpec) -> Generated {
    let world = World::draw(spec);
    let impressions = Impressions::draw(spec);
    let clicks = ClickScore::draw(spec, &world, &impressions);
    let delays = Delays::of(spec, &world, &impressions, &clicks);
    let mut probabilities = Probabilities::of(spec, &world, &impressions, &clicks, &delays);
    let aftermath = Aftermath::draw(spec, &world, &impressions, &delays, &probabilities);
    let answers = Answers::draw(spec, &probabilities, &aftermath);
    // What comes too late is no conversion, in the truth too.
    probabilities.keep(&delays);

    let mut columns = vec![
        text("user_id", "u", &impressions.user),
        text("item_id", "i", &impressions.item),
        number("time", impressions.time.iter().map(|&seconds| seconds as f64).collect()),
    ];
    let features = feature_columns(&world, &impressions);
    let late = late_columns(spec, &impressions, &answers, &delays, &aftermath);
    let roles = roles(&features, &late.observed);
    columns.extend(features);
    columns.extend(answers.observed_columns());
    columns.extend(late.observed);
    columns.push(number("truth_p_click", probabilities.click));
    columns.push(number("truth_p_action", probabilities.action));
    columns.push(number("truth_p_buy_action", probabilities.buy_action));
    columns.push(number("truth_p_buy_other", probabilities.buy_other));
    columns.push(flags("potential_action", &answers.potential_action));
    columns.push(flags("potential_conversion", &answers.potential_conversion));
    columns.extend(late.truth);
    let table = Table { n_rows: spec.rows, columns, ..Table::default() };
    let whole = Generated { table, roles, correlation: probabilities.correlation };
    match spec.cutoff_days {
        None => whole,
        Some(days) => cut_off(whole, days),
    }
}

/// The log as it was known `days` after its start.
fn cut_off(Generated { table, mut roles, correlation }: Generated, days: f64) -> Generated {
    roles.observed_until = Some(OBSERVED_UNTIL.into());
    match as_seen_at(&table, &roles, days * DAY) {
        Ok(table) => Generated { table, roles, correlation },
        Err(error) => unreachable!("a generated log has labels and times: {error}"),
    }
}

fn roles(features: &[Column], late: &[Column]) -> Roles {
    let is_text = |column: &&Column| matches!(column.values, ColumnValues::Text { .. });
    let name = |column: &Column| column.name.clone();
    let late = |name: &str| late.iter().any(|column| column.name == name).then(|| name.to_owned());
    Roles {
        click: Some("click".into()),
        conversion: Some("conversion".into()),
        action: vec!["action".into()],
        returned: late("return"),
        user: Some("user_id".into()),
        item: Some("item_id".into()),
        time: Some("time".into()),
        conversion_time: late("conversion_time"),
        return_time: late("return_time"),
        categorical: features.iter().filter(is_text).map(name).collect(),
        numerical: features.iter().filter(|column| !is_text(column)).map(name).collect(),
        ..Roles::default()
    }
}

/// Columns about what happens after the click, when there is any delay or return.
#[derive(Default)]
struct LateColumns {
    observed: Vec<Column>,
    truth: Vec<Column>,
}

fn late_columns(
    spec: &SynthSpec,
    impressions: &Impressions,
    answers: &Answers,
    delays: &Delays,
    aftermath: &Aftermath,
) -> LateColumns {
    let bought_at = |row: usize| impressions.time[row] as f64 + aftermath.delay_seconds[row];
    let times = |happens: &dyn Fn(usize) -> bool, at: &dyn Fn(usize) -> f64| -> Vec<f64> {
        (0..spec.rows).map(|row| if happens(row) { at(row) } else { f64::NAN }).collect()
    };
    let buys = |row: usize| answers.potential_conversion[row];
    let mut columns = LateColumns::default();
    if let Some(returns) = &aftermath.returns {
        let returned = |row: usize| buys(row) && returns.potential[row];
        let seen = (0..spec.rows).map(|row| answers.click[row] && returned(row)).collect::<Vec<_>>();
        columns.observed.push(flags("return", &seen));
        columns.truth.push(number("truth_p_return", returns.p.clone()));
        columns.truth.push(flags("potential_return", &returns.potential));
    }
    if let Some(mean) = &delays.mean_days {
        let seen = times(&|row| answers.click[row] && buys(row), &bought_at);
        columns.observed.push(number("conversion_time", seen));
        columns.truth.push(number("truth_delay_days", mean.clone()));
        columns.truth.push(number("potential_conversion_time", times(&buys, &bought_at)));
    }
    if let Some(returns) = &aftermath.returns {
        let returned = |row: usize| buys(row) && returns.potential[row];
        let at = |row: usize| bought_at(row) + returns.delay_seconds[row];
        columns.observed.push(number("return_time", times(&|row| answers.click[row] && returned(row), &at)));
        columns.truth.push(number("potential_return_time", times(&returned, &at)));
    }
    columns
}

/// What happens in each impression, and what would have happened had it been clicked.
struct Answers {
    click: Vec<bool>,
    potential_action: Vec<bool>,
    potential_conversion: Vec<bool>,
}

impl Answers {
    fn draw(spec: &SynthSpec, p: &Probabilities, aftermath: &Aftermath) -> Self {
        let mut stream = Stream::new(spec.seed, streams::ANSWERS);
        let n = p.click.len();
        let mut answers = Self {
            click: Vec::with_capacity(n),
            potential_action: Vec::with_capacity(n),
            potential_conversion: Vec::with_capacity(n),
        };
        for row in 0..n {
            // Three draws a row whatever they come to, so that one rate does not reshuffle the other answers.
            let (click, action, buy) = (stream.uniform(), stream.uniform(), stream.uniform());
            let action = action < p.action[row];
            let p_buy = if action { p.buy_action[row] } else { p.buy_other[row] };
            answers.click.push(click < p.click[row]);
            answers.potential_action.push(action);
            answers.potential_conversion.push(buy < p_buy && aftermath.counts(spec, row));
        }
        answers
    }

    fn observed_columns(&self) -> [Column; 3] {
        let seen = |potential: &[bool]| -> Vec<bool> {
            self.click.iter().zip(potential).map(|(&click, &potential)| click && potential).collect()
        };
        [
            flags("click", &self.click),
            flags("action", &seen(&self.potential_action)),
            flags("conversion", &seen(&self.potential_conversion)),
        ]
    }
}

fn feature_columns(world: &World, impressions: &Impressions) -> Vec<Column> {
    let segment = |name: &str, prefix: &str, owners: &[[u32; 2]], rows: &[u32], field: usize| {
        let codes: Vec<u32> = rows.iter().map(|&owner| owners[owner as usize][field]).collect();
        text(name, prefix, &codes)
    };
    let mut columns = vec![
        segment("user_segment_a", "a", &world.users, &impressions.user, 0),
        segment("user_segment_b", "b", &world.users, &impressions.user, 1),
        segment("item_segment_a", "a", &world.items, &impressions.item, 0),
        segment("item_segment_b", "b", &world.items, &impressions.item, 1),
    ];
    for feature in &world.numbers {
        let rows = impressions.user.iter().zip(&impressions.item);
        columns.push(number(&feature.name, rows.map(|(&user, &item)| feature.value(user, item)).collect()));
    }
    columns
}

/// A text column of `prefix` and number, its dictionary in order of first use.
fn text(name: &str, prefix: &str, numbers: &[u32]) -> Column {
    const UNSEEN: u32 = u32::MAX;
    let mut code_of = vec![UNSEEN; numbers.iter().max().map_or(0, |&max| max as usize + 1)];
    let mut dictionary = Vec::new();
    let codes = numbers
        .iter()
        .map(|&number| {
            let code = &mut code_of[number as usize];
            if *code == UNSEEN {
                *code = dictionary.len() as u32;
                dictionary.push(format!("{prefix}{number}"));
            }
            *code
        })
        .collect();
    Column { name: name.into(), values: ColumnValues::Text { dictionary, codes } }
}

fn number(name: &str, values: Vec<f64>) -> Column {
    Column { name: name.into(), values: ColumnValues::Number(values) }
}

fn flags(name: &str, values: &[bool]) -> Column {
    number(name, values.iter().map(|&value| f64::from(u8::from(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column<'a>(generated: &'a Generated, name: &str) -> &'a ColumnValues {
        &generated.table.columns.iter().find(|column| column.name == name).unwrap().values
    }

    fn numbers<'a>(generated: &'a Generated, name: &str) -> &'a [f64] {
        match column(generated, name) {
            ColumnValues::Number(values) => values,
            ColumnValues::Text { .. } => panic!("{name} is text"),
        }
    }

    fn dot(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    fn p_cvr(log: &Generated) -> Vec<f64> {
        let [y2, y3, y4] = ["truth_p_action", "truth_p_buy_action", "truth_p_buy_other"].map(|n| numbers(log, n));
        (0..y2.len()).map(|i| y2[i] * y3[i] + (1.0 - y2[i]) * y4[i]).collect()
    }

    fn small() -> SynthSpec {
        SynthSpec { rows: 20_000, ..SynthSpec::default() }
    }

    #[test]
    fn columns_come_in_the_order_of_the_interface() {
        let log = generate(&SynthSpec { rows: 10, numerical_features: 3, ..SynthSpec::default() });
        let names: Vec<&str> = log.table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(
            names.join(","),
            "user_id,item_id,time,user_segment_a,user_segment_b,item_segment_a,item_segment_b,\
             item_number_1,user_number_1,item_number_2,click,action,conversion,truth_p_click,truth_p_action,\
             truth_p_buy_action,truth_p_buy_other,potential_action,potential_conversion"
        );
        for role in log.roles.categorical.iter().chain(&log.roles.numerical) {
            assert!(!role.starts_with("truth") && !role.starts_with("potential"), "{role} is a feature");
        }
    }

    #[test]
    fn mean_probabilities_are_the_wanted_rates() {
        for spec in [
            small(),
            SynthSpec { hidden_confounder: 3.0, drift: -3.0, nonlinearity: 2.0, click_signal: 4.0, ..small() },
            SynthSpec { ctr: 0.9, cvr: 0.9, action_rate: 0.9, action_lift: 100.0, correlation: -0.95, ..small() },
            SynthSpec { ctr: 0.001, cvr: 0.001, action_rate: 0.001, ..small() },
        ] {
            let log = generate(&spec);
            let click = numbers(&log, "truth_p_click");
            let clicks: f64 = click.iter().sum();
            assert!((clicks / 20_000.0 - spec.ctr).abs() < 1e-9);
            assert!((dot(click, numbers(&log, "truth_p_action")) / clicks - spec.action_rate).abs() < 1e-9);
            assert!((dot(click, &p_cvr(&log)) / clicks - spec.cvr).abs() < 1e-9);
        }
    }

    #[test]
    fn realised_rates_lie_within_three_standard_errors() {
        for seed in 1..=20 {
            let spec = SynthSpec { seed, ..small() };
            let log = generate(&spec);
            let sum = |name| numbers(&log, name).iter().sum::<f64>();
            let clicks = sum("click");
            for (name, count, of, rate) in [
                ("click", clicks, 20_000.0, spec.ctr),
                ("action", sum("action"), clicks, spec.action_rate),
                ("conversion", sum("conversion"), clicks, spec.cvr),
            ] {
                let standard_error = (rate * (1.0 - rate) / of).sqrt();
                assert!((count / of - rate).abs() < 3.0 * standard_error, "seed {seed} {name} {}", count / of);
            }
        }
    }

    #[test]
    fn a_purchase_is_likelier_after_an_action_by_the_odds_ratio() {
        let log = generate(&small());
        let odds = |p: f64| p / (1.0 - p);
        for (after, other) in numbers(&log, "truth_p_buy_action").iter().zip(numbers(&log, "truth_p_buy_other")) {
            assert!((odds(*after) / odds(*other) / 6.0 - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn click_and_purchase_logits_have_the_wanted_spread() {
        for correlation in [-0.5, 0.0, 0.6] {
            let log = generate(&SynthSpec { correlation, ..small() });
            for (name, wanted) in [("truth_p_click", 1.0), ("truth_p_buy_other", 1.2)] {
                let logits: Vec<f64> = numbers(&log, name).iter().map(|p| (p / (1.0 - p)).ln()).collect();
                let mean = logits.iter().sum::<f64>() / 20_000.0;
                let spread = (dot(&logits, &logits) / 20_000.0 - mean * mean).sqrt();
                assert!((spread - wanted).abs() < 1e-9, "{name} {spread}");
            }
        }
    }

    #[test]
    fn a_user_always_has_the_same_segments() {
        let log = generate(&small());
        let codes = |name| match column(&log, name) {
            ColumnValues::Text { codes, .. } => codes.clone(),
            ColumnValues::Number(_) => panic!("{name} is a number"),
        };
        for (owner, field) in [("user_id", "user_segment_a"), ("item_id", "item_segment_b")] {
            let mut segment_of = std::collections::HashMap::new();
            for (owner, segment) in codes(owner).into_iter().zip(codes(field)) {
                assert_eq!(*segment_of.entry(owner).or_insert(segment), segment);
            }
        }
    }

    #[test]
    fn nothing_follows_without_a_click_and_time_ascends() {
        let log = generate(&small());
        for later in ["action", "conversion"] {
            for (click, value) in numbers(&log, "click").iter().zip(numbers(&log, later)) {
                assert!(value <= click);
            }
        }
        let time = numbers(&log, "time");
        assert!(time.is_sorted() && time[0] >= 0.0 && time[time.len() - 1] < 14.0 * 86_400.0);
    }

    #[test]
    fn confounder_curvature_and_drift_act_on_the_truth_alone() {
        let base = generate(&small());
        for spec in [
            SynthSpec { hidden_confounder: 1.0, ..small() },
            SynthSpec { nonlinearity: 1.0, ..small() },
            SynthSpec { drift: 1.0, ..small() },
        ] {
            let changed = generate(&spec);
            assert_eq!(changed.table.columns[..7], base.table.columns[..7]);
            let difference: f64 = p_cvr(&changed).iter().zip(p_cvr(&base)).map(|(a, b)| (a - b).abs()).sum();
            assert!(difference / 20_000.0 > 0.002, "{spec:?} {difference}");
        }
        let drifting = p_cvr(&generate(&SynthSpec { drift: 3.0, ..small() }));
        let mean = |p: &[f64]| p.iter().sum::<f64>() / p.len() as f64;
        assert!(mean(&drifting[15_000..]) > 3.0 * mean(&drifting[..5_000]));
    }

    #[test]
    fn no_rows_give_a_table_with_columns() {
        let log = generate(&SynthSpec { rows: 0, ..SynthSpec::default() });
        assert_eq!(log.table.columns.len(), 16);
        assert_eq!(numbers(&log, "click").len(), 0);
    }
}
