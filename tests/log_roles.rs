//! From columns to roles, and from roles to an impression log with its findings.
use esmm_playground::domain::log::{
    ColumnValues, Confidence, FeatureGroup, Finding, FindingKind, ImpressionLog, LogError, OpenedLog, ReadOptions,
    Role, RoleProposal, Roles, Severity, Space, Table, assemble, infer_roles, infer_roles_given, is_roles_file,
    read_table,
};

fn read(text: &str) -> Table {
    read_table(text.as_bytes(), &ReadOptions::default()).expect("the test's CSV reads").table
}

/// A CSV of `n_rows` lines, each made by `row`.
fn csv(header: &str, n_rows: usize, row: impl Fn(usize) -> String) -> Table {
    let lines: Vec<String> = (0..n_rows).map(row).collect();
    read(&format!("{header}\n{}\n", lines.join("\n")))
}

fn role(proposal: &RoleProposal, name: &str) -> Role {
    proposal.columns.iter().find(|column| column.name == name).expect("the column was judged").role
}

fn check_roles(table: &Table, expected: &[(&str, Role)]) {
    let proposal = infer_roles(table);
    for &(name, expected) in expected {
        let column = proposal.columns.iter().find(|column| column.name == name).expect(name);
        assert_eq!(column.role, expected, "{name}: {}", column.reason);
        assert!(!column.reason.is_empty());
    }
    assert_eq!(expected.len(), table.columns.len(), "every column is expected to be something");
}

fn open(table: &Table) -> (ImpressionLog, Vec<Finding>) {
    assemble(table, &infer_roles(table).roles).expect("the log is usable")
}

fn finding(findings: &[Finding], kind: FindingKind) -> &Finding {
    findings.iter().find(|finding| finding.kind == kind).expect("the finding is told")
}

/// The header of every generated log.
const GENERATED: &str = "user_id,item_id,time,user_segment_1,item_segment_1,user_numerical_1,click,action,conversion,truth_p_click,truth_p_action,truth_p_buy_action,truth_p_buy_other,potential_action,potential_conversion";

fn generated(n_rows: usize) -> Table {
    csv(GENERATED, n_rows, |row| {
        let click = row % 4 == 0;
        let action = row % 8 == 0;
        let conversion = row % 24 == 0 || row % 20 == 4;
        let label = |yes: bool| u8::from(click && yes);
        format!(
            "{},{},{},{},{},{}.5,{},{},{},0.25,0.5,0.3,0.1,{},{}",
            row % 37,
            row % 11,
            row * 10,
            row % 7,
            row % 5,
            row * 7919 % 101,
            u8::from(click),
            label(action),
            label(conversion),
            u8::from(action),
            u8::from(conversion)
        )
    })
}

#[test]
fn a_generated_log_is_understood_without_help() {
    check_roles(
        &generated(300),
        &[
            ("user_id", Role::User),
            ("item_id", Role::Item),
            ("time", Role::Time),
            ("user_segment_1", Role::Categorical),
            ("item_segment_1", Role::Categorical),
            ("user_numerical_1", Role::Numerical),
            ("click", Role::Click),
            ("action", Role::Action),
            ("conversion", Role::Conversion),
            ("truth_p_click", Role::Truth),
            ("truth_p_action", Role::Truth),
            ("truth_p_buy_action", Role::Truth),
            ("truth_p_buy_other", Role::Truth),
            ("potential_action", Role::Truth),
            ("potential_conversion", Role::Truth),
        ],
    );
}

