//! Tables whose rows are known → assembled rows.

use super::*;
use crate::domain::log::{OpenedLog, ReadOptions, read_table};

fn table(name: &str, text: &str) -> NamedTable {
    let table = read_table(text.as_bytes(), &ReadOptions::default()).expect("the test's table reads").table;
    NamedTable { name: name.into(), table }
}

fn values(assembled: &Assembled, column: &str) -> Vec<String> {
    let column = assembled.table.column(column).expect(column);
    (0..assembled.table.n_rows).map(|row| column.values.text(row)).collect()
}

const EVENTS: &str = "user_id,item_id,price,event,ts
u1,i1,5,pv,2024-01-01 10:00:00
u1,i1,5,pv,2024-01-01 11:00:00
u1,i1,5,cart,2024-01-01 11:05:00
u1,i1,5,buy,2024-01-02 09:00:00
u1,i1,5,buy,2024-01-02 10:00:00
u2,i1,5,buy,2024-01-02 10:00:00
u2,i2,7,pv,2024-01-03 10:00:00
u2,i2,7,share,2024-01-03 10:00:00
u3,,7,pv,2024-01-03 10:00:00
";

/// Labels from a table, whatever the times.
fn labels_of(table: &str, label: &str, on: Vec<KeyPair>) -> LabelTable {
    let (table, label) = (table.into(), label.into());
    LabelTable { table, label, on, times: None, window_days: None, touch: Touch::Last }
}

#[test]
fn events_become_rows_and_what_follows_becomes_labels() {
    let tables = [table("events", EVENTS)];
    let proposed = propose(&tables).expect("an event log");
    let assembled = proposed.rows(&tables).unwrap();
    assert_eq!(assembled.roles.space, Some(Space::Views));
    assert_eq!(values(&assembled, "conversion"), ["0", "1", "0"]);
    assert_eq!(values(&assembled, "action"), ["0", "1", "0"]);
    assert_eq!(values(&assembled, "conversion_time"), ["", "2024-01-02 09:00:00", ""]);
    assert_eq!(values(&assembled, "price"), ["5", "5", "7"]);
    assert!(assembled.table.column("event").is_none(), "what happened is no feature");
    let left_aside = assembled.reports[0].left_aside.join("; ");
    for said in [
        "1 conversion event had no row of its key before it",
        "1 conversion event was of a row",
        "1 event had no time",
        "1 event of another word",
    ] {
        assert!(left_aside.contains(said), "{said}: {left_aside}");
    }
    assert_eq!((assembled.reports[0].rows_in, assembled.reports[0].rows_out), (9, 3));
}

#[test]
fn the_touch_and_the_window_say_which_row_gets_the_credit() {
    let tables = [table("events", EVENTS)];
    let bought = |touch, window_days| {
        let mut assembly = propose(&tables).unwrap();
        for step in &mut assembly.steps {
            let Step::Events(events) = step else { panic!("{step:?}") };
            (events.touch, events.window_days) = (touch, window_days);
        }
        values(&assembly.rows(&tables).unwrap(), "conversion")
    };
    assert_eq!(bought(Touch::First, None), ["1", "0", "0"]);
    assert_eq!(bought(Touch::Every, None), ["1", "1", "0"]);
    assert_eq!(bought(Touch::Every, Some(0.95)), ["0", "1", "0"], "22 hours, and 23");
    assert_eq!(bought(Touch::Last, Some(0.5)), ["0", "0", "0"]);
}

#[test]
fn no_feature_of_a_row_knows_what_happened_at_or_after_it() {
    let lines: Vec<String> = (0..200)
        .map(|n| {
            let kind = ["pv", "pv", "cart", "buy", "pv"][n * 7 % 5];
            format!("u{},i{},{},{kind},{}", n % 6, n % 11, n % 4, 1_700_000_000 + n * 100)
        })
        .collect();
    let at = |lines: &[String]| {
        let tables = [table("events", &format!("user_id,item_id,place,event,ts\n{}\n", lines.join("\n")))];
        let mut assembly = propose(&tables).unwrap();
        for step in &mut assembly.steps {
            let Step::Events(events) = step else { panic!("{step:?}") };
            events.histories = vec!["user_id".into(), "item_id".into()];
        }
        assembly.rows(&tables).unwrap()
    };
    let cut = 1_700_000_000 + 120 * 100;
    let whole = at(&lines);
    // The future, in another order and with other words.
    let mut changed = lines[..120].to_vec();
    changed.extend(lines[120..].iter().rev().map(|line| line.replace(",buy,", ",cart,").replace("u1,", "u2,")));
    let other = at(&changed);
    let features = |assembled: &Assembled| -> Vec<Vec<String>> {
        let names = ["user_id", "item_id", "place", "ts", "earlier_events_of_user_id", "earlier_events_of_item_id"];
        let columns: Vec<Vec<String>> = names.iter().map(|name| values(assembled, name)).collect();
        let is_past = |row: &usize| columns[3][*row].parse::<i64>().unwrap() <= cut - 100;
        (0..assembled.table.n_rows)
            .filter(is_past)
            .map(|row| columns.iter().map(|c| c[row].clone()).collect())
            .collect()
    };
    assert_eq!(features(&whole), features(&other));
    assert!(values(&whole, "earlier_events_of_user_id").iter().any(|count| count != "0"));
}

