//! Delays, returns and cut-offs: in generated logs, and in logs that have time columns.

use esmm_playground::domain::features::{PrepareError, Prepared};
use esmm_playground::domain::log::{
    Finding, FindingKind, ImpressionLog, LogError, OpenedLog, Role, Roles, Severity, SplitBy, SplitSpec, Timing,
    as_seen_at, write_csv,
};
use esmm_playground::domain::report::DelayReading;
use esmm_playground::domain::spec::{RunSpec, TrainPlan, log_preset, model_preset};
use esmm_playground::domain::synth::{DelayLaw, Generated, SynthSpec, generate};

const DAY: f64 = 86_400.0;

fn late() -> SynthSpec {
    SynthSpec {
        rows: 20_000,
        ctr: 0.3,
        cvr: 0.3,
        delay: DelayLaw::Exponential,
        delay_days: 4.0,
        return_rate: 0.3,
        return_delay_days: 5.0,
        ..SynthSpec::default()
    }
}

fn opened(generated: Generated) -> OpenedLog {
    OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap()
}

fn open(csv: &str) -> OpenedLog {
    OpenedLog::from_bytes(csv.as_bytes(), None).unwrap()
}

fn count(label: &[bool]) -> usize {
    label.iter().filter(|&&yes| yes).count()
}

fn timing(log: &ImpressionLog) -> &Timing {
    log.timing.as_ref().unwrap()
}

#[test]
fn without_delay_and_returns_no_column_and_no_byte_is_added() {
    let plain = SynthSpec { rows: 500, ..SynthSpec::default() };
    let unused = SynthSpec {
        delay_days: 20.0,
        delay_spread: 2.0,
        delay_variation: 1.0,
        attribution_days: 1.0,
        return_signal: 3.0,
        return_delay: DelayLaw::LogNormal,
        return_delay_days: 30.0,
        ..plain.clone()
    };
    assert_eq!(write_csv(&generate(&plain).table), write_csv(&generate(&unused).table));
}

#[test]
fn late_logs_are_the_same_bytes_on_every_platform() {
    let normal = SynthSpec {
        delay: DelayLaw::LogNormal,
        delay_variation: 0.5,
        attribution_days: 7.0,
        cutoff_days: Some(10.0),
        ..late()
    };
    let checksum = |spec: SynthSpec| crc32fast::hash(&write_csv(&generate(&SynthSpec { rows: 2000, ..spec }).table));
    // Made by this test's own output; a change of these numbers breaks every link to a generated log.
    assert_eq!([checksum(late()), checksum(normal)].map(|sum| format!("{sum:08x}")), ["94934895", "1e6c25b5"]);
}

#[test]
fn base_rates_of_what_eventually_happens_lie_within_three_standard_errors() {
    for (law, window, seed) in [
        (DelayLaw::Exponential, 30.0, 1),
        (DelayLaw::Exponential, 3.0, 2),
        (DelayLaw::LogNormal, 30.0, 3),
        (DelayLaw::LogNormal, 2.0, 4),
    ] {
        let spec = SynthSpec { delay: law, attribution_days: window, delay_variation: 0.7, seed, ..late() };
        let log = opened(generate(&spec)).log;
        let truth = log.truth.as_ref().unwrap();
        let returns = truth.returns.as_ref().unwrap();
        let clicked: Vec<usize> = (0..log.n_rows).filter(|&row| log.label("click").unwrap()[row]).collect();
        let bought: Vec<usize> = clicked.iter().copied().filter(|&row| truth.potential_conversion[row]).collect();
        let check = |name: &str, rows: &[usize], p: &dyn Fn(usize) -> f64, happened: usize| {
            let expected: f64 = rows.iter().map(|&row| p(row)).sum();
            let deviation = rows.iter().map(|&row| p(row) * (1.0 - p(row))).sum::<f64>().sqrt();
            assert!(
                (happened as f64 - expected).abs() < 3.0 * deviation,
                "{law:?} {window} {name} {expected} {happened}"
            );
        };
        check("conversion", &clicked, &|row| truth.p_cvr(row), count(log.label("conversion").unwrap()));
        check("return", &bought, &|row| returns.p[row], count(log.label("return").unwrap()));
        // Without a window every purchase counts, at the rate that was asked for.
        let purchases: f64 = (0..log.n_rows).map(|row| truth.p_click[row] * truth.p_cvr(row)).sum();
        let rate = purchases / truth.p_click.iter().sum::<f64>();
        assert!(if window < 30.0 { rate < 0.8 * spec.cvr } else { (rate - spec.cvr).abs() < 0.02 }, "{law:?} {rate}");
        let returned: f64 =
            (0..log.n_rows).map(|row| truth.p_click[row] * truth.p_cvr(row) * returns.p[row]).sum::<f64>() / purchases;
        assert!((returned - spec.return_rate).abs() < 1e-9, "{law:?} {returned}");
    }
}