#[test]
fn a_generated_log_brings_its_truth_and_groups() {
    let (log, findings) = open(&generated(300));
    assert!(findings.iter().all(|finding| finding.severity != Severity::Problem), "{findings:?}");
    let truth = log.truth.as_ref().expect("all truth columns are there");
    assert_eq!(truth.p_click[0], 0.25);
    assert!((truth.p_cvr(0) - 0.2).abs() < 1e-12);
    let features: Vec<(&str, FeatureGroup)> = log.features.iter().map(|f| (f.name.as_str(), f.group)).collect();
    assert_eq!(
        features,
        [
            ("user_segment_1", FeatureGroup::User),
            ("item_segment_1", FeatureGroup::Item),
            ("user_numerical_1", FeatureGroup::User)
        ]
    );
    let labels: Vec<&str> = log.labels.iter().map(|label| label.name.as_str()).collect();
    assert_eq!(labels, ["click", "conversion", "action"]);
    assert_eq!(log.user.as_ref().map(|user| (user[0], user[36], user[37])), Some((0, 36, 0)));
    assert_eq!(log.time.as_ref().map(|time| time[2]), Some(20.0));
}

/// The e-mail layout: visits as clicks, `spend` known only after a purchase.
fn email_log() -> Table {
    let header = "recency,history_segment,history,mens,zip_code,newbie,channel,segment,visit,conversion,spend";
    csv(header, 4000, |row| {
        let visit = row % 7 == 0;
        let conversion = row % 35 == 0;
        format!(
            "{},{}) band,{}.{:02},{},{},{},{},{},{},{},{}",
            row % 12 + 1,
            row / 2 % 5 + 1,
            row * 31 % 900,
            row % 100,
            row % 2,
            ["Urban", "Rural", "Surburban"][row % 3],
            row / 2 % 2,
            ["Web", "Phone"][row / 3 % 2],
            ["Mens E-Mail", "No E-Mail"][row / 5 % 2],
            u8::from(visit),
            u8::from(conversion),
            if conversion { "29.99" } else { "0" }
        )
    })
}

#[test]
fn an_email_log_is_understood_and_its_spend_is_leakage() {
    check_roles(
        &email_log(),
        &[
            ("recency", Role::Numerical),
            ("history_segment", Role::Categorical),
            ("history", Role::Numerical),
            ("mens", Role::Categorical),
            ("zip_code", Role::Categorical),
            ("newbie", Role::Categorical),
            ("channel", Role::Categorical),
            ("segment", Role::Categorical),
            ("visit", Role::Click),
            ("conversion", Role::Conversion),
            ("spend", Role::Ignore),
        ],
    );
    let proposal = infer_roles(&email_log());
    let spend = proposal.columns.last().expect("spend is the last");
    assert_eq!(spend.reason, "leakage: it says the same as conversion in every row");
    let (log, findings) = open(&email_log());
    let leak = finding(&findings, FindingKind::Leakage);
    assert_eq!(leak.columns, ["spend"]);
    assert!(log.features.iter().all(|feature| feature.name != "spend"));
}

#[test]
fn a_leak_that_is_made_a_feature_is_told() {
    let table = email_log();
    let mut roles = infer_roles(&table).roles;
    roles.assign("spend", Role::Numerical);
    let (log, findings) = assemble(&table, &roles).expect("the user decides");
    assert!(log.features.iter().any(|feature| feature.name == "spend"));
    assert!(finding(&findings, FindingKind::Leakage).remedy.contains("role ignore"));
}

#[test]
fn the_numbered_layout_is_understood_without_help() {
    let table = csv("click,purchase,101,205,853,109_14,301,D508,D109_14", 100, |row| {
        let click = row % 10 == 0;
        let buy = row == 50;
        format!(
            "{},{},{},{row},{},{},1,0.{},0.{}",
            u8::from(click),
            u8::from(buy),
            row % 3,
            row % 9,
            row % 4,
            row % 7,
            row % 5
        )
    });
    check_roles(
        &table,
        &[
            ("click", Role::Click),
            ("purchase", Role::Conversion),
            ("101", Role::Categorical),
            ("205", Role::Ignore), // counts the rows of this test
            ("853", Role::Categorical),
            ("109_14", Role::Categorical),
            ("301", Role::Ignore),
            ("D508", Role::Numerical),
            ("D109_14", Role::Numerical),
        ],
    );
    let (_, findings) = open(&table);
    assert_eq!(finding(&findings, FindingKind::ConstantColumn).columns, ["301"]);
}

