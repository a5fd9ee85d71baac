//! What a log will be like, before it is generated: a small draw of its own, in milliseconds.

use serde::{Deserialize, Serialize};

use super::SynthSpec;
use super::behavior::Probabilities;
use super::delay::Delays;
use super::selection::ClickScore;
use super::world::{DAY, Impressions, World};

/// Users and items of the surfaces.
pub const PREVIEW_SIDE: usize = 16;
/// Impressions of the draw beside the surfaces.
const ROWS: usize = 3_000;
/// A world larger than this is drawn smaller: the surfaces and rates are those of any part of it.
const MOST: usize = 20_000;
const MOST_VALUES: usize = 2_000;

/// Rates and surfaces of a small draw. Rates are means of true probabilities, before any delay or cut-off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// Impressions of the draw.
    pub rows: usize,
    pub ctr: f64,
    /// Mean P(DAction | click) over clicks.
    pub action_rate: f64,
    /// Mean P(purchase | click) over clicks: what a log shows.
    pub cvr_clicked: f64,
    /// The same over all impressions: what a log does not show.
    pub cvr_all: f64,
    /// Mean P(click and purchase).
    pub ctcvr: f64,
    /// What the wanted correlation of click and purchase logits comes out as; none where one of them does not vary.
    pub correlation: Option<f64>,
    /// P(click) of each of [`PREVIEW_SIDE`] users with each of [`PREVIEW_SIDE`] items, row by row: users from the most to the least
    /// clicking, items likewise.
    pub click: Vec<f64>,
    /// P(purchase | click) in the same order.
    pub purchase: Vec<f64>,
}

/// Draws a preview. Expects a spec that [`SynthSpec::validate`] accepts.
pub fn preview(spec: &SynthSpec) -> Preview {
    let small = |values: [usize; 2]| values.map(|values| values.min(MOST_VALUES));
    let mut spec = SynthSpec {
        rows: ROWS,
        users: spec.users.min(MOST),
        items: spec.items.min(MOST),
        user_segments: small(spec.user_segments),
        item_segments: small(spec.item_segments),
        ..spec.clone()
    };
    let world = World::draw(&spec);
    let mut impressions = Impressions::draw(&spec);
    let pick =
        |of: &[u32]| -> Vec<u32> { of.iter().copied().step_by(ROWS / PREVIEW_SIDE).take(PREVIEW_SIDE).collect() };
    let (users, items) = (pick(&impressions.user), pick(&impressions.item));
    let middle = (spec.days * DAY / 2.0) as u64;
    for &user in &users {
        for &item in &items {
            impressions.user.push(user);
            impressions.item.push(item);
            impressions.time.push(middle);
        }
    }
    spec.rows = impressions.user.len();
    let clicks = ClickScore::draw(&spec, &world, &impressions);
    let delays = Delays::of(&spec, &world, &impressions, &clicks);
    let p = Probabilities::of(&spec, &world, &impressions, &clicks, &delays);
    let mean = |of: &dyn Fn(usize) -> f64| (0..spec.rows).map(of).sum::<f64>() / spec.rows as f64;
    let ctr = mean(&|row| p.click[row]);
    let ctcvr = mean(&|row| p.click[row] * p.p_cvr(row));
    let (click, purchase) = in_order(&p);
    Preview {
        rows: spec.rows,
        ctr,
        action_rate: mean(&|row| p.click[row] * p.action[row]) / ctr,
        cvr_clicked: ctcvr / ctr,
        cvr_all: mean(&|row| p.p_cvr(row)),
        ctcvr,
        correlation: p.correlation,
        click,
        purchase,
    }
}

/// The surfaces, users and items sorted by how much is clicked.
fn in_order(p: &Probabilities) -> (Vec<f64>, Vec<f64>) {
    let at = |user: usize, item: usize| ROWS + user * PREVIEW_SIDE + item;
    let sorted = |clicks: &dyn Fn(usize, usize) -> f64| {
        let total = |one: usize| (0..PREVIEW_SIDE).map(|other| clicks(one, other)).sum::<f64>();
        let mut order: Vec<usize> = (0..PREVIEW_SIDE).collect();
        order.sort_by(|&a, &b| total(b).total_cmp(&total(a)));
        order
    };
    let users = sorted(&|user, item| p.click[at(user, item)]);
    let items = sorted(&|item, user| p.click[at(user, item)]);
    let rows: Vec<usize> = users.iter().flat_map(|&user| items.iter().map(move |&item| at(user, item))).collect();
    (rows.iter().map(|&row| p.click[row]).collect(), rows.iter().map(|&row| p.p_cvr(row)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preview_has_the_rates_that_are_asked_for() {
        let spec = SynthSpec { ctr: 0.1, cvr: 0.2, action_rate: 0.3, ..SynthSpec::default() };
        let preview = preview(&spec);
        for (found, asked) in [(preview.ctr, 0.1), (preview.cvr_clicked, 0.2), (preview.action_rate, 0.3)] {
            assert!((found - asked).abs() < 1e-9, "{found} {asked}");
        }
        assert!((preview.ctcvr - 0.02).abs() < 1e-9);
        assert_eq!(
            (preview.click.len(), preview.purchase.len()),
            (PREVIEW_SIDE * PREVIEW_SIDE, PREVIEW_SIDE * PREVIEW_SIDE)
        );
    }

    #[test]
    fn clicks_that_select_for_purchases_show_in_both_the_rates_and_the_surfaces() {
        let of = |correlation| preview(&SynthSpec { correlation, interaction: 0.0, ..SynthSpec::default() });
        let halves = |surface: &[f64]| {
            let half = PREVIEW_SIDE * PREVIEW_SIDE / 2;
            surface[..half].iter().sum::<f64>() / surface[half..].iter().sum::<f64>()
        };
        let (with, against) = (of(0.9), of(-0.9));
        assert!(with.cvr_clicked > 1.2 * with.cvr_all && against.cvr_clicked < 0.9 * against.cvr_all);
        assert!(halves(&with.click) > 1.2 && halves(&with.purchase) > 1.2 && halves(&against.purchase) < 0.9);
    }

    #[test]
    fn the_largest_world_is_previewed_as_a_small_one() {
        let spec = SynthSpec {
            users: 1_000_000,
            items: 1_000_000,
            user_segments: [100_000; 2],
            rows: 5_000_000,
            ..SynthSpec::default()
        };
        assert_eq!(preview(&spec).rows, ROWS + PREVIEW_SIDE * PREVIEW_SIDE);
    }
}