#[test]
fn delays_come_after_their_causes_with_the_mean_that_was_asked_for() {
    let log = opened(generate(&late())).log;
    let (timing, label) = (timing(&log), |name| log.label(name).unwrap());
    let (bought_at, returned_at) = (timing.times("conversion").unwrap(), timing.times("return").unwrap());
    let (mut sum, mut n) = (0.0, 0.0);
    for row in 0..log.n_rows {
        assert_eq!(bought_at[row].is_nan(), !label("conversion")[row]);
        assert_eq!(returned_at[row].is_nan(), !label("return")[row]);
        if label("conversion")[row] {
            sum += bought_at[row] - timing.start[row];
            n += 1.0;
        }
        assert!(bought_at[row].is_nan() || bought_at[row] >= timing.start[row]);
        assert!(returned_at[row].is_nan() || returned_at[row] >= bought_at[row]);
    }
    let mean = sum / n / DAY;
    assert!((mean - 4.0).abs() < 3.0 * 4.0 / f64::sqrt(n), "an exponential delay deviates by its mean: {mean}");
}

#[test]
fn a_log_cut_off_by_the_generator_is_the_whole_log_as_seen_then() {
    let whole = generate(&late());
    for days in [3.0, 10.0, 14.0, 40.0] {
        let cut = generate(&SynthSpec { cutoff_days: Some(days), ..late() });
        let seen = as_seen_at(&whole.table, &whole.roles, days * DAY).unwrap();
        assert!(write_csv(&seen) == write_csv(&cut.table), "{days}");
        let (cut, all) = (opened(cut).log, opened(whole.clone()).log);
        let seen = all.labels_seen_at(days * DAY);
        for label in &seen {
            assert_eq!(label.values[..cut.n_rows], *cut.label(&label.name).unwrap(), "{days} {}", label.name);
            assert!(!label.values[cut.n_rows..].contains(&true), "nothing is known of impressions to come");
        }
        assert_eq!(timing(&cut).observed_until, days * DAY);
    }
}

#[test]
fn as_the_cut_off_moves_labels_are_only_ever_added_and_the_cascade_holds() {
    let log = opened(generate(&late())).log;
    let (mut before, mut pending) = (log.labels_seen_at(-1.0), Vec::new());
    assert!(before.iter().all(|label| count(&label.values) == 0));
    for days in 0..60 {
        let seen = log.labels_seen_at(f64::from(days) * DAY);
        for (label, earlier) in seen.iter().zip(&before) {
            assert!(label.values.iter().zip(&earlier.values).all(|(now, then)| now >= then), "{}", label.name);
        }
        let [click, conversion, _, returned] = &seen[..] else { panic!("four labels") };
        assert!(conversion.values.iter().zip(&click.values).all(|(after, before)| after <= before));
        assert!(returned.values.iter().zip(&conversion.values).all(|(after, before)| after <= before));
        pending.push(count(log.label("conversion").unwrap()) - count(&conversion.values));
        before = seen;
    }
    assert!(pending[14] > 200 && *pending.last().unwrap() < 5, "{pending:?}");
    assert_eq!(log.labels_seen_at(f64::INFINITY), log.labels);
}

#[test]
fn a_late_log_saved_and_loaded_is_the_same_log_even_without_its_roles() {
    for cutoff_days in [None, Some(12.0)] {
        let generated = generate(&SynthSpec { rows: 3000, cutoff_days, ..late() });
        let bytes = write_csv(&generated.table);
        let made = opened(generated);
        let loaded = OpenedLog::from_bytes(&bytes, None).unwrap();
        // As text, in which what is not known is equal to itself.
        assert!(format!("{:?}", loaded.log) == format!("{:?}", made.log), "{cutoff_days:?}");
        assert_eq!(loaded.roles, made.roles);
        let is_grave = |finding: &Finding| finding.severity == Severity::Problem;
        assert!(!loaded.findings.iter().any(is_grave), "{:?}", loaded.findings);
    }
}

