//! Tables as plain data: of a chart's numbers, or on their own.

use super::{Control, Mark, Never, Text, button};

/// A table: a caption, heads, rows. The first cell of a row names it.
#[derive(Debug, Clone, PartialEq)]
pub struct Table<M = Never> {
    pub caption: String,
    pub heads: Vec<String>,
    pub rows: Vec<Vec<Cell<M>>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Cell<M = Never> {
    pub text: String,
    /// Right-aligned, with tabular digits.
    pub is_number: bool,
    /// Contains the reason for a missing value.
    pub is_absent: bool,
    /// The message of a press on the cell, if any.
    pub press: Option<M>,
}

impl<M: Clone + 'static> Table<M> {
    pub fn new(caption: impl Into<String>, heads: &[&str]) -> Self {
        Self { caption: caption.into(), heads: heads.iter().map(|head| (*head).to_owned()).collect(), rows: Vec::new() }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell<M>>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table as an element.
    pub fn mark(&self) -> Mark<M> {
        let is_number = |column: usize| self.rows.iter().any(|row| row.get(column).is_some_and(|cell| cell.is_number));
        let heads = self.heads.iter().enumerate().map(|(column, head)| {
            let class = if column > 0 && is_number(column) { "num" } else { "" };
            Mark::new("th").attr("scope", "col").class(class).text(head)
        });
        let rows = self.rows.iter().map(|row| Mark::new("tr").children(row.iter().enumerate().map(cell_mark)));
        Mark::new("table")
            .class("data-table")
            .child(Mark::new("caption").text(&self.caption))
            .child(Mark::new("thead").child(Mark::new("tr").children(heads)))
            .child(Mark::new("tbody").children(rows))
    }
}

fn cell_mark<M: Clone + 'static>((column, cell): (usize, &Cell<M>)) -> Mark<M> {
    let mark = if column == 0 { Mark::new("th").attr("scope", "row") } else { Mark::new("td") };
    let mark = if cell.is_number && column > 0 { mark.class("num") } else { mark };
    let mark = if cell.is_absent { mark.class("absent") } else { mark };
    match &cell.press {
        Some(message) => mark.child(button(Control::new(&cell.text), "link", message.clone())),
        None => mark.text(&cell.text),
    }
}

impl<M> Cell<M> {
    pub fn words(text: impl Into<Text>) -> Self {
        Self { text: text.into().0, is_number: false, is_absent: false, press: None }
    }

    pub fn number(text: impl Into<Text>) -> Self {
        Self { text: text.into().0, is_number: true, is_absent: false, press: None }
    }

    /// The same cell as a button.
    pub fn pressing(self, message: M) -> Self {
        Self { press: Some(message), ..self }
    }

    /// A number, or the reason for a missing one.
    pub fn or_reason(value: Option<String>, reason: &str) -> Self {
        match value {
            Some(text) => Self::number(text),
            None => Self { text: reason.to_owned(), is_number: true, is_absent: true, press: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cell_of_a_row_is_its_head_and_numbers_stand_right() {
        let mut table: Table = Table::new("Rates", &["Tenth", "CTR"]);
        table.row([Cell::number("1"), Cell::number("0.9 %")]);
        table.row([Cell::number("2"), Cell::or_reason(None, "not observable")]);
        let mark = table.mark();
        assert_eq!(mark.with_tag("th").iter().filter(|th| th.get("scope") == Some("row")).count(), 2);
        assert_eq!(
            mark.with_tag("td").iter().filter(|td| td.get("class").is_some_and(|c| c.contains("num"))).count(),
            2
        );
        assert_eq!(mark.with_class("absent").len(), 1);
    }
}