#[test]
fn clicks_and_conversions_become_labels_of_impressions_and_dimensions_become_features() {
    let tables = [
        table("impressions", "imp_id,user_id,ts\n1,u1,1700000000\n2,u1,1700000500\n3,u2,1700000100\n4,u9,1700000100\n"),
        table("clicks", "imp_id,ts\n1,1700000010\n3,1700000150\n3,1700000160\n8,1700000150\n"),
        table("conversions", "imp_id,ts\n3,1700009000\n"),
        table("users", "user_id,city\nu1,Rome\nu2,Oslo\nu3,Bern\n"),
    ];
    let proposed = propose(&tables).expect("tables to join");
    let assembled = proposed.rows(&tables).unwrap();
    assert_eq!(values(&assembled, "click"), ["1", "0", "1", "0"]);
    assert_eq!(values(&assembled, "conversion"), ["0", "0", "1", "0"]);
    assert_eq!(values(&assembled, "city"), ["Rome", "Rome", "Oslo", ""]);
    let said: Vec<&str> = assembled.reports.iter().flat_map(|report| &report.left_aside).map(String::as_str).collect();
    assert_eq!(
        said,
        [
            "1 row of clicks had no row of its key before it",
            "1 row of clicks was of a row that had one already",
            "1 row has no row in users: its columns are empty there",
            "1 row of users is of no row",
        ]
    );
}

#[test]
fn keys_that_repeat_on_both_sides_are_refused_with_counts() {
    let tables =
        [table("rows", "session,item\ns1,a\ns1,b\ns2,a\n"), table("buys", "session,price\ns1,3\ns1,4\ns2,1\n")];
    let on = vec![KeyPair { left: "session".into(), right: "session".into() }];
    let features = FeatureTable { table: "buys".into(), on: on.clone() };
    let label = labels_of("buys", "conversion", on);
    for step in [Step::Features(features), Step::Label(label)] {
        let error =
            Assembly { table: "rows".into(), steps: vec![step], ..Assembly::default() }.rows(&tables).unwrap_err();
        assert!(matches!(&error, AssemblyError::Repeated { keys: 1, rows: 2, .. }), "{error}");
        assert!(error.to_string().contains("session s1"), "{error}");
    }
}

#[test]
fn counts_become_rows_in_their_proportion() {
    let text = "ad,Impressions,Clicks,Conversions\na,1000,40,10\nb,500,5,1\nc,3,2,3\n";
    let tables = [table("report", text)];
    let assembled = propose(&tables).expect("counts").rows(&tables).unwrap();
    let ones = |assembled: &Assembled, name| values(assembled, name).iter().filter(|value| *value == "1").count();
    assert_eq!(assembled.table.n_rows, 1503);
    assert_eq!((ones(&assembled, "click"), ones(&assembled, "conversion")), (47, 13));
    assert!(assembled.reports[0].left_aside[0].starts_with("1 counted clicks"));
    let mut small = propose(&tables).unwrap();
    for step in &mut small.steps {
        if let Step::Spread(spread) = step {
            spread.limit = 150;
        }
    }
    let assembled = small.rows(&tables).unwrap();
    assert_eq!((assembled.table.n_rows, ones(&assembled, "click")), (150, 4));
}

#[test]
fn parts_of_a_table_are_put_end_to_end() {
    let tables =
        [table("part-0", "click,x\n1,a\n0,2\n"), table("part-1", "click,x\n0,b\n1,c\n"), table("other", "y,z\n1,2\n")];
    let assembled = propose(&tables).expect("parts").rows(&tables).unwrap();
    assert_eq!(values(&assembled, "x"), ["a", "2", "b", "c"]);
    let wrong = Assembly {
        table: "part-0".into(),
        steps: vec![Step::Append { tables: vec!["other".into()] }],
        ..Assembly::default()
    };
    assert!(matches!(wrong.rows(&tables), Err(AssemblyError::OtherColumns { .. })));
}

