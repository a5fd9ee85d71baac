//! A figure: a chart with its title, its sentence, the table of the same numbers, and its picture as a file.

use super::{Mark, Never, Table, Text};

/// Content of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing<M = Never> {
    /// Unique on its view; the stem of the picture's file name: `loss-ctr`.
    pub name: String,
    pub title: String,
    /// The figure's main numbers.
    pub sentence: String,
    /// The chart: one `svg`, or several of which the style sheet shows the one that fits the page; keys.
    pub body: Vec<Mark<M>>,
    /// The same numbers.
    pub table: Table<M>,
}

/// The figure as a mark. Its picture is that of the first `svg` on view.
pub fn figure<M: Clone + 'static>(drawing: Drawing<M>) -> Mark<M> {
    let Drawing { name, title, sentence, body, table } = drawing;
    let save = |kind: &'static str, label: &str| {
        let named = text!(marks::drawing::save, title = title, format = label);
        Mark::new("button")
            .attr("type", "button")
            .class("save")
            .attr("data-save", kind)
            .attr("data-name", &name)
            .attr("aria-label", named)
            .text(label)
    };
    let foot = Mark::new("div").class("figure-foot").children([
        table_twin(&table),
        Mark::new("span").class("saves").child(save("svg", "SVG")).child(save("png", "PNG")),
    ]);
    let title = Mark::new("h3").class("figure-title").text(&title);
    let sentence = Mark::new("p").class("figure-sentence").text(sentence);
    Mark::new("figure")
        .class("figure")
        .key(&name)
        .child(Mark::new("figcaption").child(title).child(sentence))
        .children(body)
        .child(foot)
}

/// A table behind a disclosure.
pub fn table_twin<M: Clone + 'static>(table: &Table<M>) -> Mark<M> {
    Mark::new("details")
        .class("table-twin")
        .child(Mark::new("summary").text(text!(marks::drawing::show_table)))
        .child(scrolled(text!(marks::drawing::table_scrolls), table.mark()))
}

/// A table in a box of this name that scrolls if the table is wider, and can be focused to scroll by keys.
pub fn scrolled<M: 'static>(name: &str, table: Mark<M>) -> Mark<M> {
    let scroll =
        Mark::new("div").class("table-scroll").attr("tabindex", "0").attr("role", "group").attr("aria-label", name);
    scroll.child(table)
}

/// The text in place of a figure that has no numbers yet: what it waits for.
pub fn awaiting<M: 'static>(what: impl Into<Text>) -> Mark<M> {
    Mark::new("p").class("awaiting").text(what)
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, svg};
    use super::*;

    #[test]
    fn a_figure_has_its_sentence_its_table_and_its_pictures() {
        let mut table = Table::new("Losses", &["Model", "Loss"]);
        table.row([Cell::words("ESMM"), Cell::number("0.2")]);
        let drawing: Drawing = Drawing {
            name: "loss-ctr".into(),
            title: "CTR".into(),
            sentence: "ESMM is at 0.2.".into(),
            body: vec![svg(100.0, 50.0, "ESMM is at 0.2.")],
            table,
        };
        let mark = figure(drawing);
        assert!(mark.all_text().starts_with("CTR ESMM is at 0.2."));
        assert_eq!(mark.with_tag("table").len(), 1);
        let saves: Vec<_> = mark.all().into_iter().filter_map(|m| m.get("data-save")).collect();
        assert_eq!(saves, ["svg", "png"]);
    }
}