#[test]
fn presets_make_their_point() {
    let late = opened(generate(&log_preset("late_conversions").unwrap())).log;
    let reading = DelayReading::of(&late).unwrap();
    let total = |of: &dyn Fn(usize) -> u32| (0..reading.clicks.len()).map(of).sum::<u32>();
    let standing = reading.standing(reading.observed_stretches);
    let (known, pending) = (total(&|day| standing[day].converted), total(&|day| standing[day].pending));
    let share = f64::from(known) / f64::from(known + pending);
    // Ages are uniform on 14 days, delays exponential with mean 5: 1 − (5/14)(1 − exp(−14/5)) are known.
    let expected = 1.0 - 5.0 / 14.0 * (1.0 - (-14.0_f64 / 5.0).exp());
    assert!((share - expected).abs() < 0.03, "{share} {expected}");
    let returns = opened(generate(&log_preset("returns").unwrap())).log;
    let (bought, sent_back) = (count(returns.label("conversion").unwrap()), count(returns.label("return").unwrap()));
    assert!((sent_back as f64 / bought as f64 - 0.3).abs() < 0.03, "{sent_back} of {bought}");
}

#[test]
fn maturity_grows_with_age_and_a_young_log_estimates_it_without_its_truth() {
    let spec = SynthSpec { rows: 60_000, delay_days: 3.0, cutoff_days: Some(14.0), ..late() };
    let generated = generate(&spec);
    let told = DelayReading::of(&opened(generated.clone()).log).unwrap();
    // The same log as a real one has it: no truth.
    let (mut table, roles) = (generated.table, generated.roles);
    table.columns.retain(|column| !column.name.starts_with("truth") && !column.name.starts_with("potential"));
    let estimated = DelayReading::of(&opened(Generated { table, roles, correlation: None }).log).unwrap();
    assert!(told.truth_known && !estimated.truth_known);
    for reading in [&told, &estimated] {
        assert!(reading.maturity.iter().map(|point| point.share).is_sorted());
        assert!(reading.maturity.iter().map(|point| point.age_days).is_sorted());
        let last = reading.maturity.last().unwrap().share;
        assert!((last - 1.0).abs() < 1e-9, "{last}");
    }
    let law = |age: f64, longest: f64| (1.0 - (-age / 3.0).exp()) / (1.0 - (-longest / 3.0).exp());
    for reading in [&told, &estimated] {
        let longest = reading.maturity.last().unwrap().age_days;
        for point in &reading.maturity {
            // About 5 400 purchases, 3 900 of them seen: three standard errors of a share are 0.02 and, where the young
            // clicks must be made up for, 0.05.
            let tolerance = if reading.truth_known { 0.02 } else { 0.05 };
            assert!((point.share - law(point.age_days, longest)).abs() < tolerance, "{point:?} {longest}");
        }
    }
}

#[test]
fn what_stands_at_a_cut_off_adds_up() {
    let log = opened(generate(&late())).log;
    let reading = DelayReading::of(&log).unwrap();
    let (click, conversion) = (log.label("click").unwrap(), log.label("conversion").unwrap());
    assert_eq!(reading.clicks.iter().sum::<u32>() as usize, count(click));
    for stretches in [0, 1, 5, 14, reading.conversions[0].len()] {
        let until = timing(&log).first() + stretches as f64 * reading.stretch_days * DAY;
        let seen = log.labels_seen_at(until - 0.5);
        let known = |name: &str| count(&seen.iter().find(|label| label.name == name).unwrap().values);
        let standing = reading.standing(stretches);
        let sum =
            |of: fn(&esmm_playground::domain::report::Standing) -> u32| standing.iter().map(of).sum::<u32>() as usize;
        assert_eq!(sum(|s| s.converted), known("conversion"), "{stretches}");
        assert_eq!(sum(|s| s.returned), known("return"), "{stretches}");
        assert!(sum(|s| s.converted) + sum(|s| s.pending) <= count(conversion));
    }
}

