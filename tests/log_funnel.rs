//! The funnel report: what is found, how it is repaired, and that undoing a repair brings back what was.
use esmm_playground::domain::log::{
    ColumnRole, ColumnValues, Finding, FindingKind, Fix, LabelRule, LogError, LogReader, OpenedLog, ReadOptions, Role,
    Roles, RowLimit, Severity, Stratum, Table, Window, read_table, write_csv,
};
use esmm_playground::domain::spec::{log_preset, log_preset_names};
use esmm_playground::domain::synth::{SynthSpec, generate};

fn read(text: &str) -> Table {
    read_table(text.as_bytes(), &ReadOptions::default()).expect("the test's CSV reads").table
}

fn csv(header: &str, n_rows: usize, row: impl Fn(usize) -> String) -> Table {
    let lines: Vec<String> = (0..n_rows).map(row).collect();
    read(&format!("{header}\n{}\n", lines.join("\n")))
}

fn open(table: &Table, roles: &Roles) -> OpenedLog {
    OpenedLog::from_table(table.clone(), Some(roles.clone())).expect("the log opens")
}

fn found(opened: &OpenedLog, kind: FindingKind) -> Option<&Finding> {
    opened.findings.iter().find(|finding| finding.kind == kind)
}

fn finding(opened: &OpenedLog, kind: FindingKind) -> &Finding {
    found(opened, kind).unwrap_or_else(|| panic!("{kind:?} is told: {:#?}", opened.findings))
}

fn count(opened: &OpenedLog, label: &str) -> usize {
    opened.log.label(label).expect("the label is there").iter().filter(|&&yes| yes).count()
}

fn with_fixes(fixes: &[Fix]) -> Roles {
    Roles { fixes: fixes.to_vec(), ..Roles::default() }
}

/// 1000 rows: 200 clicks, 100 conversions, of which 2 (rows 500 and 501) without a click.
fn log_with_lost_clicks() -> Table {
    csv("time,user_id,city,click,conversion", 1000, |row| {
        let lost = row == 501 || row == 502;
        let click = row % 5 == 0;
        let conversion = row % 10 == 0 && row < 980 || lost;
        format!("{row},u{},c{},{},{}", row % 50, row * 7 % 11, u8::from(click), u8::from(conversion))
    })
}

#[test]
fn two_percent_of_conversions_without_a_click_are_counted_exactly_and_repaired_either_way() {
    let kind = FindingKind::ConversionWithoutClick;
    let table = log_with_lost_clicks();
    let kept = open(&table, &Roles::default());
    let told = finding(&kept, kind);
    assert_eq!((told.rows, told.first_rows.as_slice()), (2, [501, 502].as_slice()));
    assert_eq!(
        told.message,
        "2 rows have a conversion without a click (the first is line 503): 2.0 % of all conversions."
    );
    assert_eq!(told.severity, Severity::Problem);
    assert_eq!((count(&kept, "click"), count(&kept, "conversion"), kept.log.n_rows), (200, 98, 1000));

    for (fix, expected) in [
        (Fix::ClearLabel(kind), (200, 98, 1000)),
        (Fix::SetClick(kind), (202, 100, 1000)),
        (Fix::DropRows(kind), (200, 98, 998)),
    ] {
        assert!(told.fixes.iter().any(|offered| offered.fixes == [fix.clone()]), "{fix:?} is offered");
        let repaired = open(&table, &with_fixes(std::slice::from_ref(&fix)));
        let counts = (count(&repaired, "click"), count(&repaired, "conversion"), repaired.log.n_rows);
        assert_eq!(counts, expected, "{fix:?}");
        assert!(found(&repaired, kind).is_none(), "{fix:?} repairs it");
        assert_eq!(repaired.table.n_rows, repaired.log.n_rows);
    }
    let accepted = open(&table, &with_fixes(&[Fix::Keep(kind)]));
    assert!(finding(&accepted, kind).accepted);
    assert_eq!(accepted.log, kept.log, "keeping changes nothing");
}

#[test]
fn the_list_before_a_repair_undoes_it() {
    let table = log_with_lost_clicks();
    let before = open(&table, &Roles::default());
    let mut roles = with_fixes(&[Fix::SetClick(FindingKind::ConversionWithoutClick), Fix::ignore("city")]);
    assert_ne!(open(&table, &roles), before);
    roles.fixes.clear();
    assert_eq!(open(&table, &roles), before);
}