#[test]
fn an_assembled_log_opens_and_an_assembly_survives_its_file() {
    let lines: String = (0..400)
        .map(|n| {
            let kind = if n % 10 == 9 {
                "buy"
            } else if n % 5 == 3 {
                "cart"
            } else {
                "pv"
            };
            format!("u{},i{},c{},{kind},{}\n", n / 10, n / 5 % 7, n % 3, 1_700_000_000 + n * 60)
        })
        .collect();
    let tables = [table("log", &format!("user_id,item_id,category,behavior,ts\n{lines}"))];
    let assembly = propose(&tables).unwrap();
    let text = toml::to_string(&assembly).unwrap();
    assert_eq!(toml::from_str::<Assembly>(&text).unwrap(), assembly, "{text}");
    let assembled = assembly.rows(&tables).unwrap();
    let opened = OpenedLog::from_table(assembled.table, Some(assembled.roles)).unwrap();
    assert_eq!(opened.log.space, Space::Views);
    assert!(opened.log.label("conversion").is_some_and(|label| label.contains(&true)));
    assert!(opened.log.features.iter().all(|feature| !feature.name.contains("time")));
}

#[test]
fn events_and_outcomes_of_which_only_a_sample_was_read_are_refused_with_the_counts() {
    let file = |name: &str, text: &str, limit: usize| {
        let limit = crate::domain::log::RowLimit { rows: limit, ..Default::default() };
        let mut reader = crate::domain::log::LogReader::new(ReadOptions::default(), None, limit);
        reader.push(text.as_bytes()).unwrap();
        ReadFile { name: name.into(), read: reader.finish().unwrap(), unrolled: None }
    };
    let many: String = (0..400).map(|at| format!("u{},i1,5,pv,2024-01-01 10:00:{:02}\n", at / 4, at % 60)).collect();
    let events = format!("{EVENTS}{many}");
    let refused = Assembler::new(vec![file("events", &events, 100)], None, None).open();
    let message = refused.log.unwrap_err().error.to_string();
    assert!(message.contains("events has 409 rows, of which the limit keeps"), "{message}");
    assert_eq!(refused.report.unwrap().steps, []);
    let whole = Assembler::new(vec![file("events", &events, 10_000)], None, None).open();
    assert_eq!(whole.log.unwrap().log.n_rows, 403);
}

#[test]
fn a_log_with_a_click_takes_its_conversions_from_another_table() {
    let shown: String = (0..60).map(|at| format!("r{at},u{},{},{}\n", at % 9, at % 5, u8::from(at % 3 == 0))).collect();
    let orders: String = (0..5).map(|at| format!("r{},{}\n", at * 6, 10 + at)).collect();
    let tables = [
        table("impressions", &format!("impression_id,user_id,hour,click\n{shown}")),
        table("orders", &format!("impression_id,amount\n{orders}")),
    ];
    let assembled = propose(&tables).expect("two tables").rows(&tables).unwrap();
    assert_eq!(assembled.roles.space, Some(Space::Impressions));
    let bought = values(&assembled, "conversion").iter().filter(|value| *value == "1").count();
    assert_eq!((assembled.table.n_rows, bought), (60, 5));
    assert!(assembled.table.column("amount").is_none(), "what a purchase alone has is no feature");
    let opened = OpenedLog::from_table(assembled.table, Some(assembled.roles)).unwrap();
    assert_eq!(
        (opened.roles.click.as_deref(), opened.roles.conversion.as_deref()),
        (Some("click"), Some("conversion"))
    );
}

#[test]
fn a_report_may_name_what_its_counts_are_of() {
    let report = "Product List Name,Product List Views,Product List Clicks,Click Rate,Adds To Cart,Unique Purchases
Slot 1,200,40,0.2,9,4
Slot 2,100,10,0.1,3,0
";
    let tables = [table("report", report)];
    let assembled = propose(&tables).expect("counts").rows(&tables).unwrap();
    let ones = |name: &str| values(&assembled, name).iter().filter(|&value| value == "1").count();
    assert_eq!((assembled.table.n_rows, ones("click"), ones("conversion")), (300, 50, 4));
    assert_eq!(assembled.roles.ignore, ["Click Rate", "Adds To Cart"]);
    // Counts of the past beside a label are features.
    let log = "user_views,user_clicks,click\n20,4,1\n30,3,0\n10,2,0\n";
    assert_eq!(propose(&[table("log", log)]), None);
}