#[test]
fn the_search_layout_is_understood_without_help() {
    let table = csv("search_id,categorical_1,numerical_1,numerical_2,click,conversion", 100, |row| {
        format!(
            "{},{},{},0.{},{},{}",
            row / 3 * 7,
            row * 7 % 13,
            row % 2,
            row % 8,
            u8::from(row % 9 == 0),
            u8::from(row == 45)
        )
    });
    check_roles(
        &table,
        &[
            ("search_id", Role::Group),
            ("categorical_1", Role::Categorical),
            ("numerical_1", Role::Numerical),
            ("numerical_2", Role::Numerical),
            ("click", Role::Click),
            ("conversion", Role::Conversion),
        ],
    );
    assert!(open(&table).0.group.is_some());
}

#[test]
fn common_names_of_other_logs_are_known() {
    for (name, expected) in [
        ("isClick", Role::Click),
        ("clicked", Role::Click),
        ("clk", Role::Click),
        ("label_is_click", Role::Click),
        ("buy", Role::Conversion),
        ("is_order", Role::Conversion),
        ("add_to_cart", Role::Action),
        ("wishlist", Role::Action),
        ("Favorite", Role::Action),
        ("uid", Role::User),
        ("User ID", Role::User),
        ("sku", Role::Item),
        ("query_id", Role::Group),
        ("session_id", Role::Group),
        ("ts", Role::Time),
        ("timestamp", Role::Time),
    ] {
        let table = csv(&format!("{name},price"), 60, |row| format!("{},{}.5", u8::from(row % 3 == 0), row * 17 % 23));
        assert_eq!(role(&infer_roles(&table), name), expected, "{name}");
    }
    let dated = csv("date,price", 60, |row| format!("2024-01-{:02},{}.5", row % 28 + 1, row % 7));
    assert_eq!(role(&infer_roles(&dated), "date"), Role::Time);
    let gaps =
        csv(
            "date,price",
            60,
            |row| if row == 7 { ",1".into() } else { format!("2024-01-{:02},{row}.5", row % 28 + 1) },
        );
    assert_eq!(role(&infer_roles(&gaps), "date"), Role::Ignore, "a split by time needs the time of every row");
    let positions = csv("order,click,conversion", 60, |row| format!("{},{},0", row % 10 + 1, u8::from(row % 3 == 0)));
    assert_eq!(role(&infer_roles(&positions), "order"), Role::Numerical, "a place in a list is no purchase");
}

#[test]
fn columns_that_cannot_teach_are_ignored_with_a_reason() {
    let table = csv("click,conversion,row,constant,empty,code_id,city", 1000, |row| {
        let click = row % 5 == 0;
        format!("{},{},{row},7,,{},c{}", u8::from(click), u8::from(row % 50 == 0), row * 7919 % 1009, row % 9)
    });
    let proposal = infer_roles(&table);
    for (name, reason) in [
        ("row", "counts the rows"),
        ("constant", "holds the same value in every row"),
        ("empty", "holds no value"),
        ("code_id", "nearly every row has a value of its own"),
    ] {
        let column = proposal.columns.iter().find(|column| column.name == name).expect(name);
        assert_eq!((column.role, column.reason.as_str()), (Role::Ignore, reason), "{name}");
    }
    assert_eq!(proposal.roles.categorical, ["city"]);
}

#[test]
fn given_roles_come_before_inferred_ones() {
    let table = email_log();
    let given =
        Roles::from_toml("click = \"conversion\"\nignore = [\"visit\"]\ncategorical = [\"recency\"]").expect("reads");
    let proposal = infer_roles_given(&table, &given).expect("the roles fit");
    assert_eq!(role(&proposal, "conversion"), Role::Click);
    assert_eq!(role(&proposal, "visit"), Role::Ignore);
    assert_eq!(role(&proposal, "recency"), Role::Categorical);
    assert_eq!(role(&proposal, "history"), Role::Numerical, "what is left out is inferred");
}