#[test]
fn time_columns_of_real_logs_are_found_and_never_features() {
    for (columns, times, earlier, roles) in [
        (
            "time,clicked,clicked_at,purchase,purchased_at",
            "2024-01-01 10:00,1,2024-01-01 10:05,1,2024-01-03 10:05",
            "2024-01-01 09:30",
            [None, Some("clicked_at"), Some("purchased_at"), None],
        ),
        (
            "ts,is_click,is_order,order_time,is_refund,refund_time",
            "1700000000,1,1,1700172800,1,1700259200",
            "1699990000",
            [Some("is_refund"), None, Some("order_time"), Some("refund_time")],
        ),
        (
            "timestamp,click,conversion,conversion_timestamp,conversion_delay",
            "1700000000000,1,1,1700172800000,172800",
            "1699990000000",
            [None, None, Some("conversion_timestamp"), None],
        ),
    ] {
        let blank = |line: &str| {
            let mut cells: Vec<&str> = line.split(',').collect();
            cells[0] = earlier;
            for (cell, name) in cells.iter_mut().zip(columns.split(',')).skip(1) {
                *cell =
                    if name.ends_with("ed_at") || name.contains('_') && name.contains("time") || name.contains("delay")
                    {
                        ""
                    } else {
                        "0"
                    };
            }
            cells.join(",")
        };
        let header = format!("{columns},colour\n");
        let lines = (0..30).map(|row| {
            let line = if row % 3 == 0 { times.to_owned() } else { blank(times) };
            format!("{line},{}\n", ["red", "blue", "green"][row % 2 + row % 5 / 4])
        });
        let opened = open(&(header + &lines.collect::<String>()));
        let found = &opened.roles;
        let names = [&found.returned, &found.click_time, &found.conversion_time, &found.return_time];
        assert_eq!(names.map(|name| name.as_deref()), roles, "{columns}");
        let features: Vec<&str> = opened.log.features.iter().map(|feature| feature.name.as_str()).collect();
        assert_eq!(features, ["colour"], "{columns}");
        let timing = timing(&opened.log);
        let delay = timing.times("conversion").unwrap()[0] - timing.start[0];
        assert_eq!(delay, 2.0 * DAY, "{columns}");
        // Every click of this small log converts; a delay beside the label gives it away. Nothing else is to be said.
        let expected = |finding: &Finding| {
            finding.severity != Severity::Problem
                || matches!(finding.kind, FindingKind::Leakage | FindingKind::OneClassLabel)
        };
        assert!(opened.findings.iter().all(expected), "{:?}", opened.findings);
    }
}

#[test]
fn times_alone_tell_the_labels() {
    let lines = (0..20).map(|row| {
        let click = if row % 2 == 0 { "2024-03-01 08:00" } else { "" };
        let sale = if row % 4 == 0 { "2024-03-02 08:00" } else { "" };
        format!("2024-03-01 07:{},{click},{sale},{}\n", 58 + row / 10, row % 3)
    });
    let log = open(&("time,click_time,conversion_time,slot\n".to_owned() + &lines.collect::<String>())).log;
    assert_eq!(count(log.label("click").unwrap()), 10);
    assert_eq!(count(log.label("conversion").unwrap()), 5);
    let timing = timing(&log);
    assert_eq!(timing.elapsed(0, f64::INFINITY), DAY);
    assert_eq!(timing.elapsed(1, f64::INFINITY), DAY + 120.0, "an impression without a click counts from its own time");
    assert_eq!(timing.elapsed(0, timing.start[0] + 60.0), 60.0);
}

#[test]
fn times_that_do_not_fit_their_labels_are_told_with_their_line() {
    let mut lines: Vec<String> = (0..20).map(|row| format!("{},{},{},\n", 1000 + row, row % 2, 0)).collect();
    lines[1] = "1001,1,1,900\n".into(); // before its click
    lines[3] = "1003,1,1,\n".into(); // without a time
    lines[5] = "1005,1,0,1100\n".into(); // a time without a conversion
    let opened = open(&("time,click,conversion,conversion_time\n".to_owned() + &lines.concat()));
    let find = |kind| opened.findings.iter().find(|finding| finding.kind == kind).unwrap();
    for (kind, message) in [
        (
            FindingKind::OutcomeBeforeCause,
            "1 row has a conversion before the click that led to it (the first is line 3).",
        ),
        (FindingKind::OutcomeWithoutTime, "1 row has a conversion without a time (the first is line 5)."),
        (
            FindingKind::TimeWithoutOutcome,
            "1 row has the time of a conversion where there is none (the first is line 7).",
        ),
    ] {
        assert_eq!(find(kind).message, message);
        assert_eq!(find(kind).columns, ["conversion_time"]);
    }
    let at = timing(&opened.log).times("conversion").unwrap();
    assert_eq!(at[1], 1001.0);
    assert!(at[3].is_nan() && at[5].is_nan());
    // Known since ever, so it is there however early the log is seen after its click.
    assert!(opened.log.labels_seen_at(1003.0)[1].values[3]);
}