#[test]
fn events_of_a_shop_are_known_by_parts_of_their_names_but_not_by_contrary_ones() {
    let log: String = (0..40)
        .flat_map(|at| {
            let who = format!("u{},i{}", at % 7, at % 5);
            ["product_viewed", "basket_add", "basket_remove", "order_placed", "view_cart"]
                .map(|kind| format!("{who},{kind},2024-01-{:02} 10:00:00\n", 1 + at % 28))
        })
        .collect();
    let tables = [table("shop", &format!("user_id,item_id,activity,at\n{log}"))];
    let proposed = propose(&tables).expect("an event log");
    let [Step::Events(events)] = proposed.steps.as_slice() else { panic!("{proposed:?}") };
    assert_eq!(events.rows, ["product_viewed"]);
    let labels: Vec<_> = events.labels.iter().map(|(label, words)| (label.as_str(), words.join(" "))).collect();
    assert_eq!(labels, [("action", "basket_add".to_owned()), ("conversion", "order_placed".to_owned())]);
}

#[test]
fn what_a_step_leaves_open_is_found_by_the_values_whatever_the_columns_are_called() {
    let rows: String = (0..50).map(|at| format!("{},{},P{}\n", at, 900 + at % 20, at % 9)).collect();
    let items: String = (0..9).map(|at| format!("{at},P{at},b{}\n", at % 3)).collect();
    let files = || {
        [("shown", format!("imp_id,shopper,article\n{rows}")), ("assortment", format!("nr,sku,brand\n{items}"))]
            .map(|(name, text)| ReadFile { name: name.into(), read: read(&text), unrolled: None })
            .to_vec()
    };
    let with = |table: &str| {
        let step = Step::Features(FeatureTable { table: table.into(), on: Vec::new() });
        let given = Assembly { table: "shown".into(), steps: vec![step], ..Assembly::default() };
        Assembler::new(files(), Some(given), None).open().report.unwrap()
    };
    let found = with("assortment");
    let [Step::Features(features)] = found.assembly.steps.as_slice() else { panic!("{found:?}") };
    assert_eq!(features.on, [KeyPair { left: "article".into(), right: "sku".into() }]);
    assert_eq!(found.steps[0].left_aside, Vec::<String>::new());
}

#[test]
fn a_step_without_a_key_is_refused_and_joins_nothing() {
    let files = |right: &str| {
        [("shown", "a,b\nx1,2.5\nx2,3.5\n"), ("other", right)]
            .map(|(name, text)| ReadFile { name: name.into(), read: read(text), unrolled: None })
            .to_vec()
    };
    let step = Step::Features(FeatureTable { table: "other".into(), on: Vec::new() });
    let given = Assembly { table: "shown".into(), steps: vec![step], ..Assembly::default() };
    let report = Assembler::new(files("c,d\ny1,2\ny2,3\n"), Some(given), None).open().report.unwrap();
    assert!(report.error.unwrap().contains("choose the columns that belong together"));
}

fn read(text: &str) -> crate::domain::log::ReadTable {
    read_table(text.as_bytes(), &ReadOptions::default()).expect("the test's table reads")
}

#[test]
fn tables_whose_keys_have_other_names_are_joined_by_words_that_are_found_and_never_by_small_numbers() {
    let rows: String = (0..60).map(|at| format!("r{at},P{},{},{}\n", at % 9, at % 24, u8::from(at % 3 == 0))).collect();
    let shown = table("ad_shown", &format!("imp_id,article,hour,click\n{rows}"));
    let items: String = (0..9).map(|at| format!("P{at},b{}\n", at % 3)).collect();
    let hours: String = (0..24).map(|at| format!("{at},n{}\n", at % 5)).collect();
    let sales: String = (0..5).map(|at| format!("r{},{}\n", at * 6, 10 + at)).collect();
    let tables = [
        shown,
        table("assortment", &format!("sku,brand\n{items}")),
        table("numbers", &format!("nr,note\n{hours}")),
        table("sales", &format!("shown,amount\n{sales}")),
    ];
    let proposed = propose(&tables).expect("tables");
    let pair = |left: &str, right: &str| vec![KeyPair { left: left.into(), right: right.into() }];
    let [Step::Features(features), Step::Label(label)] = proposed.steps.as_slice() else { panic!("{proposed:?}") };
    assert_eq!(features.on, pair("article", "sku"));
    assert_eq!((label.label.as_str(), &label.on), ("conversion", &pair("imp_id", "shown")));
    // Kinds of things are in many tables: what was sold on the web is no sale of all that was shown there.
    let kinds: String = (0..40).map(|at| format!("{}\n", ["P1", "P2", "P3"][at % 3])).collect();
    let by_kind = [tables[0].clone(), table("sales", &format!("kind\n{kinds}"))];
    assert_eq!(propose(&by_kind), None);
}