#[test]
fn rows_that_were_left_out_keep_their_places_in_the_file() {
    let table = log_with_lost_clicks();
    let opened = open(&table, &with_fixes(&[Fix::DropRows(FindingKind::ConversionWithoutClick)]));
    assert_eq!(opened.table.source_row(500), 500);
    assert_eq!(opened.table.source_row(501), 503);
    assert_eq!(opened.table.line(997), 1001);
}

#[test]
fn roles_rules_and_repairs_survive_a_roles_file_and_an_old_one_reads() {
    let roles = Roles {
        click: Some("event".into()),
        conversion: Some("order_time".into()),
        conversion_time: Some("order_time".into()),
        outcome: vec!["returned".into()],
        labels: [
            ("event".to_owned(), LabelRule::Positive(vec!["tap".into(), "click".into()])),
            ("order_time".to_owned(), LabelRule::Within(Window { days: 7.0, since: Some("at".into()) })),
            ("returned".to_owned(), LabelRule::BlankIsNo),
            ("rating".to_owned(), LabelRule::Above(3.0)),
            ("cart".to_owned(), LabelRule::Filled),
        ]
        .into(),
        fixes: vec![
            Fix::DropRows(FindingKind::DuplicateRows),
            Fix::ignore("spend"),
            Fix::NumbersOnly("age".into()),
            Fix::Keep(FindingKind::Drift),
        ],
        ..Roles::default()
    };
    let text = roles.to_toml();
    assert_eq!(Roles::from_toml(&text).expect(&text), roles, "{text}");
    let json = serde_json::to_string(&roles).expect("writes");
    assert_eq!(serde_json::from_str::<Roles>(&json).expect("reads"), roles);

    let old = "click = \"visit\"\nconversion = \"conversion\"\naction = []\ncategorical = [\"a\"]\nnumerical = []\nignore = []\n";
    assert_eq!(Roles::from_toml(old).expect("reads").click.as_deref(), Some("visit"));
    for (text, expected) in [
        ("[labels]\nx = { positiv = [\"a\"] }\n", "positiv"),
        ("fixes = [{ drop = \"duplicate_rows\" }]\n", "drop"),
        ("fixes = [{ drop_rows = \"duplicates\" }]\n", "duplicates"),
    ] {
        let error = Roles::from_toml(text).expect_err(text).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn label_rules_say_which_values_count_as_one() {
    let roles = |column: &str, rule: LabelRule| Roles {
        click: Some("click".into()),
        conversion: Some(column.into()),
        labels: [(column.to_owned(), rule)].into(),
        ..Roles::default()
    };
    let events = read(
        "at,click,event,rating,order_time,x\n\
         2024-01-01 10:00,1,buy,5,2024-01-03 10:00,1\n\
         2024-01-01 11:00,1,Refund,2,2024-02-03 10:00,2\n\
         2024-01-01 12:00,1,cart,,2023-12-31 10:00,3\n\
         2024-01-01 13:00,1,,4,,4\n\
         2024-01-01 14:00,0,view,3,,5\n",
    );
    for (column, rule, expected) in [
        ("event", LabelRule::Positive(vec!["BUY".into(), "refund".into()]), [true, true, false, false, false]),
        ("event", LabelRule::Filled, [true, true, true, false, false]),
        ("rating", LabelRule::Above(3.0), [true, false, false, true, false]),
        ("rating", LabelRule::Positive(vec!["5".into(), "2.0".into()]), [true, true, false, false, false]),
        ("order_time", LabelRule::Within(Window { days: 7.0, since: None }), [true, false, false, false, false]),
        (
            "order_time",
            LabelRule::Within(Window { days: 60.0, since: Some("at".into()) }),
            [true, true, false, false, false],
        ),
    ] {
        let roles = Roles { time: Some("at".into()), ..roles(column, rule.clone()) };
        let opened = OpenedLog::from_table(events.clone(), Some(roles)).expect("the rule fits");
        assert_eq!(opened.log.label("conversion"), Some(expected.as_slice()), "{column} {rule:?}");
    }
    for (column, rule, expected) in [
        ("rating", LabelRule::Positive(vec!["high".into()]), "the rule names a value that is none"),
        ("event", LabelRule::Positive(vec![]), "it names no value that counts as 1"),
        ("event", LabelRule::Above(1.0), "line 2, column \"event\": expected a number, got \"buy\""),
        ("event", LabelRule::Within(Window { days: 0.0, since: None }), "its days must be above 0"),
        ("rating", LabelRule::Within(Window { days: 1.0, since: Some("at".into()) }), "not of the same clock"),
    ] {
        let error = OpenedLog::from_table(events.clone(), Some(roles(column, rule))).expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn a_log_that_does_not_open_says_what_can_be_done_and_opens_then() {
    let text = |label: fn(usize) -> &'static str| {
        csv("click,conversion,x", 40, |row| format!("{},{},{}", u8::from(row % 2 == 0), label(row), row % 7))
    };
    for (table, kind) in [
        (text(|row| ["1", "0", "", "0"][row % 4]), FindingKind::MissingLabel),
        (text(|row| if row % 4 == 0 { "done" } else { "0" }), FindingKind::BadLabel),
    ] {
        let roles = Roles { click: Some("click".into()), conversion: Some("conversion".into()), ..Roles::default() };
        let error = OpenedLog::from_table(table.clone(), Some(roles.clone())).expect_err("it does not open");
        assert_eq!(error.finding(), Some(kind));
        assert!(!error.fixes().is_empty());
        let offered = error.fixes().remove(0);
        let repaired = open(&table, &Roles { fixes: offered.fixes, ..roles });
        assert_eq!(count(&repaired, "conversion"), 10, "{}", offered.words);
    }
}

#[test]
fn a_log_of_times_needs_no_labels() {
    let table = csv("time,click_time,purchase_time,city", 60, |row| {
        let at =
            |yes: bool, after: usize| if yes { (1_700_000_000 + row * 60 + after).to_string() } else { String::new() };
        format!(
            "{},{},{},c{}",
            at(true, 0),
            at(row % 3 == 0, 5),
            at(row % 6 == 0, if row == 12 { 0 } else { 50 }),
            row % 4
        )
    });
    let opened = open(&table, &Roles::default());
    assert_eq!((count(&opened, "click"), count(&opened, "conversion")), (20, 10));
    let early = finding(&opened, FindingKind::OutcomeBeforeCause);
    assert_eq!((early.rows, early.first_rows.as_slice()), (1, [12].as_slice()));
    let cleared = open(&table, &with_fixes(&early.fixes[0].fixes));
    assert_eq!(count(&cleared, "conversion"), 9);
    assert!(found(&cleared, FindingKind::OutcomeBeforeCause).is_none());
}

#[test]
fn duplicates_mixed_types_times_and_drift_are_found_with_their_rows_and_repairs() {
    let table = csv("time,user_id,click,conversion,price,version", 2000, |row| {
        let row = if row == 1999 { 42 } else { row };
        let time = if row == 100 { 0 } else { 1_700_000_000 + row * 60 + if row >= 1200 { 400_000 } else { 0 } };
        let price = if row == 7 || row == 8 { "on request".into() } else { format!("{}.5", row * 31 % 97) };
        let click = row % 4 == 0;
        format!("{time},u{},{},{},{price},v{}", row % 90, u8::from(click), u8::from(row % 12 == 0), row / 200)
    });
    let opened = open(&table, &Roles::default());
    let copies = finding(&opened, FindingKind::DuplicateRows);
    assert_eq!((copies.rows, copies.first_rows.as_slice(), copies.severity), (1, [1999].as_slice(), Severity::Caution));
    let mixed = finding(&opened, FindingKind::MixedTypes);
    assert_eq!((mixed.rows, mixed.columns.as_slice()), (2, ["price".to_owned()].as_slice()));
    let far = finding(&opened, FindingKind::TimeOutOfRange);
    assert_eq!((far.rows, far.first_rows.as_slice()), (1, [100].as_slice()));
    assert_eq!(finding(&opened, FindingKind::Drift).columns, ["version"]);

    let fixes: Vec<Fix> = [copies, mixed, far].iter().flat_map(|finding| finding.fixes[0].fixes.clone()).collect();
    let repaired = open(&table, &with_fixes(&fixes));
    assert_eq!(repaired.log.n_rows, 1998);
    assert!(repaired.roles.numerical.contains(&"price".to_owned()));
    for kind in [FindingKind::DuplicateRows, FindingKind::MixedTypes, FindingKind::TimeOutOfRange] {
        assert!(found(&repaired, kind).is_none(), "{kind:?}");
    }
    let gap = finding(&repaired, FindingKind::TimeGap);
    assert!(gap.message.starts_with("Nothing happened between 2023-11-15 18:12 and 2023-11-20"), "{}", gap.message);
}

#[test]
fn few_conversions_say_how_little_can_be_told() {
    let opened = open(&log_with_lost_clicks(), &Roles::default());
    let told: Vec<&Finding> = opened.findings.iter().filter(|f| f.kind == FindingKind::BaseRate).collect();
    let conversion = told.iter().find(|finding| finding.columns == ["conversion"]).expect("conversions are few");
    assert!(conversion.message.contains("judged by 23 in 50 clicks"), "{}", conversion.message);
    assert!(conversion.message.contains("±0.15"), "{}", conversion.message);
}

#[test]
fn users_that_a_gauc_skips_are_counted() {
    let opened = open(&log_with_lost_clicks(), &Roles::default());
    let users = finding(&opened, FindingKind::OneClassUsers);
    // Users are numbered by row modulo 50 and clicks come every fifth row: each user only clicks or never does.
    assert_eq!(users.rows, 250);
    assert!(users.message.starts_with("50 of 50 users in the held-out part"), "{}", users.message);
}

#[test]
fn a_repair_that_names_nothing_or_leaves_nothing_is_refused() {
    let table = log_with_lost_clicks();
    let error =
        OpenedLog::from_table(table.clone(), Some(with_fixes(&[Fix::ignore("town")]))).expect_err("no such column");
    assert!(error.to_string().starts_with("the repairs name the column \"town\""), "{error}");
    let roles = Roles { click: Some("click".into()), ..with_fixes(&[Fix::DropRows(FindingKind::MissingLabel)]) };
    let empty = read("click,conversion\n,\n,\n1,\n0,\n");
    let error = OpenedLog::from_table(empty, Some(Roles { conversion: Some("conversion".into()), ..roles }))
        .expect_err("no row has both labels");
    assert_eq!(error, LogError::NothingLeft { rows: 0 });
}

#[test]
fn a_role_repair_moves_a_role() {
    let table = log_with_lost_clicks();
    let to_user = Fix::Role(ColumnRole { column: "city".into(), role: Role::User });
    let opened = open(&table, &with_fixes(&[to_user]));
    assert_eq!(opened.roles.user.as_deref(), Some("city"));
    assert!(!opened.roles.categorical.contains(&"city".to_owned()));
}

#[test]
fn a_longer_log_is_sampled_within_click_and_conversion_and_says_so() {
    let spec = SynthSpec { rows: 20_000, ..SynthSpec::default() };
    let bytes = write_csv(&generate(&spec).table);
    let whole = OpenedLog::from_bytes(&bytes, None).expect("opens");
    let limit = RowLimit { rows: 4_000, seed: 5, ..RowLimit::default() };
    let sampled = OpenedLog::from_bytes_within(&bytes, None, limit).expect("opens");
    assert_eq!(sampled.log.n_rows, 4_000);
    for label in ["click", "conversion"] {
        let (few, all) = (count(&sampled, label), count(&whole, label));
        assert!((few as f64 - all as f64 / 5.0).abs() <= 1.0, "{label}: {few} of {all}");
    }
    let told = finding(&sampled, FindingKind::Sampled);
    assert!(told.message.starts_with("The file has 20000 rows, more than are kept: this is a sample of 4000"));
    let sample = sampled.table.sample.as_ref().expect("it says how it was drawn");
    assert_eq!(sample.strata[0].0, Stratum::Unclicked);
    let rows: Vec<usize> = (0..10).map(|row| sampled.table.source_row(row)).collect();
    assert!(rows.is_sorted() && rows != (0..10).collect::<Vec<_>>());
    for (row, &source) in rows.iter().enumerate() {
        assert_eq!(sampled.row(row), whole.row(source), "a row of the sample is the file's");
    }
    assert_eq!(
        sampled,
        OpenedLog::from_bytes_within(&bytes, None, limit).expect("opens"),
        "the same seed, the same rows"
    );
}
#[test]
fn a_longer_log_is_sampled_while_it_is_read_whatever_its_pieces() {
    let spec = SynthSpec { rows: 80_000, ..SynthSpec::default() };
    let bytes = write_csv(&generate(&spec).table);
    let whole = OpenedLog::from_bytes(&bytes, None).expect("opens");
    let limit = RowLimit { rows: 2_000, seed: 5, ..RowLimit::default() };
    let sampled = |piece: usize| {
        let mut reader = LogReader::new(ReadOptions::default(), None, limit);
        bytes.chunks(piece).for_each(|piece| reader.push(piece).expect("reads"));
        assert_eq!(reader.progress().rows, 80_000 - 1 + u64::from(bytes.ends_with(b"\n")));
        let read = reader.finish().expect("reads");
        assert_eq!(read.rows_read, 80_000);
        OpenedLog::from_read(read, None).expect("opens")
    };
    let by_megabytes = sampled(1 << 20);
    assert_eq!(by_megabytes, sampled(1000), "the pieces change nothing");
    assert_eq!(by_megabytes.log.n_rows, 2_000);
    for label in ["click", "conversion"] {
        let (few, all) = (count(&by_megabytes, label), count(&whole, label));
        assert!((few as f64 - all as f64 / 40.0).abs() <= 1.0, "{label}: {few} of {all}");
    }
    for row in [0, 1, 777, 1_999] {
        let source = by_megabytes.table.source_row(row);
        assert_eq!(by_megabytes.row(row), whole.row(source), "a row of the sample is the file's");
    }
    for column in &by_megabytes.table.columns {
        if let ColumnValues::Text { dictionary, codes } = &column.values {
            assert!(
                (0..dictionary.len() as u32).all(|code| codes.contains(&code)),
                "no word of a row that is not kept"
            );
        }
    }
    let told = finding(&by_megabytes, FindingKind::Sampled);
    assert!(told.message.contains("80000 rows") && told.message.contains("click (column click)"), "{}", told.message);
}

#[test]
fn a_log_that_needs_too_much_memory_is_sampled_with_fewer_rows() {
    let mut text = "click,conversion,item\n".to_owned();
    for row in 0..200_000u32 {
        let (click, item) = (u32::from(row % 10 == 0), "x".repeat(200));
        text += &format!("{click},{},{item}{row}\n", u32::from(row % 100 == 0));
    }
    let limit = RowLimit { rows: 1_000_000, megabytes: 16, seed: 1 };
    let opened = OpenedLog::from_bytes_within(text.as_bytes(), None, limit).expect("opens");
    let sample = opened.table.sample.as_ref().expect("it says how it was drawn");
    assert_eq!((sample.rows_in_file, sample.megabytes), (200_000, Some(16)));
    assert!((15_000..80_000).contains(&sample.rows), "{}", sample.rows);
    let clicks = count(&opened, "click") as f64 / opened.log.n_rows as f64;
    assert!((clicks - 0.1).abs() < 1e-3, "{clicks}");
    let told = finding(&opened, FindingKind::Sampled);
    assert!(told.remedy.contains("16 MB"), "{}", told.remedy);
}

#[test]
fn labels_that_are_given_decide_how_a_log_is_sampled() {
    let mut text = "shown,state,bought\n".to_owned();
    for row in 0..60_000u32 {
        let state = ["seen", "opened", "seen", "seen"][row as usize % 4];
        text += &format!("{row},{state},{}\n", u32::from(row % 40 == 1));
    }
    let roles = Roles {
        click: Some("state".into()),
        conversion: Some("bought".into()),
        labels: [("state".to_owned(), LabelRule::Positive(vec!["opened".into()]))].into(),
        ..Roles::default()
    };
    let limit = RowLimit { rows: 1_000, ..RowLimit::default() };
    let opened = OpenedLog::from_bytes_within(text.as_bytes(), Some(roles), limit).expect("opens");
    let sample = opened.table.sample.as_ref().expect("it says how it was drawn");
    let strata: Vec<_> = sample.strata.iter().map(|&(stratum, all, kept)| (stratum, all, kept)).collect();
    assert_eq!(
        strata,
        [(Stratum::Unclicked, 45_000, 750), (Stratum::Clicked, 13_500, 225), (Stratum::Converted, 1_500, 25)]
    );
}

#[test]
fn a_user_or_an_item_with_a_large_share_of_the_rows_is_told() {
    let open = |preset: &str| {
        let synth = SynthSpec { rows: 30_000, ..log_preset(preset).expect("a preset") };
        let generated = generate(&synth);
        OpenedLog::from_table(generated.table, Some(generated.roles)).expect("the log opens")
    };
    let skewed = open("popularity_skew");
    let told: Vec<&Finding> = skewed.findings.iter().filter(|f| f.kind == FindingKind::Concentration).collect();
    let [users, items] = told[..] else { panic!("two findings: {told:#?}") };
    assert_eq!((users.columns.as_slice(), users.severity), (["user_id".to_owned()].as_slice(), Severity::Caution));
    assert_eq!((items.columns.as_slice(), items.severity), (["item_id".to_owned()].as_slice(), Severity::Note));
    let share = |finding: &Finding| -> f64 {
        let words = finding.message.split(' ').nth(3).expect("the share");
        words.parse().expect("a number")
    };
    assert!((share(users) - 20.0).abs() < 2.0, "{}", users.message);
    assert!((share(items) - 33.0).abs() < 2.0, "{}", items.message);
    for preset in log_preset_names() {
        let is_told = found(&open(preset), FindingKind::Concentration).is_some();
        assert_eq!(is_told, preset == "popularity_skew", "{preset}");
    }
}
