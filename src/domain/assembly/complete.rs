//! What a step leaves open, filled in by what the tables hold: keys, times, labels, what each event means.

use super::join::KeyPair;
use super::keys::{Side, shared_key};
use super::propose::{event_of_column, keys_of, missing_label, time_of};
use super::{Assembly, NamedTable, Step};

/// Fills in the steps that leave something open. What is found nowhere stays open, and the step says so.
pub(super) fn complete(mut assembly: Assembly, tables: &[NamedTable]) -> Assembly {
    let find = |name: &str| tables.iter().find(|table| table.name == name);
    let Some(rows) = find(&assembly.table).map(|table| &table.table) else { return assembly };
    for at in 0..assembly.steps.len() {
        let (before, rest) = assembly.steps.split_at_mut(at);
        match &mut rest[0] {
            Step::Label(label) => {
                let Some(other) = find(&label.table) else { continue };
                if label.label.is_empty() {
                    missing_label(rows, before, &other.name).clone_into(&mut label.label);
                }
                if label.on.is_empty() {
                    label.on.extend(shared_key(rows, &other.table, Side::Right).map(|key| key.pair));
                    let times = time_of(rows, "").zip(time_of(&other.table, ""));
                    label.times = times.map(|(left, right)| KeyPair { left, right });
                }
            }
            Step::Features(features) if features.on.is_empty() => {
                let Some(other) = find(&features.table) else { continue };
                features.on.extend(shared_key(rows, &other.table, Side::Left).map(|key| key.pair));
            }
            Step::Events(events) if events.rows.is_empty() && events.labels.is_empty() => {
                let Some(column) = rows.column(&events.event) else { continue };
                (events.rows, events.labels) = event_of_column(column);
                if events.key.is_empty() {
                    events.key = keys_of(rows, &events.event, &events.time);
                }
            }
            _ => {}
        }
    }
    assembly
}
