//! Which rows are trained on and which are held out.

use serde::{Deserialize, Serialize};

use super::{ImpressionLog, MIN_ROWS};
use crate::domain::label;
use crate::domain::random::Stream;
use crate::domain::setting::is_zero;

/// With fewer users, holding out whole ones would leave a part to chance: `auto` splits by row then.
const MIN_USERS: usize = 10;

/// Which rows are trained on and which are held out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SplitSpec {
    pub by: SplitBy,
    /// Share of rows held out for evaluation.
    pub eval_share: f64,
    /// Share of the training rows that is set aside to choose by (when to stop), neither trained on nor reported.
    /// 0 sets none aside.
    #[serde(skip_serializing_if = "is_zero")]
    pub validation_share: f64,
    pub seed: u64,
    /// Trains on the log as it was known this many days after its first impression: later impressions are left out, and
    /// purchases and returns that were still to come look like none. Held-out rows keep all that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cutoff_days: Option<f64>,
}

/// What keeps rows together when splitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitBy {
    /// By time when there is a time column, else by user, else by row.
    Auto,
    /// The latest rows are held out.
    Time,
    /// Whole users are held out.
    User,
    /// Rows are held out at random.
    Row,
}

/// Rows by use, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    pub train: Vec<u32>,
    /// What is chosen by (when to stop): neither trained on nor reported. Empty unless asked for.
    pub validation: Vec<u32>,
    pub eval: Vec<u32>,
}

/// Why a log cannot be split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    #[error("{}", words!(features::too_few_rows, rows = .rows, needed = .needed))]
    TooFewRows { rows: usize, needed: usize },
    #[error("{}", words!(features::no_time))]
    NoTime,
    #[error("{}", words!(features::no_user))]
    NoUser,
    #[error("{}", words!(features::one_user))]
    OneUser,
}

impl Default for SplitSpec {
    fn default() -> Self {
        Self { by: SplitBy::Auto, eval_share: 0.25, validation_share: 0.0, seed: 1, cutoff_days: None }
    }
}

impl SplitSpec {
    /// About how many rows of a log are trained on. How many exactly is known when it is split: whole users, or rows of
    /// one moment, stay together, and a cut-off leaves out those that come after it.
    pub fn training_rows_of(&self, rows: usize) -> usize {
        (rows as f64 * (1.0 - self.eval_share) * (1.0 - self.validation_share)).round() as usize
    }
}

/// Splits a log: the same rows for the same log and `spec`, on every platform.
///
/// - time: the latest rows are held out, ties in row order;
/// - user: whole users, drawn at random until the share is reached;
/// - row: rows drawn at random, the same share of each combination of labels, so that rare labels stay in both parts.
///
/// The validation rows are held out of the training rows in the same way.
///
/// ```
/// use esmm_playground::domain::log::{ImpressionLog, SplitBy, SplitSpec, split};
///
/// let log = ImpressionLog { n_rows: 12, time: Some((0..12).map(f64::from).collect()), ..ImpressionLog::default() };
/// let parts = split(&log, &SplitSpec { by: SplitBy::Time, eval_share: 0.25, ..SplitSpec::default() })?;
/// assert_eq!((parts.train.len(), parts.eval), (9, vec![9, 10, 11]));
/// # Ok::<(), esmm_playground::domain::log::SplitError>(())
/// ```
///
/// # Errors
/// When a part would be empty, or the log lacks what `spec.by` asks for.
pub fn split(log: &ImpressionLog, spec: &SplitSpec) -> Result<Split, SplitError> {
    if log.n_rows < MIN_ROWS {
        return Err(SplitError::TooFewRows { rows: log.n_rows, needed: MIN_ROWS });
    }
    let by = resolve(log, spec.by);
    let all: Vec<u32> = (0..log.n_rows as u32).collect();
    let (eval, train) = hold_out(log, by, &all, spec.eval_share, spec.seed)?;
    if spec.validation_share == 0.0 {
        return Ok(Split { train, validation: Vec::new(), eval });
    }
    if train.len() < 2 {
        return Err(SplitError::TooFewRows { rows: log.n_rows, needed: MIN_ROWS });
    }
    let (validation, train) = hold_out(log, by, &train, spec.validation_share, spec.seed)?;
    Ok(Split { train, validation, eval })
}

