//! The page's `text!` and `counted!`: every argument is text, so that a number is written by [`super::format`] first.

/// A text: a literal, or a `String` when it takes arguments.
macro_rules! text {
    ($($key:ident)::+) => { words!($($key)::+) };
    ($($key:ident)::+, number = $number:expr, $($name:ident = $value:expr),+ $(,)?) => {
        ::std::format!(
            "{}",
            words!($($key)::+, number = $number, $($name = $crate::app::catalogue::written(&$value)),+)
        )
    };
    ($($key:ident)::+, $($name:ident = $value:expr),+ $(,)?) => {
        ::std::format!("{}", words!($($key)::+, $($name = $crate::app::catalogue::written(&$value)),+))
    };
}

/// A counted text whose number is its argument `count`.
macro_rules! counted {
    ($($key:ident)::+, $n:expr $(, $name:ident = $value:expr)* $(,)?) => {{
        let number: usize = $n;
        text!($($key)::+, number = number, count = $crate::app::format::count(number) $(, $name = $value)*)
    }};
}

/// Checks an argument's type.
pub(crate) fn written(text: &str) -> &str {
    text
}

#[cfg(test)]
mod tests {
    use crate::domain::log::{OpenedLog, ReadOptions, read_table};
    use crate::domain::metrics::{MetricInfo, Undefined};

    /// `PAGE_LANGUAGE=qps cargo test --lib catalogue` shows what is in no catalogue; else nothing is in brackets.
    #[test]
    fn every_layer_speaks_the_language_of_the_build() {
        let error = read_table(b"", &ReadOptions::default()).expect_err("no log").to_string();
        let csv: String = (0..40).map(|row| format!("{},{}\n", row % 2, u8::from(row % 4 == 0))).collect();
        let table = read_table(format!("click,conversion\n{csv}").as_bytes(), &ReadOptions::default());
        let opened = OpenedLog::from_table(table.expect("a table").table, None).expect("a log");
        let finding = opened.findings.first().expect("conversions without a click");
        let reasons = opened.columns.iter().map(|column| column.reason.clone());
        let metric = MetricInfo::of("auc").expect("a metric");
        let mut said = vec![error, finding.message.clone(), finding.why.clone(), finding.remedy.clone()];
        said.extend(reasons.chain([Undefined::NoRows.to_string(), metric.title.to_owned(), metric.meaning.to_owned()]));
        said.push(counted!(nouns::rows, 1));
        let is_pseudo = option_env!("PAGE_LANGUAGE") == Some("qps");
        for text in &said {
            assert_eq!(text.starts_with('⟦') && text.ends_with('⟧'), is_pseudo, "{text}");
        }
    }
}