#[test]
fn roles_that_do_not_fit_are_refused_by_name() {
    let table = generated(20);
    for (text, expected) in [
        (
            "click = \"klick\"",
            "the roles give click to \"klick\", but the log has no such column; it has user_id, item_id",
        ),
        ("click = \"click\"\nignore = [\"click\"]", "column \"click\" has two roles, click and ignore; keep one"),
        ("numerical = [\"truth_p_click\"]", "column \"truth_p_click\" holds a generated log's truth"),
    ] {
        let roles = Roles::from_toml(text).expect("valid TOML");
        let error = infer_roles_given(&table, &roles).expect_err(text);
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!(assemble(&table, &roles).expect_err(text), error);
    }
    let error = Roles::from_toml("click = \"click\"\nclicks = \"x\"").expect_err("unknown role");
    assert!(error.to_string().contains("line 2: unknown field `clicks`"), "{error}");
}

#[test]
fn labels_may_be_words_or_counts() {
    for (no, yes) in
        [("0", "1"), ("false", "true"), ("No", "YES"), ("n", "y"), ("FALSE", "True"), ("0.0", "1.0"), ("0", "3")]
    {
        let table = read(&format!("click,conversion,x\n{yes},{no},1\n{no},{no},2\n{yes},{yes},3\n"));
        let (log, findings) = open(&table);
        assert_eq!(log.label("click"), Some([true, false, true].as_slice()), "{no}/{yes}");
        assert_eq!(log.label("conversion"), Some([false, false, true].as_slice()), "{no}/{yes}");
        assert_eq!(findings.iter().any(|finding| finding.kind == FindingKind::CountLabel), yes == "3");
    }
}

#[test]
fn counts_in_most_rows_are_taken_for_those_of_groups_and_a_few_for_repeated_events() {
    for (counts, expected) in [([0, 1, 1, 1, 2], Severity::Note), ([0, 7, 3, 1, 2], Severity::Caution)] {
        let rows: String = counts.iter().map(|count| format!("1,{count},{count}\n")).collect();
        let (_, findings) = open(&read(&format!("click,conversion,x\n0,0,1\n{rows}")));
        let finding = findings.iter().find(|finding| finding.kind == FindingKind::CountLabel).expect("told");
        assert_eq!(finding.severity, expected, "{counts:?}");
        assert_eq!(finding.remedy.contains("make rows of the counts"), expected == Severity::Caution);
    }
}

