//! The key of a metric of a task.

use std::fmt::{self, Display, Formatter};

/// A metric of a task. As text it is `<metric>.<task>`: the key of every map and file of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricKey<'a> {
    /// As [`super::metric_names`]; may hold dots.
    pub metric: &'a str,
    /// As [`super::TASKS`]; holds none.
    pub task: &'a str,
}

impl<'a> MetricKey<'a> {
    /// The key of this text; `None` for a text that names no task.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (metric, task) = text.rsplit_once('.')?;
        Some(Self { metric, task })
    }
}

impl Display for MetricKey<'_> {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        write!(f, "{}.{}", self.metric, self.task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_with_a_dot_in_its_name_keeps_it() {
        for (metric, task) in [("auc", "ctr"), ("f1_top0.1", "cvr_entire_space")] {
            let key = MetricKey { metric, task };
            assert_eq!(MetricKey::parse(&key.to_string()), Some(key));
        }
        assert_eq!(MetricKey::parse("auc"), None);
    }
}