/// `rows` parted into what is held out and the rest, each at least one row and in the order given.
fn hold_out(
    log: &ImpressionLog,
    by: SplitBy,
    rows: &[u32],
    share: f64,
    seed: u64,
) -> Result<(Vec<u32>, Vec<u32>), SplitError> {
    let is_held_out = match by {
        SplitBy::Time => latest(log.time.as_deref().ok_or(SplitError::NoTime)?, rows, share),
        SplitBy::User => whole_users(log.user.as_deref().ok_or(SplitError::NoUser)?, rows, share, seed)?,
        SplitBy::Row | SplitBy::Auto => rows_by_label(log, rows, share, seed),
    };
    Ok(rows.iter().partition(|&&row| is_held_out[row as usize]))
}

/// What `auto` stands for in this log.
fn resolve(log: &ImpressionLog, by: SplitBy) -> SplitBy {
    let has_varied_time = || log.time.as_ref().is_some_and(|time| time.iter().any(|&at| at != time[0]));
    let has_users = || log.user.as_ref().is_some_and(|user| distinct(user) >= MIN_USERS);
    match by {
        SplitBy::Auto if has_varied_time() => SplitBy::Time,
        SplitBy::Auto if has_users() => SplitBy::User,
        SplitBy::Auto => SplitBy::Row,
        chosen => chosen,
    }
}

/// Rows to hold out of `n`: at least one, and at least one is left.
fn eval_rows(n: usize, share: f64) -> usize {
    ((n as f64 * share).round() as usize).clamp(1, n - 1)
}

fn latest(time: &[f64], rows: &[u32], share: f64) -> Vec<bool> {
    let mut order = rows.to_vec();
    order.sort_by(|&a, &b| time[a as usize].total_cmp(&time[b as usize]));
    let mut is_held_out = vec![false; time.len()];
    for &row in order.iter().rev().take(eval_rows(rows.len(), share)) {
        is_held_out[row as usize] = true;
    }
    is_held_out
}

fn whole_users(user: &[u32], rows: &[u32], share: f64, seed: u64) -> Result<Vec<bool>, SplitError> {
    let mut users: Vec<u32> = rows.iter().map(|&row| user[row as usize]).collect();
    users.sort_unstable();
    users.dedup();
    if users.len() < 2 {
        return Err(SplitError::OneUser);
    }
    let position = |code: u32| users.binary_search(&code).ok();
    let mut rows_of = vec![0usize; users.len()];
    for &row in rows {
        rows_of[position(user[row as usize]).unwrap_or_default()] += 1;
    }
    let mut order: Vec<u32> = (0..users.len() as u32).collect();
    Stream::expanded(seed, 0).shuffle_evenly(&mut order);
    let wanted = eval_rows(rows.len(), share);
    let mut is_user_held_out = vec![false; users.len()];
    let mut held_out = 0;
    // The last user in the order always stays, so that there is something to train on.
    for &candidate in &order[..order.len() - 1] {
        if held_out >= wanted {
            break;
        }
        is_user_held_out[candidate as usize] = true;
        held_out += rows_of[candidate as usize];
    }
    Ok(user.iter().map(|&code| position(code).is_some_and(|index| is_user_held_out[index])).collect())
}

fn rows_by_label(log: &ImpressionLog, rows: &[u32], share: f64, seed: u64) -> Vec<bool> {
    let mut order = rows.to_vec();
    Stream::expanded(seed, 0).shuffle_evenly(&mut order);
    // Conversions first, then actions, then clicks: the rarest label leads, and the first row is never held out.
    let rank = |name: &str, row: u32| log.label(name).is_some_and(|label| !label[row as usize]);
    order.sort_by_key(|&row| (rank(label::CONVERSION, row), rank(label::ACTION, row), rank(label::CLICK, row)));
    let mut is_held_out = vec![false; log.n_rows];
    let reached = |rows: usize| (rows as f64 * share).floor();
    for (index, &row) in order.iter().enumerate() {
        // Every row at which the share's running total passes a whole number: even within each stratum.
        is_held_out[row as usize] = reached(index + 1) > reached(index);
    }
    if !is_held_out.contains(&true)
        && let Some(&last) = order.last()
    {
        is_held_out[last as usize] = true;
    }
    is_held_out
}

fn distinct(codes: &[u32]) -> usize {
    codes.iter().collect::<std::collections::HashSet<_>>().len()
}