#[test]
fn a_label_step_that_leaves_its_label_open_takes_the_one_that_is_missing() {
    let rows: String = (0..30).map(|at| format!("r{at},{}\n", at % 4)).collect();
    let outcomes = |n: usize| (0..n).map(|at| format!("r{}\n", at * 2)).collect::<String>();
    let files = [
        ("shown", format!("imp,slot\n{rows}")),
        ("first", format!("imp\n{}", outcomes(9))),
        ("second", format!("imp\n{}", outcomes(4))),
    ]
    .map(|(name, text)| ReadFile { name: name.into(), read: read(&text), unrolled: None });
    let open = |table: &str| Step::Label(labels_of(table, "", Vec::new()));
    let given = Assembly { table: "shown".into(), steps: vec![open("first"), open("second")], ..Assembly::default() };
    let report = Assembler::new(files.to_vec(), Some(given), None).open().report.unwrap();
    let labels: Vec<_> = report
        .assembly
        .steps
        .iter()
        .map(|step| match step {
            Step::Label(label) => label.label.as_str(),
            _ => "another step",
        })
        .collect();
    assert_eq!((labels, report.error), (vec!["click", "conversion"], None));
}

#[test]
fn a_table_more_of_a_name_that_is_taken_gets_a_number() {
    let named = |name: &str| ReadFile { name: name.into(), read: read("a\n1\n"), unrolled: None };
    let tables = [named("log"), named("log_2")];
    assert_eq!(free_table_name("log".into(), &tables), "log_3");
    assert_eq!(free_table_name("users".into(), &tables), "users");
}

#[test]
fn numbers_that_connect_tables_are_codes_and_no_quantities() {
    let views: String = (0..600).map(|row| format!("{},{},{},{}\n", row / 3, row % 40, row, row % 7)).collect();
    let buys = "visit,thing,n\n1,5,0\n9,29,1\n";
    let tables = [table("views", &format!("visit,thing,n,price\n{views}")), table("buys", buys)];
    let on = ["visit", "thing", "n"].map(|name| KeyPair { left: name.into(), right: name.into() }).into();
    let label = labels_of("buys", "conversion", on);
    let assembly = Assembly { table: "views".into(), steps: vec![Step::Label(label)], ..Assembly::default() };
    let roles = assembly.rows(&tables).unwrap().roles;
    assert_eq!((roles.categorical, roles.ignore), (vec!["visit".to_owned(), "thing".to_owned()], vec!["n".to_owned()]));
    assert!(roles.numerical.is_empty(), "the price is for the log to judge");
}

#[test]
fn an_item_alone_does_not_connect_what_different_users_did() {
    let events = "who,sku,event,ts\na,1,view,1700000000\nb,1,buy,1700000500\na,2,view,1700000900\n";
    assert!(propose(&[table("events", events)]).is_none(), "nobody says who");
    let session = events.replacen("who", "sid", 1);
    let proposed = propose(&[table("events", &session)]).expect("a session");
    assert!(matches!(&proposed.steps[0], Step::Events(events) if events.key == ["sid", "sku"]), "{proposed:?}");
}

#[test]
fn a_record_whose_rows_may_be_in_a_list_is_refused_with_the_list_to_choose() {
    let records = "{\"sid\": 1, \"steps\": [{\"what\": \"foo\"}]}\n{\"sid\": 2, \"steps\": [{\"what\": \"bar\"}]}\n";
    let read = read_table(records.as_bytes(), &ReadOptions::default()).expect("records");
    let file = ReadFile { name: "visits".into(), read, unrolled: None };
    let Opening { log, report, .. } = Assembler::new(vec![file], None, None).open();
    let error = log.expect_err("no label").error.to_string();
    assert!(error.contains("lists of objects (steps)") && error.contains("--unroll steps"), "{error}");
    assert_eq!(report.expect("something to choose").tables[0].lists, ["steps"]);
}
