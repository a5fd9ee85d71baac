//! The table of single rows: a window of a log of any length, with every model's predictions.

use crate::app::charts::{brush, names};
use crate::app::format;
use crate::app::marks::{Control, Mark, button, select, text_field};
use crate::app::numbers;
use crate::app::roles::role_words;
use crate::app::rows::{RowsChoice, RowsShown};
use crate::domain::event;
use crate::domain::log::{ColumnReport, Condition, RowFilter};
use crate::protocol::{RowsPage, RunId, predicted, truth};

/// Messages of the table and its controls.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// Sort by a column, or reverse the order.
    SortBy(ColumnOf),
    /// Inspect the row at this place among all that match.
    Inspect(u32),
    /// The event in the models' columns.
    Event(String),
    Search(String),
    DraftColumn(ColumnOf),
    DraftCondition(ConditionKind),
    DraftValue(String),
    AddFilter,
    DropFilter(RowFilter),
    ClearBrush,
}

/// A column of the log, or one of a run's predictions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnOf {
    pub column: String,
    pub run: Option<RunId>,
}

impl ColumnOf {
    fn log(column: &str) -> Self {
        Self { column: column.to_owned(), run: None }
    }

    fn run(run: RunId, column: String) -> Self {
        Self { column, run: Some(run) }
    }
}

/// A run as a column.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelColumn {
    pub run: RunId,
    pub name: String,
    pub model: String,
}

#[derive(Debug, Clone, Copy)]
pub struct RowsTable<'a> {
    /// The log's columns that are shown, with their places in the log.
    pub columns: &'a [(u32, &'a ColumnReport)],
    pub models: &'a [ModelColumn],
    /// The event in the models' columns.
    pub event: &'a str,
    pub choice: &'a RowsChoice,
    pub shown: &'a RowsShown,
    /// Place of the chosen row among all that match.
    pub cursor: u32,
    pub inspected: Option<u32>,
}

/// A filter that is being edited.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterDraft {
    /// The log's first column until one is chosen.
    pub column: ColumnOf,
    pub condition: ConditionKind,
    pub value: String,
}

/// Kinds of [`Condition`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionKind {
    Is,
    IsNot,
    Contains,
    Above,
    Below,
    Missing,
    Present,
}

const CONDITIONS: [(ConditionKind, &str); 7] = [
    (ConditionKind::Is, text!(rows::conditions::is)),
    (ConditionKind::IsNot, text!(rows::conditions::is_not)),
    (ConditionKind::Contains, text!(rows::conditions::contains)),
    (ConditionKind::Above, text!(rows::conditions::above)),
    (ConditionKind::Below, text!(rows::conditions::below)),
    (ConditionKind::Missing, text!(rows::conditions::missing)),
    (ConditionKind::Present, text!(rows::conditions::present)),
];

impl ConditionKind {
    fn needs_value(self) -> bool {
        !matches!(self, Self::Missing | Self::Present)
    }
}

impl Default for FilterDraft {
    fn default() -> Self {
        Self { column: ColumnOf::default(), condition: ConditionKind::Is, value: String::new() }
    }
}

impl FilterDraft {
    /// The filter; its run is the column's.
    ///
    /// # Errors
    /// A sentence about the expected value.
    pub fn filter(&self) -> Result<RowFilter, String> {
        let number = || numbers::parse(&self.value).ok_or_else(|| text!(rows::type_number).to_owned());
        let text = || match self.value.trim() {
            "" => Err(text!(rows::type_value).to_owned()),
            text => Ok(text.to_owned()),
        };
        let condition = match self.condition {
            ConditionKind::Is => Condition::Is(text()?),
            ConditionKind::IsNot => Condition::IsNot(text()?),
            ConditionKind::Contains => Condition::Contains(text()?),
            ConditionKind::Above => Condition::Above(number()?),
            ConditionKind::Below => Condition::Below(number()?),
            ConditionKind::Missing => Condition::Missing,
            ConditionKind::Present => Condition::Present,
        };
        Ok(RowFilter { column: self.column.column.clone(), condition })
    }
}