#[test]
fn a_return_needs_a_purchase_and_a_time_that_is_no_time_is_an_error() {
    let rows = |last: &str| {
        let head = "time,click,conversion,return,return_time\n";
        let lines: String = (0..20).map(|row| format!("{row},{},{},0,\n", row % 2, u8::from(row % 4 == 1))).collect();
        format!("{head}{lines}{last}\n")
    };
    let opened = open(&rows("20,1,0,1,30"));
    let finding = opened.findings.iter().find(|f| f.kind == FindingKind::ReturnWithoutConversion).unwrap();
    assert_eq!(finding.message, "1 row has a return without a purchase (the first is line 22).");
    assert_eq!(count(opened.log.label("return").unwrap()), 0);
    let given = Roles { conversion_time: Some("return_time".into()), ..Roles::default() };
    let error = OpenedLog::from_bytes(rows("20,1,0,1,soon").as_bytes(), Some(given)).unwrap_err();
    assert!(matches!(error, LogError::BadTime { line: 22, .. }), "{error}");
}

#[test]
fn roles_of_times_are_read_from_a_roles_file_and_written_back() {
    let text = "click = \"c\"\nconversion = \"b\"\nreturn = \"r\"\nclick_time = \"ct\"\nconversion_time = \"bt\"\n\
                return_time = \"rt\"\nobserved_until = \"u\"\n";
    let roles = Roles::from_toml(text).unwrap();
    let named = |role| roles.assigned().into_iter().find(|(found, _)| *found == role).map(|(_, column)| column);
    for (role, column) in [
        (Role::Return, "r"),
        (Role::ClickTime, "ct"),
        (Role::ConversionTime, "bt"),
        (Role::ReturnTime, "rt"),
        (Role::ObservedUntil, "u"),
    ] {
        assert_eq!(named(role), Some(column));
        assert_eq!(Role::name(role), toml::Value::try_from(role).unwrap().as_str().unwrap());
    }
}

fn plan(cutoff_days: Option<f64>, model: &str) -> TrainPlan {
    let split = SplitSpec { by: SplitBy::Row, cutoff_days, ..SplitSpec::default() };
    RunSpec { split, ..RunSpec::default() }.plan(&model_preset(model).unwrap(), 1)
}

#[test]
fn training_can_be_cut_off_while_held_out_rows_keep_all_that_is_known() {
    let log = opened(generate(&late())).log;
    let whole = Prepared::new(&log, &plan(None, "dfm")).unwrap();
    let cut = Prepared::new(&log, &plan(Some(9.0), "dfm")).unwrap();
    let (timing, until) = (timing(&log), timing(&log).first() + 9.0 * DAY);
    assert_eq!(cut.split.eval, whole.split.eval);
    assert!(cut.split.train.len() < whole.split.train.len());
    let seen = log.labels_seen_at(until);
    let conversion = |prepared: &Prepared, row: u32| prepared.labels[1][row as usize];
    let mut pending = 0;
    for &row in &cut.split.train {
        assert!(timing.start[row as usize] <= until);
        assert_eq!(conversion(&cut, row), seen[1].values[row as usize]);
        pending += usize::from(conversion(&whole, row) && !conversion(&cut, row));
        let wait = cut.waits[row as usize];
        assert_eq!(wait.delay_days.is_some(), conversion(&cut, row));
        assert!((wait.elapsed_days - (until - timing.start[row as usize]) / DAY).abs() < 1e-9);
    }
    assert!(pending > 50, "{pending} purchases were still to come");
    assert!(cut.split.eval.iter().all(|&row| conversion(&cut, row) == conversion(&whole, row)));
}

#[test]
fn a_log_without_times_cannot_be_cut_off_and_teaches_no_delay() {
    let log = opened(generate(&SynthSpec { rows: 3000, ..SynthSpec::default() })).log;
    assert_eq!(Prepared::new(&log, &plan(Some(5.0), "esmm")).unwrap_err(), PrepareError::NoCutOff);
    let error = Prepared::new(&log, &plan(None, "dfm")).unwrap_err();
    assert_eq!(error, PrepareError::NoTiming { model: "dfm".into() });
}
