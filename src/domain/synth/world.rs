//! Who sees what: users and items with their segments, and the impressions between them.

use super::SynthSpec;
use crate::domain::random::{Stream, Zipf};

/// Numbers of the seed's streams. A control changes only what it is about because each part has a stream.
pub(super) mod streams {
    pub const USERS: u64 = 1;
    pub const ITEMS: u64 = 2;
    pub const NUMBERS: u64 = 3;
    pub const IMPRESSIONS: u64 = 4;
    pub const TIMES: u64 = 5;
    pub const CLICK_PREFERENCES: u64 = 6;
    pub const PURCHASE_PREFERENCES: u64 = 7;
    pub const HIDDEN: u64 = 8;
    pub const ANSWERS: u64 = 9;
    pub const DELAY_PREFERENCES: u64 = 10;
    pub const RETURN_PREFERENCES: u64 = 11;
    pub const DELAYS: u64 = 12;
    pub const RETURNS: u64 = 13;
    pub const ACTION_PREFERENCES: u64 = 14;
}

/// Seconds in a day.
pub(super) const DAY: f64 = 86_400.0;

/// Users and items with all that is fixed about them.
#[derive(Debug, Clone)]
pub(super) struct World {
    /// Segment of each user in the fields a and b.
    pub users: Vec<[u32; 2]>,
    /// Segment of each item in the fields a and b.
    pub items: Vec<[u32; 2]>,
    pub numbers: Vec<NumberFeature>,
}

/// A numerical feature: one standard normal value, with four decimals, for each user or for each item.
#[derive(Debug, Clone)]
pub(super) struct NumberFeature {
    pub name: String,
    pub belongs_to_user: bool,
    pub values: Vec<f64>,
}

/// Impressions in the order of their time.
#[derive(Debug, Clone)]
pub(super) struct Impressions {
    pub user: Vec<u32>,
    pub item: Vec<u32>,
    /// Whole seconds since the log's start.
    pub time: Vec<u64>,
}

impl World {
    pub fn draw(spec: &SynthSpec) -> Self {
        let users = draw_segments(spec.users, spec.user_segments, spec.activity_skew, spec.seed, streams::USERS);
        let items = draw_segments(spec.items, spec.item_segments, spec.popularity_skew, spec.seed, streams::ITEMS);
        let mut stream = Stream::new(spec.seed, streams::NUMBERS);
        let numbers = (0..spec.numerical_features)
            .map(|index| {
                let belongs_to_user = index % 2 == 1;
                let owner = if belongs_to_user { "user" } else { "item" };
                let n = if belongs_to_user { users.len() } else { items.len() };
                NumberFeature {
                    name: format!("{owner}_number_{}", index / 2 + 1),
                    belongs_to_user,
                    // Rounded before it drives anything, so that the file holds exactly what did.
                    values: (0..n).map(|_| libm::round(stream.normal() * 1e4) / 1e4).collect(),
                }
            })
            .collect();
        Self { users, items, numbers }
    }
}

impl NumberFeature {
    /// The feature's value in an impression.
    pub fn value(&self, user: u32, item: u32) -> f64 {
        self.values[if self.belongs_to_user { user } else { item } as usize]
    }
}

impl Impressions {
    pub fn draw(spec: &SynthSpec) -> Self {
        let activity = Zipf::new(spec.users.max(1), spec.activity_skew);
        let popularity = Zipf::new(spec.items.max(1), spec.popularity_skew);
        let mut stream = Stream::new(spec.seed, streams::IMPRESSIONS);
        let (user, item) =
            (0..spec.rows).map(|_| (activity.draw(&mut stream) as u32, popularity.draw(&mut stream) as u32)).unzip();
        let mut stream = Stream::new(spec.seed, streams::TIMES);
        let seconds = (spec.days * DAY) as u64;
        // Who meets what does not depend on the time, so the times alone can be put in order.
        let mut time: Vec<u64> = (0..spec.rows).map(|_| stream.below(seconds)).collect();
        time.sort_unstable();
        Self { user, item, time }
    }
}

fn draw_segments(n: usize, values: [usize; 2], skew: f64, seed: u64, stream: u64) -> Vec<[u32; 2]> {
    let fields = values.map(|values| Zipf::new(values.max(1), skew));
    let mut stream = Stream::new(seed, stream);
    (0..n.max(1)).map(|_| [fields[0].draw(&mut stream) as u32, fields[1].draw(&mut stream) as u32]).collect()
}