#[test]
fn what_is_no_label_is_named_with_line_column_and_value() {
    let roles = Roles { click: Some("click".into()), conversion: Some("conversion".into()), ..Roles::default() };
    for (text, expected) in [
        (
            "click,conversion\n1,0\nmaybe,0\n",
            "line 3, column \"click\": expected a label (0/1, true/false, yes/no or a count), got \"maybe\"",
        ),
        (
            "click,conversion\n1,0\n0,0.5\n",
            "line 3, column \"conversion\": expected a label (0/1, true/false, yes/no or a count), got \"0.5\"",
        ),
        (
            "click,conversion\n1,0\n-1,0\n0,0\n",
            "line 3, column \"click\": expected a label (0/1, true/false, yes/no or a count), got \"-1\"",
        ),
        (
            "click,conversion\n1,0\n0,0\n1,\n",
            "line 4, column \"conversion\": the conversion label is missing; write 0 or 1",
        ),
        ("click,conversion\n0,0\n0,0\n", "the click column \"click\" is 0 in all 2 rows"),
    ] {
        let error = assemble(&read(text), &roles).expect_err(text);
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
fn a_missing_label_is_named_with_the_columns_there_are() {
    let table = read("price,city\n1,x\n2,y\n");
    let error = assemble(&table, &infer_roles(&table).roles).expect_err("there is no label");
    assert!(matches!(&error, LogError::MissingLabel { .. }), "{error}");
    assert!(error.to_string().contains("columns: price, "), "{error}");
}

#[test]
fn words_of_another_language_are_read_and_their_blanks_are_not_guessed() {
    let label = |word: fn(usize) -> &'static str| {
        csv("click,conversion,order,x", 60, |row| {
            format!(
                "{},{},{},x{}",
                ["NEIN", "JA"][usize::from(row % 3 == 0)],
                u8::from(row % 9 == 0),
                word(row),
                row % 5
            )
        })
    };
    let roles = infer_roles(&label(|row| ["sí", "no"][usize::from(row % 9 != 0)])).roles;
    let (log, _) =
        assemble(&label(|row| ["sí", "no"][usize::from(row % 9 != 0)]), &roles).expect("further outcomes are read");
    assert_eq!(log.label("order").map(|values| values.iter().filter(|&&yes| yes).count()), Some(7));
    let blank = csv("click,conversion,x", 60, |row| {
        format!("{},{},x{}", ["NEIN", "JA", "JA", ""][row % 4], u8::from(row % 4 == 1 && row % 3 == 0), row % 5)
    });
    let error = assemble(&blank, &infer_roles(&blank).roles).expect_err("a blank may be a yes");
    assert!(matches!(error, LogError::MissingLabelValue { line: 5, .. }), "{error}");
}

#[test]
fn a_log_of_less_than_impressions_says_what_it_is_and_what_it_can_train() {
    let rows = |header: &str, row: fn(usize) -> String| csv(header, 60, row);
    for (table, space, said) in [
        (
            rows("user_id,item_id,click", |r| format!("u{},i{},{}", r % 9, r % 7, u8::from(r % 4 == 0))),
            Space::Impressions,
            "click. Only the click rate",
        ),
        (
            rows("item_id,click_time,conversion", |r| {
                format!("i{},{},{}", r % 7, 1_700_000_000 + r, u8::from(r % 9 == 0))
            }),
            Space::Clicks,
            "conversion. Models that learn from clicks",
        ),
        (
            rows("item_id,click,conversion", |r| format!("i{},1,{}", r % 7, u8::from(r % 9 == 0))),
            Space::Clicks,
            "conversion. Models that learn",
        ),
        (
            rows("item_id,cart,buy", |r| format!("i{},{},{}", r % 7, u8::from(r % 5 == 0), u8::from(r % 9 == 0))),
            Space::Views,
            "action → conversion. Models of what follows",
        ),
        (
            rows("session_id,pages,revenue", |r| format!("{},{},{}", r / 2, r % 7, u8::from(r % 9 == 0))),
            Space::Sessions,
            "conversion. It is one question",
        ),
        (
            rows("age,job,y", |r| format!("{},j{},{}", 20 + r % 31, r % 7, ["no", "yes"][usize::from(r % 9 == 0)])),
            Space::Rows,
            "conversion. It is one question",
        ),
    ] {
        let (log, _) = open(&table);
        assert_eq!(log.space, space);
        assert!(log.space_sentence().contains(said), "{}", log.space_sentence());
        assert!(log.labels.iter().all(|label| label.values.contains(&true)));
    }
}

#[test]
fn labels_without_a_click_are_dropped_and_counted() {
    let table = csv("click,cart,buy,x", 100, |row| {
        let click = row % 5 == 0;
        format!(
            "{},{},{},{}",
            u8::from(click),
            u8::from(row % 10 < 2),
            u8::from(row % 20 == 0 || row == 33),
            row * 7 % 10
        )
    });
    let (log, findings) = open(&table);
    let conversions = finding(&findings, FindingKind::ConversionWithoutClick);
    assert_eq!((conversions.rows, conversions.first_rows.as_slice()), (1, [33].as_slice()));
    assert_eq!(
        conversions.message,
        "1 row has a conversion without a click (the first is line 35): 16.7 % of all conversions."
    );
    let actions = finding(&findings, FindingKind::ActionWithoutClick);
    assert_eq!((actions.rows, actions.first_rows.as_slice()), (10, [1, 11, 21, 31, 41].as_slice()));
    assert!(actions.message.starts_with("10 rows have an action without a click"));
    let count = |name| log.label(name).map(|label| label.iter().filter(|&&yes| yes).count());
    assert_eq!((count("click"), count("action"), count("conversion")), (Some(20), Some(10), Some(5)));
}

#[test]
fn several_action_columns_are_one_label() {
    let table = read("click,cart,wishlist,buy,x\n1,1,0,0,1\n1,0,1,1,2\n1,0,0,0,3\n0,0,0,0,4\n");
    let (log, _) = open(&table);
    assert_eq!(log.label("action"), Some([true, true, false, false].as_slice()));
}

#[test]
fn a_label_of_one_class_is_told() {
    for (text, expected) in [
        ("click,buy,x\n1,0,1\n0,0,2\n", "The conversion label is never 1 (of 1 click)."),
        ("click,buy,x\n1,1,1\n0,0,2\n", "The conversion label is 1 for every click."),
    ] {
        assert_eq!(finding(&open(&read(text)).1, FindingKind::OneClassLabel).message, expected);
    }
}

#[test]
fn missing_values_and_few_rows_are_told() {
    let (_, findings) = open(&read("click,buy,city,price\n1,0,x,1.5\n0,0,,2\n1,1,y,\n"));
    let missing = finding(&findings, FindingKind::MissingValues);
    assert_eq!(missing.message, "2 values are missing in 2 features over 2 rows.");
    assert_eq!(missing.first_rows, [1, 2]);
    assert_eq!(finding(&findings, FindingKind::TooFewRows).message, "The log has only 3 rows.");
}

#[test]
fn features_keep_the_column_order_and_their_kind() {
    let table = read("b,click,a,buy,c\n5,1,x,0,7\n6,0,y,0,8\n5,1,x,1,9\n");
    let roles = Roles {
        click: Some("click".into()),
        conversion: Some("buy".into()),
        categorical: vec!["a".into(), "b".into()],
        numerical: vec!["c".into()],
        ..Roles::default()
    };
    let (log, _) = assemble(&table, &roles).expect("fits");
    let names: Vec<&str> = log.features.iter().map(|feature| feature.name.as_str()).collect();
    assert_eq!(names, ["b", "a", "c"]);
    let expected = ColumnValues::Text { dictionary: vec!["5".into(), "6".into()], codes: vec![0, 1, 0] };
    assert_eq!(log.features[0].values, expected, "a category of numbers becomes text");
    let roles = Roles { numerical: vec!["a".into()], categorical: vec![], ..roles };
    let error = assemble(&table, &roles).expect_err("text is no number");
    assert!(error.to_string().starts_with("line 2, column \"a\": expected a number, got \"x\""), "{error}");
}

#[test]
fn times_must_be_times_in_every_row() {
    let roles = Roles {
        click: Some("click".into()),
        conversion: Some("buy".into()),
        time: Some("at".into()),
        ..Roles::default()
    };
    let table = read("at,click,buy\n2024-01-31 00:00:10,1,0\n2024-01-31,0,0\n");
    let (log, _) = assemble(&table, &roles).expect("fits");
    assert_eq!(log.time, Some(vec![1_706_659_210.0, 1_706_659_200.0]));
    let error = assemble(&read("at,click,buy\n2024-01-31,1,0\nlater,0,0\n"), &roles).expect_err("later is no time");
    assert!(error.to_string().starts_with("line 3, column \"at\": expected a time"), "{error}");
}

#[test]
fn keys_with_missing_values_have_dense_codes() {
    let roles = Roles {
        click: Some("click".into()),
        conversion: Some("buy".into()),
        user: Some("u".into()),
        ..Roles::default()
    };
    for text in ["u,click,buy\nann,1,0\n,0,0\nbob,0,0\n,1,0\n", "u,click,buy\n7,1,0\n,0,0\n9,0,0\n,1,0\n"] {
        let (log, _) = assemble(&read(text), &roles).expect("fits");
        assert_eq!(log.user, Some(vec![0, 2, 1, 2]));
    }
}

#[test]
fn a_roles_file_is_told_from_a_log() {
    let roles = Roles { click: Some("visit".into()), conversion: Some("buy".into()), ..Roles::default() };
    let text = roles.to_toml();
    assert!(is_roles_file("ROLES.toml", "") && is_roles_file("renamed.txt", &text), "{text}");
    assert!(is_roles_file("a.txt", "# roles of May\n\nconversion = 'buy'\n"));
    for log in ["click,conversion\n1,0\n", "click = 1,2\n", "{\"click\":1}\n", ""] {
        assert!(!is_roles_file("log.csv", log), "{log:?}");
    }
}

#[test]
fn a_label_with_a_mistake_is_told_with_its_line() {
    let rows: String = (0..30).map(|row| format!("{},{},x{}\n", ["Y", "N"][row % 2], row % 4 / 3, row % 3)).collect();
    let text = format!("click,conversion,city\n{rows}maybe,0,x1\n");
    match OpenedLog::from_bytes(text.as_bytes(), None) {
        Err(LogError::BadLabel { line, column, value, .. }) => {
            assert_eq!((line, column.as_str(), value.as_str()), (32, "click", "maybe"));
        }
        other => panic!("{other:?}"),
    }
    // What is mostly something else is no label.
    let table = read("click,conversion,city\nMonday,0,a\nY,0,b\nTuesday,1,c\n");
    assert_eq!(infer_roles(&table).roles.click, None);
}

#[test]
fn dates_are_the_time_when_there_is_one_column_of_them_and_never_categories() {
    let log = |head: &str, row: &dyn Fn(usize) -> String| {
        let rows: String =
            (0..60).map(|i| format!("{},{},{}\n", u8::from(i % 3 == 0), u8::from(i % 9 == 0), row(i))).collect();
        infer_roles(&read(&format!("click,conversion,{head}\n{rows}")))
    };
    let day = |i: usize| 1 + i % 12;
    let iso = |i: usize| format!("2024-03-{:02}T{:02}:00:00Z", day(i), i % 24);
    let shown = log("shown", &iso);
    assert_eq!(shown.roles.time.as_deref(), Some("shown"));
    let two = log("shown,seen", &|i| format!("{},{}", iso(i), iso(i + 1)));
    assert_eq!((two.roles.time, two.roles.ignore.len(), two.roles.categorical.len()), (None, 2, 0));
    let born = log("birth_date", &iso);
    assert_eq!(born.roles.time, None);
    // Days and months that could be either are a guess that says so.
    let open = log("date", &|i| format!("{:02}/{:02}/2024", day(i), day(i + 5)));
    let date = open.columns.iter().find(|column| column.name == "date").expect("the column");
    assert_eq!((date.role, date.confidence), (Role::Time, Confidence::Guess));
    assert!(date.reason.contains("month first"), "{}", date.reason);
}

#[test]
fn a_file_without_names_has_its_label_at_an_end() {
    let file = |line: fn(usize) -> String| -> String { (0..60).map(line).collect() };
    let role = |text: &str, name: &str| {
        let table = read_table(text.as_bytes(), &ReadOptions::default()).expect("reads").table;
        let proposal = infer_roles(&table);
        proposal.columns.iter().find(|column| column.name == name).map(|column| column.role)
    };
    let last = file(|row| format!("{},{},{},{}\n", row % 7, row % 2, row * 5 % 11, row % 3 / 2));
    assert_eq!(role(&last, "column_4"), Some(Role::Conversion));
    let first = file(|row| format!("{},{},{}\n", row % 3 / 2, row % 7, row * 5 % 11));
    assert_eq!(role(&first, "column_1"), Some(Role::Conversion));
    let both = file(|row| format!("{},{},{}\n", row % 3 / 2, row % 7, row % 2));
    assert_eq!(role(&both, "column_1"), Some(Role::Categorical));
    let side_by_side = file(|row| format!("{},{},{}\n", row % 3 / 2, row % 2, row * 5 % 11));
    let error = OpenedLog::from_bytes(side_by_side.as_bytes(), None).expect_err("which of two").to_string();
    assert!(error.contains("2 columns hold yes and no, as a label does: column_1, column_2"), "{error}");
    let views = file(|row| format!("s{};i{};2016-05-0{}\n", row % 9, row % 11, 1 + row % 9));
    let error = OpenedLog::from_bytes(format!("session;item;day\n{views}").as_bytes(), None).expect_err("no label");
    assert!(error.to_string().contains("rows of its own (events), counts, or another table"), "{error}");
}