/// A filter in words.
pub fn filter_words(filter: &RowFilter, model: &str) -> String {
    let column = match filter.column.split_once(':') {
        Some(("predicted", event)) => format!("{model} {}", names::event(event)),
        Some(("truth", event)) => text!(rows::true_of, task = names::task(event)),
        _ => filter.column.clone(),
    };
    match &filter.condition {
        Condition::Is(value) => text!(rows::filter_is::is, column = column, value = value),
        Condition::IsNot(value) => text!(rows::filter_is::is_not, column = column, value = value),
        Condition::Contains(value) => text!(rows::filter_is::contains, column = column, value = value),
        Condition::Above(value) => {
            text!(rows::filter_is::above, column = column, value = format::significant(*value, 3))
        }
        Condition::Below(value) => {
            text!(rows::filter_is::below, column = column, value = format::significant(*value, 3))
        }
        Condition::Missing => text!(rows::filter_is::missing, column = column),
        Condition::Present => text!(rows::filter_is::present, column = column),
    }
}

/// Search, the filters, and the form of the next one.
pub fn controls(
    choice: &RowsChoice,
    draft: &FilterDraft,
    columns: &[ColumnReport],
    models: &[ModelColumn],
) -> Mark<Msg> {
    let model = models.iter().find(|model| Some(model.run) == choice.run).map_or("", |model| &model.name);
    let chip = |filter: &RowFilter| {
        let words = filter_words(filter, model);
        let label = text!(rows::remove, filter = words);
        let cross = button(Control::new("×"), "chip-drop", Msg::DropFilter(filter.clone())).attr("aria-label", label);
        Mark::new("li").class("filter-chip").text(words).child(cross)
    };
    let mut options: Vec<(ColumnOf, String)> =
        columns.iter().map(|column| (ColumnOf::log(&column.name), column.name.clone())).collect();
    for model in models {
        for event in [event::CTR, event::CVR, event::CTCVR] {
            let of = ColumnOf::run(model.run, predicted(event));
            options.push((of, format!("{} {}", model.name, names::event(event))));
        }
    }
    // A list shows nothing for a value that is not among its options.
    let first = columns.first().map(|column| ColumnOf::log(&column.name)).unwrap_or_default();
    let chosen = if draft.column == ColumnOf::default() { &first } else { &draft.column };
    let value = Control::new(text!(rows::value)).disabled(!draft.condition.needs_value());
    let condition = Control::new(text!(rows::condition));
    let form = Mark::new("div")
        .class("filter-form")
        .child(select(Control::new(text!(rows::where_is)), options, chosen, Msg::DraftColumn))
        .child(select(condition, CONDITIONS, &draft.condition, Msg::DraftCondition).class("no-label"))
        .child(text_field(value, &draft.value, "text", |text| Msg::DraftValue(text.to_owned())).class("no-label"))
        .child(button(Control::new(text!(rows::filter)), "", Msg::AddFilter));
    let search = text_field(Control::new(text!(rows::search)), &choice.query.search, "text", |text| {
        Msg::Search(text.trim().to_owned())
    });
    let chips = Mark::new("ul").class("filter-chips").attr("aria-label", text!(rows::filters));
    let brushed =
        choice.brush.map(|area| Mark::new("li").key("brush").child(brush::chip(&area, model, Msg::ClearBrush)));
    let has_chips = brushed.is_some() || !choice.query.filters.is_empty();
    let chips = chips.maybe(brushed).children(choice.query.filters.iter().map(chip));
    Mark::new("div").class("rows-controls").child(search).child(form).maybe(has_chips.then_some(chips.key("chips")))
}

/// The number of rows and their order, in a sentence.
pub fn sentence(page: &RowsPage, all: usize, choice: &RowsChoice) -> String {
    let total = page.total as usize;
    let which = if total == all {
        counted!(nouns::rows, all)
    } else {
        text!(rows::shown::some, rows = format::count(total), all = counted!(nouns::rows, all))
    };
    match &choice.query.sort {
        Some(sort) if sort.descending => text!(rows::shown::highest, rows = which),
        Some(_) => text!(rows::shown::lowest, rows = which),
        None => text!(rows::shown::in_order, rows = which),
    }
}

