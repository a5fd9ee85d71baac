//! What the page needs of a document. The browser's has it all (`browser`), and so has one in memory (`fake`).
//!
//! Changes return nothing: marks have valid names, and nodes are moved among their siblings, so none can fail.

/// A document: makes nodes.
pub trait Document {
    type Node: Node;

    /// An empty text node.
    fn create_text(&self) -> Self::Node;

    /// An element without attributes; `None` for an invalid name, which no mark has.
    fn create_element(&self, tag: &str, in_svg: bool) -> Option<Self::Node>;
}

/// A node of a document. Equal nodes are the same node.
pub trait Node: Clone + PartialEq {
    fn first_child(&self) -> Option<Self>;
    fn next_sibling(&self) -> Option<Self>;

    /// Inserts a child before another, or as the last; a child of another node is moved.
    fn insert_before(&self, child: &Self, next: Option<&Self>);
    fn remove_child(&self, child: &Self);

    /// Removes all children.
    fn clear(&self);

    /// Sets the text of a text node.
    fn set_text(&self, text: &str);

    // The rest is of elements.

    /// The element's name, in capitals unless it is SVG.
    fn tag_name(&self) -> String;

    fn attribute(&self, name: &str) -> Option<String>;
    fn set_attribute(&self, name: &str, value: &str);
    fn remove_attribute(&self, name: &str);

    /// Sets a property of the element's style.
    fn set_style(&self, property: &str, value: &str);
    fn remove_style(&self, property: &str);

    /// The state of a control, which is not the attribute `value`.
    fn value(&self) -> String;
    fn set_value(&self, value: &str);

    /// Whether a box is ticked.
    fn is_checked(&self) -> bool;
    fn set_checked(&self, is_checked: bool);

    /// Whether the element has the focus.
    fn is_focused(&self) -> bool;

    /// The nearest element with this attribute, itself or above.
    fn closest_with(&self, attribute: &str) -> Option<Self>;

    /// The drawing that the element is in.
    fn frame(&self) -> Option<Frame>;

    /// Sends the further events of a pressed pointer to this element.
    fn capture_pointer(&self, pointer: i32);
}

/// A drawing's place in the window.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The attribute `viewBox`.
    pub view_box: String,
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Frame {
    /// A point of the window in the units of the drawing; `None` without a valid view box.
    pub fn point(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let view_box: Vec<f64> = self.view_box.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        let [left, top, width, height] = view_box[..] else { return None };
        Some((left + (x - self.left) / self.width * width, top + (y - self.top) / self.height * height))
    }
}
