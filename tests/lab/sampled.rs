//! A log with sampled rows from the file to the report.

use super::support::Place;

/// A generated log of which one in twenty rows without a click is left, with or without a column that says so.
pub fn write_logs(place: &Place) {
    place.lab_succeeds("generate --preset well_behaved --rows 6000 --seed 5 --out whole.csv");
    let rows = place.csv("whole.csv");
    let click = rows[0].iter().position(|name| name == "click").unwrap();
    let is_kept = |(row, cells): &(usize, &Vec<String>)| *row == 0 || cells[click] == "1" || row % 20 == 0;
    let kept: Vec<&Vec<String>> = rows.iter().enumerate().filter(is_kept).map(|(_, cells)| cells).collect();
    let plain: Vec<String> = kept.iter().map(|cells| cells.join(",")).collect();
    let weight = |row: usize, cells: &Vec<String>| match row {
        0 => "sample_weight".to_owned(),
        _ => if cells[click] == "1" { "1" } else { "20" }.to_owned(),
    };
    let weighted: Vec<String> =
        kept.iter().enumerate().map(|(row, cells)| format!("{},{}", weight(row, cells), cells.join(","))).collect();
    place.write("plain.csv", plain.join("\n"));
    place.write("weighted.csv", weighted.join("\n"));
    place.write("roles.toml", "negative_rate = 0.05\n");
}

#[test]
fn a_column_and_a_number_train_the_same_and_predictions_say_the_same_again() {
    let place = Place::new("sampled");
    write_logs(&place);
    let train = "--model esmm,gbdt --seeds 1 --epochs 1";
    place.lab_succeeds(&format!("train --log weighted.csv {train} --report a.json --predictions a.csv"));
    place
        .lab_succeeds(&format!("train --log plain.csv --roles roles.toml {train} --report b.json --predictions b.csv"));
    place.lab_succeeds(&format!("train --log plain.csv {train} --report sampled.json"));
    place.lab_succeeds("evaluate --predictions a.csv --json again.json");
    let [a, b, sampled, again] = ["a.json", "b.json", "sampled.json", "again.json"].map(|name| place.json(name));
    for (run, other) in a["runs"].as_array().unwrap().iter().zip(b["runs"].as_array().unwrap()) {
        assert_eq!(run["metrics"], other["metrics"]);
    }
    for (key, expected) in a["runs"][0]["metrics"].as_object().unwrap() {
        let (found, expected) = (again["runs"][0]["metrics"][key]["value"].as_f64(), expected["value"].as_f64());
        // The truth of a product is multiplied in another order.
        assert!(
            found == expected || (found.unwrap() - expected.unwrap()).abs() < 1e-12,
            "{key}: {found:?} {expected:?}"
        );
    }
    assert_eq!(a["log"]["population"]["clicks"], a["log"]["clicks"].as_f64().unwrap());
    assert!(sampled["log"]["population"].is_null());
    let rate = |report: &serde_json::Value| report["runs"][0]["metrics"]["prevalence.ctr"]["value"].as_f64().unwrap();
    assert!(rate(&sampled) > 3.0 * rate(&a), "{} {}", rate(&sampled), rate(&a));
    place.lab_succeeds("inspect weighted.csv --json inspect.json");
    let inspected = place.json("inspect.json");
    assert!(inspected["about"].as_str().unwrap().contains("rows that stand for"), "{}", inspected["about"]);
    assert_eq!(inspected["roles"]["weight"], "sample_weight");
}