impl RowsTable<'_> {
    /// The window as rows of a grid.
    pub fn mark(&self, page: &RowsPage) -> Mark<Msg> {
        let runs: Vec<RunId> = self.models.iter().map(|model| model.run).collect();
        let has_truth = page.rows.iter().any(|&row| self.shown.truth(&runs, row, self.event).is_some());
        let mut heads = vec![head(text!(rows::row), text!(rows::from_0), None, "none", "")];
        heads.extend(self.columns.iter().filter(|(_, column)| column.role.is_label()).map(|(_, c)| self.head_of(c)));
        for model in self.models {
            let value = ColumnOf::run(model.run, predicted(self.event));
            let hue = names::hue_class(&model.model);
            heads.push(head(
                &model.name,
                &names::event(self.event),
                Some(value),
                self.sorted(&predicted(self.event), Some(model.run)),
                &hue,
            ));
        }
        if has_truth {
            let of = ColumnOf::run(self.choice.run.unwrap_or(runs[0]), truth(self.event));
            heads.push(head(
                text!(rows::truth),
                &names::task(self.event),
                Some(of),
                self.sorted(&truth(self.event), None),
                "is-truth",
            ));
        }
        heads.extend(self.columns.iter().filter(|(_, column)| !column.role.is_label()).map(|(_, c)| self.head_of(c)));
        let lines = page.rows.iter().enumerate().map(|(index, &row)| {
            let place = page.start + index as u32;
            let texts: &[String] = page.cells.get(index).map_or(&[], Vec::as_slice);
            let text = |at: usize| texts.get(at).map_or("", String::as_str);
            let mut cells = vec![cell(format::count(row as usize), "num")];
            let labels = self.columns.iter().enumerate().filter(|(_, (_, column))| column.role.is_label());
            cells.extend(labels.map(|(at, (_, column))| label_cell(text(at), column)));
            for model in self.models {
                let said = self.shown.predicted(model.run, row, self.event);
                cells.push(cell(said.map_or("–".to_owned(), |p| format::significant(p, 3)), "num"));
            }
            if has_truth {
                let said = self.shown.truth(&runs, row, self.event);
                cells.push(cell(said.map_or("–".to_owned(), |p| format::significant(p, 3)), "num is-truth"));
            }
            let others = self.columns.iter().enumerate().filter(|(_, (_, column))| !column.role.is_label());
            cells.extend(others.map(|(at, (_, column))| cell(text(at), if column.is_number { "num" } else { "" })));
            let is_cursor = place == self.cursor;
            Mark::new("tr")
                .attr("role", "row")
                .attr("id", format!("rows-place-{place}"))
                .attr("aria-rowindex", place as usize + 2)
                .attr("aria-selected", self.inspected == Some(row))
                .class(if is_cursor { "is-cursor" } else { "" })
                .on(Msg::Inspect(place))
                .children(cells)
        });
        Mark::new("table")
            .class("head-table rows-table")
            .attr("role", "presentation")
            .child(
                Mark::new("thead").attr("role", "rowgroup").child(Mark::new("tr").attr("role", "row").children(heads)),
            )
            .child(Mark::new("tbody").attr("role", "rowgroup").children(lines))
    }

    fn head_of(&self, column: &ColumnReport) -> Mark<Msg> {
        let number = if column.is_number { "num" } else { "" };
        let sort = Some(ColumnOf::log(&column.name));
        head(&column.name, role_words(column.role), sort, self.sorted(&column.name, None), number)
    }

    fn sorted(&self, column: &str, run: Option<RunId>) -> &'static str {
        match &self.choice.query.sort {
            Some(sort) if sort.column == column && (run.is_none() || run == self.choice.run) => {
                if sort.descending {
                    "descending"
                } else {
                    "ascending"
                }
            }
            _ => "none",
        }
    }
}

fn head(name: &str, role: &str, sort: Option<ColumnOf>, sorted: &'static str, class: &str) -> Mark<Msg> {
    let arrow = match sorted {
        "ascending" => " ↑",
        "descending" => " ↓",
        _ => "",
    };
    let words = Mark::new("span").class("role").text(role);
    let head = Mark::new("th").attr("role", "columnheader").class(class);
    match sort {
        Some(column) => head.attr("aria-sort", sorted).child(
            Mark::new("button")
                .attr("type", "button")
                .class("sort")
                .on(Msg::SortBy(column))
                .text(format!("{name}{arrow}"))
                .child(words),
        ),
        None => head.text(name).child(words),
    }
}

fn cell(text: impl Into<crate::app::marks::Text>, class: &str) -> Mark<Msg> {
    Mark::new("td").attr("role", "gridcell").class(class).text(text)
}

/// Events are encoded by lightness: a positive label is dark.
fn label_cell(text: &str, column: &ColumnReport) -> Mark<Msg> {
    let class = if text.is_empty() || text == "0" { "label-cell is-no" } else { "label-cell" };
    cell(text, class).class(if column.is_number { "num" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::column;
    use crate::app::marks::Element;
    use crate::domain::log::{Role, SortBy};
    use crate::domain::report::EventRows;

    #[test]
    fn a_row_has_its_labels_predictions_truth_and_features() {
        let (city, click) = (column("city", Role::Categorical), column("click", Role::Click));
        let page = RowsPage {
            total: 40,
            start: 10,
            rows: vec![7],
            cells: vec![vec!["Bern".into(), "1".into()]],
            similarity: Vec::new(),
        };
        let mut shown = RowsShown::default();
        shown.add_predictions(
            3,
            &[7],
            &[EventRows { event: "cvr".into(), predicted: vec![0.25], truth: Some(vec![0.5]) }],
        );
        let mut choice = RowsChoice::default();
        choice.query.sort = Some(SortBy { column: predicted("cvr"), descending: true });
        choice.run = Some(3);
        let models = [ModelColumn { run: 3, name: "ESMM".into(), model: "esmm".into() }];
        let table = RowsTable {
            columns: &[(0, &city), (4, &click)],
            models: &models,
            event: "cvr",
            choice: &choice,
            shown: &shown,
            cursor: 10,
            inspected: None,
        };
        let mark = table.mark(&page);
        let cells: Vec<String> = mark.with_tag("td").into_iter().map(Element::all_text).collect();
        assert_eq!(cells, ["7", "1", "0.250", "0.500", "Bern"]);
        let sorted: Vec<_> = mark.with_tag("th").into_iter().filter_map(|head| head.get("aria-sort")).collect();
        assert_eq!(sorted, ["none", "descending", "none", "none"]);
        assert_eq!(mark.with_class("is-cursor").len(), 1);
        assert_eq!(sentence(&page, 60, &choice), "40 of 60 rows, the highest first.");
    }

    #[test]
    fn a_filter_is_read_and_said() {
        let draft = |column: ColumnOf, condition: ConditionKind, value: &str| FilterDraft {
            column,
            condition,
            value: value.into(),
        };
        let of_run = ColumnOf::run(3, predicted("cvr"));
        let filter = draft(of_run, ConditionKind::Above, "0,5").filter().unwrap();
        assert_eq!(filter.condition, Condition::Above(0.5));
        assert_eq!(filter_words(&filter, "ESMM"), "ESMM pCVR above 0.500");
        let of = |column: &str, condition, value: &str| draft(ColumnOf::log(column), condition, value).filter();
        assert!(of("price", ConditionKind::Below, "cheap").is_err());
        assert!(of("city", ConditionKind::Is, " ").is_err());
        assert_eq!(of("city", ConditionKind::Missing, "").unwrap().condition, Condition::Missing);
    }

    #[test]
    fn a_predicted_probability_can_be_filtered_by_and_a_filter_dropped() {
        let city = column("city", Role::Categorical);
        let models = [ModelColumn { run: 3, name: "ESMM".into(), model: "esmm".into() }];
        let filter = RowFilter { column: "city".into(), condition: Condition::Missing };
        let mut choice = RowsChoice::default();
        choice.query.filters = vec![filter.clone()];
        let form = controls(&choice, &FilterDraft::default(), &[city], &models);
        let of_run = ColumnOf::run(3, predicted("cvr"));
        assert_eq!(form.change(text!(rows::where_is), "ESMM pCVR"), Some(Msg::DraftColumn(of_run)));
        let cross =
            form.with_class("chip-drop")[0].message(crate::app::marks::Listens::On, &crate::app::marks::Input::Press);
        assert_eq!(cross, Some(Msg::DropFilter(filter)));
    }
}
